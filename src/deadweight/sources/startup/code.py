"""The directory of an application → the paths of its Python files, and the texts that say how it is started."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping

from deadweight.sources.codebase.application import application_files
from deadweight.sources.disk.environment import DiskReader

_LARGEST = 1 << 20  # bytes of a file with commands
_LARGEST_PYTHON = 1 << 24
_DEEPEST = 1  # directories above a file with commands
_IS_RUN = re.compile(rb"^if[ \t(]+__name__\s*==\s*[\"']__main__[\"']", re.MULTILINE)


def python_files(directory: str) -> frozenset[str]:
    """Return the paths of the Python files, relative to the directory; raises BadInput."""
    return frozenset(path for path in application_files(directory) if path.endswith(".py"))


def texts_of_starts(directory: str) -> dict[str, str]:
    """Return path → text of Procfiles, Dockerfiles, systemd units and the project's ``pyproject.toml``."""
    reader = DiskReader(os.path.realpath(directory))
    texts: dict[str, str] = {}
    for path, size in application_files(directory).items():
        name = path.rpartition("/")[2]
        starts = name.startswith("Procfile") or "ontainerfile" in name or "ockerfile" in name.lower()
        wanted = path == "pyproject.toml" or starts or name.endswith(".service")
        if wanted and size <= _LARGEST and path.count("/") <= _DEEPEST:
            try:
                texts[path] = reader.read(path, _LARGEST).decode("utf-8-sig", "replace").replace("\r\n", "\n")
            except OSError:
                continue  # reading the code reports it
    return texts


def scripts_of(directory: str, paths: Iterable[str]) -> frozenset[str]:
    """Return the Python files with ``if __name__ == "__main__":``."""
    found = contents(directory, paths, (b"__main__",))
    return frozenset(path for path, data in found.items() if _IS_RUN.search(data))


def contents(directory: str, paths: Iterable[str], containing: Iterable[bytes] = (b"",)) -> Mapping[str, bytes]:
    """Return path → content of the files that can be read and contain one of some texts."""
    reader, texts = DiskReader(os.path.realpath(directory)), tuple(containing)
    found: dict[str, bytes] = {}
    for path in paths:
        try:
            data = reader.read(path, _LARGEST_PYTHON)
        except OSError:
            continue
        if any(text in data for text in texts):
            found[path] = data
    return found
