"""Pipfile.lock → what ``pipenv sync`` installs on one machine: its categories, where the markers hold.

It names no files: of an archive, only the hash is known. source: ``pipfile-spec`` 6
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from msgspec.structs import replace

from deadweight.formats.distributions.metadata import is_name, normalize, version_or_none
from deadweight.formats.locks.marking import Markers
from deadweight.formats.locks.places import beside, by_kind, file_name, last_part, repository, sha256_of, url_from
from deadweight.formats.locks.walking import merged
from deadweight.formats.projects.pyproject import Choice, chosen
from deadweight.formats.tables import Malformed, Table, outline, parse_json, parse_toml
from deadweight.model import Archive, Lock, Pinned, Wanted

_SPEC = 6
_PIPFILE_TABLES = {"default": "packages", "develop": "dev-packages"}  # other categories are named alike in both


class _Entry(NamedTuple):
    """One package of a category."""

    name: str
    group: str
    table: Table


def read_pipfile_lock(path: str, data: bytes, markers: Markers, choice: Choice, project: bytes) -> Lock:
    """Return what the lock installs; raises Malformed.

    choice:  its groups are "develop" and the categories that the lock names besides
    project: the Pipfile, for what was asked for by name; without it, what has an ``index`` or a place of its own
    """
    table = parse_json(data)
    meta = table.table("_meta")
    spec = meta.take("pipfile-spec", int, "a number")
    if spec != _SPEC:
        raise Malformed(f"Pipfile.lock of a version that is not known: {spec}", hint="lock again: pipenv lock")
    markers.check_python(_required_python(meta.table("requires")))
    chosen(choice.extras, (), "extra")
    groups = chosen(choice.groups, table.values.keys() - {"_meta", "default"}, "dependency group")
    named = _named_by_pipfile(project)
    found: dict[str, Pinned] = {}
    asked: list[Wanted] = []
    for entry in _entries(table, groups):
        if not markers.hold(entry.table.text("markers")):
            continue
        pinned = _pinned(path, entry)
        known = found.setdefault(entry.name, pinned)
        if known.version != pinned.version:
            raise Malformed(f"{entry.name} {known.version} and {pinned.version} are both asked for")
        found[entry.name] = replace(known, groups=known.groups | pinned.groups)
        if (entry.name, entry.group) in named if named else _is_asked_for(entry.table):
            extras = frozenset(map(normalize, entry.table.texts("extras")))
            asked.append(Wanted(name=entry.name, extras=extras, groups=pinned.groups))
    packages = tuple(found[name] for name in sorted(found))
    return Lock(packages=packages, wanted=merged(asked), warnings=tuple(_unpinned(packages)))


def _required_python(requires: Table) -> str:
    """Return the specifier of the Python that a Pipfile requires, "" for any."""
    full, short = requires.text("python_full_version"), requires.text("python_version")
    if full:
        return f"=={full}"
    return f"=={short}.*" if short not in ("", "*") else ""


def _entries(table: Table, groups: frozenset[str]) -> Iterator[_Entry]:
    for category in table.values:
        group = "" if category == "default" else normalize(category)
        if category == "_meta" or not (group == "" or group in groups):
            continue
        found = table.table(category)
        for name in found.values:
            if not is_name(name):
                raise Malformed(f"{category}: no project's name: {outline(name)}")
            yield _Entry(normalize(name), group, found.table(name))


def _named_by_pipfile(data: bytes) -> frozenset[tuple[str, str]]:
    """Return (name, category or "") of what a Pipfile asks for."""
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
        raise Malformed(f"the Pipfile beside it: {error.reason}") from error


def _is_asked_for(table: Table) -> bool:
    """Say whether pipenv marks an entry as asked for: the others, that were only pulled in, have no index."""
    return bool({"index", "git", "path", "file", "editable"} & table.values.keys())


def _pinned(path: str, entry: _Entry) -> Pinned:
    table, name = entry.table, entry.name
    found = Pinned(name=name, version=_version(table), groups=frozenset({entry.group}))
    hashes = [sha256_of(text, table.where) for text in table.texts("hashes")]
    if git := table.text("git"):
        place = repository(git, table.text("ref"), subdirectory=table.text("subdirectory"))
        return replace(found, place=place)
    place = table.text("path") or table.text("file")
    if not place:
        archives = tuple(Archive(filename="", url="", sha256=digits) for digits in hashes if digits)
        return replace(found, wheels=archives)
    url = url_from(path, place)
    if not url.endswith((".whl", ".gz", ".zip", ".bz2", ".tgz")):
        return replace(found, place=beside(path, place))
    only = hashes[0] if len(hashes) == 1 else None
    wheels, sdist = by_kind([Archive(filename=file_name(last_part(url), table.where), url=url, sha256=only)])
    return replace(found, wheels=wheels, sdist=sdist, origin=url)


def _version(table: Table) -> str | None:
    text = table.text("version")
    version = text.removeprefix("==")
    if text in ("", "*"):
        return None
    if version_or_none(version) is None:
        raise table.fails("version", f"is no exact version: {outline(text)}")
    return version


def _unpinned(packages: tuple[Pinned, ...]) -> Iterator[str]:
    names = [p.name for p in packages if p.version is None and not (p.place or p.origin)]
    if names:
        yield f"the lock gives no version of {', '.join(names)}; the newest would be installed"
