"""What is known of a row and of the marks, as lines."""

from __future__ import annotations

from deadweight.explore.browsing import Browser
from deadweight.explore.details import details, summary
from deadweight.explore.nodes import tree_of
from tests.builders import dist_files
from tests.unit.explore.test_nodes import image
from tests.unit.explore.trees import measured


def browser() -> Browser:
    tree = measured(
        dist_files("web", files={"web.py": "x" * 1000}, requires=["http>=1"]),
        dist_files("api", files={"api.py": "y" * 10}, requires=["http<9"]),
        dist_files("http", files={"http.py": "z" * 4000}),
        lines=("web", "api"),
    )
    found = Browser(tree)
    found.next_view()
    return found


def select(found: Browser, key: str) -> None:
    found.move([row.key for row in found.rows].index(key))


def test_details__distribution__name_what_requires_it_what_it_needs_and_the_evidence() -> None:
    found = browser()
    select(found, "http")
    lines = [*details(found)]
    assert lines[0] == "http 1.0"
    assert any(line.startswith("group: core") for line in lines)
    assert any(line.startswith("  DW") for line in lines)
    assert f"with dependencies: {found.tree.report['http'].closure_bytes / 1000:.2f} kB" in lines
    at = lines.index("required by (2)")
    assert lines[at + 1 : at + 3] == ["  web: http>=1", "  api: http<9"]
    select(found, "web")
    lines = [*details(found)]
    size = found.tree.report["http"].apparent_bytes
    assert f"  http, {size / 1000:.2f} kB: http>=1" in lines


def test_details__file__names_its_path_and_distribution() -> None:
    found = browser()
    select(found, "web")
    found.open()
    found.open()
    found.find("web.py")
    assert {"path: lib/python3.11/site-packages/web.py", "belongs to: web"} <= {*details(found)}


def test_details__marks__name_what_leaves_and_what_stays() -> None:
    found = browser()
    select(found, "web")
    found.mark()
    lines = [*details(found)]
    freed, total = found.tree.report["web"].apparent_bytes, found.tree.report.totals.apparent_bytes
    assert f"frees {freed / 1000:.2f} kB ({freed:,} bytes, {100 * freed / total:.0f} %)" in lines
    http = f"{found.tree.report['http'].apparent_bytes / 1000:.2f} kB"
    assert lines[-2:] == ["stays (1)", f"  http, {http}: api needs it"]


def test_summary__nothing_marked__says_how_to_mark() -> None:
    assert summary(browser())[0] == "nothing is marked: Space marks a distribution to drop"


def test_summary__marks__are_what_they_free_together() -> None:
    found = browser()
    for key in ("web", "api"):
        select(found, key)
        found.mark()
    first, leaves, stays = summary(found)
    total = found.tree.report.totals.apparent_bytes
    assert f"({total:,} bytes, 100 %)" in first
    assert leaves.startswith("leaves: 3 distributions: http ")
    assert stays == ""


def test_summary__mark_that_frees_nothing__says_who_needs_it() -> None:
    found = browser()
    select(found, "http")
    found.mark()
    first, leaves, stays = summary(found)
    assert (first, leaves) == ("1 marked: frees 0 B (0 bytes, 0 %)", "leaves: nothing")
    assert stays.endswith("api, web need it")


def test_details__layer__names_its_command_and_distributions() -> None:
    found = Browser(tree_of(image()))
    while found.view != "layers":
        found.next_view()
    lines = [*details(found)]
    assert {"command: COPY . /app", "wasted: 30 B that later layers delete or replace"} <= {*lines}
    at = lines.index("distributions with files in it (1)")
    assert lines[at + 1].startswith("  lib, ")


def test_details__hostile_names__are_escaped() -> None:
    found = Browser(measured(dist_files("a", files={"a/\x1b[31m.py": "x", "a/b.py": "y"})))
    found.open()
    found.open()
    found.open()
    found.find("a/")
    found.open()
    found.find("31m")
    assert found.current is not None
    assert not any("\x1b" in line for line in details(found))
    assert "a/\\x1b[31m.py" in "\n".join(details(found))
