"""The position: lists, orders, filters and marks."""

from __future__ import annotations

from deadweight.explore.browsing import ORDERS, Browser
from tests.builders import ELF_X86_64, SITE, dist_files
from tests.unit.explore.trees import measured


def browser() -> Browser:
    """Return a browser of the distributions, by their own bytes: big, native, small; small needs big."""
    tree = measured(
        dist_files("big", files={"big/a.py": "x" * 5000, "big/b/c.py": "y" * 10}),
        dist_files("native", files={"native.so": ELF_X86_64 + bytes(3000)}, requires=["missing"]),
        dist_files("small", files={"small.py": "z"}, requires=["big"]),
        lines=("native", "small"),
    )
    found = Browser(tree)
    found.next_view()
    return found


def shown(found: Browser) -> list[str]:
    return [row.name.partition(" ")[0] for row in found.rows]


def test_browser__at_first__shows_the_groups_the_largest_first() -> None:
    found = Browser(browser().tree)
    assert (found.view, found.order, found.node.kind, found.cursor) == ("groups", "own", "top", 0)
    assert [row.own for row in found.rows] == sorted((row.own for row in found.rows), reverse=True)


def test_open_and_up__directories__return_to_where_they_were_opened() -> None:
    found = browser()
    found.move(2)
    found.open()
    assert shown(found) == [f"{SITE}/"]
    found.open()
    assert shown(found)[-1] == "small.py"
    found.move(99)
    assert found.cursor == len(found.rows) - 1
    found.open()  # a file has no list
    assert len(found.levels) == 3
    found.up()
    found.up()
    assert (found.current and found.current.key, found.cursor) == ("small", 2)
    found.up()
    assert len(found.levels) == 1


def test_next_order__each__sorts_the_largest_first_and_keeps_the_row() -> None:
    found = browser()
    found.move(1)
    lists = {}
    for _ in ORDERS:
        assert found.current is not None
        assert found.current.key == "native"
        lists[found.order] = shown(found)
        found.next_order()
    assert lists == {
        "own": ["big", "native", "small"],
        "retained": ["small", "big", "native"],
        "freed": ["small", "native", "big"],
        "native": ["native", "big", "small"],
        "name": ["big", "native", "small"],
    }
    assert found.order == "own"


def test_find__part_of_a_name__in_any_case_and_only_in_this_list() -> None:
    found = browser()
    found.find("AT")
    assert shown(found) == ["native"]
    found.open()
    assert (found.filter, len(found.rows)) == ("", 1)
    found.up()
    assert (found.filter, shown(found)) == ("AT", ["native"])
    found.find("nothing has this")
    assert (len(found.rows), found.current, found.cursor) == (0, None, 0)
    found.open()
    assert found.mark() is False
    found.find("")
    assert len(found.rows) == 3


def test_mark__distributions__frees_them_together() -> None:
    found = browser()
    assert found.mark()  # big, which small needs
    assert (found.outcome.freed_bytes, [each.holders for each in found.outcome.staying]) == (0, [("small",)])
    found.move(2)
    assert found.mark()
    report = found.tree.report
    assert found.outcome.freed_bytes == report["big"].apparent_bytes + report["small"].apparent_bytes
    assert found.mark()
    assert found.marked == {"big"}
    found.unmark()
    assert found.marked == frozenset()


def test_mark__directory__is_no_distribution() -> None:
    found = browser()
    found.open()
    assert found.mark() is False


def test_next_view__after_the_last__is_the_first() -> None:
    found = browser()
    found.open()
    found.next_view()
    assert (found.view, len(found.levels)) == ("groups", 1)
