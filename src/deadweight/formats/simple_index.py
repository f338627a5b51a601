"""A project's page on an index → links to its archives.

source: the simple repository API: HTML (PEP 503, 592, 658, 714) and JSON (PEP 691, 700)
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from html.parser import HTMLParser
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from deadweight.errors import BadInput
from deadweight.formats.metadata import normalize
from deadweight.model import Archive

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
_SCHEMES = ("http", "https", "file")
_LONGEST_NAME = 255  # of a file, on any disk


@dataclass(frozen=True, slots=True)
class Link:
    """One archive that an index offers; ``requires_python`` as it stands there, "" where it does not."""

    archive: Archive
    yanked: bool
    requires_python: str


def read_page(data: bytes, content_type: str, url: str) -> tuple[Link, ...]:
    """Return the links of a page, in its order; raises BadInput where it is none.

    url: of the page, which relative links count from
    """
    read = _read_json if "json" in content_type.partition(";")[0].lower() else _read_html
    links = read(data.decode("utf-8", "replace"), url)
    # No server has a say in which files of this machine are read.
    return tuple(link for link in links if url.startswith("file:") or not link.archive.url.startswith("file:"))


def _read_html(text: str, url: str) -> tuple[Link, ...]:
    parser = _Anchors()
    try:
        parser.feed(text)
        base = urljoin(url, parser.base)
    except (ValueError, AssertionError) as error:  # both are raised by the parser itself for some malformed pages
        raise BadInput("the index answered with HTML that is no project's page") from error
    return tuple(link for attributes in parser.anchors if (link := _of_anchor(attributes, base)))


class _Anchors(HTMLParser):
    """Collects the attributes of all anchors, and what they count from."""

    def __init__(self) -> None:
        super().__init__()
        self.base = ""
        self.anchors: list[dict[str, str | None]] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        if tag == "a":
            self.anchors.append(dict(attrs))
        elif tag == "base" and not self.base:
            self.base = dict(attrs).get("href") or ""


def _of_anchor(attributes: dict[str, str | None], base: str) -> Link | None:
    href = attributes.get("href") or ""
    fragment = href.partition("#")[2]
    sha256 = next((part[7:] for part in fragment.split("&") if part.startswith("sha256=")), None)
    beside = attributes.get("data-core-metadata", attributes.get("data-dist-info-metadata"))
    return _link(
        href,
        base,
        sha256=sha256,
        metadata=beside,
        yanked="data-yanked" in attributes,
        requires_python=attributes.get("data-requires-python") or "",
    )


def _read_json(text: str, url: str) -> tuple[Link, ...]:
    try:
        files = json.loads(text)["files"]
        return tuple(link for found in files if (link := _of_json(found, url)))
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise BadInput("the index answered with JSON that is no project's page") from error


def _of_json(found: dict[str, Any], url: str) -> Link | None:
    sha256 = (found.get("hashes") or {}).get("sha256")
    href, size = found["url"], found.get("size")
    if not isinstance(href, str):
        raise TypeError("a URL is a string")
    return _link(
        href,
        url,
        sha256=sha256 if isinstance(sha256, str) else None,
        size=size if type(size) is int and 0 < size < 1 << 63 else None,
        metadata=found.get("core-metadata", found.get("dist-info-metadata")),
        yanked=bool(found.get("yanked")),
        requires_python=str(found.get("requires-python") or ""),
    )


def _link(
    href: str,
    base: str,
    *,
    sha256: str | None,
    metadata: object,
    yanked: bool,
    requires_python: str,
    size: int | None = None,
) -> Link | None:
    try:
        parts = urlsplit(urljoin(base, href.partition("#")[0].strip()))
    except ValueError:
        return None
    filename = unquote(parts.path).rpartition("/")[2]
    if parts.scheme not in _SCHEMES or not 0 < len(filename) <= _LONGEST_NAME or not filename.isprintable():
        return None
    offered, metadata_sha256 = _beside(metadata)
    archive = Archive(
        filename=filename,
        url=parts.geturl(),
        sha256=sha256 and sha256.lower(),
        size=size,
        metadata=offered,
        metadata_sha256=metadata_sha256,
    )
    return Link(archive, yanked, requires_python)


def _beside(told: object) -> tuple[bool, str | None]:
    """Return whether an index offers METADATA beside a wheel, and its sha256 if that is given (PEP 658, 691, 714)."""
    if isinstance(told, dict):
        return True, told["sha256"].lower() if isinstance(told.get("sha256"), str) else None
    if isinstance(told, str) and told.startswith("sha256="):
        return True, told[7:].lower()
    return bool(told) and told != "false", None


def version_of(filename: str, name: str) -> str | None:
    """Return the version that a file name tells, None where it is no archive of the project of that name."""
    from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename

    try:
        if filename.endswith(".whl"):
            # Of the tags only the number matters here: three short sets of them multiply to a hundred thousand.
            stem, *tags = filename.rsplit("-", 3)
            found, version = parse_wheel_filename(f"{stem}-py3-none-any.whl" if len(tags) == 3 else filename)[:2]
        else:
            found, version = parse_sdist_filename(filename)
    except (InvalidWheelFilename, InvalidSdistFilename):
        return None
    return str(version) if found == normalize(name) else None
