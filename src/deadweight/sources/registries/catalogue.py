"""A pattern for images of a registry → the images: ``HOST/team/*:prod-*``.

source: OCI distribution-spec, "Listing Tags"; docs.docker.com/registry/spec/api, "Catalog" and "Pagination"
"""

from __future__ import annotations

import contextlib
import json
import re
from collections.abc import Callable, Collection, Iterator
from fnmatch import fnmatchcase
from typing import Any

from packaging.version import InvalidVersion, Version

from deadweight.errors import BadInput, FetchFailed
from deadweight.formats.images.image_reference import Reference, parse_reference
from deadweight.sources.net.failures import Refused
from deadweight.sources.registries.repository import Repository
from deadweight.sources.registries.trust import opened_registry

_LARGEST_PAGE = 1 << 24
_PAGE = 1000  # names to ask for at once; a registry may send fewer
_MOST_PAGES = 10_000
_NEXT = re.compile(r'<([^>]*)>\s*;\s*rel="?next"?')
_SIGNATURE = re.compile(r"sha256-[0-9a-f]{64}(?:\.\w+)?\Z")  # what cosign stores beside an image
_WILD = "*?["
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9._-]{0,127}")  # OCI distribution-spec, "Pulling manifests"
_DEFAULT_TAG = "latest"
_MOST_NAMES = 1_000_000


def is_pattern(reference: str) -> bool:
    """Return whether a reference is a pattern for images."""
    host, slash, rest = reference.removeprefix("//").partition("/")
    return _is_wild(rest if slash else host)  # [ before the slash begins an IPv6 address


def _is_wild(text: str) -> bool:
    return any(char in text for char in _WILD)


def images_of(
    pattern: str, *, newest: int | None, known: Callable[[str], Collection[str]], verify: bool = True
) -> Iterator[str]:
    """Yield the images in a registry that match ``HOST/REPOSITORY[:TAG]``, by name, the newest tags first.

    Registries do not say when a tag was pushed, so "latest" counts as the newest tag, then the highest version.

    newest: how many tags of each repository; None for all
    known:  a repository, as "HOST/NAME" → its tags, for those of many whose tags the registry refuses to list
    raises: BadInput, FetchFailed
    """
    host, slash, rest = pattern.partition("/")
    reference = parse_reference(f"{host}/catalogue")  # refuses credentials
    name, _, tag = rest.partition(":") if ":" in rest.rpartition("/")[2] else (rest, "", "")
    if not slash or any(char in host for char in "*?") or not name:
        raise BadInput(f"registry:{pattern}: not a pattern for images", hint="use registry:HOST/*, or HOST/team/*:TAG")
    with opened_registry(reference, verify=verify) as (client, server):
        listing = _Listing(reference, client, server)
        names = listing.repositories() if _is_wild(name) else iter([name])
        for repository in sorted(each for each in names if fnmatchcase(each, name)):
            try:
                tags = listing.tags(repository, tag or "*")[:newest]
            except FetchFailed as error:
                if not _is_wild(name) or not _is_of_one_repository(error):
                    raise
                # Measuring them records the reason, and the other repositories are listed.
                earlier = known(f"{host}/{repository}")
                tags = sorted((each for each in earlier if _is_chosen(each, tag or "*")), key=_age) or [_DEFAULT_TAG]
            for each in tags:
                yield f"{host}/{repository}:{each}"


def _is_of_one_repository(error: FetchFailed) -> bool:
    """Return whether a registry refused one repository: it is empty, was deleted, or may not be read."""
    return isinstance(error.__cause__, Refused) and error.__cause__.status in (401, 403, 404)


def _is_chosen(tag: str, pattern: str) -> bool:
    return bool(fnmatchcase(tag, pattern) and _TAG.fullmatch(tag) and not _SIGNATURE.match(tag))


class _Listing(Repository):
    """Requests for names of repositories and tags."""

    def repositories(self) -> list[str]:
        return list(self._names("_catalog", "repositories", "catalogue of repositories"))

    def tags(self, repository: str, pattern: str) -> list[str]:
        self._reference = Reference(self._reference.host, repository, "latest")
        self._authorization = ""  # a token is for one repository
        found = set(self._names(f"{repository}/tags/list", "tags", repository))
        return sorted((tag for tag in found if _is_chosen(tag, pattern)), key=_age)

    def _url(self, path: str) -> str:
        return f"{self._base}/v2/{path}"

    def _names(self, path: str, key: str, what: str) -> Iterator[str]:
        """Yield the names on all pages of a list."""
        query, seen, count = f"n={_PAGE}", set[str](), 0
        for _ in range(_MOST_PAGES):
            page = self.get(f"{path}?{query}", what, limit=_LARGEST_PAGE, accept="application/json")
            names = _strings(page.data, key, what)
            count += len(names)
            if count > _MOST_NAMES:
                raise FetchFailed(f"{self._reference.host} lists more than {_MOST_NAMES:,} {key} for {what}")
            yield from names
            link = _NEXT.search(page.headers.get("Link", ""))
            # Only the query is the registry's to choose: credentials go to no other path or server.
            query = link[1].partition("?")[2] if link else ""
            if not query or query in seen:
                return
            seen.add(query)


def _strings(data: bytes, key: str, what: str) -> list[str]:
    answer: Any = None
    with contextlib.suppress(ValueError, RecursionError):
        answer = json.loads(data)
    names = answer.get(key) if isinstance(answer, dict) else None
    if not isinstance(names or [], list):
        raise FetchFailed(f"the registry sent no valid list of {key} for {what}")
    return [name for name in names or () if isinstance(name, str)]


def _age(tag: str) -> tuple[int, Any, str]:
    """Return what sorts the newest tag first: "latest", versions from the highest, others from Z to A."""
    if tag == "latest":
        return 0, 0, tag
    try:
        version = Version(tag)
    except InvalidVersion:
        return 2, _Reversed(_numbered(tag)), tag
    return 1, _Reversed(version), tag


def _numbered(tag: str) -> list[tuple[int, str]]:
    """Return a tag as numbers and texts: prod-10 is after prod-9."""
    return [(int(number or -1), text) for text, number in re.findall(r"(\D*)(\d{0,18})", tag)]


class _Reversed:
    def __init__(self, value: Any) -> None:
        self.value = value

    def __lt__(self, other: _Reversed) -> bool:
        return bool(other.value < self.value)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, _Reversed) and bool(other.value == self.value)

    __hash__ = None  # type: ignore[assignment]
