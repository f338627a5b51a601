"""Inventory and requirements → who needs whom, and what leaves with whom.

A node is a distribution (``uvicorn``) or one of its extras that somebody asks for (``uvicorn[standard]``); the extra's
node leads to the distribution and to what the extra adds. So an extra weighs on whoever asks for it, on nobody else.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache
from typing import TYPE_CHECKING, NamedTuple

from deadweight.formats.metadata import normalize
from deadweight.markers import marker_values
from deadweight.model import Conflict, Distribution, Inventory, Wanted

if TYPE_CHECKING:
    import networkx
    from packaging.requirements import Requirement

_EXTRA = re.compile(r"extra\s*==\s*['\"]([^'\"]+)['\"]")
_DEVELOPERS_EXTRAS = frozenset("dev devel develop development test tests testing doc docs lint typing mypy ci".split())
Edges = Mapping[str, Collection[str]]


class Root(NamedTuple):
    """Where reaching starts: a distribution's key and the extras it is asked for with."""

    key: str
    extras: frozenset[str] = frozenset()

    def nodes(self) -> Iterator[str]:
        yield self.key
        yield from (f"{self.key}[{extra}]" for extra in sorted(self.extras))


@dataclass(frozen=True, slots=True)
class Weight:
    """Apparent bytes that hang on one distribution.

    closure:  it and all that it reaches, with the extras it is asked for
    retained: what leaves when it is taken out, wherever it comes from: it, and what only it holds up
    freed:    what leaves when the user's requirements no longer name it; less than ``retained``, often 0, where
              another requirement needs it too; None for what they do not name
    """

    closure: int
    retained: int
    freed: int | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Graph:
    """Requirements matched to distributions.

    edges:        node → nodes; an edge out of ``a[x]`` holds only where somebody asks for the extra
    lines:        (node, key) → the PEP 508 line behind the edge
    direct:       the roots that the user's requirements name
    strays:       roots that nobody asks for, so that everything is reached from somewhere
    extras:       key → the extras that somebody asks for
    own:          key → apparent bytes
    urls:         URL → key, of what was installed from one
    frozen:       whether the requirements are a full freeze, so that only some of them are roots
    """

    edges: Edges
    lines: Mapping[tuple[str, str], str]
    direct: tuple[Root, ...]
    strays: tuple[Root, ...]
    extras: Mapping[str, frozenset[str]]
    own: Mapping[str, int]
    urls: Mapping[str, str]
    frozen: bool = False
    conflicts: tuple[Conflict, ...] = ()
    warnings: tuple[str, ...] = ()
    required_by: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def roots(self) -> tuple[Root, ...]:
        return self.direct + self.strays

    def requires(self, key: str) -> tuple[str, ...]:
        """Return the keys that a distribution needs, with the extras it is asked for; sorted."""
        found = {base(target) for node in self.nodes_of(key) for target in self.edges.get(node, ())}
        return tuple(sorted(found - {key}))

    def nodes_of(self, key: str) -> Iterator[str]:
        return Root(key, self.extras.get(key, frozenset())).nodes()

    def closure(self, roots: Iterable[Root]) -> set[str]:
        """Return the keys of all that ``roots`` reach, themselves included."""
        return {base(n) for n in reachable(self.edges, (n for root in roots for n in root.nodes()))}

    def closure_of(self, key: str) -> set[str]:
        """Return the keys of all that one distribution reaches, with the extras it is asked for."""
        return {base(n) for n in reachable(self.edges, self.nodes_of(key))}

    def retained_by(self, key: str) -> set[str]:
        """Return the keys that leave when ``key`` alone is taken out: what no root reaches any more."""
        if not self.requires(key):
            return {key}
        return self.closure_of(key) - self._reached_without(key)

    def _reached_without(self, key: str) -> set[str]:
        start = (node for root in self.roots if root.key != key for node in root.nodes())
        return {base(n) for n in reachable(self.edges, start, without=frozenset(self.nodes_of(key)))}

    def freed_by_dropping(self, keys: Collection[str]) -> set[str]:
        """Return the keys that leave when these are no longer roots: what dropping their lines frees."""
        return self.closure(self.roots) - self.closure(r for r in self.roots if r.key not in keys)

    def bytes_of(self, keys: Iterable[str]) -> int:
        """Return the apparent bytes of distributions, each once."""
        return sum(self.own[key] for key in keys)

    def keys_of(self, wanted: Iterable[Wanted]) -> dict[Wanted, str | None]:
        """Return requirement → the key it names; None where nothing of that name is there."""
        return {want: _key_of(want, self.own, self.urls) for want in wanted}

    def holders(self) -> Mapping[str, tuple[str, ...]]:
        """Return key → the direct requirements that reach it, itself left out; together they hold it up."""
        found: dict[str, list[str]] = defaultdict(list)
        for root in self.direct:
            for key in sorted(self.closure([root]) - {root.key}):
                found[key].append(root.key)
        return {key: tuple(roots) for key, roots in found.items()}

    def networkx(self) -> networkx.DiGraph[str]:
        """Return the graph as networkx has it: nodes carry ``own_bytes``, edges ``requirement``."""
        import networkx

        graph: networkx.DiGraph[str] = networkx.DiGraph()
        for key in self.own:
            for node in self.nodes_of(key):
                graph.add_node(node, own_bytes=self.own[key] if node == key else 0, direct=False)
        for source, targets in self.edges.items():
            for target in targets:
                graph.add_edge(source, target, requirement=self.lines.get((source, base(target)), ""))
        for root in self.direct:
            for node in root.nodes():
                graph.nodes[node]["direct"] = True
        return graph


