"""Requirement lines → edges, for the environment that was measured; what is missing or does not fit is a conflict."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache

from deadweight.errors import abridged
from deadweight.graph.lines import Line, Markers, Offer, parse_line
from deadweight.graph.nodes import Extra, Node, base, extra_of, keys_among
from deadweight.graph.value import Root, key_of, reachable
from deadweight.model import Conflict, Distribution, Environment, Wanted
from deadweight.platforms.markers import marker_values


class Matcher:
    """Turns requirement lines into edges, each node once, among the distributions of one environment.

    keys: name → key of the distribution that has it; of several copies the first
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
        self._markers = Markers(marker_values(environment))
        self._offers: dict[str, Offer] = {}
        self._malformed: set[tuple[str, str]] = set()

    def visit(self, node: Node) -> None:
        """Add the edges out of ``node``, and of the extras that they ask for."""
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
        """Yield the requirements that hold for an extra alone; without one, those that hold without any."""
        if distribution.key not in self._offers:
            self._offers[distribution.key] = Offer(distribution.metadata.requires)
        for text in self._offers[distribution.key].lines(extra):
            if (distribution.key, text) in self._malformed:
                continue  # it would fail again for each extra that it names
            try:
                line = parse_line(text)
                if self._markers.hold(line.marker, extra) and not (extra and self._markers.hold(line.marker)):
                    yield line
            except (ValueError, RecursionError) as error:
                self._malformed.add((distribution.key, text))
                reason = (str(error) or type(error).__name__).splitlines()[0]
                self.warnings.append(f"{distribution.name} has an invalid requirement: {abridged(text)} ({reason})")

    def _targets(self, key: str, line: Line) -> Iterator[Node]:
        found = self.keys.get(line.name)
        if found is None:
            self.conflicts[key, line.name] = Conflict(
                kind="missing", names=(key, line.name), says=f"{key} requires {_shown(line.text)}, which is missing"
            )
            return
        self.check_version(key, self.by_key[found], line.specifier)
        yield found
        yield from (Extra(found, extra) for extra in line.extras)

    def check_version(self, asker: str, found: Distribution, specifier: str) -> None:
        """Note a conflict where the version that is there is not one that was asked for."""
        if specifier and found.version and not _satisfies(found.version, specifier):
            self.conflicts[asker, found.key] = Conflict(
                kind="version",
                names=(asker, found.key),
                says=f"{asker} requires {found.name}{specifier}, but the version is {found.version}",
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
                    kind="missing", names=("", name), says=f"your requirements include {name}, which is missing"
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
        return self._markers.hold(want.marker)

    def reached(self, roots: Iterable[Root]) -> set[str]:
        """Return the keys of all that ``roots`` reach, themselves included."""
        return keys_among(reachable(self.edges, (n for root in roots for n in root.nodes())))

    def edges_of_keys(self) -> dict[Node, set[Node]]:
        """Return distribution → those that it or an extra of it requires, whoever asks for the extra."""
        edges: dict[Node, set[Node]] = defaultdict(set)
        for node, targets in self.edges.items():
            edges[base(node)].update(map(base, targets))
        return edges

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
def _satisfies(version: str, specifier: str) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion, Version

    try:
        return SpecifierSet(specifier).contains(Version(version), prereleases=True)
    except (InvalidVersion, InvalidSpecifier):
        return True  # a version of no known form satisfies nothing and violates nothing


def _shown(line: str) -> str:
    return line.partition(";")[0].strip()
