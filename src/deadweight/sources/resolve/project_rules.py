"""A project's settings for its resolver → files and options for an installer."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator

from msgspec.structs import replace

from deadweight.errors import BadInput, InstallFailed
from deadweight.formats.distributions.metadata import normalize
from deadweight.formats.projects.project_sources import Rules
from deadweight.formats.requirements import RequirementsFile, pinned_lines
from deadweight.model import Requirement
from deadweight.sources.install.installer import Installer, InstallOptions
from deadweight.sources.resolve.index_locations import credentials_of
from deadweight.sources.system.scratch import Scratch

_USE_UV = 'install uv, which supports it: pip install "deadweight[fast]"'
# pip chooses the best version of all indexes, and has an option for pre-releases that requirements files may contain.
_PIP_HAS_ITS_OWN = ("index-strategy", "prerelease")


def with_rules(
    options: InstallOptions, file: RequirementsFile, installer: Installer, scratch: Scratch
) -> InstallOptions:
    """Return the options for an installer that apply the settings of a project.

    raises: InstallFailed for settings that pip does not support; BadInput if a project is pinned to two indexes
    """
    rules, pinned = file.rules, list(pinned_lines(file))
    if installer.name == "pip":
        _refuse_for_pip(rules, pinned)
    if pinned:
        directory = os.path.join(scratch.path, "pinned")
        os.makedirs(directory)
        path = scratch.write(os.path.join("pinned", "pyproject.toml"), _pinned_project(rules, pinned))
        options = replace(options, projects=(path,))
    if rules.constraints:
        path = scratch.write("project-constraints.txt", _text(rules.constraints))
        options = replace(options, constraints=(*options.constraints, path))
    if rules.overrides:
        path = scratch.write("project-overrides.txt", _text(rules.overrides))
        options = replace(options, overrides=(*options.overrides, path))
    settings = [*rules.settings, *_named_indexes(rules, installer)]
    if rules.excludes:
        settings.append(("excludes", scratch.write("project-excludes.txt", _text(rules.excludes))))
    return replace(options, settings=tuple(settings))


def _named_indexes(rules: Rules, installer: Installer) -> Iterator[tuple[str, str]]:
    """Yield the indexes with credentials in uv's variables, which uv looks up by the name of the index."""
    known = credentials_of(rules, os.environ) if installer.name == "uv" else {}
    for index in rules.indexes:
        if index.url in known and not index.explicit and not index.flat:
            yield "default-index" if index.default else "index", f"{index.name}={index.url}"


def _refuse_for_pip(rules: Rules, pinned: list[tuple[Requirement, str]]) -> None:
    names = ", ".join(sorted({requirement.name or "" for requirement, _ in pinned}))
    if names:
        raise InstallFailed(f"pip cannot pin projects to an index ({names})", hint=_USE_UV)
    if rules.overrides:
        raise InstallFailed("pip does not support tool.uv.override-dependencies", hint=_USE_UV)
    if rules.excludes:
        raise InstallFailed("pip does not support tool.uv.exclude-dependencies", hint=_USE_UV)
    for key, _ in rules.settings:
        if key not in _PIP_HAS_ITS_OWN:
            raise InstallFailed(f"pip does not support tool.uv.{key}", hint=_USE_UV)


def _text(lines: tuple[str, ...]) -> str:
    for line in lines:
        if len(line.splitlines()) != 1:
            raise BadInput(f"not a requirement: {line!r}")
    return "".join(f"{line}\n" for line in lines)


def _pinned_project(rules: Rules, pinned: list[tuple[Requirement, str]]) -> str:
    """Return a pyproject.toml with the requirements that are pinned to an index; requirements files cannot express it.

    source: https://docs.astral.sh/uv/concepts/indexes/#pinning-a-package-to-an-index
    """
    return "".join(f"{line}\n" for line in _toml(rules, pinned))


def _toml(rules: Rules, pinned: list[tuple[Requirement, str]]) -> Iterator[str]:
    names = {index.url: index.name for index in rules.indexes if index.name}
    urls: dict[str, str] = {}
    for requirement, line in pinned:
        name = normalize(requirement.name or "")
        if urls.setdefault(name, requirement.index) != requirement.index:
            raise BadInput(f"{name} is pinned to two indexes: {line}", hint="choose fewer extras or groups")
    yield "[project]"
    yield 'name = "deadweight-pinned"'
    yield 'version = "0"'
    yield f"dependencies = [{', '.join(_quoted(line) for _, line in pinned)}]"
    yield "[tool.uv.workspace]"  # a workspace root, so that uv does not search parent directories for one
    yield "[tool.uv.sources]"
    labels = {url: names.get(url) or f"index-{number}" for number, url in enumerate(dict.fromkeys(urls.values()))}
    for name, url in urls.items():
        yield f"{_quoted(name)} = {{ index = {_quoted(labels[url])} }}"
    for url, name in labels.items():
        yield "[[tool.uv.index]]"
        yield f"name = {_quoted(name)}"
        yield f"url = {_quoted(url)}"
        yield "explicit = true"


def _quoted(text: str) -> str:
    """Return a text as a basic string of TOML, which is a JSON string without surrogate pairs."""
    return json.dumps(text, ensure_ascii=False)
