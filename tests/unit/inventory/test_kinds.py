"""The kind of each file; the kinds sum to the size."""

from __future__ import annotations

import pytest

from deadweight.formats.binaries.native import may_be_native
from deadweight.inventory.kinds import kind_of, native_kind
from deadweight.model import Sizes
from tests.builders import ELF_X86_64, SITE, dist_files, inventory_of


def sizes_of(path: str, content: str | bytes) -> Sizes:
    """Return the sizes of an unowned file."""
    return inventory_of(extra={path: content}).unowned


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("a/x.py", "source"),
        ("a/test_x.py", "tests"),
        ("a/x_test.py", "tests"),
        ("a/conftest.py", "tests"),
        ("a/tests/data.bin", "tests"),
        ("a/test/x.py", "tests"),
        ("a/testing/x.py", "source"),
        ("a/contest/x.py", "source"),
        ("a/__pycache__/x.cpython-311.pyc", "bytecode"),
        ("a/tests/__pycache__/x.cpython-311.pyc", "bytecode"),
        ("a/x.pyi", "stubs"),
        ("a/x.h", "headers"),
        ("a/include/x.inl", "headers"),
        ("a/lib/x.a", "static libraries"),
        ("a/x.so.debug", "debug symbols"),
        ("a/x.pdb", "debug symbols"),
        ("a/docs/x.bin", "docs"),
        ("share/man/man1/x.1", "docs"),
        ("a/README.md", "docs"),
        ("a-1.0.dist-info/METADATA", "metadata"),
        ("a.egg-info/PKG-INFO", "metadata"),
        ("a-1.0.dist-info/licenses/README.md", "metadata"),
        ("conda-meta/x.json", "metadata"),
        ("a/x.json", "data"),
        ("a/x.so", "data"),
        ("Makefile", "data"),
    ],
)
def test_kind_of__path__has_one_kind(path: str, kind: str) -> None:
    assert kind_of(path) == kind


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("a/x.so", "native"),
        ("bin/tool", "native"),
        ("numpy.libs/libgfortran.so.5", "bundled"),
        ("a/.dylibs/libx.dylib", "bundled"),
        ("nvidia/cublas/lib/libcublas.so.12", "bundled"),
        ("nvidia/cu13/x/lib64/libx.so", "bundled"),
        ("nvidia/lib.so", "native"),
        ("a/lib/libx.so", "native"),
        ("a/x.so.debug", "debug symbols"),
    ],
)
def test_native_kind__path__decides_whether_it_is_bundled(path: str, kind: str) -> None:
    assert native_kind(path) == kind


@pytest.mark.parametrize(
    ("path", "worth"),
    [("x.so", True), ("tool", True), ("x.py", False), ("a-1.dist-info/RECORD", False), ("x.dat", True)],
)
def test_may_be_native__name__decides_whether_to_read(path: str, worth: bool) -> None:
    assert may_be_native(path, 52) is worth
    assert not may_be_native(path, 51)


@pytest.mark.parametrize("path", ["bin/tool", f"{SITE}/a/driver.node", f"{SITE}/a/libx.so.5.0", f"{SITE}/a/tests/x.so"])
def test_inventory__code_under_any_name__is_native(path: str) -> None:
    sizes = sizes_of(path, ELF_X86_64)
    assert (sizes.native, sizes.bundled, sizes.kinds) == (64, 0, {"native": 64})


def test_inventory__bundled_library__is_native_too() -> None:
    sizes = sizes_of(f"{SITE}/numpy.libs/libopenblas.so", ELF_X86_64)
    assert (sizes.native, sizes.bundled) == (64, 64)


@pytest.mark.parametrize("path", [f"{SITE}/a/x.so", f"{SITE}/numpy.libs/libx.so"])
def test_inventory__text_under_the_name_of_a_library__is_not_native(path: str) -> None:
    assert sizes_of(path, "INPUT(libx.so.1)" * 10).native == 0


def test_inventory__kinds__sum_to_the_size() -> None:
    files: dict[str, str | bytes] = {
        "a/x.py": "1",
        "a/x.so": ELF_X86_64,
        "a/x.pyi": "12",
        "a/tests/x.py": "123",
        "a/x.bin": "1234",
    }
    (row,) = inventory_of(dist_files("a", files=files)).distributions
    assert {kind: size for kind, size in row.sizes.kinds.items() if kind != "metadata"} == {
        "source": 1, "native": 64, "stubs": 2, "tests": 3, "data": 4,
    }  # fmt: skip
    assert sum(row.sizes.kinds.values()) == row.sizes.apparent


def test_kind_of__egg_info_file__is_metadata() -> None:
    assert kind_of("six-1.16.egg-info") == "metadata"
