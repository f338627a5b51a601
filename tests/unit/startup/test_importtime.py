"""The output of ``-X importtime`` → the imports as a tree."""

from __future__ import annotations

import subprocess
import sys

import pytest

from deadweight.startup.importtime import Module, causes, imported, of_interpreter, total_of, tree

OUTPUT = b"""import time: self [us] | cumulative | imported package
import time:       100 |        100 |   encodings.utf_8
import time:        50 |        150 | encodings
import time:        10 |         10 |   os
import time:        20 |         30 | site
import time:       200 |        200 |     numpy
import time:       300 |        500 |   pandas
import time:         5 |          5 |   json
import time:         7 |        512 | app
"""


def test_imported__output__is_read_in_its_order() -> None:
    assert [tuple(each) for each in imported(OUTPUT)][-4:] == [
        ("numpy", 2, 200),
        ("pandas", 1, 500),
        ("json", 1, 5),
        ("app", 0, 512),
    ]


@pytest.mark.parametrize(
    "line",
    [
        b"",
        b"import time: soon",
        b"import time: 1 | x | a",
        b"import time:         1 |          1 |",
        b"import time:" + b" 9" * 5000,
        b"import time: 9999999999999999999 | 1 | a",
        b"x import time:         1 |          1 | a",
    ],
)
def test_imported__another_line__is_ignored(line: bytes) -> None:
    assert imported(line + b"\n" + OUTPUT) == imported(OUTPUT)


def test_imported__hostile_names__are_bounded_text() -> None:
    (found,) = imported(b"import time:         1 |          1 | " + b"\xff|\x1b" * 1000)
    assert len(found.name) == 300
    assert found.name.startswith("\ufffd|\x1b")


def test_imported__line_break_of_another_system__is_no_part_of_the_name() -> None:
    assert imported(b"import time:         1 |          1 | a\r\n")[0].name == "a"


def test_tree__imports__know_what_caused_them_and_their_own_cost() -> None:
    *_, numpy, pandas, json, app = tree(imported(OUTPUT))
    assert numpy == Module("numpy", 200, 200, 5)
    assert pandas == Module("pandas", 300, 500, 7)
    assert (json.parent, app.cost, app.parent) == (7, 7, -1)


def test_tree__any_output__keeps_the_sum() -> None:
    modules = tree(imported(OUTPUT))
    assert sum(module.cost for module in modules) == sum(module.total for module in modules if module.parent < 0)


def test_of_interpreter__site__separates_it_from_pth_files() -> None:
    assert of_interpreter(tree(imported(OUTPUT))) == {"encodings.utf_8", "encodings"}
    assert of_interpreter(tree(imported(OUTPUT.replace(b"site", b"cite")))) == set()


def test_causes__module__are_those_around_it() -> None:
    modules = tree(imported(OUTPUT))
    assert list(causes(modules, "numpy")) == ["pandas", "app"]
    assert list(causes(modules, "app")) == list(causes(modules, "gone")) == []


@pytest.mark.parametrize(
    ("names", "total"), [({"numpy"}, 200), ({"pandas", "numpy"}, 500), ({"numpy", "json"}, 205), ({"gone"}, 0)]
)
def test_total_of__modules__counts_nothing_twice(names: set[str], total: int) -> None:
    assert total_of(tree(imported(OUTPUT)), names) == total


def test_imported__output_of_this_python__is_understood() -> None:
    command = [sys.executable, "-I", "-X", "importtime", "-c", "import json"]
    ran = subprocess.run(command, capture_output=True, check=True)
    modules = tree(imported(ran.stderr))
    assert list(causes(modules, "json.scanner")) == ["json.decoder", "json"]
    assert "encodings" in of_interpreter(modules)
    assert not {"site", "json"} & of_interpreter(modules)
