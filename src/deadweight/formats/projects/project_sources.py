"""The tables for uv, poetry and pdm in a pyproject.toml → the sources and indexes of the dependencies.

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
# Settings in [tool.uv] that affect resolution and are also options of ``uv pip compile`` and ``uv pip install``.
_UV_SETTINGS = ("index-strategy", "prerelease", "resolution", "exclude-newer")
# Other settings in [tool.uv] that affect resolution and are not supported.
_UV_UNREAD = ("dependency-metadata",)


class Index(NamedTuple):
    """An index that a project defines.

    default:  whether it replaces PyPI
    explicit: whether it is used only for requirements that name it
    flat:     whether it is a page or directory of archives (``--find-links``)
    """

    name: str
    url: str
    default: bool = False
    explicit: bool = False
    flat: bool = False


class Source(Struct, frozen=True, kw_only=True):
    """The source of one dependency; an empty source means any index.

    reference: the direct reference after "@" in a requirement (PEP 508): "git+URL@REV", "https://…", "file:///…"
    index:     the name of an index
    workspace: whether it is a member of the workspace
    marker:    the source is used only where this marker holds
    starts:    the extras and groups, "" for the project itself, to which the source applies; None for all
    """

    reference: str = ""
    index: str = ""
    workspace: bool = False
    marker: str = ""
    starts: frozenset[str] | None = None


class Rules(Struct, frozen=True, kw_only=True):
    """A project's configuration of the resolver, besides its requirements.

    indexes:     in the order of the file
    no_index:    whether only directories and pages of archives are used, not PyPI
    constraints: PEP 508 lines that limit versions
    overrides:   PEP 508 lines that replace all other requirements with the same name
    excludes:    names that are never installed
    settings:    uv's settings, as (name of the option, value)
    unread:      keys that affect resolution but are not supported
    """

    indexes: tuple[Index, ...] = ()
    no_index: bool = False
    constraints: tuple[str, ...] = ()
    overrides: tuple[str, ...] = ()
    excludes: tuple[str, ...] = ()
    settings: tuple[tuple[str, str], ...] = ()
    unread: tuple[str, ...] = ()


Sources = Mapping[str, tuple[Source, ...]]  # normalized name → alternatives, of which the first applicable one is used


def uv_sources(uv: Table, directory: str) -> Sources:
    """Return the sources in ``[tool.uv.sources]``; raises Malformed.

    directory: the project's directory, the base of relative paths
    """
    sources = uv.table("sources")
    alternatives: dict[str, tuple[Source, ...]] = {}
    for spelled, value in sources.values.items():
        if not is_name(spelled):
            raise sources.fails(spelled, "is not a valid project name")
        tables = sources.tables(spelled) if isinstance(value, list) else [sources.table(spelled)]
        alternatives[normalize(spelled)] = tuple(_uv_source(table, directory) for table in tables)
    return alternatives


def _uv_source(table: Table, directory: str) -> Source:
    unknown = sorted(table.values.keys() - _KEYS_OF_UV)
    if unknown:
        raise table.fails(unknown[0], "is not a supported key of a source")
    only = [normalize(table.text(key)) for key in ("extra", "group") if table.text(key)]
    return replace(
        source_of(table, directory),
        index=table.text("index"),
        workspace=table.flag("workspace"),
        marker=table.text("marker"),
        starts=frozenset(only) if only else None,
    )


def source_of(table: Table, directory: str) -> Source:
    """Return the source that ``git``, ``url`` or ``path`` defines; uv and poetry share these keys."""
    subdirectory = table.text("subdirectory")
    if git := table.text("git"):
        revision = next((table.text(key) for key in _REVISIONS if table.text(key)), "")
        return Source(reference=_git(table, git, revision, subdirectory))
    if url := table.text("url"):
        fragment = f"#subdirectory={quote(subdirectory)}" if subdirectory else ""
        return Source(reference=_without_spaces(table, "url", url) + fragment)
    path = table.text("path") or table.text("file")
    return Source(reference=_file_url(table, directory, path)) if path else Source()


def _git(table: Table, url: str, revision: str, subdirectory: str) -> str:
    _without_spaces(table, "git", url)
    scp = re.match(r"(?:([\w.-]+)@)?([\w.-]+):(?!//)(.+)\Z", url)  # git@host:path
    if scp:
        url = f"ssh://{scp[1] or 'git'}@{scp[2]}/{scp[3]}"
    whole = url if url.startswith("git+") else f"git+{url}"
    whole += f"@{quote(revision, safe='/')}" if revision else ""
    return whole + (f"#subdirectory={quote(subdirectory)}" if subdirectory else "")


def _file_url(table: Table, directory: str, path: str) -> str:
    if "\0" in path:
        raise table.fails("path", "contains a NUL character")
    return "file://" + quote(abspath(join(directory, path)))


def _without_spaces(table: Table, key: str, text: str) -> str:
    if _CONTROL.search(text):
        raise table.fails(key, f"is not a valid URL: {outline(text)}")
    return text


def uv_rules(uv: Table, directory: str) -> Rules:
    """Return the resolver configuration in ``[tool.uv]``; raises Malformed."""
    indexes = [_uv_index(table, directory) for table in uv.tables("index")]
    first = _texts(uv, "index-url")[:1]
    indexes += [Index("", _index_url(uv, "index-url", url, directory), default=True) for url in first]
    indexes += [Index("", _index_url(uv, "index", url, directory)) for url in _texts(uv, "extra-index-url")]
    indexes += [Index("", _index_url(uv, "links", url, directory), flat=True) for url in _texts(uv, "find-links")]
    settings = [(key, uv.text(key)) for key in _UV_SETTINGS if key in uv.values]
    settings += _newer_by_name(uv.table("exclude-newer-package"))
    for key, value in settings:
        if not value.isprintable() or len(value) > 100:
            raise uv.fails(key, f"has an invalid value: {outline(value)}")
    return Rules(
        indexes=tuple(indexes),
        no_index=uv.flag("no-index"),
        constraints=uv.texts("constraint-dependencies"),
        overrides=uv.texts("override-dependencies"),
        excludes=uv.texts("exclude-dependencies"),
        settings=tuple(settings),
        unread=tuple(f"tool.uv.{key}" for key in _UV_UNREAD if uv.values.get(key)),
    )


def _newer_by_name(table: Table) -> Iterator[tuple[str, str]]:
    """Yield one option for each project with its own date, or with ``false`` for no date."""
    for name, value in table.values.items():
        if not is_name(name):
            raise table.fails(name, "is not a valid project name")
        yield "exclude-newer-package", f"{name}={'false' if value is False else table.text(name)}"


def _uv_index(table: Table, directory: str) -> Index:
    kind = table.text("format") or "simple"
    if kind not in ("simple", "flat"):
        raise table.fails("format", f"is not supported: {outline(kind)}")
    return Index(
        name=table.text("name"),
        url=_index_url(table, "url", table.text("url"), directory),
        default=table.flag("default"),
        explicit=table.flag("explicit"),
        flat=kind == "flat",
    )


def _texts(table: Table, key: str) -> tuple[str, ...]:
    return (table.text(key),) if isinstance(table.values.get(key), str) else table.texts(key)


def _index_url(table: Table, key: str, url: str, directory: str) -> str:
    """Return the URL of an index; a path relative to the project becomes a file URL."""
    if not url:
        raise table.fails(key, "is missing")
    return _without_spaces(table, key, url) if "://" in url else _file_url(table, directory, url)


def poetry_indexes(poetry: Table, directory: str) -> Iterator[Index]:
    """Yield the indexes in ``[[tool.poetry.source]]``; the first primary one replaces PyPI."""
    primary = False
    for table in poetry.tables("source"):
        name, priority = table.text("name"), table.text("priority") or _old_priority(table)
        if priority not in ("primary", "default", "supplemental", "secondary", "explicit"):
            raise table.fails("priority", f"is not supported: {outline(priority)}")
        if not table.text("url") and normalize(name) == "pypi":
            url = "https://pypi.org/simple"
        else:
            url = _index_url(table, "url", table.text("url"), directory)
        replaces = priority in ("primary", "default") and not primary
        primary = primary or replaces
        yield Index(name, url, default=replaces, explicit=priority == "explicit")


def _old_priority(table: Table) -> str:
    return "secondary" if table.flag("secondary") else "primary"


def pdm_indexes(pdm: Table, directory: str) -> Iterator[Index]:
    """Yield the indexes in ``[[tool.pdm.source]]``; the one named "pypi" replaces PyPI."""
    for table in pdm.tables("source"):
        if "$" in table.text("url"):
            raise table.fails("url", "contains a variable; set the index with --index-url or --extra-index-url")
        if "include_packages" in table.values or "exclude_packages" in table.values:
            raise table.fails("include_packages", "and exclude_packages are not supported; measure pdm.lock instead")
        url, name = _index_url(table, "url", table.text("url"), directory), table.text("name")
        yield Index(name, url, default=name == "pypi", flat=table.text("type") == "find_links")


def named(indexes: tuple[Index, ...], name: str) -> Index | None:
    """Return the index with this name; None if it is not defined."""
    return next((index for index in indexes if index.name and index.name == name), None)


def option_lines(rules: Rules) -> Iterator[str]:
    """Yield a project's indexes as lines of a requirements file; explicit indexes have no such line."""
    if rules.no_index:
        yield "--no-index"
    for index in rules.indexes:
        if index.flat:
            yield f"--find-links {index.url}"
        elif not index.explicit:
            yield f"{'--index-url' if index.default else '--extra-index-url'} {index.url}"
    if ("prerelease", "allow") in rules.settings:
        yield "--pre"
