"""Options, a requirements file, variables and configuration files → the indexes and find-links to use."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import quote

from msgspec import Struct

from deadweight.formats.projects.project_sources import Rules
from deadweight.formats.requirements import RequirementsFile
from deadweight.formats.tables import toml_or_nothing
from deadweight.sources.install.installer import InstallOptions
from deadweight.sources.install.pip_config import pip_settings

DEFAULT_INDEX = "https://pypi.org/simple"
_LARGEST = 1 << 24  # characters of a configuration file
_SECTIONS = ("global", "install", "lock", ":env:")
_SETTINGS = ("index-url", "extra-index-url", "find-links", "no-index")


class IndexLocations(Struct, frozen=True):
    """Indexes, the default first, and find-links; URLs keep their credentials.

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
) -> IndexLocations:
    """Return the indexes and find-links of the command line, the file's own options, variables and configuration files.

    The first of these with a default index determines it; extra indexes and links accumulate, as in pip and uv.
    tool: "uv" or "pip", to use only its variables and files; "" for both
    """
    settings = [_of_options(options), _of_file(file)]
    settings += [*_of_uv(environ)] if tool != "pip" else []
    settings += [_of_pip()] if tool != "uv" else []
    index = next((each["index-url"][0] for each in settings if each.get("index-url")), DEFAULT_INDEX)
    further = [url for each in settings for url in each.get("extra-index-url", ())]
    links = [link for each in settings for link in each.get("find-links", ())]
    urls = [] if any(each.get("no-index") for each in settings) else [index, *further]
    known = credentials_of(file.rules, environ) if file else {}
    pins = {w.name: known.get(w.index, w.index) for w in file.all_requirements() if w.name and w.index} if file else {}
    return IndexLocations(tuple(dict.fromkeys(known.get(url, url) for url in urls)), tuple(dict.fromkeys(links)), pins)


def credentials_of(rules: Rules, environ: Mapping[str, str]) -> dict[str, str]:
    """Return URL → the same URL with the credentials from uv's variables for an index of that name.

    source: https://docs.astral.sh/uv/concepts/indexes/#providing-credentials-directly
    """
    urls: dict[str, str] = {}
    for index in rules.indexes:
        variable = f"UV_INDEX_{re.sub(r'[^A-Z0-9]', '_', index.name.upper())}"
        user, password = environ.get(f"{variable}_USERNAME", ""), environ.get(f"{variable}_PASSWORD", "")
        scheme, separator, rest = index.url.partition("://")
        if index.name and (user or password) and "@" not in rest.partition("/")[0]:
            urls[index.url] = f"{scheme}{separator}{quote(user, safe='')}:{quote(password, safe='')}@{rest}"
    return urls


Settings = dict[str, list[str]]


def _of_options(options: InstallOptions) -> Settings:
    return {
        "index-url": [options.index_url] if options.index_url else [],
        "extra-index-url": list(options.extra_index_urls),
        "find-links": list(options.find_links),
    }


def _of_file(file: RequirementsFile | None) -> Settings:
    settings: Settings = {}
    for each in file.with_included() if file else ():
        for line in each.lines:
            name, _, value = re.sub(r"[\s=]+", " ", line.body, count=1).partition(" ")
            name = {"-i": "--index-url", "--pypi-url": "--index-url", "-f": "--find-links"}.get(name, name)
            if line.kind == "links" and "://" not in line.value:
                value = os.path.join(os.path.dirname(each.path), line.value)
            if line.kind in ("option", "links"):
                settings.setdefault(name.removeprefix("--"), []).append(value)
    return settings


def _of_uv(environ: Mapping[str, str]) -> Iterator[Settings]:
    """Yield the settings of uv's variables and its ``uv.toml`` files (https://docs.astral.sh/uv/concepts/indexes/)."""

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
    above = [os.path.join(directory, "uv.toml") for directory in (Path.cwd(), *Path.cwd().parents)]
    for path in (environ.get("UV_CONFIG_FILE") or "", *above, f"{home}/uv/uv.toml", "/etc/uv/uv.toml"):
        yield _of_toml(path)


def _of_toml(path: str) -> Settings:
    try:
        with open(path, encoding="utf-8") as file:
            values = toml_or_nothing(file.read(_LARGEST))
    except (OSError, ValueError):  # also text that is not UTF-8
        return {}
    tables = [table for table in values.get("index", ()) if isinstance(table, dict) and not table.get("explicit")]
    defaults = [str(table.get("url")) for table in tables if table.get("default")]
    return {
        "index-url": [*defaults, *_strings(values.get("index-url"))],
        "extra-index-url": [
            *(str(table.get("url")) for table in tables if not table.get("default")),
            *_strings(values.get("extra-index-url")),
        ],
        "find-links": _strings(values.get("find-links")),
        "no-index": ["true"] if values.get("no-index") else [],
    }


def _strings(value: object) -> list[str]:
    if isinstance(value, str):
        return [value]
    return [each for each in value if isinstance(each, str)] if isinstance(value, list) else []


def _of_pip() -> Settings:
    """Return the settings of pip's configuration files and variables, as pip itself combines them."""
    settings: Settings = {}
    for setting in pip_settings():
        if setting.section in _SECTIONS and setting.name in _SETTINGS:
            settings.setdefault(setting.name, []).extend(setting.value.split())
    if settings.get("no-index") and settings["no-index"][-1].lower() in ("0", "false", "no", "off"):
        del settings["no-index"]
    return settings
