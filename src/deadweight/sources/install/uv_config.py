"""uv's configuration files → one file without the settings that would install outside the environment.

uv has no option that overrides ``target`` and ``prefix`` of a file, and cannot ignore single settings. So if a file has
such a setting, uv gets the other settings in a file of ours, and reads no other file (``UV_CONFIG_FILE``).
source: https://docs.astral.sh/uv/concepts/configuration-files/
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

from deadweight.formats.tables import toml_values

_LARGEST = 1 << 24  # characters of a configuration file
_DROPPED = {"pip": frozenset(("target", "prefix", "system", "python", "dry-run")), "": frozenset(("link-mode",))}
# Tables about a project, which uv accepts only in a pyproject.toml.
_PROJECT_TABLES = frozenset((
    "workspace", "sources", "dev-dependencies", "default-groups", "dependency-groups", "managed", "package",
    "build-backend", "conflicts",
))  # fmt: skip
_LOCATIONS = ("find-links", "extra-index-url", "index-url")


def neutral_config(environ: Mapping[str, str]) -> str | None:
    """Return the content of a file that replaces the user's; None if theirs need no replacement."""
    tables = list(_tables(environ))
    if not any(_must_drop(table) for table in tables):
        return None
    merged: dict[str, Any] = {}
    for table in tables:
        merged = _combined(merged, table)
    for key in _DROPPED[""]:
        merged.pop(key, None)
    if isinstance(merged.get("pip"), dict):
        merged["pip"] = {key: value for key, value in merged["pip"].items() if key not in _DROPPED["pip"]}
    return "".join(f"{_written(key)} = {_written(value)}\n" for key, value in merged.items())


def _must_drop(table: Mapping[str, Any]) -> bool:
    pip = table.get("pip")
    # Symlinks to uv's cache would be measured as symlinks.
    return table.get("link-mode") == "symlink" or (isinstance(pip, dict) and not _DROPPED["pip"].isdisjoint(pip))


def _tables(environ: Mapping[str, str]) -> Iterator[dict[str, Any]]:
    """Yield the settings of the files that uv reads, highest precedence first."""
    if environ.get("UV_CONFIG_FILE"):
        yield from filter(None, [_read(environ["UV_CONFIG_FILE"])])
        return
    if environ.get("UV_NO_CONFIG"):
        return
    home = environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    directories = (environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep)
    system = [*(f"{directory}/uv/uv.toml" for directory in directories), "/etc/uv/uv.toml"]
    yield from filter(None, [_of_project(), _read(f"{home}/uv/uv.toml"), next(filter(None, map(_read, system)), None)])


def _of_project() -> dict[str, Any] | None:
    """Return the settings of the nearest ``uv.toml`` or ``[tool.uv]`` at or above the working directory."""
    try:
        directory = os.getcwd()
    except OSError:
        return None
    while True:
        settings = _read(os.path.join(directory, "uv.toml"))
        if settings is None:
            tool = (_read(os.path.join(directory, "pyproject.toml")) or {}).get("tool")
            uv = tool.get("uv") if isinstance(tool, dict) else None
            settings = {k: v for k, v in uv.items() if k not in _PROJECT_TABLES} if isinstance(uv, dict) else None
        if settings is not None or directory == os.path.dirname(directory):
            return settings
        directory = os.path.dirname(directory)


def _read(path: str) -> dict[str, Any] | None:
    """Return the settings of a file, with relative paths made absolute; None if it cannot be read."""
    try:
        with open(path, encoding="utf-8") as file:
            settings = toml_values(file.read(_LARGEST))
    except (OSError, ValueError, RecursionError):
        return None  # uv reports the error itself
    directory = os.path.dirname(os.path.abspath(path))
    tables = [settings, *(t for t in (settings.get("pip"), *_list(settings.get("index"))) if isinstance(t, dict))]
    for table in tables:
        for key in (*_LOCATIONS, "url"):
            if isinstance(table.get(key), str):
                table[key] = _absolute(directory, table[key])
            elif isinstance(table.get(key), list):
                table[key] = [_absolute(directory, each) if isinstance(each, str) else each for each in table[key]]
    return settings


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def _absolute(directory: str, location: str) -> str:
    return location if "://" in location else os.path.join(directory, location)


def _combined(first: Mapping[str, Any], second: Mapping[str, Any]) -> dict[str, Any]:
    """Return the settings of two files as uv combines them: the first overrides values, lists are concatenated."""
    combined = {**second, **first}
    for key in first.keys() & second.keys():
        if isinstance(first[key], dict) and isinstance(second[key], dict):
            combined[key] = _combined(first[key], second[key])
        elif isinstance(first[key], list) and isinstance(second[key], list):
            combined[key] = [*first[key], *second[key]]
    return combined


def _written(value: object) -> str:
    """Return a value in TOML."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{_written(key)} = {_written(each)}" for key, each in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(_written, value)) + "]"
    if isinstance(value, str):
        return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
    if isinstance(value, bool):
        return str(value).lower()
    return str(value)  # numbers, dates and times
