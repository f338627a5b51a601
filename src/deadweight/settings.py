"""The settings of a run, and how ``[tool.deadweight]`` is read into them."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Mapping
from typing import Annotated, Any, Literal, Self, TypeVar

from msgspec import Meta, Struct, ValidationError, convert
from msgspec.structs import fields, replace

from deadweight.errors import BadConfig, BadInput, abridged
from deadweight.model import GROUPS

S = TypeVar("S", bound=Struct)
_BUDGET, _FLEET = "budget", "fleet"
_LARGEST = 1 << 22  # bytes of a pyproject.toml
_PYTHON_VERSION = re.compile(r"(?:(?:python|pypy)?\d{1,2}(?:\.\d{1,4}){0,2})?")


class Policy(Struct, frozen=True, kw_only=True, rename="kebab"):
    """How to judge what was measured.

    minimal_groups: groups in requirements-minimal.txt; None for core and data, and also ml if no code was read
    keep, drop:     requirements to keep in every split, and to leave out of every split
    groups:         group, or ``group.tag`` → names and patterns; overrides all other evidence
    """

    minimal_groups: tuple[str, ...] | None = None
    keep: tuple[str, ...] = ()
    drop: tuple[str, ...] = ()
    groups: Mapping[str, tuple[str, ...]] = {}

    def __post_init__(self) -> None:
        for group in self.minimal_groups or ():
            if group not in GROUPS:
                raise BadConfig(f"minimal-groups: unknown group {group!r}", hint=f"available: {', '.join(GROUPS)}")
        for name in self.groups:
            if name.partition(".")[0] not in GROUPS:
                raise BadConfig(f"groups: unknown group {name!r}", hint=f"available: {', '.join(GROUPS)}")


class Request(Struct, frozen=True, kw_only=True, rename="kebab"):
    """What to measure.

    python:         version or path of the Python to measure for
    platform:       platform tag of the machine to measure for, "" for this one; for an image of several platforms,
                    which one: "linux/arm64"
    extra, group:   extras and dependency groups of a project
    all_groups:     include every dependency group
    no_dev:         exclude the dependency groups of a lock, except those in ``group``
    package:        members of the uv workspace to measure in place of its root
    swap:           "OLD=NEW": replace a requirement by another
    index:          "NAME=URL": take one project from this index
    torch:          build of PyTorch: "cpu", "cu128" and so on
    requirements:   file that an environment or an image was installed from
    dockerfile:     Dockerfile that an image was built from
    environment:    prefix of the environment of an image to split, "" for the one that its program runs in
    source:         directory of the application's code, "" for that of the requirements, if it contains Python code
    no_source:      do not read the application's code
    """

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
    requirements: str = ""
    dockerfile: str = ""
    environment: str = ""
    source: str = ""
    no_source: bool = False


class Measuring(Struct, frozen=True, kw_only=True, rename="kebab"):
    """How to measure.

    no_install:     True measures from the wheels' file lists; False installs into a temporary environment; None
                    installs only what must be built
    installer:      "uv", "pip", or "" for the first of them that is available
    index_url, extra_index_url, find_links: where to look for archives
    no_build:       use wheels only, so that no foreign code runs
    keep_env:       directory to keep the temporary environment in
    bytecode:       "compiled" includes ``.pyc`` files, as pip writes them; "none" excludes them
    jobs:           most processes to use; 0 for one per available processor
    no_cache:       neither read nor write the cache
    no_lighter:     do not measure what lighter builds would save
    tls_verify:     require a valid certificate from a registry; without it, plain HTTP is tried too
    no_measure:     only for groups: measure nothing, and judge by names, code and the metadata on the index
    offline:        only for groups: like ``no_measure``, without asking an index
    """

    no_install: bool | None = None
    installer: Literal["", "uv", "pip"] = ""
    index_url: str = ""
    extra_index_url: tuple[str, ...] = ()
    find_links: tuple[str, ...] = ()
    no_build: bool = False
    keep_env: str = ""
    bytecode: Literal["compiled", "none"] = "compiled"
    jobs: Annotated[int, Meta(ge=0)] = 0
    no_cache: bool = False
    no_lighter: bool = False
    tls_verify: bool = True
    no_measure: bool = False
    offline: bool = False


class Settings(Struct, frozen=True, kw_only=True):
    """What to measure, how to measure it, and how to judge.

    Each part has its own fields. ``of`` and ``replacing`` take them by name, as the command line and
    ``[tool.deadweight]`` do, where ``no_build`` is ``no-build``.
    """

    request: Request = Request()
    measuring: Measuring = Measuring()
    policy: Policy = Policy()

    @classmethod
    def of(cls, **options: Any) -> Self:
        """Return settings from options by their names; the others have their defaults. Raises TypeError, BadConfig."""
        return cls().replacing(**options)

    def replacing(self, **options: Any) -> Self:
        """Return these settings with other values for some options, by their names; raises TypeError, BadConfig."""
        parts: dict[str, dict[str, Any]] = {}
        for name, value in options.items():
            if name not in _PART_OF:
                raise TypeError(f"no option is named {name!r}")
            parts.setdefault(_PART_OF[name], {})[name] = value
        return replace(self, **{part: replace(getattr(self, part), **values) for part, values in parts.items()})

    def given(self) -> dict[str, Any]:
        """Return the options that do not have their default, by name."""
        default = Settings()
        of = {name: (getattr(self, part), getattr(default, part)) for name, part in _PART_OF.items()}
        return {n: getattr(part, n) for n, (part, usual) in of.items() if getattr(part, n) != getattr(usual, n)}


_PARTS: Mapping[str, type[Struct]] = {"request": Request, "measuring": Measuring, "policy": Policy}
_PART_OF = {name: part for part, of in _PARTS.items() for name in of.__struct_fields__}


def refuse(settings: Settings, options: tuple[str, ...], why: str) -> None:
    """Refuse options that cannot be used together; raises BadInput."""
    for option in options:
        if option in settings.given():
            raise BadInput(f"--{option.replace('_', '-')}: {why}")


def find_config(start: str) -> str | None:
    """Return the nearest ``pyproject.toml`` at or above a directory that contains ``[tool.deadweight]``.

    The search starts at the working directory, not at the target, whose author is not trusted.
    """
    try:
        directory = os.path.abspath(start)
    except OSError:  # the working directory was deleted
        return None
    while True:
        path = os.path.join(directory, "pyproject.toml")
        if _mentions_deadweight(path) and "deadweight" in _tool(path):
            return path
        if directory == os.path.dirname(directory):
            return None
        directory = os.path.dirname(directory)


def read_config(path: str) -> dict[str, object]:
    """Return the settings in ``[tool.deadweight]`` of a file, as options for ``Settings.of``.

    raises: BadConfig for an unknown key or an invalid value
    """
    table = {key: value for key, value in _table(path).items() if key not in (_BUDGET, _FLEET)}
    names = _names(table, _PARTS.values(), f"{path}: %s in tool.deadweight")
    python = table.get("python", "")
    if isinstance(python, str) and not _PYTHON_VERSION.fullmatch(python):
        # A checkout must not name a program that runs because somebody calls deadweight in it.
        raise BadConfig(f"{path}: python must be a version, not {python!r}", hint="use --python to give a path")
    parts = {part: _converted(table, of, f"{path}: tool.deadweight") for part, of in _PARTS.items()}
    return {name: getattr(parts[_PART_OF[name]], name) for name in names}


def read_budget(path: str) -> dict[str, object]:
    """Return the limits in ``[tool.deadweight.budget]`` of a file, as keyword arguments for Budget.

    A relative path of a baseline is relative to the file.

    raises: BadConfig for an unknown key or an invalid value
    """
    from deadweight.budget.values import Budget

    table = _table(path).get(_BUDGET, {})
    if not isinstance(table, dict):
        raise BadConfig(f"{path}: tool.deadweight.{_BUDGET} must be a table")
    names = _names(table, [Budget], f"{path}: %s in tool.deadweight.{_BUDGET}")
    budget = _converted(table, Budget, f"{path}: tool.deadweight.{_BUDGET}")
    values = {name: getattr(budget, name) for name in names}
    if budget.baseline:
        values["baseline"] = os.path.join(os.path.dirname(path), budget.baseline)
    return values


def read_fleet_budgets(path: str) -> dict[str, dict[str, object]]:
    """Return pattern → limits in ``[tool.deadweight.fleet."PATTERN"]`` of a file, as keyword arguments for Budget.

    raises: BadConfig for an unknown key or an invalid value
    """
    from deadweight.budget.values import Budget

    tables = _table(path).get(_FLEET, {})
    if not isinstance(tables, dict):
        raise BadConfig(f"{path}: tool.deadweight.{_FLEET} must be a table")
    budgets: dict[str, dict[str, object]] = {}
    for pattern, table in tables.items():
        location = f'{path}: tool.deadweight.{_FLEET}."{abridged(pattern)}"'
        if not isinstance(table, dict):
            raise BadConfig(f"{location} must be a table", hint='write [tool.deadweight.fleet."registry:*/team-a/*"]')
        names = _names(table, [Budget], f"%s in {location.removeprefix(path + ': ')}")
        if "baseline" in names:
            raise BadConfig(f"{location}: a target is compared with its own earlier result", hint="leave out baseline")
        budget = _converted(table, Budget, location)
        budgets[pattern] = {name: getattr(budget, name) for name in names}
    return budgets


def check_budget_limits(limits: Mapping[str, object], location: str) -> None:
    """Check keyword arguments for Budget; raises BadConfig with the location for an unknown or an invalid one."""
    from deadweight.budget.values import Budget

    keys = {each.name: each.encode_name for each in fields(Budget)}
    for name in limits:
        if name not in keys:
            raise BadConfig(f"{location}: unknown limit {name!r}", hint=f"available: {', '.join(keys)}")
    _converted({keys[name]: value for name, value in limits.items()}, Budget, location)


def config_schema(descriptions: Mapping[str, str] = {}) -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of ``[tool.deadweight]``, for editors.

    descriptions: name of a field of Settings or Budget → what an editor shows for its key
    """
    from msgspec.json import schema_components

    from deadweight.budget.values import Budget

    kinds: tuple[type[Struct], ...] = (*_PARTS.values(), Budget)
    _, definitions = schema_components(kinds, ref_template="#/$defs/{name}")
    properties: dict[str, dict[str, Any]] = {}
    for kind in kinds:
        properties[kind.__name__] = definitions[kind.__name__]["properties"]
        for each in fields(kind):
            if each.name in descriptions:
                properties[kind.__name__][each.encode_name]["description"] = descriptions[each.name]
    budget = properties.pop(Budget.__name__)
    keys = {key: value for part in properties.values() for key, value in part.items()}
    keys["python"]["pattern"] = f"^{_PYTHON_VERSION.pattern}$"
    keys[_BUDGET] = _closed(Budget, budget)
    of_pattern = _closed(Budget, {key: value for key, value in budget.items() if key != "baseline"})
    keys[_FLEET] = {
        "type": "object",
        "description": "Budgets of deadweight fleet check, by patterns of targets.",
        "additionalProperties": of_pattern,
    }
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "tool.deadweight",
        **_closed(Settings, keys),
    }


