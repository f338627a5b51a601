from __future__ import annotations

import pytest

from deadweight.errors import MalformedArchive
from deadweight.formats.wheel import Contents, Item, Scheme, bytecode_bytes, lay_out

UV = Scheme(python="3.12.1", installer="uv")
WINDOWS = Scheme(python="3.12", installer="uv", windows=True)
INFO = (Item("a-1.dist-info/METADATA", 30), Item("a-1.dist-info/RECORD", 999))


def placed(*items: Item, scheme: Scheme = UV, entry_points: str = "") -> dict[str, int]:
    contents = Contents(items=(*items, *INFO), metadata=b"Name: a\n", entry_points=entry_points.encode())
    return dict(lay_out(contents, "a-1-py3-none-any.whl", scheme, requested=True).files)


def test_lay_out__places__are_those_of_the_scheme() -> None:
    items = (
        Item("a/b.py", 1),
        Item("a-1.data/purelib/p.py", 2),
        Item("a-1.data/platlib/q.so", 3),
        Item("a-1.data/data/share/d", 4),
        Item("a-1.data/headers/h.h", 5),
    )
    site = "lib/python3.12/site-packages"
    found = placed(*items)
    expected = {f"{site}/a/b.py": 1, f"{site}/p.py": 2, f"{site}/q.so": 3, "share/d": 4}
    assert expected.items() <= found.items()
    assert found["include/site/python3.12/a/h.h"] == 5
    on_windows = placed(*items, scheme=WINDOWS)
    assert on_windows["Lib/site-packages/a/b.py"] == 1
    assert on_windows["Include/a/h.h"] == 5


def test_lay_out__scripts__get_the_environments_own_first_line() -> None:
    longer = len("#!/opt/venv/bin/python") - len("#!python")
    found = placed(Item("a-1.data/scripts/small", 100), Item("a-1.data/scripts/program", 5_000_000, program=True))
    assert found["bin/small"] == 100 + longer
    assert found["bin/program"] == 5_000_000


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("[console_scripts]\na = a:main\nb=a.b:C.d [x,y]\n", {"bin/a", "bin/b"}),
        ("[gui_scripts]\nw = a:main\n[other]\nx = a:main\n", {"bin/w"}),
        ("[console_scripts]\n../../x = a:main\nno-function = a\n= a:b\n/abs = a:b\n; c = a:b", set()),
        ("a = a:main", set()),
        ("[console_scripts]\n" + " " * 100_000 + "=" + " " * 100_000 + ":", set()),
    ],
    ids=["console", "gui", "odd", "no-section", "spaces"],
)
def test_lay_out__entry_points__become_launchers(text: str, names: set[str]) -> None:
    assert {path for path in placed(entry_points=text) if path.startswith("bin/")} == names


def test_lay_out__unknown_place_in_data__is_refused() -> None:
    with pytest.raises(MalformedArchive, match="no place that installers know"):
        placed(Item("a-1.data/elsewhere/x", 1))


@pytest.mark.parametrize("folders", [(), ("a-1.dist-info", "b-1.dist-info")])
def test_lay_out__not_one_metadata_folder__is_refused(folders: tuple[str, ...]) -> None:
    contents = Contents(items=tuple(Item(f"{f}/METADATA", 1) for f in folders), metadata=b"")
    with pytest.raises(MalformedArchive, match="dist-info"):
        lay_out(contents, "a-1-py3-none-any.whl", UV, requested=False)


def test_lay_out__requested__pip_marks_only_what_was_asked_for() -> None:
    contents = Contents(items=INFO, metadata=b"")
    for scheme, requested, marked in ((UV, False, True), (UV, True, True)):
        found = lay_out(contents, "a", scheme, requested=requested)
        assert any(path.endswith("/REQUESTED") for path in found.files) is marked
    pip = Scheme(python="3.12", installer="pip")
    assert not any(p.endswith("/REQUESTED") for p in lay_out(contents, "a", pip, requested=False).files)
    assert any(p.endswith("/REQUESTED") for p in lay_out(contents, "a", pip, requested=True).files)


def test_bytecode_bytes__grows_with_the_sources_and_with_nothing_else() -> None:
    assert bytecode_bytes({"a.so": 1_000_000}, "3.12") == 0
    small, large = (bytecode_bytes({"a.py": size}, "3.12") for size in (10_000, 20_000))
    assert 1000 < small < large < 40_000
    assert bytecode_bytes({"a.py": 0}, "3.99") < 500


def test_lay_out__entry_points__are_kept_to_be_read() -> None:
    contents = Contents(items=INFO, metadata=b"Name: a\n", entry_points=b"[pytest11]\na = a\n")
    texts = lay_out(contents, "a-1-py3-none-any.whl", UV, requested=False).texts
    assert [text for path, text in texts.items() if path.endswith("/entry_points.txt")] == [b"[pytest11]\na = a\n"]
