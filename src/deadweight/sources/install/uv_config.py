"""uv's configuration files → one file without the settings that lead an install out of its environment.

uv has no option against ``target`` and ``prefix`` of a file, and no way to leave single settings out. So if a file has
such a setting, uv gets all of the others in a file of ours, and reads no other (``UV_CONFIG_FILE``).
source: https://docs.astral.sh/uv/concepts/configuration-files/
"""

from __future__ import annotations

import json
import os
import tomllib
from collections.abc import Iterator, Mapping
from typing import Any

_ASTRAY = {"pip": frozenset(("target", "prefix", "system", "python", "dry-run")), "": frozenset(("link-mode",))}
# Tables of a pyproject.toml that are about a project, and that uv takes in no other file.
_OF_PROJECTS = frozenset((
    "workspace", "sources", "dev-dependencies", "default-groups", "dependency-groups", "managed", "package",
    "build-backend", "conflicts",
))  # fmt: skip
_PLACES = ("find-links", "extra-index-url", "index-url")


def neutral_config(environ: Mapping[str, str]) -> str | None:
    """Return the text of a file in place of the user's; None where theirs can stay."""
    tables = list(_tables(environ))
    if not any(_leads_astray(table) for table in tables):
        return None
    merged: dict[str, Any] = {}
    for table in tables:
        merged = _combined(merged, table)
    for key in _ASTRAY[""]:
        merged.pop(key, None)
    if isinstance(merged.get("pip"), dict):
        merged["pip"] = {key: value for key, value in merged["pip"].items() if key not in _ASTRAY["pip"]}
    return "".join(f"{_written(key)} = {_written(value)}\n" for key, value in merged.items())


def _leads_astray(table: Mapping[str, Any]) -> bool:
    pip = table.get("pip")
    # Links to uv's cache would be measured as links.
    return table.get("link-mode") == "symlink" or (isinstance(pip, dict) and not _ASTRAY["pip"].isdisjoint(pip))


def _tables(environ: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield the settings of the files that uv reads, the first one counts most."""
    if environ.get("UV_CONFIG_FILE"):
        yield from filter(None, [_read(environ["UV_CONFIG_FILE"])])
        return
    if environ.get("UV_NO_CONFIG"):
        return
    home = environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    folders = (environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep)
    system = [*(f"{folder}/uv/uv.toml" for folder in folders), "/etc/uv/uv.toml"]
    yield from filter(None, [_of_project(), _read(f"{home}/uv/uv.toml"), next(filter(None, map(_read, system)), None)])


def _of_project() -> dict[str, Any] | None:
    """Return the settings of the nearest ``uv.toml`` or ``[tool.uv]`` at or above the working directory."""
    try:
        folder = os.getcwd()
    except OSError:
        return None
    while True:
        found = _read(os.path.join(folder, "uv.toml"))
        if found is None:
            tool = (_read(os.path.join(folder, "pyproject.toml")) or {}).get("tool")
            uv = tool.get("uv") if isinstance(tool, dict) else None
            found = {k: v for k, v in uv.items() if k not in _OF_PROJECTS} if isinstance(uv, dict) else None
        if found is not None or folder == os.path.dirname(folder):
            return found
        folder = os.path.dirname(folder)


def _read(path: str) -> dict[str, Any] | None:
    """Return a file's settings, with paths that count from it made absolute; None where it cannot be read."""
    try:
        with open(path, "rb") as file:
            found = tomllib.load(file)
    except (OSError, ValueError, RecursionError):
        return None  # uv says so itself
    folder = os.path.dirname(os.path.abspath(path))
    tables = [found, *(t for t in (found.get("pip"), *_list(found.get("index"))) if isinstance(t, dict))]
    for table in tables:
        for key in (*_PLACES, "url"):
            if isinstance(table.get(key), str):
                table[key] = _absolute(folder, table[key])
            elif isinstance(table.get(key), list):
                table[key] = [_absolute(folder, each) if isinstance(each, str) else each for each in table[key]]
    return found


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _absolute(folder: str, place: str) -> str:
    return place if "://" in place else os.path.join(folder, place)


def _combined(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Return settings of two files as uv combines them: of single values the first counts, lists are joined."""
    found = {**second, **first}
    for key in first.keys() & second.keys():
        if isinstance(first[key], dict) and isinstance(second[key], dict):
            found[key] = _combined(first[key], second[key])
        elif isinstance(first[key], list) and isinstance(second[key], list):
            found[key] = [*first[key], *second[key]]
    return found


def _written(value: object) -> str:
    """Return a value as TOML has it."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_written(key)} = {_written(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)  # numbers, dates and times
