"""A path → the kind of the file. Every file has one kind, so that the kinds of a distribution sum to its size.

Native code is identified by magic number, in any directory (``formats/binaries/native.py``).
"""

from __future__ import annotations

import re
from functools import lru_cache

_BY_SUFFIX = {
    "pyc": "bytecode", "pyo": "bytecode", "pyi": "stubs", "a": "static libraries", "lib": "static libraries",
    "debug": "debug symbols", "dwp": "debug symbols", "pdb": "debug symbols", "dSYM": "debug symbols",
    "h": "headers", "hh": "headers", "hpp": "headers", "hxx": "headers", "cuh": "headers", "pxd": "headers",
}  # fmt: skip
_DOCS = frozenset(("md", "rst"))
# The first of these in the path of a directory determines the kind of the files below it.
_DIRECTORY = re.compile(
    r"(?:^|/)(?:(?P<tests>tests?|testing_data|test_?data|_tests?)|(?P<docs>docs?|examples?|share/(?:man|doc|info))"
    r"|(?P<headers>include)|(?P<metadata>[^/]*\.(?:dist|egg)-info|conda-meta))(?=/|$)"
)
# Directories of bundled libraries: NAME.libs (auditwheel), .dylibs (delocate), nvidia/*/lib (NVIDIA's wheels)
_BUNDLED_DIRECTORY = re.compile(
    r"(?:^|/)[^/]+\.libs(?:/|$)|(?:^|/)\.dylibs(?:/|$)|(?:^|/)nvidia/(?:[^/]+/)+lib(?:64)?(?:/|$)"
)


def native_kind(path: str) -> str:
    """Return the kind of a file that is native code."""
    directory, _, name = path.rpartition("/")
    if name.endswith(".debug"):
        return "debug symbols"
    return "bundled" if _BUNDLED_DIRECTORY.search(directory) else "native"


def kind_of(path: str) -> str:
    """Return the kind of a file that is not native code."""
    _, dot, suffix = path.rpartition(".")  # with directories if the name has no dot, which no table contains
    kind = _BY_SUFFIX.get(suffix) if dot else None
    if kind:
        return kind
    directory, _, name = path.rpartition("/")
    kind = "metadata" if suffix in ("egg-info", "egg-link") else _kind_of_directory(directory)
    if kind:
        return kind
    if suffix == "py":
        return "tests" if name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py" else "source"
    return "docs" if suffix in _DOCS else "data"


@lru_cache(maxsize=1 << 16)
def _kind_of_directory(directory: str) -> str:
    match = _DIRECTORY.search(directory)
    return (match.lastgroup or "") if match else ""
