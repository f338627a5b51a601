"""The bytes of a wheel, wherever they lie → what it holds; of a wheel on a server only its last bytes are fetched."""

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
from deadweight.formats.distributions.wheel import Contents, Item, info_folder, same_name

if TYPE_CHECKING:
    from deadweight.sources.net.http import Client

FIRST_BYTES = 40_000  # of a wheel's end: they hold all that is needed of most wheels
LARGEST_TEXT = 1 << 20
_HEADERS = 1 << 18
_LARGEST_SCRIPT = 1 << 16  # larger files in ``.data/scripts`` are programs
_MOST_SCRIPTS = 100
_NO_SCRIPTS = (".bat", ".cmd", ".ps1", ".sh", ".exe", ".dll", ".so", ".dylib")


class Place(Protocol):
    """Bytes of one archive, read where they are needed."""

    size: int

    def holds(self, span: range) -> bool:
        """Say whether these bytes are here already."""

    def read(self, span: range) -> bytes:
        """Return these bytes."""


class Remote:
    """An archive on a server, whose last bytes are here."""

    def __init__(self, client: Client, url: str, tail: bytes, start: int, size: int) -> None:
        self._client, self._url, self._tail, self._start, self.size = client, url, tail, start, size

    def holds(self, span: range) -> bool:
        return span.start >= self._start

    def read(self, span: range) -> bytes:
        if span.start < self._start:
            # What lies from there up to the bytes that are here is fetched with it, where that is little.
            upto = self._start if span.stop > self._start or self._start - span.stop < FIRST_BYTES else span.stop
            from deadweight.sources.net.files import fetch_span

            got = fetch_span(self._client, self._url, range(span.start, upto), self.size)
            if upto < self._start:
                return got
            self._tail, self._start = got + self._tail, span.start
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


def of_wheel(filename: str, place: Place, beside: Callable[[], bytes | None] = lambda: None) -> Contents:
    """Return what a wheel holds.

    beside: gives METADATA from beside the wheel, None where there is none; asked only where the wheel's lies far off
    """
    members = members_of(filename, place)
    info = info_folder((member.path for member in members), filename)
    by_path = {member.path: member for member in members}
    described = by_path.get(f"{info}/METADATA")
    if described is None:
        raise MalformedArchive(filename, "no METADATA in its .dist-info folder")
    metadata = None if place.holds(member_span(described, place.size)) else beside()
    # The wheel's own directory tells whether that is the METADATA which an installer would write.
    if metadata is None or (len(metadata), zlib.crc32(metadata)) != (described.size, described.crc):
        metadata = text_of(filename, place, described, _HEADERS)
    check_name(filename, metadata)
    _check_wheel_version(filename, place, by_path.get(f"{info}/WHEEL"))
    texts = {name: by_path.get(f"{info}/{name}") for name in ("entry_points.txt", "top_level.txt")}
    read = {name: text_of(filename, place, member, LARGEST_TEXT) for name, member in texts.items() if member}
    return Contents(
        items=tuple(Item(m.path, m.size, bool(m.mode & 0o111)) for m in members),
        metadata=head_of(metadata),
        entry_points=read.get("entry_points.txt", b""),
        top_level=read.get("top_level.txt", b""),
        first_lines=dict(_first_lines(filename, place, members, f"{info.removesuffix('.dist-info')}.data/scripts/")),
        size=place.size,
    )


def _check_wheel_version(filename: str, place: Place, wheel: Member | None) -> None:
    """Refuse a wheel of a later format where that can be told without a request; raises MalformedArchive."""
    if wheel is None or not place.holds(member_span(wheel, place.size)):
        return
    text = text_of(filename, place, wheel, _HEADERS).decode("utf-8", "replace")
    version = re.search(r"^Wheel-Version:\s*(\d+)", text, re.MULTILINE)
    if version and version[1] != "1":
        raise MalformedArchive(filename, f"a wheel of format {version[1][:20]}, which installers do not know")


def _first_lines(filename: str, place: Place, members: Iterable[Member], folder: str) -> Iterator[tuple[str, int]]:
    """Yield (path, bytes of the first line) of the scripts that begin with "#!python" (PEP 427)."""
    scripts = [
        member
        for member in members
        if member.path.startswith(folder)
        and len(b"#!python") <= member.size <= _LARGEST_SCRIPT
        and not member.path.endswith(_NO_SCRIPTS)
    ]
    # From the back, so that each request brings what is between a script and the bytes that are here.
    for member in sorted(scripts[:_MOST_SCRIPTS], key=lambda member: -member.offset):
        text = text_of(filename, place, member, _LARGEST_SCRIPT)
        if text.startswith(b"#!python"):
            yield member.path, len(text.splitlines(keepends=True)[0])


def check_name(filename: str, metadata: bytes) -> None:
    """Refuse METADATA of another project than the file name tells; raises MalformedArchive."""
    names = headers(metadata).get("name", [""])
    if not same_name(filename, names[0]):
        raise MalformedArchive(filename, f"its METADATA names {names[0][:80] or 'nothing'}")


def members_of(filename: str, place: Place) -> tuple[Member, ...]:
    """Return the members; the end record is looked for farther from the end only where a comment follows it."""
    size = place.size
    try:
        directory = directory_span(place.read(range(max(0, size - FIRST_BYTES), size)), size, filename=filename)
    except MalformedArchive:
        if size <= FIRST_BYTES:
            raise
        directory = directory_span(place.read(range(max(0, size - TAIL_BYTES), size)), size, filename=filename)
    return read_directory(place.read(directory.span), directory, size, filename=filename)


def text_of(filename: str, place: Place, member: Member, limit: int) -> bytes:
    """Return the contents of a member; raises MalformedArchive for more than ``limit`` bytes."""
    span = member_span(member, place.size)
    try:
        return read_member(place.read(span), member, limit=limit, filename=filename)
    except MoreBytes as more:
        longer = range(span.start, min(place.size, span.start + more.needed))
        return read_member(place.read(longer), member, limit=limit, filename=filename, last=True)
