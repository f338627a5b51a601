"""Pipfile.lock → the packages that ``pipenv sync`` installs on one machine: its categories, where the markers hold.

It does not name files; only the hashes of the archives are known.
source: ``pipfile-spec`` 6
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from deadweight.formats.distributions.metadata import is_name, normalize, version_or_none
from deadweight.formats.locks.locations import (
    absolute_path,
    by_kind,
    file_name,
    last_part,
    repository,
    sha256_of,
    url_from,
)
from deadweight.formats.locks.marking import Markers
from deadweight.formats.locks.walking import merged
from deadweight.formats.projects.pyproject import Choice, chosen
from deadweight.formats.tables import Malformed, Table, outline, parse_json, parse_toml
from deadweight.model import Archive, Lock, Pinned, Requirement

_SPEC = 6
_PIPFILE_TABLES = {"default": "packages", "develop": "dev-packages"}  # other categories have the same name in both


class _Entry(NamedTuple):
    """One package of a category."""

    name: str
    group: str
    table: Table


def read_pipfile_lock(path: str, data: bytes, markers: Markers, choice: Choice, project: bytes) -> Lock:
    """Return the packages that the lock installs; raises Malformed.

    choice:  its groups are "develop" and the custom categories of the lock
    project: the Pipfile, which gives the direct requirements; without it, ``_is_direct`` guesses them
    """
    table = parse_json(data)
    meta = table.table("_meta")
    spec = meta.take("pipfile-spec", int, "a number")
    if spec != _SPEC:
        raise Malformed(f"unsupported pipfile-spec: {spec}", hint="run pipenv lock with a current version of pipenv")
    markers.check_python(_required_python(meta.table("requires")))
    chosen(choice.extras, (), "extra")
    groups = chosen(choice.groups, table.values.keys() - {"_meta", "default"}, "dependency group")
    direct = _named_by_pipfile(project)
    packages: dict[str, Pinned] = {}
    requirements: list[Requirement] = []
    for entry in _entries(table, groups):
        if not markers.hold(entry.table.text("markers")):
            continue
        pinned = _pinned(path, entry)
        known = packages.setdefault(entry.name, pinned)
        if known.version != pinned.version:
            raise Malformed(f"{entry.name} is locked twice for this machine: {known.version} and {pinned.version}")
        packages[entry.name] = replace(known, groups=known.groups | pinned.groups)
        if (entry.name, entry.group) in direct if direct else _is_direct(entry.table):
            extras = frozenset(map(normalize, entry.table.texts("extras")))
            requirements.append(Requirement(name=entry.name, extras=extras, groups=pinned.groups))
    ordered = tuple(packages[name] for name in sorted(packages))
    return Lock(packages=ordered, requirements=merged(requirements), warnings=tuple(_unpinned(ordered)))


def _required_python(requires: Table) -> str:
    """Return the specifier for the Python that a Pipfile requires, "" for any."""
    full, short = requires.text("python_full_version"), requires.text("python_version")
    if full:
        return f"=={full}"
    return f"=={short}.*" if short not in ("", "*") else ""


def _entries(table: Table, groups: frozenset[str]) -> Iterator[_Entry]:
    for category in table.values:
        group = "" if category == "default" else normalize(category)
        if category == "_meta" or not (group == "" or group in groups):
            continue
        entries = table.table(category)
        for name in entries.values:
            if not is_name(name):
                raise Malformed(f"{category}: invalid project name: {outline(name)}")
            yield _Entry(normalize(name), group, entries.table(name))


def _named_by_pipfile(data: bytes) -> frozenset[tuple[str, str]]:
    """Return (name, category or "") of the requirements in a Pipfile."""
    try:
        table = parse_toml(data)
        categories: Mapping[str, str] = {table: category for category, table in _PIPFILE_TABLES.items()}
        return frozenset(
            (normalize(name), "" if key == "packages" else normalize(categories.get(key, key)))
            for key, values in table.values.items()
            if isinstance(values, dict)
            for name in values
        )
    except Malformed as error:
        raise Malformed(f"the Pipfile next to it: {error.reason}") from error


def _is_direct(table: Table) -> bool:
    """Return whether an entry is a direct requirement; pipenv writes no index for transitive ones."""
    return bool({"index", "git", "path", "file", "editable"} & table.values.keys())


def _pinned(path: str, entry: _Entry) -> Pinned:
    table, name = entry.table, entry.name
    pinned = Pinned(name=name, version=_version(table), groups=frozenset({entry.group}))
    hashes = [sha256_of(text, table.where) for text in table.texts("hashes")]
    if git := table.text("git"):
        commit = repository(git, table.text("ref"), subdirectory=table.text("subdirectory"))
        return replace(pinned, location=commit)
    location = table.text("path") or table.text("file")
    if not location:
        archives = tuple(Archive(filename="", url="", sha256=digits) for digits in hashes if digits)
        return replace(pinned, wheels=archives)
    url = url_from(path, location)
    if not url.endswith((".whl", ".gz", ".zip", ".bz2", ".tgz")):
        return replace(pinned, location=absolute_path(path, location))
    only = hashes[0] if len(hashes) == 1 else None
    wheels, sdist = by_kind([Archive(filename=file_name(last_part(url), table.where), url=url, sha256=only)])
    return replace(pinned, wheels=wheels, sdist=sdist, origin=url)


def _version(table: Table) -> str | None:
    text = table.text("version")
    version = text.removeprefix("==")
    if text in ("", "*"):
        return None
    if version_or_none(version) is None:
        raise table.fails("version", f"is not an exact version: {outline(text)}")
    return version


def _unpinned(packages: tuple[Pinned, ...]) -> Iterator[str]:
    names = [p.name for p in packages if p.version is None and not (p.location or p.origin)]
    if names:
        yield f"Pipfile.lock does not pin {', '.join(names)}; pipenv would install the newest version"
