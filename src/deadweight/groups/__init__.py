"""Graph → the group of each distribution (core, data, ml or dev), with the evidence for it.

First what the distribution itself says (``rules.py``, the tables beside it) and its project's groups, then the graph:

    DW-DECLARED     only dependency groups or extras for developers ask for it (a lock or pyproject.toml says so)

    DW-ONLY-DEV     a transitive distribution that only dev requirements reach is dev, whatever it is by itself
    DW-NEEDED       one that looks like dev, but that something else needs at run time, is core
    DW-REACHED      one that nothing speaks for takes the group of the requirements that reach it, if they agree
    DW-DEFAULT      core, since to call it anything lighter would be a guess
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from deadweight.graph import Graph
from deadweight.graph.roots import DEVELOPERS_EXTRAS
from deadweight.groups.rules import Hint, Names, rules
from deadweight.model import Assignment, Evidence, Group, Inventory, Metadata

DEFAULT = Evidence("DW-DEFAULT", "core", "nothing says otherwise")


def judge(metadata: Metadata, config: Names) -> tuple[Hint, ...]:
    """Return what the rules make of one distribution by itself, the deciding hint first."""
    return tuple(hint for rule in rules(config) if (hint := rule(metadata)))


def assign_groups(
    inventory: Inventory, graph: Graph, config: Names, declared: Mapping[str, frozenset[str]] | None = None
) -> dict[str, Assignment]:
    """Return key → group of every distribution.

    declared: name → the dependency groups and extras of the project that ask for it, "" for the project itself
    """
    hints = {
        d.key: _with_declared(judge(d.metadata, config), (declared or {}).get(d.name, frozenset()))
        for d in inventory.distributions
    }
    own: dict[str, Group | None] = {key: found[0].evidence.group if found else None for key, found in hints.items()}
    dev_roots = [root for root in graph.roots if own[root.key] == "dev"]
    other_roots = [root for root in graph.roots if own[root.key] != "dev"]
    needed = graph.closure(other_roots)
    only_dev = graph.closure(dev_roots) - needed
    reaching: dict[str, list[str]] = {key: [] for key in own}
    for root in graph.roots:
        for key in graph.closure([root]):
            reaching[key].append(root.key)
    roots = {root.key for root in graph.roots}
    found = {}
    for key in own:
        by_graph = _by_graph(key, own, hints[key], key in roots, key in only_dev, key in needed, reaching[key], graph)
        evidence = (*by_graph, *(hint.evidence for hint in hints[key])) or (DEFAULT,)
        tags = tuple(dict.fromkeys(hint.tag for hint in hints[key] if hint.tag))
        found[key] = Assignment(group=evidence[0].group, tags=tags, evidence=evidence)
    return found


def _with_declared(hints: tuple[Hint, ...], groups: frozenset[str]) -> tuple[Hint, ...]:
    """Put what a project's groups say before what is known of a name, and behind the user's own word."""
    if not groups or not groups <= DEVELOPERS_EXTRAS:
        return hints
    hint = Hint(
        Evidence("DW-DECLARED", "dev", f"only its project's {_some(sorted(groups))} {_asks(groups)} for it"), ""
    )
    first = 1 if hints and hints[0].evidence.rule == "DW-CONFIG" else 0
    return (*hints[:first], hint, *hints[first:])


def _asks(groups: frozenset[str]) -> str:
    return "group asks" if len(groups) == 1 else "groups ask"


def _by_graph(
    key: str,
    own: Mapping[str, Group | None],
    hints: tuple[Hint, ...],
    is_root: bool,
    only_dev: bool,
    needed: bool,
    reaching: list[str],
    graph: Graph,
) -> tuple[Evidence, ...]:
    if hints and hints[0].evidence.rule == "DW-CONFIG":
        return ()
    if only_dev and not is_root:
        return (Evidence("DW-ONLY-DEV", "dev", f"only {_some(reaching)} {_verb(reaching)} it, for development"),)
    if own[key] == "dev" and needed:
        users = [user for user in graph.required_by.get(key, ()) if own[user] != "dev"] or graph.required_by.get(
            key, ()
        )
        return (Evidence("DW-NEEDED", "core", f"{_some(users)} {_verb(users)} it at run time"),)
    if own[key] is None and not is_root:
        groups = {own[root] or "core" for root in reaching if own[root] != "dev"}
        if len(groups) == 1:
            group = groups.pop()
            users = [root for root in reaching if own[root] != "dev"]
            return (Evidence("DW-REACHED", group, f"only {_some(users)} ({group}) {_verb(users)} it"),)
    return ()


def _verb(names: Iterable[str]) -> str:
    return "needs" if len(list(names)) == 1 else "need"


def _some(names: Iterable[str], most: int = 3) -> str:
    listed = list(names)
    more = f" and {len(listed) - most} more" if len(listed) > most else ""
    return ", ".join(listed[:most]) + more
