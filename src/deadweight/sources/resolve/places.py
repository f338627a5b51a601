"""Options, a requirements file, variables and configuration files → where archives are looked for."""

from __future__ import annotations

import os
import re
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import quote

from msgspec import Struct

from deadweight.formats.projects.project_sources import Rules
from deadweight.formats.requirements import RequirementsFile
from deadweight.sources.install.installer import InstallOptions
from deadweight.sources.install.pip_config import pip_settings

DEFAULT_INDEX = "https://pypi.org/simple"
_SECTIONS = ("global", "install", "lock", ":env:")
_SETTINGS = ("index-url", "extra-index-url", "find-links", "no-index")


class Places(Struct, frozen=True):
    """Indexes, the default first, and pages or folders of archives; URLs keep their credentials.

    pinned: project → the only index that it comes from
    """

    urls: tuple[str, ...]
    links: tuple[str, ...] = ()
    pinned: Mapping[str, str] = {}

    @property
    def origins(self) -> tuple[str, ...]:
        return tuple(url for url in (*self.pinned.values(), *self.urls, *self.links) if "://" in url)


def configured(
    options: InstallOptions, file: RequirementsFile | None, environ: Mapping[str, str], tool: str = ""
) -> Places:
    """Return where archives are looked for: the command line, the file's own options, variables, configuration files.

    The first that names an index is believed; further indexes and links add up, as they do for pip and uv.
    tool: "uv" or "pip", whose variables and files count; "" for both
    """
    told = [_told_by_options(options), _told_by_file(file)]
    told += [*_told_by_uv(environ)] if tool != "pip" else []
    told += [_told_by_pip()] if tool != "uv" else []
    index = next((each["index-url"][0] for each in told if each.get("index-url")), DEFAULT_INDEX)
    further = [url for each in told for url in each.get("extra-index-url", ())]
    links = [place for each in told for place in each.get("find-links", ())]
    urls = [] if any(each.get("no-index") for each in told) else [index, *further]
    known = credentials_of(file.rules, environ) if file else {}
    pins = {w.name: known.get(w.index, w.index) for w in file.all_wanted() if w.name and w.index} if file else {}
    return Places(tuple(dict.fromkeys(known.get(url, url) for url in urls)), tuple(dict.fromkeys(links)), pins)


def credentials_of(rules: Rules, environ: Mapping[str, str]) -> dict[str, str]:
    """Return URL → the same with the credentials that uv's variables have for an index of that name.

    source: https://docs.astral.sh/uv/concepts/indexes/#providing-credentials-directly
    """
    found: dict[str, str] = {}
    for index in rules.indexes:
        variable = f"UV_INDEX_{re.sub(r'[^A-Z0-9]', '_', index.name.upper())}"
        user, password = environ.get(f"{variable}_USERNAME", ""), environ.get(f"{variable}_PASSWORD", "")
        scheme, separator, rest = index.url.partition("://")
        if index.name and (user or password) and "@" not in rest.partition("/")[0]:
            found[index.url] = f"{scheme}{separator}{quote(user, safe='')}:{quote(password, safe='')}@{rest}"
    return found


Told = dict[str, list[str]]


def _told_by_options(options: InstallOptions) -> Told:
    return {
        "index-url": [options.index_url] if options.index_url else [],
        "extra-index-url": list(options.extra_index_urls),
        "find-links": list(options.find_links),
    }


def _told_by_file(file: RequirementsFile | None) -> Told:
    told: Told = {}
    for each in file.with_included() if file else ():
        for line in each.lines:
            name, _, value = re.sub(r"[\s=]+", " ", line.body, count=1).partition(" ")
            name = {"-i": "--index-url", "--pypi-url": "--index-url", "-f": "--find-links"}.get(name, name)
            if line.kind == "links" and "://" not in line.value:
                value = os.path.join(os.path.dirname(each.path), line.value)
            if line.kind in ("option", "links"):
                told.setdefault(name.removeprefix("--"), []).append(value)
    return told


def _told_by_uv(environ: Mapping[str, str]) -> Iterator[Told]:
    """Yield what uv's variables and its ``uv.toml`` files say (https://docs.astral.sh/uv/concepts/indexes/)."""

    def words(*names: str) -> list[str]:
        return [word.partition("=")[2] if re.match(r"[\w.-]+=", word) else word
                for name in names for word in environ.get(name, "").split()]  # fmt: skip

    yield {
        "index-url": words("UV_DEFAULT_INDEX", "UV_INDEX_URL"),
        "extra-index-url": words("UV_INDEX", "UV_EXTRA_INDEX_URL"),
        "find-links": environ.get("UV_FIND_LINKS", "").replace(",", " ").split(),
        "no-index": words("UV_NO_INDEX"),
    }
    if environ.get("UV_NO_CONFIG"):
        return
    home = environ.get("XDG_CONFIG_HOME") or os.path.expanduser("~/.config")
    above = [os.path.join(folder, "uv.toml") for folder in (Path.cwd(), *Path.cwd().parents)]
    for path in (environ.get("UV_CONFIG_FILE") or "", *above, f"{home}/uv/uv.toml", "/etc/uv/uv.toml"):
        yield _told_by_toml(path)


def _told_by_toml(path: str) -> Told:
    try:
        with open(path, "rb") as file:
            found: dict[str, Any] = tomllib.load(file)
    except (OSError, ValueError):
        return {}
    tables = [table for table in found.get("index", ()) if isinstance(table, dict) and not table.get("explicit")]
    defaults = [str(table.get("url")) for table in tables if table.get("default")]
    return {
        "index-url": [*defaults, *_strings(found.get("index-url"))],
        "extra-index-url": [
            *(str(table.get("url")) for table in tables if not table.get("default")),
            *_strings(found.get("extra-index-url")),
        ],
        "find-links": _strings(found.get("find-links")),
        "no-index": ["true"] if found.get("no-index") else [],
    }


def _strings(value: object) -> list[str]:
    return (
        [value]
        if isinstance(value, str)
        else [v for v in value if isinstance(v, str)]
        if isinstance(value, list)
        else []
    )


def _told_by_pip() -> Told:
    """Return what pip's configuration files and variables say, as pip itself puts them together."""
    told: Told = {}
    for setting in pip_settings():
        if setting.section in _SECTIONS and setting.name in _SETTINGS:
            told.setdefault(setting.name, []).extend(setting.value.split())
    if told.get("no-index") and told["no-index"][-1].lower() in ("0", "false", "no", "off"):
        del told["no-index"]
    return told
