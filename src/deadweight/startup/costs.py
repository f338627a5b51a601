"""The imports of several runs → a row for each distribution, in microseconds and bytes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from statistics import median

from deadweight.model import Inventory
from deadweight.model.report.imports import FEWEST_STARTS, Attempt, ImportRow, Spread
from deadweight.startup.attribution import Owner
from deadweight.startup.importtime import Module, causes, total_of
from deadweight.startup.values import Launch

Tree = tuple[Module, ...]
_FASTER_SHARE = 0.9
_ORDER = ("distribution", "application", "standard library", "other")


def spread(values: Sequence[int]) -> Spread:
    """Return the median and the range of at least one figure."""
    return Spread(median=round(median(values)), least=min(values), most=max(values))


def spread_if_known(values: Sequence[int | None]) -> Spread | None:
    """Return the same of figures that may be unknown; None if one of them is."""
    known = [value for value in values if value is not None]
    return spread(known) if len(known) == len(values) else None


def beyond(base: Sequence[int], values: Sequence[int]) -> Spread:
    """Return by how much figures exceed the median of others."""
    less = round(median(base))
    return spread([value - less for value in values])


def beyond_if_known(base: Sequence[int | None], values: Sequence[int | None]) -> Spread | None:
    """Return the same of figures that may be unknown; None if one of them is."""
    less, known = spread_if_known(base), [value for value in values if value is not None]
    return beyond([less.median], known) if less and len(known) == len(values) else None


def rows(
    times: Sequence[Tree],
    memory: Sequence[Tree],
    owner: Mapping[str, Owner],
    loaded: Collection[str],
    inventory: Inventory,
) -> tuple[ImportRow, ...]:
    """Return a row for each owner of a module, the most expensive first.

    times:  of at least one run
    memory: of several runs; empty if the system does not tell resident memory
    owner:  of each module that counts; others are left out, such as those of a bare interpreter
    loaded: the modules that were imported, without imports that failed
    """
    versions = {distribution.key: distribution.version for distribution in inventory.distributions}
    own, all_of = [_own(tree, owner) for tree in times], [_cumulative(tree, owner) for tree in times]
    grown = [_own(tree, owner) for tree in memory]
    modules = Counter(owner[name] for name in {module.name for module in times[0]} if name in owner and name in loaded)
    found = [
        ImportRow(
            kind=each.kind,
            key=each.key or None,
            version=versions.get(each.key),
            modules=modules[each],
            self_us=spread([run[each] for run in own]),
            cumulative_us=spread([run[each] for run in all_of]),
            memory_bytes=spread([run[each] for run in grown]) if grown else None,
        )
        for each in {key for run in own for key in run}
    ]
    return tuple(sorted(found, key=lambda row: (_ORDER.index(row.kind), -row.self_us.median, row.key or "")))


def _own(tree: Tree, owner: Mapping[str, Owner]) -> Counter[Owner]:
    costs: Counter[Owner] = Counter()
    for module in tree:
        if module.name in owner:
            costs[owner[module.name]] += module.cost
    return costs


def _cumulative(tree: Tree, owner: Mapping[str, Owner]) -> Counter[Owner]:
    """Return owner → the cost of its modules with all that their imports cause, each import once."""
    costs: Counter[Owner] = Counter()
    around: list[frozenset[Owner]] = [frozenset()] * len(tree)
    for at in range(len(tree) - 1, -1, -1):  # causes come first in this direction
        module = tree[at]
        outer = around[module.parent] if module.parent >= 0 else frozenset()
        each = owner.get(module.name)
        if each is not None and each not in outer:
            costs[each] += module.total
            outer |= {each}
        around[at] = outer
    return costs


def typical_cost(times: Iterable[Tree], names: Collection[str]) -> int:
    """Return the median over several runs of what importing some modules takes."""
    return round(median([total_of(tree, names) for tree in times]))


def attempted(
    unchanged: Sequence[Launch],
    changed: Sequence[Launch],
    bare_us: Sequence[int],
    imports: Tree,
    moved: Collection[str],
) -> Attempt:
    """Return what moving imports saves.

    unchanged, changed: as many starts of the application without and with the imports moved, by turns
    imports:            of a changed start
    moved:              the modules whose imports moved
    """
    before, after = ([launch.wall_us for launch in launches] for launches in (unchanged, changed))
    # A busy machine slows down what runs at one time alike, so neighbours are compared.
    saved = [old - new for old, new in zip(before, after, strict=True)]
    grown = [_less(old.rss_bytes, new.rss_bytes) for old, new in zip(unchanged, changed, strict=True)]
    memory = spread_if_known(grown)
    loaded = sorted({module.name for module in imports}.intersection(moved))
    return Attempt(
        saves_us=spread(saved).median,
        saves_bytes=memory.median if memory else None,
        certain=len(saved) >= FEWEST_STARTS and sum(each > 0 for each in saved) >= _FASTER_SHARE * len(saved),
        before_us=beyond(bare_us, before),
        after_us=beyond(bare_us, after),
        still_loaded=tuple(loaded),
        loaded_by=tuple(causes(imports, loaded[0])) if loaded else (),
    )


def _less(old: int | None, new: int | None) -> int | None:
    return None if old is None or new is None else old - new
