from __future__ import annotations

import pytest

from deadweight.formats.archives.tar import Malformed, TarEntry
from deadweight.formats.images import overlay
from deadweight.formats.images.overlay import Overlay, shared_inodes, wasted


def file(path: str, size: int = 1) -> TarEntry:
    return TarEntry(path, "file", size, size)


def directory(path: str) -> TarEntry:
    return TarEntry(path, "directory", 0, 0)


def hard(path: str, target: str) -> TarEntry:
    return TarEntry(path, "link", 0, 0, target)


def laid(*layers: list[TarEntry]) -> Overlay:
    found = Overlay()
    for number, entries in enumerate(layers):
        found.add(number, entries)
    return found


def seen(*layers: list[TarEntry]) -> dict[str, tuple[int, int]]:
    """Return path → (layer, bytes)."""
    return {path: (placed.layer, placed.size) for path, placed in laid(*layers).files.items()}


def test_overlay__later_file__replaces_the_earlier() -> None:
    assert seen([file("a", 1), file("b", 2)], [file("a", 3)]) == {"a": (1, 3), "b": (0, 2)}


def test_overlay__paths_that_are_not_normal_in_a_known_directory__are_normalized() -> None:
    paths = ["a/x", "/b", "..", "", "a/./y", "a/../c", "/../d", "a/../../e"]
    assert set(seen([file(path) for path in paths])) == {"a/x", "b", "a/y", "c"}


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_overlay__whiteout__hides_lower_layers_and_not_its_own(order: list[int]) -> None:
    layer = [file("d/.wh.x", 0), file("d/x/new", 5)]
    found = seen([file("d/x/old"), file("d/x/deep/old"), file("d/y")], [layer[n] for n in order])
    assert found == {"d/y": (0, 1), "d/x/new": (1, 5)}


@pytest.mark.parametrize("path", ["/d/.wh.x", "d/./.wh.x", "d//.wh.x", "e/../d/.wh.x", "/d/.wh..wh..opq", "/.wh.d"])
def test_overlay__whiteout_at_an_odd_path__hides_where_it_leads(path: str) -> None:
    assert seen([file("d/x")], [file(path, 0)]) == {}


@pytest.mark.parametrize("path", ["../d/.wh.x", "/../d/.wh.x", "d/.wh...", "d/.wh.."])
def test_overlay__whiteout_that_leads_out__hides_nothing(path: str) -> None:
    assert seen([file("d/x")], [file(path, 0)]) == {"d/x": (0, 1)}


@pytest.mark.parametrize("order", [[0, 1], [1, 0]])
def test_overlay__opaque_directory__hides_all_that_was_in_it(order: list[int]) -> None:
    layer = [file("d/.wh..wh..opq", 0), file("d/new")]
    found = seen([file("d/a"), file("d/e/b"), file("other")], [layer[n] for n in order])
    assert set(found) == {"other", "d/new"}


def test_overlay__whiteout_of_nothing__changes_nothing() -> None:
    assert seen([file("a")], [file(".wh.b", 0), file(".wh.", 0), file("no/.wh..wh..opq", 0)]) == {"a": (0, 1)}


def test_overlay__file_and_directory__the_later_one_stands() -> None:
    assert set(seen([file("a/b"), file("a/c")], [file("a")])) == {"a"}
    assert set(seen([file("a")], [directory("a")])) == set()
    assert set(seen([file("a")], [file("a/b")])) == {"a/b"}  # no entry for the directory itself
    assert set(seen([file("a/b")], [directory("a")])) == {"a/b"}


def test_overlay__hard_links__share_an_inode_across_layers() -> None:
    found = laid([file("a", 9)], [hard("b", "a"), hard("c", "./a")], [file(".wh.a", 0)])
    assert {path: placed.size for path, placed in found.files.items()} == {"b": 9, "c": 9}
    assert found.files["b"].inode == found.files["c"].inode
    assert shared_inodes(found.files) == {found.files["b"].inode}
    assert not list(wasted(found))  # it is still seen, under other names


def test_overlay__link_to_nothing__is_reported() -> None:
    found = laid([hard("a", "nothing"), hard("b", "../../etc/passwd")])
    assert (found.files, found.escaped) == ({}, ["a", "b"])


@pytest.mark.parametrize("path", ["../x", "a/../../x", "/../x"])
def test_overlay__path_that_leaves__is_reported(path: str) -> None:
    found = laid([file(path)])
    assert (found.files, found.escaped) == ({}, [path])


@pytest.mark.parametrize(("path", "location"), [("/etc/x", "etc/x"), ("./b", "b"), ("a//b", "a/b"), ("a/../b", "b")])
def test_overlay__odd_path__is_where_it_leads(path: str, location: str) -> None:
    assert set(seen([file(path)])) == {location}


def test_overlay__nested_directories__are_bounded_in_total_length(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(overlay, "_MOST_OPENED", 25_000)
    assert len(laid([file(f"{'a/' * 90}{n}") for n in range(9)]).files) == 9
    with pytest.raises(Malformed, match="too deep directories"):
        laid([file(f"{n}/{'a/' * 90}x") for n in range(9)])


def test_wasted__files_that_later_layers_replace_or_remove__have_their_layer() -> None:
    found = laid([file("a", 10), file("d/b", 20)], [file("a", 30)], [file("a", 40), file(".wh.d", 0)])
    in_vain = [(hidden.path, hidden.placed.layer, hidden.by, hidden.placed.size) for hidden in wasted(found)]
    assert sorted(in_vain) == [("a", 0, 1, 10), ("a", 1, 2, 30), ("d/b", 0, 2, 20)]


def test_wasted__all_names_of_a_file__are_one_file_in_the_layer_with_its_bytes() -> None:
    found = laid([file("a", 9)], [hard("b", "a"), file(".wh.a", 0)], [hard("c", "b")], [file(".wh.b", 0)], [file("c")])
    assert [(hidden.path, hidden.placed.layer, hidden.by) for hidden in wasted(found)] == [("a", 0, 4)]
