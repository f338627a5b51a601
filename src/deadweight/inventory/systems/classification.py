"""The path of a file that no distribution owns → its row in the contents of a whole system, and its area.

A row says what a file is ("pip's cache", "system packages"), an area where a user would look for the bytes ("caches and
wheels", "base image"). Every file has one row and one area.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Container, Mapping

from deadweight.inventory.caches import CONDA, OTHERS, UV
from deadweight.inventory.directories import Nearest, parent

SYSTEM, BASE, REST, APPLICATION = (
    "system packages", "other files of the base image", "other files", "application files",
)  # fmt: skip
PYTHON, PYTHON_TESTS, PYTHON_STATIC = "Python", "Python's own tests", "Python's static libraries"
MODELS, MODEL_FILES, BYTECODE, WHEELS = "downloaded models", "model files", "unowned bytecode", "wheels"
DOCS, LOCALES, DATABASES = "documentation of the system", "locales of the system", "package databases"
LISTS = "package manager caches and lists"

# Of the standard library, not of distributions. In Debian's Python, packages of the system own it.
_LIBRARY = r"(?:^|/)lib(?:64)?/(?:python|pypy)\d[^/]*/(?!(?:site|dist)-packages/)"

# The first pattern that matches a directory, which ends with a slash, determines the row of the files in it.
_BY_DIRECTORY = tuple((row, re.compile(pattern)) for row, pattern in (
    ("pip's cache", r"(?:^|/)\.cache/pip/"),
    (UV, r"(?:^|/)\.cache/uv/"),
    ("poetry's cache", r"(?:^|/)\.cache/pypoetry/"),
    (CONDA, r"(?:^|/)[^/]*(?:conda|forge|mamba)\d*/pkgs/"),
    (OTHERS, r"(?:^|/)(?:\.cache/(?:pdm|virtualenv|pre-commit|hatch|pipx|yarn)|\.npm/_cacache|\.cargo/registry)/"),
    (MODELS, r"(?:^|/)(?:\.cache/(?:huggingface|torch|whisper|clip)|(?:models|datasets)--[^/]+|nltk_data)/"),
    (LISTS, r"^var/cache/(?:apt|apk|dnf|yum|debconf|ldconfig)/|^var/lib/apt/lists/|^etc/apk/cache/"),
    (DATABASES, r"^var/lib/(?:dpkg|rpm)/|^(?:usr/)?lib/(?:apk/db|sysimage/rpm)/"),
    (PYTHON_TESTS, rf"{_LIBRARY}(?:[^/]+/)*(?:tests?|idle_test)/"),
    (PYTHON, rf"{_LIBRARY}|(?:^|/)include/(?:python|pypy)\d[^/]*/"),
    (DOCS, r"^usr/(?:local/)?share/(?:doc|doc-base|man|info|help|gtk-doc|lintian)/"),
    (LOCALES, r"^usr/(?:local/)?share/(?:locale|locale-langpack|i18n)/|^usr/lib/locale/"),
))  # fmt: skip
_PROGRAM = re.compile(r"(?:^|/)bin/(?:python|pypy|pydoc|idle|2to3)[\d.]*t?(?:-config)?\Z")
_LIBPYTHON = re.compile(r"(?:^|/)lib(?:64)?/(?:[^/]+-linux-[^/]+/)?libpython[^/]*\Z")
_STATIC = re.compile(r"(?:^|/)libpython[^/]*\.a\Z")
_PYTHON_NAMES = ("python", "pypy", "pydoc", "idle", "2to3", "libpython", "pyvenv.cfg")
_MODEL = re.compile(
    r"\.(?:safetensors|gguf|ggml|onnx|pt|pth|ckpt|keras|tflite)\Z|(?:^|/)(?:pytorch|adapter|tf)_model[^/]*\.(?:bin|h5)\Z"
)
_LONGEST = 4096  # characters of a directory that are matched; Linux opens no longer path
_SMALLEST_MODEL = 100_000  # bytes; smaller files with these suffixes are examples or something else

BASE_IMAGE, MODEL_AREA, CACHES = "base image", "models", "caches and wheels"
_AREA_OF = {
    SYSTEM: SYSTEM, DOCS: SYSTEM, LOCALES: SYSTEM, DATABASES: SYSTEM,
    PYTHON: PYTHON, PYTHON_TESTS: PYTHON, PYTHON_STATIC: PYTHON,
    MODELS: MODEL_AREA, MODEL_FILES: MODEL_AREA,
    BYTECODE: REST, REST: REST,
}  # fmt: skip


class Classifier:
    """Returns the row and the area of files that no distribution owns.

    packaged: the paths of system packages
    caches:   directory → the row of the cache in it
    is_base:  returns whether a path is from the base image; None if that is unknown
    working_directory: of the program that the system starts; "" for the root, or if it is unknown
    """

    def __init__(
        self,
        packaged: Container[str],
        caches: Mapping[str, str],
        is_base: Callable[[str], bool] | None = None,
        working_directory: str = "",
    ) -> None:
        self._packaged, self._caches, self._is_base = packaged, caches, is_base
        self._application = f"{working_directory}/" if working_directory else ""
        self._cache_above = Nearest(caches)
        self._known: dict[str, str | None] = {}

    def __call__(self, path: str, size: int) -> tuple[str, str]:
        """Return the row and the area of a file.

        The area of the base image has its system packages and other files: another base image would have others. A
        Python, caches and models count in their own areas, in any layer.
        """
        row = self._row(path, size)
        area = _AREA_OF.get(row, CACHES)
        if area not in (SYSTEM, REST):
            return row, area
        if self._is_base is not None and self._is_base(path):
            return (BASE if row == REST else row), BASE_IMAGE
        if area == REST and self._application and path.startswith(self._application):
            return (APPLICATION if row == REST else row), APPLICATION
        return row, area

    def _row(self, path: str, size: int) -> str:
        directory, _, name = path.rpartition("/")
        row = self._known[directory] if directory in self._known else self._of_directory(directory)
        if name.startswith(_PYTHON_NAMES) and (row is None or row == PYTHON):
            row = _of_python(path) or row
        if row is not None:
            return row
        if path in self._packaged:
            return SYSTEM
        if name.endswith(".whl"):
            return WHEELS
        if name.endswith(".pyc"):
            return BYTECODE
        return MODEL_FILES if size >= _SMALLEST_MODEL and _MODEL.search(path) else REST

    def _of_directory(self, directory: str) -> str | None:
        """Return the row of all files in a directory; None if it depends on the file."""
        cache = self._cache_above(directory) if self._caches else None
        if cache is not None:
            row: str | None = self._caches[cache]
        else:
            text = f"{directory[:_LONGEST]}/"
            row = next((row for row, pattern in _BY_DIRECTORY if pattern.search(text)), None)
        self._known[directory] = row
        return row


def _of_python(path: str) -> str | None:
    """Return the row of a file of a Python outside of its standard library; None for other files."""
    if _STATIC.search(path):
        return PYTHON_STATIC
    is_python = _PROGRAM.search(path) or _LIBPYTHON.search(path) or path.rpartition("/")[2] == "pyvenv.cfg"
    return PYTHON if is_python else None


def directory_of(path: str, levels: int) -> str:
    """Return the first directories of a path; of a file in the root, its name."""
    return "/".join(parent(path).split("/", levels)[:levels]) or path
