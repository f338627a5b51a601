"""Options and ``[tool.deadweight]`` → one frozen value that the pipeline runs by."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import Literal

from msgspec import Struct
from msgspec.structs import fields, replace

from deadweight.errors import BadConfig, BadInput
from deadweight.model import GROUPS

_LARGEST = 1 << 22  # bytes of a pyproject.toml
_PYTHON_VERSION = re.compile(r"(?:(?:python|pypy)?\d{1,2}(?:\.\d{1,4}){0,2})?")


class Settings(Struct, frozen=True, kw_only=True):
    """How to measure and what to leave out. All have defaults; a field ``no_build`` is ``no-build`` in the file.

    no_install:     True measures from the archives' own directories, without installing or downloading them; False
                    installs; None installs only what nothing but a build can tell
    requirements:   the requirements that an image or an environment was made from; "" for what its marks tell
    tls_verify:     whether a registry must have a valid certificate; without, plain http does, too
    environment:    prefix of the environment of a whole system that is split; "" for the one its programs run in first
    source:         folder of the application's source; "" for the requirements file's own, where it holds Python code
    no_source:      read no source
    no_measure:     of groups alone: tell them by names, source and what an index says, measuring nothing
    offline:        of groups alone: ask no index either
    python:         version or path of the interpreter that a requirements file is installed for
    platform:       what to choose wheels for, as in wheel tags; "" for this machine; another needs ``no_install``;
                    of an image for several machines which one: "linux/arm64"
    extra, group:   extras and dependency groups of a project that are asked for
    all_groups:     every dependency group of a project
    no_dev:         no dependency group of a lock, unless ``group`` names it
    package:        the members of a uv workspace that are measured in place of its root
    swap:           "OLD=NEW": a requirement in place of another
    index:          "NAME=URL": where one project is to come from
    torch:          "cpu" (or "cu128" and the like): PyTorch's build
    no_lighter:     do not measure what lighter builds would save
    jobs:           processes that may work at once; 0 for one for each processor that may be used
    no_cache:       keep no listings of archives, and use none
    installer:      "uv", "pip" or "" for the first of them that is there
    bytecode:       "compiled" measures what pip leaves behind, "none" what uv does
    keep_env:       a folder for the environment, which then stays
    minimal_groups: groups of requirements-minimal.txt; None for core and data, and ml where no source shows how it is
                    used
    keep, drop:     names that splits always hold, and never hold
    groups:         group (or group.tag) → names and patterns, the user's own word
    """

    no_install: bool | None = None
    requirements: str = ""
    tls_verify: bool = True
    environment: str = ""
    source: str = ""
    no_source: bool = False
    no_measure: bool = False
    offline: bool = False
    python: str = ""
    platform: str = ""
    extra: tuple[str, ...] = ()
    group: tuple[str, ...] = ()
    all_groups: bool = False
    no_dev: bool = False
    package: tuple[str, ...] = ()
    swap: tuple[str, ...] = ()
    index: tuple[str, ...] = ()
    torch: str = ""
    no_lighter: bool = False
    jobs: int = 0
    no_cache: bool = False
    installer: Literal["", "uv", "pip"] = ""
    index_url: str = ""
    extra_index_url: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    no_build: bool = False
    bytecode: Literal["compiled", "none"] = "compiled"
    keep_env: str = ""
    minimal_groups: tuple[str, ...] | None = None
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = {}

    def __post_init__(self) -> None:
        for group in self.minimal_groups or ():
            if group not in GROUPS:
                raise BadConfig(f"minimal-groups: no group {group!r}; there are {', '.join(GROUPS)}")
        for place in self.groups:
            if place.partition(".")[0] not in GROUPS:
                raise BadConfig(f"groups: no group {place!r}; there are {', '.join(GROUPS)}")


def refuse(settings: Settings, options: tuple[str, ...], why: str) -> None:
    """Refuse options that mean nothing here, rather than pass over them."""
    for option in options:
        if getattr(settings, option):
            raise BadInput(f"--{option.replace('_', '-')}: {why}")


def find_config(start: str) -> str | None:
    """Return the nearest ``pyproject.toml`` at or above ``start`` that holds ``[tool.deadweight]``.

    Looked for from where the user stands, not from what is measured: that may be anybody's.
    """
    try:
        folder = os.path.abspath(start)
    except OSError:  # the working directory was deleted
        return None
    while True:
        path = os.path.join(folder, "pyproject.toml")
        if _mentions_us(path) and "deadweight" in _tool(path):
            return path
        if folder == os.path.dirname(folder):
            return None
        folder = os.path.dirname(folder)


def read_config(path: str) -> dict[str, object]:
    """Return the settings of ``[tool.deadweight]`` as keyword arguments for Settings.

    raises: BadConfig for a key that does not exist or a value of the wrong type
    """
    found = _tool(path).get("deadweight", {})
    if not isinstance(found, dict):
        raise BadConfig(f"{path}: tool.deadweight is no table")
    known = {f.name.replace("_", "-"): f for f in fields(Settings)}
    values: dict[str, object] = {}
    for key, value in found.items():
        if key not in known:
            raise BadConfig(f"{path}: tool.deadweight has no key {key!r}", hint=f"there are {', '.join(sorted(known))}")
        values[known[key].name] = _converted(path, key, value)
    return values


def with_config(settings: Settings, values: Mapping[str, object]) -> Settings:
    """Return ``settings`` with ``values`` over them."""
    return replace(settings, **values)


def _mentions_us(path: str) -> bool:
    """Say whether a file may hold our table: what somebody else keeps above the working directory is not parsed."""
    try:
        with open(path, "rb") as file:
            return b"deadweight" in file.read(_LARGEST + 1)
    except OSError:
        return False


def _tool(path: str) -> dict[str, object]:
    from deadweight.formats.tables import Malformed, parse_toml

    try:
        with open(path, "rb") as file:
            tool = parse_toml(file.read(_LARGEST + 1)).values.get("tool")
    except OSError as error:
        raise BadConfig(f"cannot read {path}: {error.strerror}") from error
    except Malformed as error:
        raise BadConfig(f"cannot read {path}: {error.reason}") from error
    return tool if isinstance(tool, dict) else {}


def _converted(path: str, key: str, value: object) -> object:
    """Return a TOML value as the type that its field has."""
    default = getattr(Settings(), key.replace("-", "_"))
    expected = bool if key == "no-install" else tuple if default is None else type(default)
    if key in ("installer", "bytecode"):
        allowed = {"installer": ("", "uv", "pip"), "bytecode": ("compiled", "none")}[key]
        if value not in allowed:
            raise BadConfig(f"{path}: {key} is {value!r}; there are {', '.join(filter(None, allowed))}")
        return value
    if key == "python" and isinstance(value, str) and not _PYTHON_VERSION.fullmatch(value):
        # A checkout's configuration must not name a program that is run because somebody stands in the checkout.
        raise BadConfig(f"{path}: python is {value!r}, which is no version", hint="--python takes paths, too")
    if expected is tuple and isinstance(value, list) and all(isinstance(v, str) for v in value):
        return tuple(value)
    if expected is dict and isinstance(value, dict):
        if all(isinstance(v, list) and all(isinstance(n, str) for n in v) for v in value.values()):
            return {group: tuple(names) for group, names in value.items()}
    elif (expected in (str, bool) and isinstance(value, expected)) or (
        expected is int and isinstance(value, int) and not isinstance(value, bool) and value > 0
    ):
        return value
    raise BadConfig(f"{path}: {key} has a value of the wrong type: {value!r}")
