"""Requirements and their uses in the application → findings to review, each with its mentions."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import cached_property
from typing import Literal, get_args

from msgspec import Struct

from deadweight.graph import Graph, Weight
from deadweight.groups.evidence import is_known_as_dev, rules_of
from deadweight.groups.rules import Rule
from deadweight.model import Assignment, Distribution, Inventory, Mention, Use
from deadweight.proof import is_foreign, unmeasured_names
from deadweight.proof.unused import loaders_of, unused_together
from deadweight.usage import Usage
from deadweight.usage.locations import DEVELOPMENT, only_later
from deadweight.usage.standard import ALWAYS_THERE, backported_since, has_version, is_for_other_systems
from deadweight.wording import listed

Kind = Literal[
    "missing", "transitive", "dev-in-production", "dev-conditional", "backport", "unused", "redundant", "tests-only",
    "lazy", "one-place",
]  # fmt: skip
_ORDER: tuple[Kind, ...] = get_args(Kind)
_MOST_USERS = 3  # in a sentence
_WORTH_BYTES, _WORTH_SHARE = 1_000_000, 0.01  # a smaller saving than both does not justify changing code


class Remark(Struct, frozen=True, kw_only=True):
    """One finding.

    name:        of a project; of a module if its project is unknown
    reason:        a predicate that completes a sentence starting with the name
    locations:      the mentions in the application
    freed_bytes: what dropping the requirement saves; None if it is not direct or unknown
    """

    kind: Kind
    name: str
    reason: str
    locations: tuple[Mention, ...] = ()
    freed_bytes: int | None = None


class Remarks(Struct, frozen=True, kw_only=True, dict=True):
    """Finds remarks, from a measured target and how the application uses it."""

    usage: Usage
    inventory: Inventory
    graph: Graph
    weights: Mapping[str, Weight]
    groups: Mapping[str, Assignment]

    def _uses(self, name: str) -> tuple[Use, ...]:
        return self.usage.uses.get(name, ())

    @cached_property
    def _distributions(self) -> list[Distribution]:
        """The distributions of the first environment, which splits use."""
        prefix = self.inventory.environment.prefix
        return [d for d in self.inventory.distributions if d.prefix == prefix]

    @cached_property
    def _names(self) -> Mapping[str, str]:
        return {d.key: d.name for d in self._distributions}

    @cached_property
    def _direct(self) -> list[str]:
        return [root.key for root in self.graph.direct if root.key in self._names]

    @cached_property
    def _total(self) -> int:
        return sum(d.sizes.apparent for d in self._distributions)

    @cached_property
    def _unused(self) -> Mapping[str, tuple[str, ...]]:
        """The unused requirements, each with the others among them that require it or may load it."""
        distributions = {d.key: d for d in self._distributions}
        unused = unused_together(self.graph, distributions, self.usage.uses, self.groups)
        loaders = loaders_of(self._distributions) if unused else {}
        keys = {name: key for key, name in self._names.items()}
        users = {}
        for key in unused:
            needing = [key, *(keys[name] for name in loaders.get(self._names[key], ()) if name in keys)]
            others = self.graph.reaching(needing) & unused - {key}
            users[key] = tuple(sorted(self._names[each] for each in others))
        return users

    def all(self) -> tuple[Remark, ...]:
        """Return the remarks by kind, then by bytes. Each requirement has at most one, the first that applies."""
        remarks = [*self._missing(), *self._transitive()]
        remarks += [remark for key in self._direct if (remark := self._of_requirement(key))]
        return tuple(sorted(remarks, key=lambda r: (_ORDER.index(r.kind), -(r.freed_bytes or 0), r.name)))

    def _missing(self) -> Iterator[Remark]:
        """Yield the imports that no measured distribution provides."""
        if unmeasured_names(self.inventory.skipped):
            return  # what could not be measured may provide them
        locations: dict[str, list[Mention]] = {}
        for mention, matches in self.usage.matches:
            counts = mention.role == "application" and mention.how in ("start", "lazy")
            if not counts or matches or self.usage.application.is_in_subproject(mention):
                continue
            other = is_for_other_systems(mention.name, self.usage.provides.environment)
            if is_foreign(mention, self.usage) and not other:
                locations.setdefault(mention.name.partition(".")[0], []).append(mention)
        for module, mentions in locations.items():
            yield Remark(
                kind="missing",
                name=module,
                reason="is imported, but no requirement provides it",
                locations=tuple(mentions),
            )

    def _transitive(self) -> Iterator[Remark]:
        """Yield distributions that the application imports but does not require."""
        direct = {self._names[key] for key in self._direct}
        # A module that several distributions provide is not transitive if a requirement is one of them.
        direct_modules = {use.mention.name for name in direct for use in self._uses(name)}
        for key, name in self._names.items():
            imports = _imports(self._uses(name))
            locations = tuple(
                p for p in imports if p.name not in direct_modules and not self.usage.application.is_in_subproject(p)
            )
            if name in direct or not locations or name in ALWAYS_THERE:
                continue
            users = self.graph.required_by.get(key, ())
            by = f"required only by {listed(users, _MOST_USERS)}" if users else "not required"
            reason = f"is imported, but {by}"
            yield Remark(kind="transitive", name=name, reason=reason, locations=locations)

    def _of_requirement(self, key: str) -> Remark | None:
        """Return the first remark that applies to a requirement."""
        name, group = self._names[key], self.groups[key]
        uses = self._uses(name)
        rules = rules_of(group.evidence)
        freed = self.weights[key].freed or 0
        since = backported_since(name)
        if since and has_version(self.usage.provides.python, since):
            return Remark(kind="backport", name=name, reason=f"is part of Python since {since}", freed_bytes=freed)
        if group.group == "dev" or is_known_as_dev(group.evidence):
            return self._of_dev(key, uses, rules, freed)
        if not uses:
            return self._without_uses(key, freed)
        return self._of_use(name, uses, rules, freed)

    def _without_uses(self, key: str, freed: int) -> Remark | None:
        """Return a remark about a requirement without uses; None if something else may load it."""
        name = self._names[key]
        if key in self._unused:
            others = self._unused[key]
            verb = "is" if len(others) == 1 else "are"
            nor = f", nor {verb} {listed(others, _MOST_USERS)}, which could need it" if others else ""
            return Remark(kind="unused", name=name, reason=f"is not used in your code{nor}", freed_bytes=freed)
        users = self.graph.required_by.get(key, ())
        if not users:
            return None
        reason = f"is already required by {listed(users, _MOST_USERS)}, and your code does not use it"
        return Remark(kind="redundant", name=name, reason=reason, freed_bytes=freed)

    def _of_use(self, name: str, uses: Sequence[Use], rules: Sequence[Rule], freed: int) -> Remark | None:
        locations = tuple(use.mention for use in uses)
        if name in ALWAYS_THERE:
            return None
        if all(location.role in ("tests", "docs", "build") for location in locations) and not any(
            rule.on_demand for rule in rules
        ):
            reason = "is used only by tests, docs and builds"
            return Remark(kind="tests-only", name=name, reason=reason, locations=locations, freed_bytes=freed)
        if only_later(uses) and all(location.how != "optional" for location in locations):
            reason = "is never imported when the application starts"
            return Remark(kind="lazy", name=name, reason=reason, locations=locations, freed_bytes=freed)
        if freed < min(_WORTH_BYTES, _WORTH_SHARE * self._total):
            return None
        locations = tuple(location for location in locations if location.role not in DEVELOPMENT)
        if len(locations) != 1:
            return None
        return Remark(
            kind="one-place", name=name, reason="is used in only one place", locations=locations, freed_bytes=freed
        )

    def _of_dev(self, key: str, uses: Sequence[Use], rules: Sequence[Rule], freed: int) -> Remark | None:
        """Return a remark about a development tool that the application uses."""
        name = self._names[key]
        # The user or the project decided, or another distribution needs it in production.
        settled = any(rule.decided_by or rule.required for rule in rules)
        if settled or not is_known_as_dev(self.groups[key].evidence):
            return None
        locations = [use.mention for use in uses if use.mention.role == "application"]
        always = tuple(p for p in locations if p.how == "start" or (p.how == "lazy" and p.kind == "import"))
        if always:
            reason = "is a development tool, but the application uses it"
            return Remark(kind="dev-in-production", name=name, reason=reason, locations=always, freed_bytes=freed)
        under = tuple(p for p in locations if p.how == "conditional")
        if under:
            reason = f"is a development tool that the application uses only if {under[0].condition}"
            return Remark(kind="dev-conditional", name=name, reason=reason, locations=under, freed_bytes=freed)
        return None


def _imports(uses: Sequence[Use]) -> tuple[Mention, ...]:
    mentions = (use.mention for use in uses)
    return tuple(m for m in mentions if m.kind == "import" and m.role == "application" and m.how in ("start", "lazy"))
