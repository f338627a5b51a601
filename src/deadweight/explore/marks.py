"""Marked distributions → what dropping all of them together frees, what leaves with them, and what others hold."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct

if TYPE_CHECKING:
    from collections.abc import Collection

    from deadweight.graph.value import Graph

_MOST_EXPLAINED = 20  # of what stays; finding the holders of each walks the graph


class Staying(Struct, frozen=True):
    """Something that the marked distributions need or are, and that stays.

    requested: whether the requirements name it, and it is not marked
    holders:   the direct requirements that stay and need it; empty if not searched for
    """

    key: str
    own: int
    requested: bool
    holders: tuple[str, ...] = ()


class Outcome(Struct, frozen=True, kw_only=True):
    """What dropping the marked distributions from the requirements does.

    freed_bytes: of the whole set, which may be more than the sum of what each frees alone
    leaving:     keys of what is no longer installed, the marked ones included; the largest first
    staying:     what the marked ones are or need and others hold; the marked ones first, then the largest
    """

    marked: frozenset[str] = frozenset()
    freed_bytes: int = 0
    leaving: tuple[str, ...] = ()
    staying: tuple[Staying, ...] = ()


def outcome_of(graph: Graph, marked: Collection[str]) -> Outcome:
    """Return what dropping distributions frees, by the definition of ``Graph.freed_by_dropping``."""
    leaving = graph.freed_by_dropping(marked)
    reached = {key for each in marked for key in graph.closure_of(each)}
    kept = {root.key for root in graph.roots} - set(marked)
    staying = sorted(reached - leaving, key=lambda key: (key not in marked, -graph.own[key], key))
    return Outcome(
        marked=frozenset(marked),
        freed_bytes=graph.bytes_of(leaving),
        leaving=tuple(sorted(leaving, key=lambda key: (-graph.own[key], key))),
        staying=tuple(
            Staying(
                key=key,
                own=graph.own[key],
                requested=key in kept,
                holders=holders(graph, key, marked) if number < _MOST_EXPLAINED else (),
            )
            for number, key in enumerate(staying)
        ),
    )


def holders(graph: Graph, key: str, marked: Collection[str] = ()) -> tuple[str, ...]:
    """Return the requirements that need a distribution and are not marked; else what nothing requires and needs it."""
    direct = tuple(holder for holder in graph.holders_of(key) if holder not in marked)
    if direct:
        return direct
    strays = (root for root in graph.strays if root.key != key and root.key not in marked)
    return tuple(root.key for root in strays if key in graph.closure([root]))