def base(node: str) -> str:
    """Return the distribution's key of a node."""
    return node.partition("[")[0]


def reachable(edges: Edges, roots: Iterable[str], *, without: Collection[str] = ()) -> set[str]:
    """Return the nodes that can be reached from ``roots``, themselves included, never entering ``without``."""
    seen: set[str] = set()
    stack = [node for node in roots if node not in without]
    while stack:
        node = stack.pop()
        if node not in seen:
            seen.add(node)
            stack += (n for n in edges.get(node, ()) if n not in seen and n not in without)
    return seen


def weigh(graph: Graph) -> dict[str, Weight]:
    """Return key → what hangs on it."""
    roots = {root.key for root in graph.roots}
    return {
        key: Weight(
            closure=graph.bytes_of(graph.closure_of(key)),
            retained=graph.bytes_of(graph.retained_by(key)),
            freed=graph.bytes_of(graph.freed_by_dropping({key})) if key in roots else None,
        )
        for key in graph.own
    }


def build_graph(inventory: Inventory, wanted: Collection[Wanted] | None = None) -> Graph:
    """Match requirements to distributions, for the environment that was measured.

    wanted: the user's requirements; None where there is only an environment, whose REQUESTED marks tell then
    """
    matcher = _Matcher(inventory)
    for key in matcher.by_key:
        matcher.visit(key)
    frozen = False
    if wanted is None:
        direct, marked = _requested(inventory.distributions, matcher)
        direct = _with_inferred_extras(direct, marked, matcher)
    else:
        direct = matcher.match_wanted(wanted)
        frozen = _is_frozen(wanted, direct, matcher)
        if frozen:
            direct = _unrequired(direct, matcher)
    strays = _strays(direct, matcher)
    required_by: dict[str, set[str]] = defaultdict(set)
    for node, targets in matcher.edges.items():
        for target in targets:
            if base(target) != base(node):
                required_by[base(target)].add(base(node))
    return Graph(
        edges={node: tuple(sorted(targets)) for node, targets in matcher.edges.items()},
        lines=matcher.lines,
        direct=tuple(direct),
        strays=tuple(strays),
        extras={key: frozenset(extras) for key, extras in matcher.extras.items()},
        own={d.key: d.sizes.apparent for d in inventory.distributions},
        urls=matcher.urls,
        frozen=frozen,
        conflicts=tuple(matcher.conflicts.values()),
        warnings=tuple(dict.fromkeys(matcher.warnings)),
        required_by={key: tuple(sorted(sources)) for key, sources in required_by.items()},
    )


