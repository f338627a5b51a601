"""The imports of several runs → a row for each distribution."""

from __future__ import annotations

from deadweight.model.report.imports import Spread
from deadweight.startup.attribution import APPLICATION, Owner
from deadweight.startup.costs import (
    Tree,
    attempted,
    beyond,
    beyond_if_known,
    rows,
    spread,
    spread_if_known,
    typical_cost,
)
from deadweight.startup.importtime import tree
from deadweight.startup.values import Imported, Launch
from tests.builders import bare, bare_inventory

INVENTORY = bare_inventory(bare("a"), bare("b", version="2.0"))
A, B = Owner("distribution", "a"), Owner("distribution", "b")
OWNER = {"a": A, "a.x": A, "b": B, "app": APPLICATION}


def run(factor: int = 1) -> Tree:
    """Return ``app``, which imports ``a``, which imports ``b``, which imports ``a.x``; each takes 10."""
    names = [("a.x", 3, 10), ("b", 2, 20), ("a", 1, 30), ("app", 0, 40)]
    return tree(Imported(name, depth, cost * factor) for name, depth, cost in [*names, ("unknown", 0, 5)])


def starts(*wall: int, rss: int | None = 1000) -> list[Launch]:
    return [Launch(wall_us=each, rss_bytes=rss) for each in wall]


def test_rows__several_runs__have_the_median_of_each_owner() -> None:
    found = rows([run(1), run(3), run(2)], [run(7)], OWNER, OWNER, INVENTORY)
    assert [(row.key, row.kind, row.version, row.modules) for row in found] == [
        ("a", "distribution", "1.0", 2),
        ("b", "distribution", "2.0", 1),
        (None, "application", None, 1),
    ]
    assert found[0].self_us == Spread(median=40, least=20, most=60)
    assert found[0].memory_bytes == Spread(median=140, least=140, most=140)


def test_rows__cumulative__counts_each_import_once() -> None:
    a, b, app = rows([run()], [], OWNER, OWNER, INVENTORY)
    assert [row.cumulative_us.median for row in (a, b, app)] == [30, 20, 40]


def test_rows__memory_unknown__is_none() -> None:
    assert {row.memory_bytes for row in rows([run()], [], OWNER, OWNER, INVENTORY)} == {None}


def test_rows__failed_import__is_no_module_but_takes_time() -> None:
    (a, *_) = rows([run()], [], OWNER, OWNER.keys() - {"a.x"}, INVENTORY)
    assert (a.modules, a.self_us.median) == (1, 20)


def test_typical_cost__runs__is_the_median() -> None:
    assert typical_cost([run(1), run(3), run(2)], {"b", "a.x"}) == 40


def test_spread__figures__is_their_median_and_range() -> None:
    assert spread([3, 1, 2, 10]) == Spread(median=2, least=1, most=10)
    assert beyond([1, 9, 2], [5, 7, 6]) == Spread(median=4, least=3, most=5)


def test_spread__unknown__is_none() -> None:
    assert spread_if_known([1, None]) is None
    assert beyond_if_known([None], [1]) is beyond_if_known([1], [None]) is None
    assert beyond_if_known([1], [3]) == Spread(median=2, least=2, most=2)


def test_attempted__faster__saves_and_says_what_is_still_loaded() -> None:
    found = attempted(starts(100, 110, 120), starts(20, 30, 25, rss=400), [10], run(), {"b", "gone"})
    assert (found.saves_us, found.saves_bytes, found.certain) == (80, 600, True)
    assert (found.before_us, found.after_us) == (spread([90, 100, 110]), spread([10, 20, 15]))
    assert (found.still_loaded, found.loaded_by) == (("b",), ("a", "app"))


def test_attempted__machine_gets_slower__compares_neighbours() -> None:
    found = attempted(starts(100, 200, 400), starts(50, 150, 350), [0], (), set())
    assert (found.saves_us, found.certain) == (50, True)


def test_attempted__ten_starts__one_may_be_slow() -> None:
    one = attempted(starts(*[100] * 10), starts(*[20] * 9, 500), [0], (), set())
    assert (one.certain, one.saves_us) == (True, 80)
    assert not attempted(starts(*[100] * 5), starts(*[20] * 4, 500), [0], (), set()).certain


def test_attempted__noise_or_too_few_starts__is_not_certain() -> None:
    assert not attempted(starts(100, 90, 110), starts(95, 105, 99, rss=None), [0], (), set()).certain
    assert not attempted(starts(100, 100), starts(1, 1), [0], (), set()).certain
    assert attempted(starts(1), starts(1, rss=None), [0], (), set()).saves_bytes is None
