"""Where a project takes its dependencies from: its tables for uv, poetry and pdm → sources and indexes.

source: https://docs.astral.sh/uv/concepts/projects/dependencies/#dependency-sources,
        https://docs.astral.sh/uv/concepts/indexes/, https://python-poetry.org/docs/repositories/,
        https://pdm-project.org/latest/usage/config/#configure-the-package-indexes
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from os.path import abspath, join
from typing import NamedTuple
from urllib.parse import quote

from msgspec import Struct
from msgspec.structs import replace

from deadweight.formats.distributions.metadata import is_name, normalize
from deadweight.formats.tables import Table, outline

_CONTROL = re.compile(r"[\s\0-\x1f\x7f]")
_REVISIONS = ("rev", "tag", "branch")
_KEYS_OF_UV = frozenset(
    "rev tag branch index url git path workspace marker extra group subdirectory editable package lfs".split()
)
# Settings in [tool.uv] that change what uv chooses, and are options of ``uv pip compile`` and ``uv pip install`` too.
_UV_SETTINGS = ("index-strategy", "prerelease", "resolution", "exclude-newer")
# Other settings in [tool.uv] that change it; nothing here takes them over.
_UV_UNREAD = ("dependency-metadata",)


class Index(NamedTuple):
    """An index that a project names.

    default:  whether it replaces PyPI
    explicit: whether only what is pinned to it comes from it
    flat:     whether it is a page or folder of archives (``--find-links``)
    """

    name: str
    url: str
    default: bool = False
    explicit: bool = False
    flat: bool = False


class Source(Struct, frozen=True, kw_only=True):
    """Where one dependency comes from; an empty source is any index.

    place:     what follows "@" in a requirement (PEP 508): "git+URL@REV", "https://…", "file:///…"
    index:     the name of an index
    workspace: whether it is a member of the workspace
    marker:    when it counts
    starts:    the extras and groups, "" for the project itself, that it counts for; None for all
    """

    place: str = ""
    index: str = ""
    workspace: bool = False
    marker: str = ""
    starts: frozenset[str] | None = None


class Rules(Struct, frozen=True, kw_only=True):
    """What a project tells its resolver beside its requirements.

    indexes:     in the order of its file
    constraints: PEP 508 lines that limit versions
    overrides:   PEP 508 lines that replace all other requirements of their names
    excludes:    names that are left out wherever they are asked for
    settings:    uv's settings, as (name of the option, value)
    unread:      keys that change what is chosen, and that nothing here honours
    """

    indexes: tuple[Index, ...] = ()
    constraints: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    unread: tuple[str, ...] = ()


Sources = Mapping[str, tuple[Source, ...]]  # normalized name → alternatives, the first that counts is taken


def uv_sources(uv: Table, folder: str) -> Sources:
    """Return the sources in ``[tool.uv.sources]``; raises Malformed for a kind that is not known.

    folder: where the project lies, which paths count from
    """
    sources = uv.table("sources")
    found: dict[str, tuple[Source, ...]] = {}
    for spelled, value in sources.values.items():
        if not is_name(spelled):
            raise sources.fails(spelled, "is no project's name")
        tables = sources.tables(spelled) if isinstance(value, list) else [sources.table(spelled)]
        found[normalize(spelled)] = tuple(_uv_source(table, folder) for table in tables)
    return found


def _uv_source(table: Table, folder: str) -> Source:
    unknown = sorted(table.values.keys() - _KEYS_OF_UV)
    if unknown:
        raise table.fails(unknown[0], "is no key of a source that is known")
    only = [normalize(table.text(key)) for key in ("extra", "group") if table.text(key)]
    return replace(
        source_of(table, folder),
        index=table.text("index"),
        workspace=table.flag("workspace"),
        marker=table.text("marker"),
        starts=frozenset(only) if only else None,
    )


def source_of(table: Table, folder: str) -> Source:
    """Return the place that ``git``, ``url`` or ``path`` names; these keys are uv's and poetry's alike."""
    subdirectory = table.text("subdirectory")
    if git := table.text("git"):
        revision = next((table.text(key) for key in _REVISIONS if table.text(key)), "")
        return Source(place=_git(table, git, revision, subdirectory))
    if url := table.text("url"):
        return Source(
            place=_one_word(table, "url", url) + (f"#subdirectory={quote(subdirectory)}" * bool(subdirectory))
        )
    path = table.text("path") or table.text("file")
    return Source(place=_file_url(table, folder, path)) if path else Source()


def _git(table: Table, url: str, revision: str, subdirectory: str) -> str:
    _one_word(table, "git", url)
    scp = re.match(r"(?:([\w.-]+)@)?([\w.-]+):(?!//)(.+)\Z", url)  # git@host:path
    if scp:
        url = f"ssh://{scp[1] or 'git'}@{scp[2]}/{scp[3]}"
    whole = url if url.startswith("git+") else f"git+{url}"
    whole += f"@{quote(revision, safe='/')}" if revision else ""
    return whole + (f"#subdirectory={quote(subdirectory)}" if subdirectory else "")


def _file_url(table: Table, folder: str, path: str) -> str:
    if "\0" in path:
        raise table.fails("path", "holds a NUL character")
    return "file://" + quote(abspath(join(folder, path)))


def _one_word(table: Table, key: str, text: str) -> str:
    if _CONTROL.search(text):
        raise table.fails(key, f"is no URL: {outline(text)}")
    return text


def uv_rules(uv: Table, folder: str) -> Rules:
    """Return what ``[tool.uv]`` tells the resolver; raises Malformed."""
    indexes = [_uv_index(table, folder) for table in uv.tables("index")]
    first = _texts(uv, "index-url")[:1]
    indexes += [Index("", _place(uv, "index-url", url, folder), default=True) for url in first]
    indexes += [Index("", _place(uv, "index", url, folder)) for url in _texts(uv, "extra-index-url")]
    indexes += [Index("", _place(uv, "links", url, folder), flat=True) for url in _texts(uv, "find-links")]
    settings = [(key, uv.text(key)) for key in _UV_SETTINGS if key in uv.values]
    settings += _newer_by_name(uv.table("exclude-newer-package"))
    for key, value in settings:
        if not value.isprintable() or len(value) > 100:
            raise uv.fails(key, f"is no value for it: {outline(value)}")
    return Rules(
        indexes=tuple(indexes),
        constraints=uv.texts("constraint-dependencies"),
        overrides=uv.texts("override-dependencies"),
        excludes=uv.texts("exclude-dependencies"),
        settings=tuple(settings),
        unread=tuple(f"tool.uv.{key}" for key in _UV_UNREAD if uv.values.get(key)),
    )


def _newer_by_name(table: Table) -> Iterator[tuple[str, str]]:
    """Yield one option for each project that has a date of its own, or none (``false``)."""
    for name, value in table.values.items():
        if not is_name(name):
            raise table.fails(name, "is no project's name")
        yield "exclude-newer-package", f"{name}={'false' if value is False else table.text(name)}"


def _uv_index(table: Table, folder: str) -> Index:
    kind = table.text("format") or "simple"
    if kind not in ("simple", "flat"):
        raise table.fails("format", f"is not known: {outline(kind)}")
    return Index(
        name=table.text("name"),
        url=_place(table, "url", table.text("url"), folder),
        default=table.flag("default"),
        explicit=table.flag("explicit"),
        flat=kind == "flat",
    )


def _texts(table: Table, key: str) -> tuple[str, ...]:
    return (table.text(key),) if isinstance(table.values.get(key), str) else table.texts(key)


def _place(table: Table, key: str, url: str, folder: str) -> str:
    """Return an index's URL; that of a folder, which counts from the project's own, as a file URL."""
    if not url:
        raise table.fails(key, "is missing")
    return _one_word(table, key, url) if "://" in url else _file_url(table, folder, url)


def poetry_indexes(poetry: Table, folder: str) -> Iterator[Index]:
    """Yield the indexes in ``[[tool.poetry.source]]``; the first primary one replaces PyPI."""
    primary = False
    for table in poetry.tables("source"):
        name, priority = table.text("name"), table.text("priority") or _old_priority(table)
        if priority not in ("primary", "default", "supplemental", "secondary", "explicit"):
            raise table.fails("priority", f"is not known: {outline(priority)}")
        if not table.text("url") and normalize(name) == "pypi":
            url = "https://pypi.org/simple"
        else:
            url = _place(table, "url", table.text("url"), folder)
        replaces = priority in ("primary", "default") and not primary
        primary = primary or replaces
        yield Index(name, url, default=replaces, explicit=priority == "explicit")


def _old_priority(table: Table) -> str:
    return "secondary" if table.flag("secondary") else "primary"


def pdm_indexes(pdm: Table, folder: str) -> Iterator[Index]:
    """Yield the indexes in ``[[tool.pdm.source]]``; the one called "pypi" replaces PyPI."""
    for table in pdm.tables("source"):
        if "$" in table.text("url"):
            raise table.fails("url", "holds a variable; give the index with --index-url or --extra-index-url")
        if "include_packages" in table.values or "exclude_packages" in table.values:
            raise table.fails("include_packages", "and exclude_packages are not honoured; measure pdm.lock instead")
        url, name = _place(table, "url", table.text("url"), folder), table.text("name")
        yield Index(name, url, default=name == "pypi", flat=table.text("type") == "find_links")


def named(indexes: tuple[Index, ...], name: str) -> Index | None:
    """Return the index of that name."""
    return next((index for index in indexes if index.name and index.name == name), None)


def option_lines(rules: Rules) -> Iterator[str]:
    """Yield what a requirements file says of a project's indexes; those for pinned names alone are no options."""
    for index in rules.indexes:
        if index.flat:
            yield f"--find-links {index.url}"
        elif not index.explicit:
            yield f"{'--index-url' if index.default else '--extra-index-url'} {index.url}"
    if ("prerelease", "allow") in rules.settings:
        yield "--pre"
