"""A path → what kind of file it is. Every file has one kind, so that the kinds of a distribution sum to its size.

Native code is told by its first bytes alone, wherever it lies (``formats/native.py``).
"""

from __future__ import annotations

import re
from functools import lru_cache

KINDS = (
    "native", "bundled", "bytecode", "source", "tests", "docs", "headers", "stubs",
    "static libraries", "debug symbols", "metadata", "data",
)  # fmt: skip

_BY_SUFFIX = {
    "pyc": "bytecode", "pyo": "bytecode", "pyi": "stubs", "a": "static libraries", "lib": "static libraries",
    "debug": "debug symbols", "dwp": "debug symbols", "pdb": "debug symbols", "dSYM": "debug symbols",
    "h": "headers", "hh": "headers", "hpp": "headers", "hxx": "headers", "cuh": "headers", "pxd": "headers",
}  # fmt: skip
_DOCS = frozenset(("md", "rst"))
# The first of these in a folder's path names the kind of what lies below it.
_FOLDER = re.compile(
    r"(?:^|/)(?:(?P<tests>tests?|testing_data|test_?data|_tests?)|(?P<docs>docs?|examples?|share/(?:man|doc|info))"
    r"|(?P<headers>include)|(?P<metadata>[^/]*\.(?:dist|egg)-info|conda-meta))(?=/|$)"
)
# auditwheel's NAME.libs, delocate's .dylibs, NVIDIA's wheels
_BUNDLED_FOLDER = re.compile(
    r"(?:^|/)[^/]+\.libs(?:/|$)|(?:^|/)\.dylibs(?:/|$)|(?:^|/)nvidia/(?:[^/]+/)+lib(?:64)?(?:/|$)"
)


def native_kind(path: str) -> str:
    """Return the kind of a file whose first bytes are native code."""
    folder, _, name = path.rpartition("/")
    if name.endswith(".debug"):
        return "debug symbols"
    return "bundled" if _BUNDLED_FOLDER.search(folder) else "native"


def kind_of(path: str) -> str:
    """Return the kind of a file that is no native code."""
    folder, _, name = path.rpartition("/")
    _, dot, suffix = name.rpartition(".")
    found = _BY_SUFFIX.get(suffix) if dot else None
    if found:
        return found
    found = "metadata" if suffix in ("egg-info", "egg-link") else _kind_of_folder(folder)
    if found:
        return found
    if suffix == "py":
        return "tests" if name.startswith("test_") or name.endswith("_test.py") or name == "conftest.py" else "source"
    return "docs" if suffix in _DOCS else "data"


@lru_cache(maxsize=1 << 16)
def _kind_of_folder(folder: str) -> str:
    found = _FOLDER.search(folder)
    return (found.lastgroup or "") if found else ""
