"""What kind of file a path is, and what its first bytes say."""

from __future__ import annotations

import pytest

from deadweight.inventory import take_inventory
from deadweight.inventory.kinds import KINDS, kind_of, may_be_native, native_kind
from tests.builders import ELF_X86_64, SITE, dist_files, inventory_of, make_tree


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("a/m.py", "source"),
        ("a/__pycache__/m.cpython-311.pyc", "bytecode"),
        ("a/tests/__pycache__/m.cpython-311.pyc", "bytecode"),
        ("a/m.pyi", "stubs"),
        ("a/tests/data.json", "tests"),
        ("a/test_m.py", "tests"),
        ("a/conftest.py", "tests"),
        ("a/latest/m.py", "source"),
        ("a/docs/index.html", "docs"),
        ("share/man/man1/a.1", "docs"),
        ("a/README.md", "docs"),
        ("a/include/x.inc", "headers"),
        ("a/x.hpp", "headers"),
        ("a/x.a", "static libraries"),
        ("a/x.debug", "debug symbols"),
        ("a-1.dist-info/RECORD", "metadata"),
        ("a-1.dist-info/licenses/LICENSE", "metadata"),
        ("a/data.json", "data"),
        ("bin/a", "data"),
    ],
)
def test_kind_of__path(path: str, kind: str) -> None:
    assert kind_of(path) == kind
    assert kind in KINDS


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("numpy/core.so", "native"),
        ("numpy.libs/libopenblas.so", "bundled"),
        ("scipy/.dylibs/libgfortran.dylib", "bundled"),
        ("nvidia/cudnn/lib/libcudnn.so.9", "bundled"),
        ("torch/lib/libtorch.so", "native"),
        ("bin/ruff", "native"),
        ("a/libx.so.debug", "debug symbols"),
    ],
)
def test_native_kind__path(path: str, kind: str) -> None:
    assert native_kind(path) == kind


def test_native__by_magic__wherever_it_lies() -> None:
    files: dict[str, str | bytes] = {
        "tool/__init__.py": "",
        "tool/odd-name": ELF_X86_64,
        "tool.libs/x.so": ELF_X86_64,
        "tool/text.so": "x" * 99,
    }
    record = [*(f"{path},," for path in files), "../../../bin/tool,,"]
    (found,) = inventory_of(
        dist_files("tool", files=files, record=record), extra={"bin/tool": ELF_X86_64}
    ).distributions
    assert (found.sizes.native, found.sizes.bundled) == (3 * len(ELF_X86_64), len(ELF_X86_64))


@pytest.mark.parametrize(
    ("path", "size", "expected"), [("a.so", 51, False), ("a.so", 52, True), ("a.py", 9999, False), ("bin/x", 99, True)]
)
def test_may_be_native__path(path: str, size: int, expected: bool) -> None:
    assert may_be_native(path, size) is expected


def test_environment__platform_and_python__are_told_by_the_files() -> None:
    files: dict[str, str | bytes] = {f"{SITE}/a/x.so": ELF_X86_64, "pyvenv.cfg": "version = 3.11.9\n"}
    found = take_inventory(make_tree(files, python=None)).environment
    assert (found.python, found.platform) == ("3.11.9", "linux_x86_64")


def test_environment__no_pyvenv_cfg__the_folder_tells() -> None:
    files = {f"lib/pypy3.10/site-packages/{path}": data for path, data in dist_files("a").items()}
    found = take_inventory(make_tree(files, python=None)).environment
    assert (found.python, found.implementation, found.platform) == ("3.10", "pypy", None)
