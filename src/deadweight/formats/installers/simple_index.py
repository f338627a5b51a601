"""The page of a project on an index → links to its archives.

source: the simple repository API: HTML (PEP 503, 592, 658, 714) and JSON (PEP 691, 700)
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from html import unescape
from itertools import islice
from typing import Any
from urllib.parse import unquote, urljoin, urlsplit

from msgspec import UNSET, Struct

from deadweight.errors import BadInput
from deadweight.formats.distributions.metadata import normalize
from deadweight.formats.typed_json import decode
from deadweight.model import Archive

ACCEPT = "application/vnd.pypi.simple.v1+json, application/vnd.pypi.simple.v1+html;q=0.2, text/html;q=0.1"
LARGEST_PAGE = 1 << 25  # bytes; the largest page of PyPI has about a third of this
MOST_LINKS = 100_000
_SCHEMES = ("http", "https", "file")
# Absolute URLs that need no resolving, splitting or normalizing, as nearly all links of PyPI.
_PLAIN = re.compile(r"https?://[a-z0-9.-]+(?::[0-9]{1,5})?/[\w.~/+%!-]*\Z", re.ASCII)
_PLAIN_PATH = re.compile(r"/(?!/)[\w.~/+%!-]*\Z", re.ASCII)
_LONGEST_NAME = 255  # bytes of a file name on common file systems


class Link(Struct, frozen=True):
    """One archive on an index; ``requires_python`` is unchanged, "" if the index does not give it."""

    archive: Archive
    yanked: bool
    requires_python: str


class _File(Struct, frozen=True, rename="kebab"):
    """One file of a page, with its keys in JSON.

    Fields that no figure depends on accept any type, since indexes differ.
    """

    url: str
    hashes: dict[str, Any] | None = None
    size: Any = None
    core_metadata: Any = UNSET
    dist_info_metadata: Any = None
    yanked: Any = None
    requires_python: str | None = None


class _Page(Struct, frozen=True):
    files: tuple[_File, ...]


def read_page(data: bytes, content_type: str, url: str) -> tuple[Link, ...]:
    """Return the links of a page, in its order; raises BadInput if the page is invalid.

    url: of the page, the base of relative links
    """
    read = _read_json if "json" in content_type.partition(";")[0].lower() else _read_html
    links = [link for link in islice(read(data.decode("utf-8", "replace"), url), MOST_LINKS + 1) if link is not None]
    if len(links) > MOST_LINKS:
        raise BadInput(f"a page of the index has more than the limit of {MOST_LINKS:,} links")
    # A server must not choose which files of this machine are read.
    return tuple(link for link in links if url.startswith("file:") or not link.archive.url.startswith("file:"))


def _read_html(text: str, url: str) -> Iterator[Link | None]:
    """Yield the links of all anchors.

    Tags are matched by a regular expression, because ``html.parser`` takes several times as long, and far longer on
    malformed pages.
    """
    tags = _TAG.findall(_without_comments(text))
    try:
        bases = (_attributes(inside).get("href") for name, inside in tags if name in ("base", "BASE"))
        base = urljoin(url, next(filter(None, bases), ""))
        for name, inside in tags:
            if name in ("a", "A"):
                yield _link(_of_anchor(_attributes(inside)), base)
    except ValueError as error:  # from a base that is not a URL, or a character reference with too many digits
        raise BadInput("the index returned HTML that is not a valid project page") from error


# Matching takes linear time: no character of a name or an unquoted value may also follow it, neither may contain "<",
# so a failed match does not run into the next tags, and a tag has at most 32 attributes.
_TAG = re.compile(
    r"""<(a|A|base|BASE)(?=[\s>])"""
    r"""((?>\s+[^\s"'<>/=]++(?:\s*=\s*(?>"[^"]{0,8192}+"|'[^']{0,8192}+'|[^\s"'<>]++))?){0,32}+)\s*+/?>"""
)
_ATTRIBUTE = re.compile(r"""([^\s"'>/=]++)(?:\s*=\s*(?>"([^"]*)"|'([^']*)'|([^\s"'>]++)))?""")


def _attributes(inside: str) -> dict[str, str]:
    """Return the attributes of a tag; the last one of a name wins."""
    values = {key.lower(): one or other or bare for key, one, other, bare in _ATTRIBUTE.findall(inside)}
    return {key: unescape(value) for key, value in values.items()} if "&" in inside else values


def _without_comments(text: str) -> str:
    kept: list[str] = []
    at = 0
    while (start := text.find("<!--", at)) >= 0:
        kept.append(text[at:start])
        at = text.find("-->", start)
        if at < 0:
            return "".join(kept)
    return "".join([*kept, text[at:]]) if kept else text


def _of_anchor(attributes: dict[str, str]) -> _File:
    href = attributes.get("href") or ""
    fragment = href.partition("#")[2]
    sha256 = next((part[7:] for part in fragment.split("&") if part.startswith("sha256=")), None)
    return _File(
        url=href,
        hashes={"sha256": sha256},
        core_metadata=attributes.get("data-core-metadata", attributes.get("data-dist-info-metadata")),
        yanked="data-yanked" in attributes,
        requires_python=attributes.get("data-requires-python"),
    )


def _read_json(text: str, url: str) -> Iterator[Link | None]:
    try:
        page = decode(text, _Page)
    except ValueError as error:
        raise BadInput("the index returned JSON that is not a valid project page") from error
    return (_link(file, url) for file in page.files)


def _link(file: _File, base: str) -> Link | None:
    """Return the link to a file; None if its URL is none of an archive.

    base: the URL that relative ones start from
    """
    bare = file.url.partition("#")[0].strip()
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
    sha256, size = (file.hashes or {}).get("sha256"), file.size
    offered, metadata_sha256 = _metadata_file(
        file.dist_info_metadata if file.core_metadata is UNSET else file.core_metadata
    )
    archive = Archive(
        filename=filename,
        url=url,
        sha256=sha256.lower() if isinstance(sha256, str) else None,
        size=size if type(size) is int and 0 < size < 1 << 63 else None,
        metadata=offered,
        metadata_sha256=metadata_sha256,
    )
    return Link(archive, bool(file.yanked), file.requires_python or "")


@lru_cache(64)
def _origin(url: str) -> str:
    """Return the scheme and host of a URL."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _metadata_file(value: object) -> tuple[bool, str | None]:
    """Return whether the index offers METADATA as a separate file, and its SHA-256 if given (PEP 658, 691, 714)."""
    if isinstance(value, dict):
        return True, value["sha256"].lower() if isinstance(value.get("sha256"), str) else None
    if isinstance(value, str) and value.startswith("sha256="):
        return True, value[7:].lower()
    return bool(value) and value != "false", None


