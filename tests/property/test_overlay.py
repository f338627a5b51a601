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
