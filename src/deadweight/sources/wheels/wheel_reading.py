"""The bytes of a wheel, in a file or on a server → its contents."""

from __future__ import annotations

import os
import re
import zlib
from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, BinaryIO, Protocol

from deadweight.errors import MalformedArchive
from deadweight.formats.archives.zip_directory import (
    TAIL_BYTES,
    Member,
    MoreBytes,
    directory_span,
    member_span,
    read_directory,
    read_member,
)
from deadweight.formats.distributions.metadata import head_of, headers
from deadweight.formats.distributions.wheel import Contents, Item, info_directory, same_name

if TYPE_CHECKING:
    from deadweight.sources.net.http import Client

FIRST_BYTES = 40_000  # of the end of a wheel, in the first request; enough for most wheels
LARGEST_TEXT = 1 << 20
_HEADERS = 1 << 18
_LARGEST_SCRIPT = 1 << 16  # larger files in ``.data/scripts`` are programs
_MOST_SCRIPTS = 100
_NO_SCRIPTS = (".bat", ".cmd", ".ps1", ".sh", ".exe", ".dll", ".so", ".dylib")


class ArchiveBytes(Protocol):
    """Random access to the bytes of one archive."""

    size: int

    def holds(self, span: range) -> bool:
        """Return whether these bytes can be read without a request."""

    def read(self, span: range) -> bytes:
        """Return these bytes."""


class Remote:
    """An archive on a server, whose last bytes were fetched."""

    def __init__(self, client: Client, url: str, tail: bytes, start: int, size: int) -> None:
        self._client, self._url, self._tail, self._start, self.size = client, url, tail, start, size

    def holds(self, span: range) -> bool:
        return span.start >= self._start

    def read(self, span: range) -> bytes:
        if span.start < self._start:
            # Also fetch the bytes up to those that are held, if they are few.
            upto = self._start if span.stop > self._start or self._start - span.stop < FIRST_BYTES else span.stop
            from deadweight.sources.net.files import fetch_span

            data = fetch_span(self._client, self._url, range(span.start, upto), self.size)
            if upto < self._start:
                return data
            self._tail, self._start = data + self._tail, span.start
        return self._tail[span.start - self._start : span.stop - self._start]


class File:
    """An archive in a file."""

    def __init__(self, file: BinaryIO) -> None:
        self._file, self.size = file, file.seek(0, os.SEEK_END)

    def holds(self, span: range) -> bool:
        return True

    def read(self, span: range) -> bytes:
        self._file.seek(span.start)
        return self._file.read(len(span))


def of_wheel(filename: str, archive: ArchiveBytes, beside: Callable[[], bytes | None] = lambda: None) -> Contents:
    """Return the contents of a wheel.

    beside: returns METADATA from the file beside the wheel (PEP 658), None if the index has none; called only if the
            METADATA in the wheel would need another request
    """
    members = members_of(filename, archive)
    info = info_directory((member.path for member in members), filename)
    by_path = {member.path: member for member in members}
    described = by_path.get(f"{info}/METADATA")
    if described is None:
        raise MalformedArchive(filename, "no METADATA in its .dist-info directory")
    metadata = None if archive.holds(member_span(described, archive.size)) else beside()
    # By size and CRC in the wheel's directory: is it the METADATA that an installer would write?
    if metadata is None or (len(metadata), zlib.crc32(metadata)) != (described.size, described.crc):
        metadata = text_of(filename, archive, described, _HEADERS)
    check_name(filename, metadata)
    _check_wheel_version(filename, archive, by_path.get(f"{info}/WHEEL"))
    texts = {name: by_path.get(f"{info}/{name}") for name in ("entry_points.txt", "top_level.txt")}
    read = {name: text_of(filename, archive, member, LARGEST_TEXT) for name, member in texts.items() if member}
    return Contents(
        items=tuple(Item(m.path, m.size, bool(m.mode & 0o111)) for m in members),
        metadata=head_of(metadata),
        entry_points=read.get("entry_points.txt", b""),
        top_level=read.get("top_level.txt", b""),
        first_lines=dict(_first_lines(filename, archive, members, f"{info.removesuffix('.dist-info')}.data/scripts/")),
        size=archive.size,
    )


def _check_wheel_version(filename: str, archive: ArchiveBytes, wheel: Member | None) -> None:
    """Check the format version of a wheel if that takes no request; raises MalformedArchive."""
    if wheel is None or not archive.holds(member_span(wheel, archive.size)):
        return
    text = text_of(filename, archive, wheel, _HEADERS).decode("utf-8", "replace")
    version = re.search(r"^Wheel-Version:\s*(\d+)", text, re.MULTILINE)
    if version and version[1] != "1":
        raise MalformedArchive(filename, f"unsupported Wheel-Version {version[1][:20]}")


def _first_lines(
    filename: str, archive: ArchiveBytes, members: Iterable[Member], directory: str
) -> Iterator[tuple[str, int]]:
    """Yield (path, bytes of the first line) of the scripts that start with "#!python" (PEP 427)."""
    scripts = [
        member
        for member in members
        if member.path.startswith(directory)
        and len(b"#!python") <= member.size <= _LARGEST_SCRIPT
        and not member.path.endswith(_NO_SCRIPTS)
    ]
    # From the back, so that each request also fetches the bytes up to those that are held.
    for member in sorted(scripts[:_MOST_SCRIPTS], key=lambda member: -member.offset):
        text = text_of(filename, archive, member, _LARGEST_SCRIPT)
        if text.startswith(b"#!python"):
            yield member.path, len(text.splitlines(keepends=True)[0])


def check_name(filename: str, metadata: bytes) -> None:
    """Compare the project in METADATA to the file name; raises MalformedArchive."""
    names = headers(metadata).get("name", [""])
    if not same_name(filename, names[0]):
        raise MalformedArchive(filename, f"its METADATA is for {names[0][:80] or 'no project'}")


def members_of(filename: str, archive: ArchiveBytes) -> tuple[Member, ...]:
    """Return the members; search further for the end record only if a comment may follow it."""
    size = archive.size
    try:
        directory = directory_span(archive.read(range(max(0, size - FIRST_BYTES), size)), size, filename=filename)
    except MalformedArchive:
        if size <= FIRST_BYTES:
            raise
        directory = directory_span(archive.read(range(max(0, size - TAIL_BYTES), size)), size, filename=filename)
    return read_directory(archive.read(directory.span), directory, size, filename=filename)


def text_of(filename: str, archive: ArchiveBytes, member: Member, limit: int) -> bytes:
    """Return the content of a member; raises MalformedArchive if it has more than ``limit`` bytes."""
    span = member_span(member, archive.size)
    try:
        return read_member(archive.read(span), member, limit=limit, filename=filename)
    except MoreBytes as more:
        longer = range(span.start, min(archive.size, span.start + more.needed))
        return read_member(archive.read(longer), member, limit=limit, filename=filename, last=True)
