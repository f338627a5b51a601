"""A project's page on an index → links to its archives.

source: the simple repository API: HTML (PEP 503, 592, 658, 714) and JSON (PEP 691, 700)
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import lru_cache
from html import unescape
from itertools import islice
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from msgspec import Struct

from deadweight.errors import BadInput
from deadweight.formats.distributions.metadata import normalize
from deadweight.model import Archive

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
LARGEST_PAGE = 1 << 25  # bytes; the largest page of PyPI has about a third of that
MOST_LINKS = 100_000
_SCHEMES = ("http", "https", "file")
# Absolute URLs that have nothing to resolve, split or normalize: nearly all links of PyPI.
_PLAIN = re.compile(r"https?://[a-z0-9.-]+(?::[0-9]{1,5})?/[\w.~/+%!-]*\Z", re.ASCII)
_PLAIN_PATH = re.compile(r"/(?!/)[\w.~/+%!-]*\Z", re.ASCII)
_LONGEST_NAME = 255  # of a file, on any disk


class Link(Struct, frozen=True):
    """One archive that an index offers; ``requires_python`` as it stands there, "" where it does not."""

    archive: Archive
    yanked: bool
    requires_python: str


def read_page(data: bytes, content_type: str, url: str) -> tuple[Link, ...]:
    """Return the links of a page, in its order; raises BadInput where it is none.

    url: of the page, which relative links count from
    """
    read = _read_json if "json" in content_type.partition(";")[0].lower() else _read_html
    links = [link for link in islice(read(data.decode("utf-8", "replace"), url), MOST_LINKS + 1) if link is not None]
    if len(links) > MOST_LINKS:
        raise BadInput(f"the index answered with more than {MOST_LINKS:,} links, which no project has")
    # No server has a say in which files of this machine are read.
    return tuple(link for link in links if url.startswith("file:") or not link.archive.url.startswith("file:"))


def _read_html(text: str, url: str) -> Iterator[Link | None]:
    """Yield the links of all anchors.

    By a regular expression for tags: ``html.parser`` takes several times as long, and far longer for malformed pages.
    """
    tags = _TAG.findall(_without_comments(text))
    try:
        bases = (_attributes(inside).get("href") for name, inside in tags if name in ("base", "BASE"))
        base = urljoin(url, next(filter(None, bases), ""))
        for name, inside in tags:
            if name in ("a", "A"):
                yield _of_anchor(_attributes(inside), base)
    except ValueError as error:  # of a base that is no URL, or of a character reference with too many digits
        raise BadInput("the index answered with HTML that is no project's page") from error


# Linear in the page: what a name or a bare value may hold is disjoint from what may follow it, neither holds a "<", so
# that the search for one tag does not run through the next ones, and a tag has at most 32 attributes.
_TAG = re.compile(
    r"""<(a|A|base|BASE)(?=[\s>])"""
    r"""((?>\s+[^\s"'<>/=]++(?:\s*=\s*(?>"[^"]{0,8192}+"|'[^']{0,8192}+'|[^\s"'<>]++))?){0,32}+)\s*+/?>"""
)
_ATTRIBUTE = re.compile(r"""([^\s"'>/=]++)(?:\s*=\s*(?>"([^"]*)"|'([^']*)'|([^\s"'>]++)))?""")


def _attributes(inside: str) -> dict[str, str]:
    """Return the attributes of a tag; of two of one name the last."""
    found = {key.lower(): one or other or bare for key, one, other, bare in _ATTRIBUTE.findall(inside)}
    return {key: unescape(value) for key, value in found.items()} if "&" in inside else found


def _without_comments(text: str) -> str:
    kept: list[str] = []
    at = 0
    while (start := text.find("<!--", at)) >= 0:
        kept.append(text[at:start])
        at = text.find("-->", start)
        if at < 0:
            return "".join(kept)
    return "".join([*kept, text[at:]]) if kept else text


def _of_anchor(attributes: dict[str, str], base: str) -> Link | None:
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


def _read_json(text: str, url: str) -> Iterator[Link | None]:
    try:
        for found in json.loads(text)["files"]:
            yield _of_json(found, url)
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
    bare = href.partition("#")[0].strip()
    if _PLAIN.match(bare):
        url, scheme = bare, "https"
        path = bare
    elif _PLAIN_PATH.match(bare) and ".." not in bare:
        url, scheme = _origin(base) + bare, base.partition(":")[0].lower()
        path = bare
    else:
        try:
            parts = urlsplit(urljoin(base, bare))
        except ValueError:
            return None
        url, path, scheme = parts.geturl(), parts.path, parts.scheme
    filename = unquote(path).rpartition("/")[2]
    if scheme not in _SCHEMES or not 0 < len(filename) <= _LONGEST_NAME or not filename.isprintable():
        return None
    offered, metadata_sha256 = _beside(metadata)
    archive = Archive(
        filename=filename,
        url=url,
        sha256=sha256 and sha256.lower(),
        size=size,
        metadata=offered,
        metadata_sha256=metadata_sha256,
    )
    return Link(archive, yanked, requires_python)


@lru_cache(64)
def _origin(url: str) -> str:
    """Return what a URL's absolute paths are appended to."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _beside(told: object) -> tuple[bool, str | None]:
    """Return whether an index offers METADATA beside a wheel, and its sha256 if that is given (PEP 658, 691, 714)."""
    if isinstance(told, dict):
        return True, told["sha256"].lower() if isinstance(told.get("sha256"), str) else None
    if isinstance(told, str) and told.startswith("sha256="):
        return True, told[7:].lower()
    return bool(told) and told != "false", None


def version_of(filename: str, name: str) -> str | None:
    """Return the version that a file name tells, None where it is no archive of the project of that name.

    source: the binary and source distribution formats (PEP 427, PEP 625), as ``packaging.utils`` reads them
    """
    if filename.endswith(".whl"):
        parts = filename[:-4].split("-")
        if len(parts) not in (5, 6) or not _WHEEL_NAME.match(parts[0]) or "__" in parts[0]:
            return None
        # A build tag begins with a digit, and tags are not empty.
        if (len(parts) == 6 and not "0" <= parts[2][:1] <= "9") or not all(parts[-3:]):
            return None
        found, version = parts[0], parts[1]
    else:
        stem = filename.removesuffix(".tar.gz")
        stem = filename.removesuffix(".zip") if stem == filename else stem
        found, dash, version = stem.rpartition("-")
        if stem == filename or not dash:
            return None
    return _spelled(version) if _normalized(found) == normalize(name) else None


_WHEEL_NAME = re.compile(r"[\w\d._]*\Z")
_normalized = lru_cache(1024)(normalize)


@lru_cache(1 << 14)
def _spelled(text: str) -> str | None:
    """Return a version as PEP 440 normalizes it, None where it is none; a version often has twenty archives."""
    from packaging.version import InvalidVersion, Version

    try:
        return str(Version(text))
    except InvalidVersion:
        return None
