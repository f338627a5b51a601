"""pip's installation report → Lock.

source: https://pip.pypa.io/en/stable/reference/installation-report/
"""

from __future__ import annotations

from urllib.parse import unquote, urlsplit

from msgspec import Struct

from deadweight.errors import BadInput
from deadweight.formats.distributions.metadata import normalize
from deadweight.formats.typed_json import decode
from deadweight.model import Archive, Lock, Pinned


class _ArchiveInfo(Struct, frozen=True):
    hashes: dict[str, str] | None = None


class _DownloadInfo(Struct, frozen=True):
    """``archive_info`` is missing for a directory or a repository (PEP 610)."""

    url: str
    archive_info: _ArchiveInfo | None = None


class _Metadata(Struct, frozen=True):
    name: str
    version: str


class _Item(Struct, frozen=True):
    download_info: _DownloadInfo
    metadata: _Metadata
    is_direct: bool = False


class _Report(Struct, frozen=True):
    install: tuple[_Item, ...]


def read_report(data: bytes) -> Lock:
    """Return what pip would install; raises BadInput if it is not a report."""
    try:
        report = decode(data, _Report)
    except ValueError as error:
        raise BadInput("cannot read pip's installation report", hint="update pip to 23.0 or later") from error
    return Lock(packages=tuple(sorted(map(_package, report.install), key=lambda package: package.name)))


def _package(item: _Item) -> Pinned:
    info = item.download_info
    name, version = normalize(item.metadata.name), item.metadata.version
    origin = info.url if item.is_direct else ""
    if info.archive_info is None:
        return Pinned(name=name, version=version, location=info.url, origin=origin)
    filename = unquote(urlsplit(info.url).path).rpartition("/")[2]
    archive = Archive(filename=filename, url=info.url, sha256=(info.archive_info.hashes or {}).get("sha256"))
    if filename.endswith(".whl"):
        return Pinned(name=name, version=version, wheels=(archive,), origin=origin)
    return Pinned(name=name, version=version, sdist=archive, origin=origin)
