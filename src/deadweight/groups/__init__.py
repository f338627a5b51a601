"""Graph and source → the group of each distribution (core, data, ml or dev), with the evidence for it.

    rules.py      what a name and its metadata say, by the tables beside it      names.py   tables of names
    source.py     what the places say that use it                                deciding.py  how all that is weighed
    unmeasured.py the groups of requirements of which nothing was measured

What a distribution is by itself and by its uses comes first, then the graph:

    DW301  a transitive distribution that only dev requirements reach is dev, whatever it is by itself
    DW302  one that looks like dev, but that something else needs at run time, is core
    DW303  one that nothing speaks for takes the group of the requirements that reach it, if they agree
    DW304  core, since to call it anything lighter would be a guess
    DW307  one that only requirements reach that are not surely dev is dev, and not surely
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec import Struct

from deadweight.graph import Graph, Holders, Root, holders
from deadweight.graph.roots import DEVELOPERS_EXTRAS
from deadweight.groups.deciding import decide
from deadweight.groups.names import Names
from deadweight.groups.rules import Hint, judge
from deadweight.groups.source import Loaders, from_loaders, from_source, says_what_starts
from deadweight.model import Assignment, Evidence, Group, Inventory, Metadata, Use
from deadweight.usage import Engine, builds_of_one, engines_of

_NAMED = 3  # distributions that a sentence names
_IN_DOUBT = "DW307"
DEFAULT = Evidence("DW304", "core", "no evidence for another group")


class _Own(Struct, frozen=True):
    """What is concluded of one distribution before the graph is asked; ``hints`` with the deciding one first."""

    group: Group | None
    sure: bool
    hints: tuple[Hint, ...]

    @property
    def is_dev(self) -> bool:
        """Whether it is there for development, for sure."""
        return self.group == "dev" and self.sure

    @property
    def is_settled(self) -> bool:
        return bool(self.hints) and self.hints[0].rule.strength == "decisive" and self.hints[0].evidence.rule != "DW002"


def assign_groups(
    inventory: Inventory,
    graph: Graph,
    config: Names,
    declared: Mapping[str, frozenset[str]] | None = None,
    uses: Mapping[str, tuple[Use, ...]] | None = None,
) -> dict[str, Assignment]:
    """Return key → group of every distribution.

    declared: name → the dependency groups and extras of the project that ask for it, "" for the project itself
    uses:     name → where the source uses it; None where there is no source
    """
    named = {
        d.key: _with_declared(judge(d.metadata, config), (declared or {}).get(d.name, frozenset()))
        for d in inventory.distributions
    }
    names = {d.key: d.name for d in inventory.distributions}
    named = _with_other_builds(named, names)
    return _by_graph(_with_uses(named, names, uses), graph)


def by_name(metadata: Metadata, config: Names) -> Assignment:
    """Return the group of one distribution alone, of which nothing but name and metadata is known."""
    return _assignment(_concluded(judge(metadata, config)), ())


def _with_declared(hints: tuple[Hint, ...], groups: frozenset[str]) -> tuple[Hint, ...]:
    """Add what a project's groups say."""
    if not groups or not groups <= DEVELOPERS_EXTRAS:
        return hints
    require = "group requires" if len(groups) == 1 else "groups require"
    return (
        *hints,
        Hint(Evidence("DW002", "dev", f"only the project's {_some(_all_of(sorted(groups)))} {require} it")),
    )


def _with_other_builds(named: Mapping[str, tuple[Hint, ...]], names: Mapping[str, str]) -> dict[str, tuple[Hint, ...]]:
    """Add that another build of the same library is there: psycopg2 beside psycopg2-binary."""
    builds = builds_of_one(names.values())

    def told(key: str) -> tuple[Hint, ...]:
        others = builds.get(names[key], ())
        group: Group = named[key][0].evidence.group if named[key] else "core"
        are_builds = "is another build" if len(others) == 1 else "are other builds"
        says = f"{_some(_all_of(others))} {are_builds} of the same library"
        return (Hint(Evidence("DW306", group, says)),) if others else ()

    return {key: (*hints, *told(key)) for key, hints in named.items()}


def _with_uses(
    named: Mapping[str, tuple[Hint, ...]], names: Mapping[str, str], uses: Mapping[str, tuple[Use, ...]] | None
) -> dict[str, _Own]:
    """Conclude from names, from the places that use each, and from what loads it on demand.

    What loads others counts as production until it is surely there for development, which what it loads may then be
    too: each round can only add to that.
    """

    def concluded(hints: tuple[Hint, ...], name: str, loaders: Loaders) -> _Own:
        if uses is None:
            return _concluded((*hints, *from_loaders(loaders)))
        group = _runtime(_concluded(hints).group)
        return _concluded((*hints, *from_source(name, uses.get(name, ()), loaders, group, starts=starts)))

    starts = says_what_starts((uses or {}).values())
    every = engines_of(names.values())
    left_out: set[str] = set()
    while True:
        loaders = {name: _loaders(engines, left_out) for name, engines in every.items()}
        own = {key: concluded(hints, names[key], loaders.get(names[key], Loaders())) for key, hints in named.items()}
        dev = {names[key] for key, found in own.items() if found.is_dev}
        if dev <= left_out:
            return own
        left_out |= dev


