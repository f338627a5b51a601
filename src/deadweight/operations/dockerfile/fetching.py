"""The indexes of a target, in its file, its project and the options → where a build takes archives from."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from urllib.parse import unquote, urlsplit

from deadweight.analysis.measurement import Measurement
from deadweight.dockerfiles.pins import list_word
from deadweight.dockerfiles.quoting import outlined
from deadweight.dockerfiles.values import Sources
from deadweight.formats.projects.project_sources import Rules
from deadweight.formats.tables import Malformed, parse_toml
from deadweight.sources.buildcontext.paths import path_in
from deadweight.targets.types import Lock, Project
from deadweight.untrusted import without_userinfo

_KEPT = ("--no-index", "--no-binary", "--only-binary", "--trusted-host")
_URL = {"-i": "--index-url", "--pypi-url": "--index-url", "-f": "--find-links"}


def sources_of(measurement: Measurement, context: str, project: str) -> Sources:
    """Return where archives come from; variables and configuration of this machine do not count.

    project: the text of the pyproject.toml in the build context; "" for none
    raises:  BadInput for a directory outside the build context, and for a URL with variables or with a secret in its
             query
    """
    lines = dict.fromkeys([*_of_options(measurement), *_of_file(measurement), *_of_project(measurement, project)])
    options: list[str] = []
    directories: list[str] = []
    for name, value in _first_index(lines):
        if name == "--find-links" and _is_local(value):
            directories.append(_inside(value, context))
        else:
            options.append(f"{name} {list_word(without_userinfo(value))}".strip())
    netrc = any(without_userinfo(value) != value for _, value in lines)
    return Sources(options=tuple(options), directories=tuple(dict.fromkeys(directories)), netrc=netrc)


def _first_index(lines: dict[tuple[str, str], None]) -> Iterator[tuple[str, str]]:
    """Yield options; of several default indexes, only the first one counts."""
    has_index = False
    for name, value in lines:
        if name != "--index-url" or not has_index:
            yield name, value
        has_index = has_index or name == "--index-url"


def _of_options(measurement: Measurement) -> Iterator[tuple[str, str]]:
    measuring = measurement.settings.measuring
    if measuring.index_url:
        yield "--index-url", measuring.index_url
    yield from (("--extra-index-url", url) for url in measuring.extra_index_url)
    yield from (("--find-links", link) for link in measuring.find_links)


def _of_file(measurement: Measurement) -> Iterator[tuple[str, str]]:
    for file in measurement.file.with_included() if measurement.file else ():
        for line in file.lines:
            if line.kind == "links" and "://" not in line.value:
                yield "--find-links", os.path.join(os.path.dirname(file.path), line.value)
            elif line.kind in ("option", "links"):
                name, _, value = re.sub(r"[\s=]+", " ", line.body, count=1).partition(" ")
                name = _URL.get(name, name)
                if name in _KEPT or name in ("--index-url", "--extra-index-url", "--find-links"):
                    yield name, value.strip()


def _of_project(measurement: Measurement, project: str) -> Iterator[tuple[str, str]]:
    """Yield the indexes of a project; those that only some requirements name are pinned to these."""
    if not isinstance(measurement.target, (Project, Lock)):
        return
    rules = _declared(project, os.path.dirname(measurement.target.location))
    if rules.no_index:
        yield "--no-index", ""
    for index in rules.indexes:
        if not index.explicit:
            yield "--find-links" if index.flat else "--index-url" if index.default else "--extra-index-url", index.url


def _declared(project: str, directory: str) -> Rules:
    """Return the indexes of a project, and whether it forbids others."""
    from deadweight.formats.projects.pyproject import declared

    try:
        return declared(parse_toml(project.encode("utf-8", "surrogateescape")), directory).rules
    except Malformed:
        return Rules()


def _is_local(link: str) -> bool:
    return "://" not in link or link.startswith("file://")


def _inside(path: str, context: str) -> str:
    path = unquote(urlsplit(path).path) if path.startswith("file://") else path
    hint = "use a directory below it, since a build reads nothing else"
    return path_in(context, path, f"--find-links {outlined(path)} is", hint)
