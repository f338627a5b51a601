"""One requirement and its distribution's group → whether a split may leave it out, and by what evidence."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from deadweight.graph import Graph, Root, Weight
from deadweight.groups import by_name
from deadweight.groups.evidence import dropped, in_every_environment, never_at_start, rule_of, rules_of
from deadweight.groups.names import Names
from deadweight.model import Assignment, Metadata, Use, Wanted
from deadweight.settings import Settings
from deadweight.usage.places import changing, only_later

# ``pip freeze`` leaves these out too, for the same reason.
_IN_EVERY_ENVIRONMENT = frozenset(("pip", "setuptools", "wheel"))


class Plan(Struct, frozen=True, kw_only=True, dict=True):
    """What splits are made from: the requirements, and all that was concluded of their distributions.

    uses:       name → where the application uses it
    by_marks:   whether nobody wrote the requirements: they come from an environment's REQUESTED marks
    unmeasured: names and URLs of what could not be measured
    """

    wanted: Sequence[Wanted]
    graph: Graph
    weights: Mapping[str, Weight]
    groups: Mapping[str, Assignment]
    config: Names
    settings: Settings
    uses: Mapping[str, tuple[Use, ...]] = {}
    with_source: bool = False
    by_marks: bool = False
    unmeasured: frozenset[str] = frozenset()

    @cached_property
    def judged(self) -> tuple[Judged, ...]:
        """The requirements in the user's order, each with its distribution's group."""
        return tuple(_judge(want, self.graph.key_of(want), self) for want in self.wanted)

    @cached_property
    def required(self) -> frozenset[str]:
        """The keys of all that the requirements bring in."""
        return frozenset(self.graph.closure(each.root(self.graph) for each in self.judged if each.key))

    @cached_property
    def direct(self) -> frozenset[str]:
        return frozenset(root.key for root in self.graph.direct)

    def uses_of(self, want: Wanted) -> tuple[Use, ...]:
        """Return where the application uses what a requirement names."""
        return self.uses.get(want.name or "", ())

    def is_unmeasured(self, want: Wanted) -> bool:
        """Say whether a requirement could not be measured: nobody knows whether it may go."""
        return want.name in self.unmeasured or want.url in self.unmeasured


class Judged(Struct, frozen=True):
    """A requirement with its group.

    key: of the distribution that it names; None where that is not installed, or the marker is false
    """

    want: Wanted
    key: str | None
    found: Assignment

    @property
    def name(self) -> str:
        return self.want.name or self.want.url

    @property
    def is_held(self) -> bool:
        """Whether the group is no reason to leave it out; core, which is what nobody knows, always is one."""
        return not self.found.sure and self.found.group != "core"

    def root(self, graph: Graph) -> Root:
        """Return where reaching starts for this requirement alone; it must name a distribution."""
        key = self.key or ""
        return Root(key, self.want.extras & graph.extras.get(key, frozenset()) if self.want.extras else frozenset())

    def freed(self, plan: Plan) -> int | None:
        """Return the bytes that leave if this one goes; None where nothing of that name is installed."""
        return None if self.key is None else plan.weights[self.key].freed or 0


def _judge(want: Wanted, key: str | None, plan: Plan) -> Judged:
    """Return a requirement with its group and the evidence; by the name alone where nothing was measured."""
    found = by_name(Metadata(name=want.name or "", version=None), plan.config) if key is None else plan.groups[key]
    if want.name in plan.settings.drop:
        found = replace(found, evidence=(dropped(found.group), *found.evidence), sure=True)
    elif plan.by_marks and want.name in _IN_EVERY_ENVIRONMENT and not changing(plan.uses_of(want)):
        found = replace(found, group="dev", evidence=(in_every_environment(), *found.evidence), sure=True)
    return Judged(want, key, found)


def judged_later(each: Judged, plan: Plan) -> Judged:
    """Add, for what the application never imports when it starts, that it is left out for that reason."""
    uses = plan.uses_of(each.want)
    evidence = each.found.evidence
    settled = rule_of(evidence[0]).decided_by == "user" or any(rule.on_demand for rule in rules_of(evidence))
    if settled or each.want.name in plan.settings.keep or not only_later(uses):
        return each
    first, *others = changing(uses)
    more = f" and {len(others)} more" if others else ""
    later = never_at_start(each.found.group, f"{first.file}:{first.line}{more}")
    return replace(each, found=replace(each.found, evidence=(later, *evidence)))


def is_chosen(each: Judged, allowed: Collection[str], plan: Plan) -> bool:
    """Say whether a split with the groups ``allowed`` keeps a requirement for its own sake."""
    if each.want.name in plan.settings.drop:
        return False
    if each.want.name in plan.settings.keep or plan.is_unmeasured(each.want):
        return True
    return not rule_of(each.found.evidence[0]).later and (each.found.group in allowed or each.is_held)


def is_asked(each: Judged, plan: Plan) -> bool:
    """Say whether a requirement is asked for by itself; in a full freeze most lines are only pulled in."""
    return each.key is not None and (not plan.graph.frozen or each.key in plan.direct)
