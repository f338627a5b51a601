"""A project's directory → the file in it that is measured: its lock before pyproject.toml before requirements.txt."""

from __future__ import annotations

import os
import re
from typing import Any

LOCK = re.compile(r"(?:uv|poetry|pdm)\.lock\Z|Pipfile\.lock\Z|pylock(?:\.[^.]+)?\.toml\Z")
ENVIRONMENTS = (".venv", "venv", "env")
_LOCKS = ("uv.lock", "poetry.lock", "pdm.lock", "pylock.toml", "Pipfile.lock")
_LARGEST = 1 << 24  # characters of a pyproject.toml
_LISTS = ("requirements.txt", "requirements.in")
PROJECT_FILES = (*_LOCKS, "pyproject.toml", *_LISTS)
LISTS_DIRECTORY = "requirements"
# The list for production mostly includes the others, so one of them is the whole project.
_LISTS_INSIDE = ("production.txt", "prod.txt", "base.txt", "main.txt", "common.txt", "requirements.txt")
# Tables and keys of a pyproject.toml of which one is filled where it asks for distributions.
_ASKING = (
    ("project", "dependencies"), ("project", "optional-dependencies"), ("dependency-groups",),
    ("tool", "poetry", "group"), ("tool", "poetry", "dev-dependencies"), ("tool", "uv", "workspace"),
    ("tool", "uv", "dev-dependencies"), ("tool", "pdm", "dev-dependencies"),
)  # fmt: skip
# Those that a tool reads dependencies from which [project] declares as dynamic.
_DYNAMIC = (
    ("tool", "poetry", "dependencies"), ("tool", "setuptools", "dynamic", "dependencies"),
    ("tool", "hatch", "metadata", "hooks", "requirements_txt"),
    ("tool", "hatch", "metadata", "hooks", "uv-dynamic-versioning", "dependencies"),
)  # fmt: skip


def project_files(directory: str) -> tuple[str, ...]:
    """Return the files in a directory that ask for distributions, that to measure first; none where there are none."""
    try:
        there = {name for name in os.listdir(directory) if os.path.isfile(os.path.join(directory, name))}
    except OSError:
        return ()
    pyproject = _read(os.path.join(directory, "pyproject.toml")) if "pyproject.toml" in there else {}
    locks = sorted((name for name in _LOCKS if name in there), key=lambda name: name != _lock_of(pyproject))
    locks += sorted(name for name in there if LOCK.match(name) and name not in _LOCKS)
    project = ["pyproject.toml"] if "pyproject.toml" in there else []
    lists = [name for name in _LISTS if name in there]
    first = [*project, *lists] if pyproject is None or _asks(pyproject) else [*lists, *project]
    return tuple(os.path.join(directory, name) for name in (*locks, *first))


def list_for_production(directory: str) -> str:
    """Return the list for production of a project that has its lists in ``requirements/``; "" for other projects.

    A ``pyproject.toml`` that only configures tools may be beside that directory.
    """
    path = os.path.join(directory, "pyproject.toml")
    others = [each for each in project_files(directory) if each != path]
    if others or (os.path.isfile(path) and ((pyproject := _read(path)) is None or _asks(pyproject))):
        return ""
    lists = (os.path.join(directory, LISTS_DIRECTORY, name) for name in _LISTS_INSIDE)
    return next(filter(os.path.isfile, lists), "")


def _read(path: str) -> dict[str, Any] | None:
    """Return what a pyproject.toml holds; None where it cannot be read, which its reader explains."""
    from deadweight.formats.tables import toml_values

    try:
        with open(path, encoding="utf-8") as file:
            return toml_values(file.read(_LARGEST))
    except (OSError, ValueError, RecursionError):
        return None


def _lock_of(pyproject: dict[str, Any] | None) -> str:
    """Return the lock that a project's tool writes, "" where its pyproject.toml does not tell; others may be stale."""
    if _at(pyproject, ("project", "dependencies")) is not None:
        return ""
    return "poetry.lock" if _at(pyproject, ("tool", "poetry", "dependencies")) else ""


def _asks(pyproject: dict[str, Any]) -> bool:
    """Return whether a pyproject.toml tells what it asks for."""
    if any(_at(pyproject, keys) for keys in _DYNAMIC):
        return True
    dynamic = _at(pyproject, ("project", "dynamic"))
    only_a_build_knows = isinstance(dynamic, list) and "dependencies" in dynamic
    return not only_a_build_knows and any(_at(pyproject, keys) for keys in _ASKING)


def _at(table: Any, keys: tuple[str, ...]) -> object:
    for key in keys:
        table = table.get(key) if isinstance(table, dict) else None
    return table
