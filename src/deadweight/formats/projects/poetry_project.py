"""``[tool.poetry]`` of a pyproject.toml → PEP 508 lines by group and extra, and the source of each.

source: https://python-poetry.org/docs/pyproject/, https://python-poetry.org/docs/dependency-specification/
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from deadweight.formats.distributions.metadata import is_name, normalize
from deadweight.formats.projects.poetry_constraints import as_marker, as_specifier, as_specifiers
from deadweight.formats.projects.project_sources import Source, source_of
from deadweight.formats.tables import Malformed, Table

# The supported keys of a dependency. ``develop`` is ignored, since an editable install has no files of its own.
_KEYS = frozenset(
    "version extras optional python platform markers source develop allow-prereleases allows-prereleases git branch tag"
    " rev subdirectory path file url".split()
)


class PoetryProject(Struct, frozen=True, kw_only=True):
    """The requirements in ``[tool.poetry]``, as PEP 508 lines.

    python:  the supported range of Python, see ``formats.versions``
    sources: normalized name → its sources; URLs in them are not in the lines yet
    """

    dependencies: tuple[str, ...] = ()
    extras: dict[str, tuple[str, ...]] = {}
    groups: dict[str, tuple[str, ...]] = {}
    includes: dict[str, tuple[str, ...]] = {}
    python: tuple[str, ...] = ()
    sources: dict[str, tuple[Source, ...]] = {}


class _Dependency(Struct, frozen=True):
    name: str
    line: str
    optional: bool
    source: Source


def read_poetry(poetry: Table, directory: str) -> PoetryProject:
    """Return the requirements in the table; raises Malformed with the invalid key.

    directory: the project's directory, the base of relative paths
    """
    main = list(_dependencies(poetry.table("dependencies"), directory))
    lists = poetry.table("extras")
    in_extras = {normalize(extra): frozenset(map(normalize, lists.texts(extra))) for extra in lists.values}
    groups, includes = dict[str, list[_Dependency]](), dict[str, tuple[str, ...]]()
    if "dev-dependencies" in poetry.values:
        groups["dev"] = list(_dependencies(poetry.table("dev-dependencies"), directory))
    tables = poetry.table("group")
    for spelled in tables.values:
        group = tables.table(spelled)
        dependencies = _dependencies(group.table("dependencies"), directory)
        groups.setdefault(normalize(spelled), []).extend(dependencies)
        includes[normalize(spelled)] = tuple(map(normalize, group.texts("include-groups")))
    sources: dict[str, list[Source]] = defaultdict(list)
    for each in main:
        starts = {extra for extra, names in in_extras.items() if each.name in names} | {""}
        sources[each.name].append(replace(each.source, starts=frozenset(starts)))
    for name, members in groups.items():
        for each in members:
            sources[each.name].append(replace(each.source, starts=frozenset({name})))
    python = poetry.table("dependencies").text("python")
    return PoetryProject(
        dependencies=tuple(each.line for each in main if not each.optional),
        extras={extra: tuple(e.line for e in main if e.name in names) for extra, names in in_extras.items()},
        groups={name: tuple(each.line for each in members) for name, members in groups.items()},
        includes=includes,
        python=as_specifiers(python) if python else (),
        sources={name: tuple(listed) for name, listed in sources.items() if any(map(_is_specific, listed))},
    )


def _is_specific(source: Source) -> bool:
    return bool(source.reference or source.index)


def _dependencies(table: Table, directory: str) -> Iterator[_Dependency]:
    for spelled, value in table.values.items():
        if not is_name(spelled):
            raise table.fails(spelled, "is not a valid project name")
        if normalize(spelled) == "python":
            continue
        if isinstance(value, str):
            yield _dependency(spelled, Table(f"{table.where}.{spelled}", {"version": value}), directory)
            continue
        for one in table.tables(spelled) if isinstance(value, list) else [table.table(spelled)]:
            yield _dependency(spelled, one, directory)


def _dependency(name: str, table: Table, directory: str) -> _Dependency:
    unknown = sorted(table.values.keys() - _KEYS)
    if unknown:
        raise table.fails(unknown[0], "is not a supported key of a dependency")
    extras = sorted(map(normalize, table.texts("extras")))
    if not all(map(is_name, extras)):
        raise table.fails("extras", "contains an invalid extra name")
    source = source_of(table, directory)
    try:
        marker = " and ".join(f"({part})" for part in _markers(table))
        specifier = "" if source.reference else as_specifier(table.text("version"))
    except Malformed as error:
        raise Malformed(f"{table.where}: {error.reason}") from error
    if specifier and (table.flag("allow-prereleases") or table.flag("allows-prereleases")):
        # PEP 440: a specifier that names a pre-release admits pre-releases. No version equals this one.
        specifier += ",!=0.dev0"
    line = name + (f"[{','.join(extras)}]" if extras else "") + specifier
    return _Dependency(
        name=normalize(name),
        line=f"{line} ; {marker}" if marker else line,
        optional=table.flag("optional"),
        source=replace(source, index=table.text("source"), marker=marker),
    )


def _markers(table: Table) -> Iterable[str]:
    if table.text("python") not in ("", "*"):
        yield as_marker(table.text("python"))
    if platform := table.text("platform"):
        yield " or ".join(_of_platform(one.strip()) for one in platform.split("|") if one.strip())
    if marker := table.text("markers"):
        yield marker


def _of_platform(platform: str) -> str:
    operator = "!=" if platform.startswith("!=") else "=="
    name = platform.lstrip("!= ")
    if not name.isalnum():
        raise Malformed(f"invalid platform: {platform[:60]!r}")
    return f'sys_platform {operator} "{name}"'
