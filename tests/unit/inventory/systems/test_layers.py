"""The layers of each distribution of an image, and the wasted bytes."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from deadweight.formats.archives.tar import TarEntry
from deadweight.formats.images.overlay import Overlay
from deadweight.inventory.systems.layers import base_of, hidden_owners, image_facts
from deadweight.model import ImageFacts, Layer, Part
from tests.builders import bare, bare_inventory

SITE = "usr/lib/site-packages"


def file(path: str, size: int = 1, text: str = "") -> TarEntry:
    return TarEntry(path, "file", size, size, start=text.encode())


def removed(path: str) -> TarEntry:
    directory, _, name = path.rpartition("/")
    return TarEntry(f"{directory}/.wh.{name}" if directory else f".wh.{name}", "file", 0, 0)


def facts(
    owner: dict[str, int], *layers: list[TarEntry], packages: tuple[tuple[str, tuple[str, ...]], ...] = ()
) -> ImageFacts:
    """Return the facts on layers with files of distributions a (0) and b (1), system packages and others."""
    overlay = Overlay()
    for number, entries in enumerate(layers):
        overlay.add(number, entries)
    inventory = replace(bare_inventory(bare("a"), bare("b")), owner=owner, packages=packages)
    numbered = tuple(Layer(digest=f"sha256:{n}") for n in range(len(layers)))
    return image_facts(inventory, numbered, overlay, hidden_owners(inventory, overlay))


def test_image_facts__files_of_a_distribution__give_its_layers() -> None:
    found = facts({"a/x": 0, "a/y": 0, "b/x": 1}, [file("a/x"), file("o")], [file("b/x"), file("a/y")])
    assert dict(found.where) == {"a": (0, 1), "b": (1,)}
    assert (found.wasted, found.paths, found.wasted_size) == ({}, (), 0)


def test_image_facts__replaced_and_removed_files__are_wasted_in_their_layer() -> None:
    found = facts({"a/x": 0}, [file("a/x", 10), file("log", 100)], [file("a/x", 20)], [removed("log"), file("a/x", 30)])
    assert [(layer.wasted, layer.hides) for layer in found.layers] == [(110, 0), (20, 10), (0, 120)]
    assert list(found.wasted.items()) == [("", 100), ("a", 30)]
    assert [(each.path, each.size, each.layer, each.by) for each in found.paths] == [
        ("log", 100, 0, 2), ("a/x", 20, 1, 2), ("a/x", 10, 0, 1),
    ]  # fmt: skip


def test_image_facts__removed_files_in_a_list__are_wasted_bytes_of_its_project() -> None:
    record = "gone/__init__.py,,\ngone/data/x.bin,,\n../../bin/gone,,\n../../../../etc/other,,\n"
    found = facts(
        {},
        [
            file(f"{SITE}/gone-1.0.dist-info/RECORD", len(record), record),
            file(f"{SITE}/gone/__init__.py", 10),
            file(f"{SITE}/gone/data/y.bin", 20),
            file("usr/bin/gone", 40),
            file("etc/conf", 80),
        ],
        [removed(f"{SITE}/gone"), removed("usr/bin/gone"), removed("etc/conf")],
    )
    assert found.wasted == {"": 80, "gone": 70}


def test_image_facts__conda_s_lists__name_their_projects_too() -> None:
    package = '{"name": "Libfoo", "version": "1", "files": ["lib/libfoo.so"]}'
    found = facts(
        {},
        [
            file("opt/conda-meta/broken.json", 1, "{"),
            file("opt/conda-meta/libfoo-1-0.json", len(package), package),
            file("opt/lib/libfoo.so", 10),
        ],
        [removed("opt/lib/libfoo.so")],
    )
    assert {name.lower(): size for name, size in found.wasted.items()} == {"libfoo": 10}


def parts(found: tuple[Part, ...]) -> list[tuple[str, str, int]]:
    return [(part.kind, part.name, part.size) for part in found]


def test_image_facts__layer__says_what_it_holds_and_hides() -> None:
    found = facts(
        {"a/x": 0},
        [file("a/x", 10), file("var/log/one/x", 100), file("usr/bin/tool", 7)],
        [removed("var/log"), file("a/x", 20)],
        packages=(("tools", ("usr/bin/tool",)),),
    )
    low, high = found.layers
    assert parts(low.largest) == [
        ("path", "var/log", 100), ("distribution", "a", 10), ("system package", "tools", 7),
    ]  # fmt: skip
    assert (parts(low.hidden), low.hidden_by) == ([], ((1, 110),))
    assert parts(high.largest) == [("distribution", "a", 20)]
    assert (parts(high.hidden), high.hidden_by) == ([("path", "var/log", 100), ("distribution", "a", 10)], ())
    assert parts(found.largest_waste) == [("path", "var/log", 100), ("distribution", "a", 10)]


def test_image_facts__names_of_one_file__are_in_the_layer_with_its_bytes() -> None:
    link = TarEntry("b/x", "link", 0, 0, target="a/x")
    found = facts({"b/x": 1}, [file("a/x", 10)], [link, removed("a/x")])
    assert [parts(layer.largest) for layer in found.layers] == [[("distribution", "b", 10)], []]
    assert dict(found.where) == {"b": (0, 1)}
    assert found.wasted_size == 0


def test_image_facts__home_of_a_distribution__is_where_most_of_it_comes_from() -> None:
    installed = [file("a/x", 50), file("a/y", 30), file("b/x", 10)]
    compiled = [file("a/x.pyc", 60), file("b/y", 10)]
    again = [file("a/x", 50), file("a/y", 30), file("a/x.pyc", 60), file("b/x", 10)]
    found = facts({"a/x": 0, "a/y": 0, "a/x.pyc": 0, "b/x": 1, "b/y": 1}, installed, compiled, again)
    assert dict(found.homes) == {"a": 0, "b": 0}


@pytest.mark.parametrize(
    ("path", "base"),
    [
        ("usr/local/lib/python3.12/os.py", 3),
        ("usr/lib64/python3.12/os.py", 3),
        ("usr/lib/pypy3.10/os.pyc", 3),
        ("usr/lib/python3/dist-packages/a/os.py", 1),
        ("srv/os.py", 1),
    ],
)
def test_base_of__standard_library__is_in_the_base_image(path: str, base: int) -> None:
    overlay = Overlay()
    for number, name in enumerate(("etc/os-release", "usr/bin/tool", path, "app")):
        overlay.add(number, [file(name)])
    assert base_of(overlay, (1, 3)) == base
