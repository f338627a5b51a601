"""The metadata of a zipped egg, also from arbitrary bytes."""

from __future__ import annotations

import io
import zipfile

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deadweight.inventory.eggs import egg_metadata, is_egg
from tests.builders import metadata

NOTHING = (b"", b"", ())


def zipped(files: dict[str, str], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", method) as archive:
        for path, text in files.items():
            archive.writestr(path, text)
    return buffer.getvalue()


WHOLE = {"EGG-INFO/PKG-INFO": metadata("a", "1"), "EGG-INFO/requires.txt": "b\n", "EGG-INFO/top_level.txt": "a\n_a\n"}


@pytest.mark.parametrize("method", [zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED])
def test_egg_metadata__of_a_zipped_egg__is_its_three_files(method: int) -> None:
    expected = (metadata("a", "1").encode(), b"b\n", ("a", "_a"))
    assert egg_metadata(zipped({**WHOLE, "a.py": "x = 1\n"}, method)) == expected


def test_egg_metadata__without_some_files__is_empty_for_those() -> None:
    assert egg_metadata(zipped({"EGG-INFO/PKG-INFO": "Name: a\n", "PKG-INFO": "Name: b\n"})) == (b"Name: a\n", b"", ())


def test_egg_metadata__huge_file__is_truncated() -> None:
    head, _, _ = egg_metadata(zipped({"EGG-INFO/PKG-INFO": "Name: a\n" + " " * (1 << 20)}))
    assert len(head) == 1 << 18


@pytest.mark.parametrize(
    "data",
    [
        b"no zip",
        zipped(WHOLE)[:-1],
        zipped(WHOLE, zipfile.ZIP_BZIP2),
        zipped(WHOLE, zipfile.ZIP_STORED).replace(b"Name: a", b"Name: b", 1),
        zipped({f"{number}": "" for number in range((1 << 14) + 1)}),
    ],
    ids=["no-zip", "cut-short", "packed-in-another-way", "checksum-that-does-not-hold", "too-many-files"],
)
def test_egg_metadata__unreadable__is_empty(data: bytes) -> None:
    assert egg_metadata(data) == NOTHING


@given(st.integers(0, len(zipped(WHOLE)) - 1), st.integers(0, 255))
def test_egg_metadata__any_byte_changed__raises_nothing(at: int, byte: int) -> None:
    data = bytearray(zipped(WHOLE))
    data[at] = byte
    head, requires, names = egg_metadata(bytes(data))
    assert isinstance(head, bytes)
    assert isinstance(requires, bytes)
    assert isinstance(names, tuple)


@pytest.mark.parametrize(
    ("path", "expected"),
    [
        ("lib/a-1.0-py3.11.egg", True),
        ("a-1.0-py3.11-linux-x86_64.egg", True),
        ("a-1.0.egg", False),
        ("a-1.0-py3.11.egg/a.py", False),
        ("a.egg-link", False),
    ],
)
def test_is_egg__by_the_name_alone(path: str, expected: bool) -> None:
    assert is_egg(path) is expected
