"""One requirement and the group of its distribution → whether a split may remove it, and the evidence."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from functools import cached_property

from msgspec import Struct
from msgspec.structs import replace

from deadweight.graph import Graph, Root, Weight
from deadweight.groups import by_name
from deadweight.groups.evidence import dropped, in_every_environment, never_at_start, rule_of, rules_of
from deadweight.groups.names import Names
from deadweight.model import Assignment, Metadata, Requirement, Use
from deadweight.settings import Policy
from deadweight.usage.locations import changing, only_later
from deadweight.wording import listed

# ``pip freeze`` excludes these too, for the same reason.
_IN_EVERY_ENVIRONMENT = frozenset(("pip", "setuptools", "wheel"))


class Plan(Struct, frozen=True, kw_only=True, dict=True):
    """The input of splits: the requirements, and the conclusions about their distributions.

    uses:       name → its uses in the application
    by_marks:   whether the requirements come from REQUESTED files of an environment, not from a file of the user
    unmeasured: names and URLs of what could not be measured
    """

    requirements: Sequence[Requirement]
    graph: Graph
    weights: Mapping[str, Weight]
    groups: Mapping[str, Assignment]
    config: Names
    policy: Policy
    uses: Mapping[str, tuple[Use, ...]] = {}
    with_code: bool = False
    by_marks: bool = False
    unmeasured: frozenset[str] = frozenset()

    @cached_property
    def judged(self) -> tuple[Judged, ...]:
        """The requirements in the user's order, each with the group of its distribution."""
        return tuple(_judge(requirement, self.graph.key_of(requirement), self) for requirement in self.requirements)

    @cached_property
    def required(self) -> frozenset[str]:
        """The keys of everything that the requirements install."""
        return frozenset(self.graph.closure(each.root(self.graph) for each in self.judged if each.key))

    @cached_property
    def direct(self) -> frozenset[str]:
        return frozenset(root.key for root in self.graph.direct)

    def uses_of(self, requirement: Requirement) -> tuple[Use, ...]:
        """Return the uses of the project that a requirement names."""
        return self.uses.get(requirement.name or "", ())

    def is_unmeasured(self, requirement: Requirement) -> bool:
        """Return whether a requirement could not be measured, so that a split must keep it."""
        return requirement.name in self.unmeasured or requirement.url in self.unmeasured


class Judged(Struct, frozen=True):
    """A requirement with its group.

    key: of the distribution that it names; None if it is not installed or the marker is false
    """

    requirement: Requirement
    key: str | None
    assignment: Assignment

    @property
    def name(self) -> str:
        return self.requirement.name or self.requirement.url

    @property
    def is_uncertain(self) -> bool:
        """Whether the group is too uncertain to remove the requirement. core is the default, so it never is."""
        return not self.assignment.sure and self.assignment.group != "core"

    def root(self, graph: Graph) -> Root:
        """Return the root of this requirement; it must name a distribution."""
        key = self.key or ""
        return Root(
            key,
            self.requirement.extras & graph.extras.get(key, frozenset()) if self.requirement.extras else frozenset(),
        )

    def freed(self, plan: Plan) -> int | None:
        """Return the bytes that dropping this requirement frees; None if it is not installed."""
        return None if self.key is None else plan.weights[self.key].freed or 0


def _judge(requirement: Requirement, key: str | None, plan: Plan) -> Judged:
    """Return a requirement with its group and evidence, by its name alone if it was not measured."""
    assignment = (
        by_name(Metadata(name=requirement.name or "", version=None), plan.config) if key is None else plan.groups[key]
    )
    if requirement.name in plan.policy.drop:
        assignment = replace(assignment, evidence=(dropped(assignment.group), *assignment.evidence), sure=True)
    elif plan.by_marks and requirement.name in _IN_EVERY_ENVIRONMENT and not changing(plan.uses_of(requirement)):
        assignment = replace(
            assignment, group="dev", evidence=(in_every_environment(), *assignment.evidence), sure=True
        )
    return Judged(requirement, key, assignment)


def judged_later(each: Judged, plan: Plan) -> Judged:
    """Return a requirement with evidence for removal if the application never imports it at start."""
    uses = plan.uses_of(each.requirement)
    evidence = each.assignment.evidence
    settled = rule_of(evidence[0]).decided_by == "user" or any(rule.on_demand for rule in rules_of(evidence))
    if settled or each.requirement.name in plan.policy.keep or not only_later(uses):
        return each
    locations = listed((f"{mention.file}:{mention.line}" for mention in changing(uses)), 1)
    later = never_at_start(each.assignment.group, locations)
    return replace(each, assignment=replace(each.assignment, evidence=(later, *evidence)))


def is_chosen(each: Judged, allowed: Collection[str], plan: Plan) -> bool:
    """Return whether a split with the groups ``allowed`` keeps a requirement for its own sake."""
    if each.requirement.name in plan.policy.drop:
        return False
    if each.requirement.name in plan.policy.keep or plan.is_unmeasured(each.requirement):
        return True
    return not rule_of(each.assignment.evidence[0]).later and (each.assignment.group in allowed or each.is_uncertain)


def is_direct(each: Judged, plan: Plan) -> bool:
    """Return whether a requirement is direct; most lines of a full freeze are transitive."""
    return each.key is not None and (not plan.graph.frozen or each.key in plan.direct)