def _closed(of: type[Struct], properties: Mapping[str, Any]) -> dict[str, Any]:
    """Return the schema of an object that has these keys alone."""
    description = (of.__doc__ or "").split("\n")[0]
    return {"type": "object", "description": description, "properties": properties, "additionalProperties": False}


def _table(path: str) -> dict[str, object]:
    table = _tool(path).get("deadweight", {})
    if not isinstance(table, dict):
        raise BadConfig(f"{path}: tool.deadweight must be a table")
    return table


def _names(table: dict[str, object], of: Iterable[type[Struct]], message: str) -> list[str]:
    """Return the names of the fields that a table sets; raises BadConfig for an unknown key."""
    known = {each.encode_name: each.name for kind in of for each in fields(kind)}
    for key in table:
        if key not in known:
            raise BadConfig(message % f"unknown key {key!r}", hint=f"available: {', '.join(known)}")
    return [known[key] for key in table]


def _converted(table: dict[str, object], of: type[S], location: str) -> S:
    """Return a table as a value; raises BadConfig with the location and the key."""
    try:
        return convert(table, of)
    except BadConfig as error:
        raise BadConfig(f"{location}.{error.cause}", hint=error.hint) from error
    except ValidationError as error:
        message, _, where = str(error).partition(" - at `$.")
        raise BadConfig(f"{location}.{where.rstrip('`')}: {message.lower()}") from error


def _mentions_deadweight(path: str) -> bool:
    """Return whether a file may contain our table, so that unrelated files above are not parsed."""
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