def _loaders(engines: tuple[Engine, ...], left_out: Collection[str]) -> Loaders:
    """Tell those apart that load something in production; of what loads it for development, it does not matter."""
    return Loaders(
        production=tuple(e for e in engines if e.when == "always" and e.by not in left_out),
        development=tuple(e for e in engines if e.when != "always"),
    )


def _concluded(hints: tuple[Hint, ...]) -> _Own:
    first, sure = decide(hints)
    rest = sorted((hint for hint in hints if hint is not first), key=lambda hint: hint.evidence.rule)
    return _Own(first.evidence.group if first else None, sure, (first, *rest) if first else tuple(rest))


def _by_graph(own: Mapping[str, _Own], graph: Graph) -> dict[str, Assignment]:
    dev_roots = [root for root in graph.roots if own[root.key].is_dev]
    other_roots = [root for root in graph.roots if not own[root.key].is_dev]
    needed = graph.closure(root for root in other_roots if own[root.key].group != "dev")
    doubted = graph.closure(root for root in other_roots if own[root.key].group == "dev") - needed
    dev = holders(graph, dev_roots, _NAMED)
    runtime = holders(graph, other_roots, _NAMED)
    only_dev = dev.keys() - needed - doubted
    groups = _groups_reaching(own, graph, other_roots)
    roots = {root.key for root in graph.roots}
    found = {}
    for key, concluded in own.items():
        transitive = key not in roots
        evidence = (
            (_only_dev(concluded, dev[key]) if transitive and key in only_dev else ())
            or (_doubted(concluded, runtime.get(key)) if key in doubted else ())
            or _needed(concluded, [user for user in graph.required_by.get(key, ()) if user in needed])
            or (_reached(concluded, groups[key], runtime[key]) if transitive and key in runtime else ())
        )
        found[key] = _assignment(concluded, evidence)
    return found


def _assignment(own: _Own, by_graph: tuple[Evidence, ...]) -> Assignment:
    told = tuple(hint.evidence for hint in own.hints)
    if not by_graph and own.group is None:
        by_graph = (DEFAULT,)
    evidence = (*by_graph, *told)
    tags = tuple(dict.fromkeys(hint.tag for hint in own.hints if hint.tag))
    sure = own.sure if not by_graph else by_graph[0] is not DEFAULT and by_graph[0].rule != _IN_DOUBT
    return Assignment(group=evidence[0].group, sure=sure, tags=tags, evidence=evidence)


def _groups_reaching(own: Mapping[str, _Own], graph: Graph, roots: Iterable[Root]) -> dict[str, set[Group]]:
    """Return key → the groups of the roots that reach it."""
    apart: dict[Group, list[Root]] = {}
    for root in roots:
        apart.setdefault(_runtime(own[root.key].group), []).append(root)
    found: dict[str, set[Group]] = {key: set() for key in own}
    for group, those in apart.items():
        for key in graph.closure(those):
            found[key].add(group)
    return found


def _only_dev(own: _Own, reaching: Holders) -> tuple[Evidence, ...]:
    if own.is_settled or any(_is_use(hint) for hint in own.hints):
        return ()
    return (Evidence("DW301", "dev", f"only {_named(reaching)} it, for development"),)


def _doubted(own: _Own, users: Holders | None) -> tuple[Evidence, ...]:
    """What only requirements reach that are perhaps for development is perhaps for development, too."""
    is_used = own.group != "dev" and any(_is_use(hint) for hint in own.hints)
    if users is None or own.is_settled or is_used:
        return ()
    return (Evidence(_IN_DOUBT, "dev", f"only {_named(users)} it, possibly for development"),)


def _is_use(hint: Hint) -> bool:
    return hint.evidence.rule.startswith("DW2") and hint.evidence.group != "dev"


def _needed(own: _Own, users: list[str]) -> tuple[Evidence, ...]:
    if own.group != "dev" or own.is_settled or not users:
        return ()
    return (Evidence("DW302", "core", f"{_named(_all_of(users))} it at run time"),)


def _reached(own: _Own, groups: Collection[Group], users: Holders) -> tuple[Evidence, ...]:
    if own.group is not None or len(groups) != 1:
        return ()
    (group,) = groups
    return (Evidence("DW303", group, f"only {_some(users)} ({group}) {_verb(users)} it"),)


def _runtime(group: Group | None) -> Group:
    return "core" if group is None or group == "dev" else group


def _all_of(names: Sequence[str]) -> Holders:
    return Holders(tuple(names), len(names))


def _named(users: Holders) -> str:
    return f"{_some(users)} {_verb(users)}"


def _verb(users: Holders) -> str:
    return "requires" if users.count == 1 else "require"


def _some(users: Holders) -> str:
    shown = users.names[:_NAMED]
    more = f" and {users.count - len(shown)} more" if users.count > len(shown) else ""
    return ", ".join(shown) + more
