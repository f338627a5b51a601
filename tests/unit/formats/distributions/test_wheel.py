from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType
from typing import Literal

import pytest

from deadweight.errors import MalformedArchive
from deadweight.formats.distributions.wheel import Contents, Item, Scheme, bytecode_bytes, lay_out

UV = Scheme(python="3.12.1", installer="uv")
WINDOWS = Scheme(python="3.12", installer="uv", platform="win_amd64")
INFO = (
    Item("a-1.dist-info/METADATA", 30), Item("a-1.dist-info/WHEEL", 90), Item("a-1.dist-info/RECORD", 999),
)  # fmt: skip


def placed(
    *items: Item, scheme: Scheme = UV, entry_points: str = "", first_lines: Mapping[str, int] = MappingProxyType({})
) -> dict[str, int]:
    contents = Contents(
        items=(*items, *INFO), metadata=b"Name: a\n", entry_points=entry_points.encode(), first_lines=first_lines
    )
    return dict(lay_out(contents, "a-1-py3-none-any.whl", scheme, requested=True).files)


def test_lay_out__paths__are_those_of_the_scheme() -> None:
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
    scripts = Item("a-1.data/scripts/small", 100), Item("a-1.data/scripts/other.sh", 100)
    lines = {"a-1.data/scripts/small": len("#!python -E\n")}
    found = placed(*scripts, first_lines=lines)
    assert found["bin/small"] == 100 + len("#!/opt/venv/bin/python\n") - len("#!python -E\n")
    assert found["bin/other.sh"] == 100


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("[console_scripts]\na = a:main\nb=a.b:C.d [x,y]\n", {"bin/a", "bin/b"}),
        ("[gui_scripts]\nw = a:main\n[other]\nx = a:main\n", {"bin/w"}),
        ("[console_scripts]\n../../x = a:main\n= a:b\n/abs = a:b\n; c = a:b", set()),
        ("a = a:main", set()),
        (" [console_scripts]\n  a = a:main\n\tb=a:b\n", {"bin/a", "bin/b"}),
        ("[console_scripts]\n" + " " * 100_000 + "=" + " " * 100_000 + "a:b", set()),
    ],
    ids=["console", "gui", "odd", "no-section", "indented", "spaces"],
)
def test_lay_out__entry_points__become_launchers(text: str, names: set[str]) -> None:
    assert {path for path in placed(entry_points=text) if path.startswith("bin/")} == names


def test_lay_out__entry_point_without_a_function__is_refused_as_installers_refuse_it() -> None:
    with pytest.raises(MalformedArchive, match="does not name a function"):
        placed(entry_points="[console_scripts]\nx = a\n")


@pytest.mark.parametrize(
    ("installer", "text", "names"),
    [
        ("pip", "pip = pip:main\npip3 = pip:main\n", {"pip", "pip3", "pip3.12"}),
        ("pip", "pip = pip:main\npip3.9 = pip:main\n", {"pip", "pip3", "pip3.12"}),
        ("uv", "pip = pip:main\npip3 = pip:main\n", {"pip", "pip3", "pip3.12"}),
        ("uv", "pip = pip:main\npip3.9 = pip:main\npip3 = pip:main\n", {"pip", "pip3", "pip3.12"}),
    ],
)
def test_lay_out__pip_itself__has_the_launchers_of_its_python(
    installer: Literal["uv", "pip"], text: str, names: set[str]
) -> None:
    found = placed(scheme=Scheme(python="3.12.1", installer=installer), entry_points=f"[console_scripts]\n{text}")
    assert {path.removeprefix("bin/") for path in found if path.startswith("bin/")} == names


@pytest.mark.parametrize(
    ("installer", "platform", "script", "least"),
    [("pip", "win_amd64", "c", 108_032), ("pip", "win_amd64", "g", 101_888), ("pip", "win32", "c", 97_792),
     ("pip", "win_arm64", "g", 168_448), ("uv", "win_amd64", "c", 45_056), ("uv", "win_amd64", "g", 46_080),
     ("uv", "win32", "c", 37_888)],
)  # fmt: skip
def test_lay_out__launchers_for_windows__are_the_installers_own(
    installer: Literal["uv", "pip"], platform: str, script: str, least: int
) -> None:
    scheme = Scheme(python="3.12.1", installer=installer, platform=platform)
    found = placed(scheme=scheme, entry_points="[console_scripts]\nc = a:b\n[gui_scripts]\ng = a:b\n")
    assert least < found[f"Scripts/{script}.exe"] < least + 1536


def test_lay_out__files_outside_site_packages__have_the_shortest_rows() -> None:
    base = placed()["lib/python3.12/site-packages/a-1.dist-info/RECORD"]
    for path, row in {
        "lib/x": "../../x", "lib/python3.12/x": "../x", "x": "../../../x", "lib/python3.12/site-packages/x": "x",
    }.items():  # fmt: skip
        found = placed(Item(f"a-1.data/data/{path}", 7))
        assert found["lib/python3.12/site-packages/a-1.dist-info/RECORD"] == base + len(f"{row},,7\n") + 50


@pytest.mark.parametrize(
    ("items", "filename", "metadata", "reason"),
    [
        (INFO[:1] + INFO[2:], "a-1-py3-none-any.whl", "Name: a\n", "no WHEEL"),
        (INFO[:2], "a-1-py3-none-any.whl", "Name: a\n", "no RECORD"),
        (INFO, "b-1-py3-none-any.whl", "Name: b\n", "another project"),
        (INFO, "a-1-py3-none-any.whl", "Name: a\nVersion: 2\n", "another version than the file name: 2"),
    ],
)
def test_lay_out__wheel_that_installers_refuse__is_refused(
    items: tuple[Item, ...], filename: str, metadata: str, reason: str
) -> None:
    with pytest.raises(MalformedArchive, match=reason):
        lay_out(Contents(items=items, metadata=metadata.encode()), filename, UV, requested=True)


def test_lay_out__version_that_is_only_spelled_otherwise__is_taken() -> None:
    for version in ("1.0", "1", "01"):
        contents = Contents(items=INFO, metadata=f"Name: a\nVersion: {version}\n".encode())
        assert lay_out(contents, "a-1+cpu-py3-none-any.whl", UV, requested=True).files


@pytest.mark.parametrize("python", ["3.9", "3.10", "3.11", "3.12", "3.13", "3.14"])
def test_bytecode_bytes__of_the_standard_library__is_about_right(python: str) -> None:
    sources = {f"{n}.py": 10_000 for n in range(100)}
    ratio = bytecode_bytes(sources, python) / 1_000_000
    assert ratio == pytest.approx({"3.9": 0.85, "3.10": 0.86}.get(python, 1.35), rel=0.15)


def test_lay_out__unknown_key_in_data__is_refused() -> None:
    with pytest.raises(MalformedArchive, match="has the unknown key"):
        placed(Item("a-1.data/elsewhere/x", 1))


@pytest.mark.parametrize("directories", [(), ("a-1.dist-info", "b-1.dist-info")])
def test_lay_out__not_one_metadata_directory__is_refused(directories: tuple[str, ...]) -> None:
    contents = Contents(items=tuple(Item(f"{f}/METADATA", 1) for f in directories), metadata=b"")
    with pytest.raises(MalformedArchive, match="dist-info"):
        lay_out(contents, "a-1-py3-none-any.whl", UV, requested=False)


def test_lay_out__requested__pip_marks_only_direct_requirements() -> None:
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