def version_of(filename: str, name: str) -> str | None:
    """Return the version in a file name; None if it is not an archive of the project ``name``.

    source: the binary and source distribution formats (PEP 427, PEP 625), as ``packaging.utils`` reads them
    """
    if filename.endswith(".whl"):
        parts = filename[:-4].split("-")
        if len(parts) not in (5, 6) or not _WHEEL_NAME.match(parts[0]) or "__" in parts[0]:
            return None
        # A build tag begins with a digit, and no tag is empty.
        if (len(parts) == 6 and not "0" <= parts[2][:1] <= "9") or not all(parts[-3:]):
            return None
        project, version = parts[0], parts[1]
    else:
        stem = filename.removesuffix(".tar.gz")
        stem = filename.removesuffix(".zip") if stem == filename else stem
        project, dash, version = stem.rpartition("-")
        if stem == filename or not dash:
            return None
    return _normalized_version(version) if _normalized(project) == normalize(name) else None


_WHEEL_NAME = re.compile(r"[\w\d._]*\Z")
_normalized = lru_cache(1024)(normalize)


@lru_cache(1 << 14)
def _normalized_version(text: str) -> str | None:
    """Return a version as PEP 440 normalizes it, or None if it is invalid.

    It is cached because one version often has twenty archives.
    """
    from packaging.version import InvalidVersion, Version

    try:
        return str(Version(text))
    except InvalidVersion:
        return None