def _key_of(want: Wanted, keys: Collection[str], urls: Mapping[str, str]) -> str | None:
    """Return the key that a requirement names; where it gives no name, the one installed from its URL."""
    if want.name is not None:
        return want.name if want.name in keys else None
    return next(
        (key for url, key in urls.items() if url == want.url or url.rstrip("/").endswith(want.url.lstrip("./"))), None
    )


class _Matcher:
    """Turns requirement lines into edges, each node once."""

    def __init__(self, inventory: Inventory) -> None:
        self.by_key: dict[str, Distribution] = {d.key: d for d in inventory.distributions}
        self.edges: dict[str, set[str]] = {}
        self.lines: dict[tuple[str, str], str] = {}
        self.extras: dict[str, set[str]] = defaultdict(set)
        self.conflicts: dict[tuple[str, str], Conflict] = {}
        self.warnings: list[str] = []
        self.urls = {d.url: d.key for d in inventory.distributions if d.url}
        self._values = marker_values(inventory.environment)

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
            for line, requirement in self._requirements(self.by_key[key], extra):
                for target in self._targets(key, line, requirement):
                    self.lines.setdefault((node, base(target)), line)
                    targets.add(target)
                    pending.append(target)

    def _requirements(self, distribution: Distribution, extra: str) -> Iterator[tuple[str, Requirement]]:
        from packaging.requirements import InvalidRequirement
        from packaging.utils import InvalidName

        for line in distribution.metadata.requires:
            marker = line.partition(";")[2]
            # Most lines wait for an extra that nobody asks for: do not parse those.
            if ("extra" not in marker) if extra else ("extra" in marker and " or " not in marker):
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
        found = self.by_key.get(name)
        if found is None:
            self.conflicts[key, name] = Conflict(
                kind="missing", names=(key, name), says=f"{key} requires {_shown(line)}, which is not there"
            )
            return
        self.check_version(key, found, str(requirement.specifier))
        yield name
        yield from (f"{name}[{normalize(extra)}]" for extra in requirement.extras)

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
            key = _key_of(want, self.by_key, self.urls)
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


def _requested(distributions: Iterable[Distribution], matcher: _Matcher) -> tuple[list[Root], set[str]]:
    """Return the distributions that REQUESTED marks (PEP 376), else those that nobody requires; and the marked ones.

    Some installers mark all that they install; the marks of an installer tell something only where it left one out.
    """
    by_installer: dict[str, list[Distribution]] = defaultdict(list)
    for distribution in distributions:
        by_installer[distribution.installer].append(distribution)
    required = matcher.required(matcher.by_key)
    roots: set[str] = set()
    marked: set[str] = set()
    for group in by_installer.values():
        keys, marks = {d.key for d in group}, {d.key for d in group if d.requested}
        telling = marks and (marks != keys or not required & keys)
        roots |= marks if telling else keys - required
        marked |= marks if telling else set()
        if not telling and required & keys:
            matcher.warnings.append(
                "nothing here tells what was asked for by name; what nobody requires is taken for it"
                " (the requirements file would tell)"
            )
    return [Root(key) for key in sorted(roots)], marked


