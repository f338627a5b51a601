"""Requirement lines → edges, for the environment that was measured; what is missing or does not fit is a conflict."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from typing import TYPE_CHECKING

from deadweight.formats.metadata import normalize
from deadweight.graph.value import Root, base, key_of, reachable
from deadweight.markers import marker_values
from deadweight.model import Conflict, Distribution, Environment, Wanted

if TYPE_CHECKING:
    from packaging.requirements import Requirement


class Matcher:
    """Turns requirement lines into edges, each node once, among the distributions of one environment.

    keys: name → key of the distribution that has it; of several copies the first
    """

    def __init__(self, environment: Environment, distributions: Collection[Distribution]) -> None:
        self.by_key: dict[str, Distribution] = {d.key: d for d in distributions}
        self.keys: dict[str, str] = {}
        for distribution in distributions:
            self.keys.setdefault(distribution.name, distribution.key)
        self.edges: dict[str, set[str]] = {}
        self.lines: dict[tuple[str, str], str] = {}
        self.extras: dict[str, set[str]] = defaultdict(set)
        self.conflicts: dict[tuple[str, str], Conflict] = {}
        self.warnings: list[str] = []
        self.urls = {d.url.rstrip("/"): d.key for d in distributions if d.url}
        self._values = marker_values(environment)

    def visit(self, node: str) -> None:
        """Add the edges out of ``node``, and of the extras that they ask for."""
        pending = [node]
        while pending:
            node = pending.pop()
            if node in self.edges:
                continue
            key, _, extra = node.rstrip("]").partition("[")
            targets = self.edges[node] = {key} if extra else set()
            if extra:
                self.extras[key].add(extra)
            for line, requirement in self.requirements_of(self.by_key[key], extra):
                for target in self._targets(key, line, requirement):
                    self.lines.setdefault((node, base(target)), line)
                    targets.add(target)
                    pending.append(target)

    def requirements_of(self, distribution: Distribution, extra: str) -> Iterator[tuple[str, Requirement]]:
        from packaging.requirements import InvalidRequirement
        from packaging.utils import InvalidName

        for line in distribution.metadata.requires:
            marker = line.partition(";")[2]
            # Most lines wait for an extra that nobody asks for: do not parse those.
            if ("extra" not in marker) if extra else ("extra" in marker and " or " not in marker):
                continue
            if extra and extra not in normalize(marker):
                continue
            try:
                requirement = parse_requirement(line)
                if self._holds(requirement, extra) and not (extra and self._holds(requirement, "")):
                    yield line, requirement
            except (InvalidRequirement, InvalidName, ValueError) as error:
                self.warnings.append(
                    f"{distribution.name} has a requirement that does not parse: {line} ({str(error).splitlines()[0]})"
                )

    def _holds(self, requirement: Requirement, extra: str) -> bool:
        return requirement.marker is None or requirement.marker.evaluate({**self._values, "extra": extra})

    def _targets(self, key: str, line: str, requirement: Requirement) -> Iterator[str]:
        name = normalize(requirement.name)
        found = self.keys.get(name)
        if found is None:
            self.conflicts[key, name] = Conflict(
                kind="missing", names=(key, name), says=f"{key} requires {_shown(line)}, which is not there"
            )
            return
        self.check_version(key, self.by_key[found], str(requirement.specifier))
        yield found
        yield from (f"{found}[{normalize(extra)}]" for extra in requirement.extras)

    def check_version(self, asker: str, found: Distribution, specifier: str) -> None:
        """Note a conflict where the version that is there is not one that was asked for."""
        if specifier and found.version and not _satisfies(found.version, specifier):
            self.conflicts[asker, found.key] = Conflict(
                kind="version",
                names=(asker, found.key),
                says=f"{asker} requires {found.name}{specifier}, but {found.version} is there",
            )

    def match_wanted(self, wanted: Iterable[Wanted]) -> list[Root]:
        """Return the roots that the user's requirements name, each once, with all the extras asked for."""
        extras: dict[str, set[str]] = {}
        for want in wanted:
            if not self.holds(want):
                continue
            key = key_of(want, self.keys, self.urls)
            if key is None:
                name = want.name or want.url
                self.conflicts["", name] = Conflict(
                    kind="missing", names=("", name), says=f"the requirements name {name}, which is not there"
                )
                continue
            self.check_version("your requirements", self.by_key[key], want.specifier)
            extras.setdefault(key, set()).update(want.extras)
        roots = [Root(key, frozenset(asked)) for key, asked in extras.items()]
        for root in roots:
            for node in root.nodes():
                self.visit(node)
        return sorted(roots)

    def holds(self, want: Wanted) -> bool:
        """Say whether a requirement of the user's applies in the environment that was measured."""
        from packaging.markers import Marker

        return not want.marker or Marker(want.marker).evaluate({**self._values, "extra": ""})

    def reached(self, roots: Iterable[Root]) -> set[str]:
        return {base(n) for n in reachable(self.edges, (n for root in roots for n in root.nodes()))}

    def required(self, among: Collection[str]) -> set[str]:
        """Return the keys that another distribution among these requires."""
        return {
            base(target)
            for node, targets in self.edges.items()
            if base(node) in among
            for target in targets
            if base(target) != base(node)
        }


@lru_cache(maxsize=1 << 14)
def parse_requirement(line: str) -> Requirement:
    """Parse a PEP 508 line; raises packaging's InvalidRequirement."""
    from packaging.requirements import Requirement

    return Requirement(line)


@lru_cache(maxsize=1 << 14)
def _satisfies(version: str, specifier: str) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion, Version

    try:
        return SpecifierSet(specifier).contains(Version(version), prereleases=True)
    except (InvalidVersion, InvalidSpecifier):
        return True  # a version of no known form satisfies nothing and violates nothing


def _shown(line: str) -> str:
    return line.partition(";")[0].strip()
