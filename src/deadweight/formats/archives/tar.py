"""Tar headers → entries, in order. Contents are skipped unless the caller reads them.

source: POSIX.1-2017, pax (ustar and pax headers); GNU tar manual (long names, sparse files, base-256 numbers)
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple, Protocol
from zlib import adler32

from deadweight.model import Linking

BLOCK = 512
_LONGEST_NAME = 1 << 12  # bytes of a long name or a pax path: PATH_MAX on Linux
_LARGEST_PAX = 1 << 20
_LARGEST = 1 << 60  # bytes of a member; a larger number would overflow when skipping
_LARGEST_START = 1 << 27  # bytes of content that is kept; more than any reader keeps
_MOST_EXTENSIONS = 1 << 12  # extension blocks of a sparse file's map
_KINDS: dict[bytes, Literal["file", "link", "symlink", "directory", "other"]] = {
    b"0": "file", b"\0": "file", b"7": "file", b"S": "file", b"1": "link", b"2": "symlink", b"5": "directory",
}  # fmt: skip

Kind = Literal["file", "link", "symlink", "directory", "other"]


class TarEntry(NamedTuple):
    """One member of an archive.

    path:   without a leading "./" or a trailing "/"; undecodable bytes become surrogates
    size:   unpacked size of a file; 0 for anything else
    stored: bytes that follow the header
    target: of a link or symlink
    start:  the first bytes of the content, as far as the reader of the archive kept them
    code:   returns what the file needs from the loader; set only for native code
    packed: whether ``start`` is compressed with zlib, as long texts are
    """

    path: str
    kind: Kind
    size: int
    stored: int
    target: str = ""
    start: bytes = b""
    code: Callable[[], Linking | None] | None = None
    packed: bool = False

    def text(self) -> bytes:
        """Return the first bytes of the content, as far as they were kept; b"" if they are damaged, as in a cache."""
        if not self.packed:
            return self.start
        try:
            return zlib.decompressobj().decompress(self.start, _LARGEST_START)
        except zlib.error:
            return b""

    @property
    def apparent(self) -> int:
        """Return the size that lstat would report; for a symlink, the length of its target."""
        return len(self.target.encode("utf-8", "surrogateescape")) if self.kind == "symlink" else self.size


class Malformed(ValueError):
    """The bytes are not a valid tar archive."""


class Blocks(Protocol):
    """The bytes of an archive, read once from start to end."""

    def read(self, length: int) -> bytes:
        """Return the next bytes; fewer only at the end."""

    def skip(self, length: int) -> int:
        """Skip bytes; return how many were skipped."""


def entries(blocks: Blocks) -> Iterator[TarEntry]:
    """Yield the members.

    After each member, its ``stored`` bytes come next in ``blocks``. The caller may read some of them and must then skip
    the rest with ``pass_over``.
    raises: Malformed
    """
    local: dict[str, str] = {}
    always: dict[str, str] = {}
    while True:
        header = blocks.read(BLOCK)
        if len(header) < BLOCK or header[0] == 0 == header[BLOCK - 1]:
            if not header.strip(b"\0"):
                return  # the end; some tools write fewer zero blocks than POSIX requires, or none
            if len(header) < BLOCK:
                raise Malformed("the archive is truncated")
        kind = header[156:157]
        extend = _EXTENDED.get(kind)
        if extend is not None:
            extend(header, blocks, always if kind == b"g" else local)
            continue
        yield _entry(header, blocks, {**always, **local} if always or local else _NOTHING)
        if local:
            local = {}


_NOTHING: dict[str, str] = {}
_new = tuple.__new__
_RELEVANT = (b" path=", b" linkpath=", b" size=", b" GNU.sparse.")
_KEYS = {
    key.encode(): key
    for key in ("path", "linkpath", "size", "GNU.sparse.realsize", "GNU.sparse.size", "GNU.sparse.name")
}


def padded(stored: int) -> int:
    """Return how many bytes the content of a member takes in the archive, padding included."""
    return stored + -stored % BLOCK


def pass_over(blocks: Blocks, stored: int, read: int = 0) -> None:
    """Skip the rest of a member's content.

    read:   bytes of it that the caller has read already
    raises: Malformed if the archive ends within the content
    """
    if blocks.skip(padded(stored) - read) < stored - read:  # only the padding of the last block may be missing
        raise Malformed("the archive is truncated")


_ADLER = 65521  # RFC 1950: the lower half of an Adler-32 checksum is 1 plus the sum of all bytes, modulo this
_SPACES = 8 * 0x20  # the sum of the checksum field
# Name, size, checksum, kind, magic, and the first byte of the prefix of the name
_FIELDS = struct.Struct("100s24x12s12x8sc100x6s82xB166x")


def _entry(header: bytes, blocks: Blocks, overrides: dict[str, str]) -> TarEntry:
    name, length, checksum, flag, magic, prefix = _FIELDS.unpack(header)
    # The checksum is the sum of all bytes, with its own field counted as spaces. Adler-32 adds bytes in a tenth of the
    # time that Python takes.
    stated = _number(checksum)
    summed = (adler32(header) & 0xFFFF) - (adler32(checksum) & 0xFFFF) + _SPACES
    # Some old tools sum signed bytes.
    if (summed - stated) % _ADLER and _signed_sum(header) - _signed_sum(checksum) + _SPACES != stated:
        raise Malformed("header checksum mismatch")
    name = name.partition(b"\0")[0]
    if prefix and magic == b"ustar\0":
        name = header[345:500].partition(b"\0")[0] + b"/" + name
    size = _number(length)
    kind: Kind = _KINDS.get(flag, "other")
    stored = size if kind == "file" or flag not in b"123456" else 0
    if flag == b"S":
        size = _sparse_size(header, blocks)
    path, target = name.decode("utf-8", "surrogateescape"), ""
    if kind == "file" and path.endswith("/") and flag == b"\0":
        kind = "directory"
    if kind in ("link", "symlink"):
        target = header[157:257].split(b"\0", 1)[0].decode("utf-8", "surrogateescape")
    if overrides:
        path, target = overrides.get("path", path), overrides.get("linkpath", target)
        if "size" in overrides and kind == "file":
            size = stored = _decimal(overrides["size"])
        if kind == "file":
            # GNU tar's formats 0.0 and 0.1 call the size of the file "size", 1.0 calls it "realsize".
            real = overrides.get("GNU.sparse.realsize") or overrides.get("GNU.sparse.size")
            size = _decimal(real) if real else size
        path = overrides.get("GNU.sparse.name", path)
    if size > _LARGEST or stored > _LARGEST:
        raise Malformed("the size of a member is larger than any disk")
    # As TarEntry(…), which takes twice as long
    return _new(TarEntry, (entry_path(path), kind, size if kind == "file" else 0, stored, target, b"", None, False))


def entry_path(path: str) -> str:
    """Return the path of a member without a leading "./" and a trailing "/"."""
    if path[:1] != "." and path[-1:] != "/":
        return path
    while path.startswith("./"):
        path = path[2:].lstrip("/")
    return path.rstrip("/") if path != "." else ""


def _number(field: bytes) -> int:
    """Return a number written as octal digits or, after a byte of 0x80, in base 256 (GNU)."""
    digits = field.rstrip(b" \0").lstrip(b" ")
    if digits.isdigit():
        try:
            return int(digits, 8)
        except ValueError:
            raise Malformed("invalid number in a header") from None
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    if not digits:
        return 0
    raise Malformed("invalid number in a header")


def _decimal(text: str) -> int:
    if not text.isdecimal() or len(text) > 19:
        raise Malformed("invalid size in a pax header")
    return int(text)


def _signed_sum(field: bytes) -> int:
    return sum(byte - 256 if byte > 127 else byte for byte in field)


def _sparse_size(header: bytes, blocks: Blocks) -> int:
    """Return the size of a sparse file, and skip the extension blocks of its map."""
    size = _number(header[483:495])
    extended, count = header[482], 0
    while extended:
        block = blocks.read(BLOCK)
        count += 1
        if len(block) < BLOCK or count > _MOST_EXTENSIONS:
            raise Malformed("the map of a sparse file does not end")
        extended = block[504]
    return size


def _content(header: bytes, blocks: Blocks, limit: int) -> bytes:
    length = _number(header[124:136])
    if length > limit:
        raise Malformed(f"an extended header has {length:,} bytes")
    data = blocks.read(length)
    blocks.skip(padded(length) - length)
    if len(data) < length:
        raise Malformed("the archive is truncated")
    return data


def _long_name(header: bytes, blocks: Blocks, overrides: dict[str, str]) -> None:
    key = "path" if header[156:157] == b"L" else "linkpath"
    overrides[key] = _content(header, blocks, _LONGEST_NAME).split(b"\0", 1)[0].decode("utf-8", "surrogateescape")


def _pax(header: bytes, blocks: Blocks, overrides: dict[str, str]) -> None:
    """Read the records of a pax header, each ``LENGTH KEY=VALUE`` and a line feed."""
    data = _content(header, blocks, _LARGEST_PAX)
    if not any(key in data for key in _RELEVANT):
        return  # only times and owners, which nearly every file has and nothing here reads
    at = 0
    while at < len(data) and data[at]:
        space = data.find(b" ", at, at + 20)
        length = int(data[at:space]) if data[at:space].isdigit() else 0
        # Without a space, ``space`` is -1. A length of 0 would loop forever.
        if space < 0 or length <= space - at or at + length > len(data):
            raise Malformed("invalid record in a pax header")
        key, equals, value = data[space + 1 : at + length - 1].partition(b"=")
        if equals and key in _KEYS:
            if len(value) > _LONGEST_NAME:
                raise Malformed(f"a path in a pax header has {len(value):,} bytes")
            if b"\0" in value:
                raise Malformed("a path in a pax header contains a null byte")  # engines refuse it too
            overrides[_KEYS[key]] = value.decode("utf-8", "surrogateescape")
        at += length


_EXTENDED: dict[bytes, Callable[[bytes, Blocks, dict[str, str]], None]] = {
    b"x": _pax, b"X": _pax, b"g": _pax, b"L": _long_name, b"K": _long_name,
}  # fmt: skip
