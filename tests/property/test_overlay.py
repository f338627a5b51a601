"""What an image ships is what a container sees of it, and what is shipped in vain."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from deadweight.formats.archives.tar import TarEntry
from deadweight.formats.images.overlay import Overlay, wasted

NAMES = st.sampled_from(["a", "b", ".wh.a", ".wh.b", ".wh..wh..opq"])
PATHS = st.lists(NAMES, min_size=1, max_size=3).map("/".join)
ENTRIES = st.builds(
    lambda path, kind, size, target: TarEntry(
        path,
        "file" if ".wh." in path else kind,
        0 if ".wh." in path else size if kind == "file" else 0,
        0,
        target if kind in ("link", "symlink") else "",
    ),
    PATHS,
    st.sampled_from(["file", "symlink", "link", "directory", "other"]),
    st.integers(0, 99),
    PATHS,
)


@given(layers=st.lists(st.lists(ENTRIES, max_size=8), max_size=4))
def test_wasted__any_layers__what_is_seen_and_what_is_wasted_are_all_there_is(layers: list[list[TarEntry]]) -> None:
    overlay, shipped = Overlay(), Counter[int]()
    for number, entries in enumerate(layers):
        overlay.add(number, entries)
        shipped[number] = sum(entry.apparent for entry in entries)
    in_vain: Counter[int] = Counter()
    for _, placed, by in wasted(overlay):
        in_vain[placed.layer] += placed.size
        assert by >= placed.layer
    seen = {placed.inode or path: placed.size for path, placed in overlay.files.items()}
    assert sum(seen.values()) + in_vain.total() == shipped.total()
    assert all(in_vain[number] <= shipped[number] for number in shipped)


ODD = st.lists(st.sampled_from(["a", "b", "", ".", "..", "/", "a/"]), min_size=1, max_size=4).map(
    lambda parts: "/".join(parts).rstrip("/")
)


@given(paths=st.lists(ODD, max_size=9))
def test_overlay__odd_paths__are_normalized_whatever_came_before(paths: list[str]) -> None:
    together, last = Overlay(), Overlay()
    together.add(0, [TarEntry(path, "file", 1, 1) for path in paths])
    last.add(0, [TarEntry(path, "file", 1, 1) for path in paths[-1:]])
    assert all(not {"", ".", ".."}.intersection(path.split("/")) for path in together.files)
    assert last.files.keys() <= together.files.keys()


@given(layers=st.lists(st.lists(ENTRIES, max_size=8), max_size=3))
def test_overlay__files_with_kept_content__are_placed_as_others_are(layers: list[list[TarEntry]]) -> None:
    plain, kept = Overlay(), Overlay()
    for number, entries in enumerate(layers):
        assert plain.add(number, entries) == kept.add(number, [entry._replace(start=b"x") for entry in entries])
    assert {path: placed[:4] for path, placed in plain.files.items()} == {
        path: placed[:4] for path, placed in kept.files.items()
    }
    assert [(each.path, each.placed[:4], each.by) for each in plain.hidden] == [
        (each.path, each.placed[:4], each.by) for each in kept.hidden
    ]