def _with_inferred_extras(direct: list[Root], marked: Collection[str], matcher: _Matcher) -> list[Root]:
    """Guess the extras that roots were asked for with: no environment records them (pypa/pip#5823).

    An extra was asked for where all that it adds is there and something of it is not explained otherwise: reached by
    no root, or a root only for want of anybody who requires it. The second is weak, so it takes three such names.
    Extras for developers are never guessed: what they bring is nobody's at run time.
    """
    unmarked = {root.key for root in direct if root.key not in marked}
    unreached = matcher.by_key.keys() - matcher.reached(direct)
    found: list[Root] = []
    for root in direct:
        extras: set[str] = set()
        for extra, names in sorted(_offered(root.key, matcher).items(), key=lambda item: (-len(item[1]), item[0])):
            telling = bool(names & unreached) or len(names & unmarked) >= 3
            if telling and names <= matcher.by_key.keys():
                extras.add(extra)
                matcher.visit(f"{root.key}[{extra}]")
                brought = matcher.reached([Root(root.key, frozenset({extra}))]) - {root.key}
                unreached, unmarked = unreached - brought, unmarked - brought
        found.append(Root(root.key, frozenset(extras)))
    guessed = [f"{root.key}[{','.join(sorted(root.extras))}]" for root in found if root.extras]
    if guessed:
        matcher.warnings.append(
            f"no environment records extras; by what is there, these were asked for: {', '.join(guessed)}"
        )
    brought = {key for root in found if root.extras for key in matcher.reached([root]) - {root.key}}
    return [root for root in found if root.key not in brought or root.key in marked]


def _offered(key: str, matcher: _Matcher) -> Mapping[str, set[str]]:
    """Return extra → the names that it adds, of the extras that a distribution's requirements speak of."""
    offered: dict[str, set[str]] = {}
    distribution = matcher.by_key[key]
    spoken_of = {extra for line in distribution.metadata.requires for extra in _EXTRA.findall(line)}
    for extra in spoken_of - _DEVELOPERS_EXTRAS:
        names = {normalize(r.name) for _, r in matcher._requirements(distribution, normalize(extra))} - {key}
        if names:
            offered[normalize(extra)] = names
    return offered


def _is_frozen(wanted: Collection[Wanted], direct: list[Root], matcher: _Matcher) -> bool:
    """Say whether the requirements are a full freeze: nearly all pinned, nearly all that is there named."""
    active = [want for want in wanted if matcher.holds(want)]
    pinned = [want for want in active if want.url or want.specifier.startswith("==")]
    named = {root.key for root in direct}
    reached = matcher.reached(direct)
    return (
        len(pinned) >= 0.9 * len(active)
        and len(named) >= 0.95 * len(reached)
        and len(named & matcher.required(named)) >= 3
    )


def _unrequired(direct: list[Root], matcher: _Matcher) -> list[Root]:
    """Keep the roots that no other root requires; of a cycle that nobody else requires, one."""
    named = {root.key: root for root in direct}
    kept = [root for root in direct if root.key not in matcher.required(named)]
    while left := sorted(named.keys() - matcher.reached(kept)):
        kept.append(named[left[0]])
    return sorted(kept)


def _strays(direct: list[Root], matcher: _Matcher) -> list[Root]:
    """Return roots for what the direct ones do not reach, such as pip, or what an uninstall left behind."""
    strays: list[Root] = []
    reached = matcher.reached(direct)
    left = {key for key in matcher.by_key if key not in reached}
    while left:
        top = left - matcher.required(left) or {min(left)}
        strays += (Root(key) for key in sorted(top))
        left -= matcher.reached(strays)
    return strays


@lru_cache(maxsize=1 << 14)
def parse_requirement(line: str) -> Requirement:
    """Parse a PEP 508 line; raises packaging's InvalidRequirement."""
    from packaging.requirements import Requirement

    return Requirement(line)


@lru_cache(maxsize=1 << 14)
def _satisfies(version: str, specifier: str) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    try:
        return SpecifierSet(specifier).contains(version, prereleases=True)
    except (InvalidVersion, InvalidSpecifier):
        return True  # a version of no known form satisfies nothing and violates nothing


def _shown(line: str) -> str:
    return line.partition(";")[0].strip()
