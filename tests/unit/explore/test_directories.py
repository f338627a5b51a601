"""Directories whose nodes are made when they are first shown."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deadweight.explore.browsing import Browser
from deadweight.explore.directories import Directory
from deadweight.explore.files import Files, by_key
from deadweight.explore.node import Node
from tests.builders import ELF_X86_64, SITE, dist_files, inventory_of
from tests.unit.explore.trees import measured

if TYPE_CHECKING:
    import pytest

CODE: dict[str, str | bytes] = {"a/core.so": ELF_X86_64, "a/data/big": "x" * 9, "a/x.py": "12345"}


def code() -> Directory:
    files = by_key(inventory_of(dist_files("a", files=CODE)))["a"]
    start = files.paths.index(f"{SITE}/a/core.so")
    return Directory(files, "a", f"{SITE}/a/", start, start + len(CODE))


def test_directory__its_nodes__are_its_files_and_directories() -> None:
    assert [(node.kind, node.name, node.own, node.native, node.files, node.key) for node in code()] == [
        ("file", "core.so", len(ELF_X86_64), len(ELF_X86_64), 1, "a"),
        ("directory", "data/", 9, 0, 1, "a"),
        ("file", "x.py", 5, 0, 1, "a"),
    ]


def test_directory__sizes__are_those_of_its_nodes() -> None:
    found = code()
    assert found.sizes("own") == [node.own for node in found]
    assert found.sizes("native") == [node.native for node in found]
    assert found.sizes("freed") == found.sizes("retained") == [0, 0, 0]
    assert found.by_name == [0, 1, 2]


def test_directory__a_node_that_is_looked_at_again__is_the_same() -> None:
    found = code()
    assert found[1] is found[1]
    assert found[1].children is found[1].children
    assert [node.path for node in found[1].children] == [f"{SITE}/a/data/big"]


def test_browser__directory_of_many_files__makes_only_the_nodes_that_are_shown(monkeypatch: pytest.MonkeyPatch) -> None:
    tree = measured(dist_files("a", files={f"a/{number}.h": "x" * number for number in range(1000)}))
    made: list[int] = []
    make = Directory._node

    def counting(directory: Directory, position: int) -> Node:
        made.append(position)
        return make(directory, position)

    monkeypatch.setattr(Directory, "_node", counting)
    browser = Browser(tree)
    browser.next_view()
    browser.open()
    browser.open()
    while browser.current is not None and browser.current.name != "a/":
        browser.move(browser.cursor + 1)
    browser.open()
    for _ in range(5):
        browser.next_order()
    browser.find("99")
    assert len(browser.rows) == 19
    browser.find("")
    assert (len(browser.rows), browser.rows[0].name) == (1000, "999.h")
    assert len(made) < 20


def test_directory__no_files__is_empty() -> None:
    assert [*Directory(Files((), (0,), (0,)), "a")] == []
