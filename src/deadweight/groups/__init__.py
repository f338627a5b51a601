"""Graph and application → the group of each distribution (core, data, ml or dev), with its evidence.

    rules.py      rules for names and metadata, by the tables next to it      names.py     tables of names
    code.py       rules for the uses in the application                       deciding.py  how evidence is weighed
    evidence.py   the rule behind each piece of evidence, for later stages
    unmeasured.py the groups of requirements that were not measured

Evidence about the distribution and its uses comes first, then the graph:

    DW301  a transitive distribution that only dev requirements reach is dev, whatever its own evidence
    DW302  a distribution that looks like dev, but that another one needs at run time, is core
    DW303  a distribution without evidence takes the group of the requirements that reach it, if they agree
    DW304  otherwise it is core, because any other group would be a guess
    DW307  a distribution that only uncertain dev requirements reach is dev, but uncertain
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec import Struct

from deadweight.graph import Graph, Holders, Root, holders
from deadweight.graph.roots import DEVELOPERS_EXTRAS
from deadweight.groups.code import Loaders, declares_processes, from_code, from_loaders
from deadweight.groups.deciding import decide
from deadweight.groups.names import Names
from deadweight.groups.rules import Hint, judge
from deadweight.model import Assignment, Evidence, Group, Inventory, Metadata, Use
from deadweight.usage import Engine, builds_of_one, engines_of
from deadweight.wording import listed

_NAMED = 3  # names in a sentence
_IN_DOUBT = "DW307"
DEFAULT = Evidence("DW304", "core", "no evidence for another group")


class _Own(Struct, frozen=True):
    """The conclusion about one distribution before the graph counts. The first of ``hints`` decides."""

    group: Group | None
    sure: bool
    hints: tuple[Hint, ...]

    @property
    def is_dev(self) -> bool:
        """Whether it is certainly a development dependency."""
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

    declared: name → the dependency groups and extras of the project that list it, "" for the project itself
    uses:     name → its uses in the application; None if no code was read
    """
    named = {
        d.key: _with_declared(judge(d.metadata, config), (declared or {}).get(d.name, frozenset()))
        for d in inventory.distributions
    }
    names = {d.key: d.name for d in inventory.distributions}
    named = _with_other_builds(named, names)
    return _decided(named, names, uses, graph)


def by_name(metadata: Metadata, config: Names) -> Assignment:
    """Return the group of one distribution, by its name and metadata alone."""
    return _assignment(_concluded(judge(metadata, config)), ())


def _with_declared(hints: tuple[Hint, ...], groups: frozenset[str]) -> tuple[Hint, ...]:
    """Add the evidence of the dependency groups of a project."""
    if not groups or not groups <= DEVELOPERS_EXTRAS:
        return hints
    require = "group requires" if len(groups) == 1 else "groups require"
    return (
        *hints,
        Hint(Evidence("DW002", "dev", f"only the project's {_some(_all_of(sorted(groups)))} {require} it")),
    )


def _with_other_builds(named: Mapping[str, tuple[Hint, ...]], names: Mapping[str, str]) -> dict[str, tuple[Hint, ...]]:
    """Add evidence for other builds of the same library: psycopg2 and psycopg2-binary."""
    builds = builds_of_one(names.values())

    def other_builds(key: str) -> tuple[Hint, ...]:
        others = builds.get(names[key], ())
        group: Group = named[key][0].evidence.group if named[key] else "core"
        are_builds = "is another build" if len(others) == 1 else "are other builds"
        reason = f"{_some(_all_of(others))} {are_builds} of the same library"
        return (Hint(Evidence("DW306", group, reason)),) if others else ()

    return {key: (*hints, *other_builds(key)) for key, hints in named.items()}


