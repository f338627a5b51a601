"""The files that describe a project → the paths that installing it needs."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

# Tables of pyproject.toml whose texts may be paths; those of linters and test runners name what an image does not need.
_TOOLS = frozenset("setuptools hatch flit pdm poetry uv maturin scikit-build meson-python".split())
_NO_PATHS = re.compile(
    r"exclude|sdist|envs|scripts|dependenc|classifiers|keywords|urls|group|index|\Aname\Z", re.IGNORECASE
)
_FROM_HISTORY = re.compile(
    r"setuptools[-_]scm|hatch-vcs|versioningit|dunamai|dynamic-versioning|versioneer|flit[-_]scm|\bpbr\b"
    r"|source\s*=\s*[\"']scm[\"']"
)
_TOKEN = re.compile(r"[^\s,;=\"'()\[\]]+")


def takes_version_from_history(text: str) -> bool:
    """Return whether building a project reads its version from git, by the text of its pyproject.toml or setup.py."""
    return bool(_FROM_HISTORY.search(text))


def paths_in_project(document: Mapping[str, object]) -> Iterator[str]:
    """Yield the texts of a pyproject.toml that may be paths or patterns: the readme, licences, files to include."""
    tools = document.get("tool")
    if isinstance(tools, dict):
        for name, table in tools.items():
            if name in _TOOLS:
                yield from _texts(table)
    yield from _texts(document.get("project"))


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        if value and "\n" not in value and "\0" not in value:
            yield value
    elif isinstance(value, dict):
        for key, inner in value.items():
            if key == "force-include" and isinstance(inner, dict):  # of hatch: path → path in the wheel
                yield from inner
            if not _NO_PATHS.search(key):
                yield from _texts(inner)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner)


def packaging_part(text: str) -> str:
    """Return a setup.cfg with empty lines in place of the settings of tools."""
    kept, keeps = [], False
    for line in text.split("\n"):
        keeps = line.startswith(("[metadata", "[options")) if line.startswith("[") else keeps
        kept.append(line if keeps else "")
    return "\n".join(kept)


def words_of(text: str) -> Iterator[tuple[str, int]]:
    """Yield (word, line) of a requirements file, MANIFEST.in or setup.cfg."""
    for number, line in enumerate(text.split("\n"), 1):
        for match in _TOKEN.finditer(line.split(" #")[0] if not line.startswith("#") else ""):
            yield (
                match[0].removeprefix("file:").removeprefix("-r").removeprefix("-c").removeprefix("-e") or match[0],
                number,
            )
