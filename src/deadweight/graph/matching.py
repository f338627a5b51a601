"""Requirement lines → edges between the distributions of one environment, and conflicts."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache, partial

from deadweight.errors import abridged
from deadweight.graph.lines import Line, Markers, Offer, parse_line
from deadweight.graph.nodes import Extra, Node, base, extra_of, keys_among
from deadweight.graph.value import Root, key_of, reachable
from deadweight.model import Conflict, Distribution, Environment, Requirement
from deadweight.platforms.markers import marker_values


class Matcher:
    """Turns requirement lines into edges between the distributions of one environment.

    keys: name → key of the distribution with that name; the first of several copies
    """

    def __init__(self, environment: Environment, distributions: Collection[Distribution]) -> None:
        self.by_key: dict[str, Distribution] = {d.key: d for d in distributions}
        self.keys: dict[str, str] = {}
        for distribution in distributions:
            self.keys.setdefault(distribution.name, distribution.key)
        self.edges: dict[Node, set[Node]] = {}
        self.lines: dict[tuple[Node, str], str] = {}
        self.extras: dict[str, set[str]] = defaultdict(set)
        self.conflicts: dict[tuple[str, str], Conflict] = {}
        self.warnings: list[str] = []
        self.urls = {d.url.rstrip("/"): d.key for d in distributions if d.url}
        self._markers = Markers(partial(marker_values, environment))
        self._offers: dict[str, Offer] = {}
        self._malformed: set[tuple[str, str]] = set()

    def visit(self, node: Node) -> None:
        """Add the edges of ``node`` and of everything it reaches, once per node."""
        pending = [node]
        while pending:
            node = pending.pop()
            if node in self.edges:
                continue
            key, extra = base(node), extra_of(node) or ""
            targets: set[Node] = {key} if extra else set()
            self.edges[node] = targets
            if extra:
                self.extras[key].add(extra)
            for line in self.requirements_of(self.by_key[key], extra):
                for target in self._targets(key, line):
                    self.lines.setdefault((node, base(target)), line.text)
                    targets.add(target)
                    pending.append(target)

    def requirements_of(self, distribution: Distribution, extra: str) -> Iterator[Line]:
        """Yield the requirements that apply only with an extra; if it is "", those that apply without any."""
        if distribution.key not in self._offers:
            self._offers[distribution.key] = Offer(distribution.metadata.requires)
        for text in self._offers[distribution.key].lines(extra):
            if (distribution.key, text) in self._malformed:
                continue  # it would fail and warn again for each extra that it names
            try:
                line = parse_line(text)
                if self._markers.hold(line.marker, extra) and not (extra and self._markers.hold(line.marker)):
                    yield line
            except (ValueError, RecursionError) as error:
                self._malformed.add((distribution.key, text))
                reason = (str(error) or type(error).__name__).splitlines()[0]
                self.warnings.append(f"{distribution.name} has an invalid requirement: {abridged(text)} ({reason})")

    def _targets(self, key: str, line: Line) -> Iterator[Node]:
        target_key = self.keys.get(line.name)
        if target_key is None:
            self.conflicts[key, line.name] = Conflict(
                kind="missing", names=(key, line.name), reason=f"{key} requires {_shown(line.text)}, which is missing"
            )
            return
        self.check_version(key, self.by_key[target_key], line.specifier)
        yield target_key
        yield from (Extra(target_key, extra) for extra in line.extras)

    def check_version(self, requirer: str, distribution: Distribution, specifier: str) -> None:
        """Record a conflict if the measured version does not satisfy a specifier."""
        if specifier and distribution.version and not _satisfies(distribution.version, specifier):
            self.conflicts[requirer, distribution.key] = Conflict(
                kind="version",
                names=(requirer, distribution.key),
                reason=f"{requirer} requires {distribution.name}{specifier}, but the version is {distribution.version}",
            )

    def match(self, requirements: Iterable[Requirement]) -> list[Root]:
        """Return the roots that the user's requirements name, each once, with all requested extras."""
        extras: dict[str, set[str]] = {}
        for requirement in requirements:
            if not self.holds(requirement):
                continue
            key = key_of(requirement, self.keys, self.urls)
            if key is None:
                name = requirement.name or requirement.url
                self.conflicts["", name] = Conflict(
                    kind="missing", names=("", name), reason=f"your requirements include {name}, which is missing"
                )
                continue
            self.check_version("your requirements", self.by_key[key], requirement.specifier)
            extras.setdefault(key, set()).update(requirement.extras)
        roots = [Root(key, frozenset(names)) for key, names in extras.items()]
        for root in roots:
            for node in root.nodes():
                self.visit(node)
        return sorted(roots)

    def holds(self, requirement: Requirement) -> bool:
        """Return whether a requirement of the user applies to the measured environment."""
        return self._markers.hold(requirement.marker)

    def reached(self, roots: Iterable[Root]) -> set[str]:
        """Return the keys of everything that ``roots`` reach, including themselves."""
        return keys_among(reachable(self.edges, (n for root in roots for n in root.nodes())))

    def edges_of_keys(self) -> dict[Node, set[Node]]:
        """Return distribution → the distributions that it or any of its extras requires."""
        edges: dict[Node, set[Node]] = defaultdict(set)
        for node, targets in self.edges.items():
            edges[base(node)].update(map(base, targets))
        return edges

    def required(self, among: Collection[str]) -> set[str]:
        """Return the keys that another of the given distributions requires."""
        return {
            base(target)
            for node, targets in self.edges.items()
            if base(node) in among
            for target in targets
            if base(target) != base(node)
        }


@lru_cache(maxsize=1 << 14)
def _satisfies(version: str, specifier: str) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion, Version

    try:
        return SpecifierSet(specifier).contains(Version(version), prereleases=True)
    except (InvalidVersion, InvalidSpecifier):
        return True  # an invalid version or specifier is not a conflict


def _shown(line: str) -> str:
    return line.partition(";")[0].strip()
