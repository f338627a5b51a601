"""The tree: its shape, its sums, and that it ends."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deadweight.analysis.reporting import report_of
from deadweight.errors import BadInput
from deadweight.model.report import Report
from deadweight.report.text.as_tree import as_tree, tree_lines
from deadweight.report.view import View
from deadweight.settings import Settings
from tests.builders import bare, bare_inventory, profile_of, requirements_file


def shop() -> Report:
    found = bare_inventory(
        bare("web", 1_000_000, requires=["json>=2", "util", "color ; extra == 'pretty'"]),
        bare("plot", 3_000_000, requires=["util>=1,<3"]),
        bare("util", 500_000, requires=["tiny"]),
        bare("json", 20_000),
        bare("color", 7_000),
        bare("tiny", 300),
        bare("left-over", 10),
    )
    return report_of(
        profile_of(found, requirements_file("web[pretty]\nplot\n"), Settings.of(groups={"data": ("plot",)}))
    )


def test_tree__small__looks_like_this() -> None:
    assert as_tree(shop()).splitlines() == [
        "      own  retained  distribution",
        "  3.00 MB   3.00 MB  plot 1.0 *",
        "   500 kB    500 kB  └── util 1.0 (>=1,<3)",
        "    300 B     300 B      └── tiny 1.0",
        "  1.00 MB   1.03 MB  web 1.0 *",
        "        ^            ├── util 1.0",
        "  20.0 kB   20.0 kB  ├── json 1.0 (>=2)",
        "  7.00 kB   7.00 kB  └── color 1.0 (extra pretty)",
        "     10 B      10 B  left-over 1.0",
        "  4.53 MB            total",
        "* direct requirement, ^ shown above",
    ]


def test_tree__depth__says_how_much_is_below_and_sums_what_has_no_line() -> None:
    lines = as_tree(shop(), View(depth=0)).splitlines()
    assert lines[1:3] == [
        "  3.00 MB   3.00 MB  plot 1.0 * … 1 more below",
        "  1.00 MB   1.03 MB  web 1.0 * … 3 more below",
    ]
    assert "   527 kB            4 distributions not shown" in lines


def test_tree__cut_first_and_expanded_later__is_expanded_once() -> None:
    lines = [line.guides + line.row.key for line in tree_lines(shop(), View(depth=1, order="name"))]
    assert lines == ["plot", "└── util", "web", "├── color", "├── json", "└── util", "left-over"]


def test_tree__inverted__has_what_requires_each() -> None:
    lines = list(tree_lines(shop(), View(invert=True, order="name")))
    assert [line.guides + line.row.key for line in lines] == [
        "color", "└── web", "json", "└── web", "left-over", "plot", "tiny", "└── util", "    ├── plot", "    └── web",
    ]  # fmt: skip
    assert [line.row.key for line in lines if line.repeated] == ["web", "plot", "web"]


def test_tree__group__has_roots_of_it_only() -> None:
    assert [line.row.key for line in tree_lines(shop(), View(groups=("data",)))] == ["plot", "util", "tiny"]
    with pytest.raises(BadInput, match="no root of the tree is in ml"):
        as_tree(shop(), View(groups=("ml",)))


def test_tree__hostile_names__reach_no_terminal() -> None:
    found = bare_inventory(bare("a", 1, version="1\x1b[31m", requires=["b ; extra == 'x'"]), bare("b", 2))
    assert "\x1b" not in as_tree(report_of(profile_of(found, requirements_file("a\n"))))


NAMES = "abcdef"
GRAPHS = st.dictionaries(st.sampled_from(NAMES), st.sets(st.sampled_from(NAMES)), min_size=1)


@given(GRAPHS, st.sets(st.sampled_from(NAMES), min_size=1), st.booleans())
def test_tree__any_graph__has_each_distribution_counted_once(
    graph: dict[str, set[str]], direct: set[str], invert: bool
) -> None:
    found = bare_inventory(*(bare(name, 1, requires=sorted(graph.get(name, ()))) for name in NAMES))
    report = report_of(profile_of(found, requirements_file("".join(f"{name}\n" for name in sorted(direct)))))
    lines = list(tree_lines(report, View(rows=None, invert=invert)))
    assert sorted(line.row.key for line in lines if not line.repeated) == list(NAMES)