def _decided(
    named: Mapping[str, tuple[Hint, ...]],
    names: Mapping[str, str],
    uses: Mapping[str, tuple[Use, ...]] | None,
    graph: Graph,
) -> dict[str, Assignment]:
    """Decide by names, by the uses of each distribution, by what loads it on demand, and by the graph.

    A loader counts as production until it is certainly dev, by its own evidence or because only development
    requirements reach it. Then what it loads may become dev too, so this repeats until nothing changes. Each round only
    adds to dev.
    """

    def concluded(hints: tuple[Hint, ...], name: str, loaders: Loaders) -> _Own:
        if uses is None:
            return _concluded((*hints, *from_loaders(loaders)))
        group = _runtime(_concluded(hints).group)
        return _concluded((*hints, *from_code(name, uses.get(name, ()), loaders, group, starts=starts)))

    starts = declares_processes((uses or {}).values())
    every = engines_of(names.values())
    left_out: set[str] = set()
    while True:
        loaders = {name: _loaders(engines, left_out) for name, engines in every.items()}
        own = {key: concluded(hints, names[key], loaders.get(names[key], Loaders())) for key, hints in named.items()}
        dev = {names[key] for key, each in own.items() if each.is_dev}
        if dev <= left_out:
            assignments = _by_graph(own, graph)
            dev = _only_dev_loaders(assignments, names, loaders.values())
            if dev <= left_out:
                return assignments
        left_out |= dev


def _only_dev_loaders(
    assignments: Mapping[str, Assignment], names: Mapping[str, str], loaders: Iterable[Loaders]
) -> set[str]:
    """Return the projects that load others in production, but are certainly dev in every environment."""
    loading = {engine.by for each in loaders for engine in each.production}
    needed = {names[key] for key, each in assignments.items() if each.group != "dev" or not each.sure}
    return loading - needed


def _loaders(engines: tuple[Engine, ...], left_out: Collection[str]) -> Loaders:
    """Separate the loaders that count in production. It does not matter whether development loaders are left out."""
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
    assignments = {}
    for key, concluded in own.items():
        transitive = key not in roots
        evidence = (
            (_only_dev(concluded, dev[key]) if transitive and key in only_dev else ())
            or (_doubted(concluded, runtime.get(key)) if key in doubted else ())
            or _needed(concluded, [user for user in graph.required_by.get(key, ()) if user in needed])
            or (_reached(concluded, groups[key], runtime[key]) if transitive and key in runtime else ())
        )
        assignments[key] = _assignment(concluded, evidence)
    return assignments


def _assignment(own: _Own, by_graph: tuple[Evidence, ...]) -> Assignment:
    by_rules = tuple(hint.evidence for hint in own.hints)
    if not by_graph and own.group is None:
        by_graph = (DEFAULT,)
    evidence = (*by_graph, *by_rules)
    tags = tuple(dict.fromkeys(hint.tag for hint in own.hints if hint.tag))
    sure = own.sure if not by_graph else by_graph[0] is not DEFAULT and by_graph[0].rule != _IN_DOUBT
    return Assignment(group=evidence[0].group, sure=sure, tags=tags, evidence=evidence)


def _groups_reaching(own: Mapping[str, _Own], graph: Graph, roots: Iterable[Root]) -> dict[str, set[Group]]:
    """Return key → the groups of the roots that reach it."""
    by_group: dict[Group, list[Root]] = {}
    for root in roots:
        by_group.setdefault(_runtime(own[root.key].group), []).append(root)
    groups: dict[str, set[Group]] = {key: set() for key in own}
    for group, members in by_group.items():
        for key in graph.closure(members):
            groups[key].add(group)
    return groups


def _only_dev(own: _Own, reaching: Holders) -> tuple[Evidence, ...]:
    if own.is_settled or any(_is_use(hint) for hint in own.hints):
        return ()
    return (Evidence("DW301", "dev", f"only {_named(reaching)} it, for development"),)


def _doubted(own: _Own, users: Holders | None) -> tuple[Evidence, ...]:
    """Return evidence for what only requirements reach that are possibly dev."""
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
    return listed(users.names, _NAMED, others=users.count - len(users.names))
