"""The headers of a tar archive → its entries, in order; contents are skipped, or read where the caller asks.

source: POSIX.1-2017, pax (ustar and pax headers); GNU tar's manual (long names, sparse files, numbers in base 256)
"""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from typing import Literal, NamedTuple, Protocol

from deadweight.model import Linking

BLOCK = 512
_LONGEST_NAME = 1 << 12  # of a long name or a pax header's path; Linux opens no longer ones
_LARGEST_PAX = 1 << 20
_LARGEST = 1 << 60  # bytes of a member; what could not be counted could not be passed over
_MOST_EXTENSIONS = 1 << 12  # blocks of a sparse file's map
_KINDS: dict[bytes, Literal["file", "link", "symlink", "folder", "other"]] = {
    b"0": "file", b"\0": "file", b"7": "file", b"S": "file", b"1": "link", b"2": "symlink", b"5": "folder",
}  # fmt: skip

Kind = Literal["file", "link", "symlink", "folder", "other"]


class TarEntry(NamedTuple):
    """One member.

    path:   as it stands, without "./" in front and "/" behind; undecodable bytes become surrogates
    size:   of the file when it is unpacked; 0 for what is none
    stored: bytes that follow its header
    target: of a link
    start:  its first bytes, or all of them, as far as whoever went through the archive kept them
    code:   tells what native code needs, where whoever went through the archive found some
    packed: whether ``start`` is compressed (zlib), as long texts are
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
        """Return its first bytes, as far as they were kept."""
        return zlib.decompress(self.start) if self.packed else self.start

    @property
    def apparent(self) -> int:
        """Return its bytes as lstat would; of a symlink, its target's."""
        return len(self.target.encode("utf-8", "surrogateescape")) if self.kind == "symlink" else self.size


class Malformed(ValueError):
    """Bytes that are no tar archive."""


class Blocks(Protocol):
    """The archive's bytes, from the front to the back."""

    def read(self, length: int) -> bytes:
        """Return the next bytes; fewer only at the end."""

    def skip(self, length: int) -> int:
        """Pass over bytes; return how many there were."""


def entries(blocks: Blocks) -> Iterator[TarEntry]:
    """Yield the members; after each, its ``stored`` bytes come next in ``blocks``, and the caller moves past them.

    The caller passes over them by ``pass_over``, or reads some before.
    raises: Malformed
    """
    local: dict[str, str] = {}
    always: dict[str, str] = {}
    while True:
        header = blocks.read(BLOCK)
        if len(header) < BLOCK or header[0] == 0 == header[BLOCK - 1]:
            if not header.strip(b"\0"):
                return  # the end, or the padding that some leave out
            if len(header) < BLOCK:
                raise Malformed("it was cut short")
        kind = header[156:157]
        extend = _EXTENDED.get(kind)
        if extend is not None:
            extend(header, blocks, always if kind == b"g" else local)
            continue
        yield _entry(header, blocks, {**always, **local} if always or local else _NOTHING)
        if local:
            local = {}


_NOTHING: dict[str, str] = {}
_MATTERING = (b" path=", b" linkpath=", b" size=", b" GNU.sparse.")
_KEYS = {
    key.encode(): key
    for key in ("path", "linkpath", "size", "GNU.sparse.realsize", "GNU.sparse.size", "GNU.sparse.name")
}


def padded(stored: int) -> int:
    """Return how many bytes a member takes in the archive, without its header."""
    return -(-stored // BLOCK) * BLOCK


def pass_over(blocks: Blocks, stored: int, read: int = 0) -> None:
    """Move past a member of which so many bytes were read; raises Malformed where some of it is not there."""
    if blocks.skip(padded(stored) - read) < stored - read:  # what fills its last block may be left out
        raise Malformed("it was cut short")


def _entry(header: bytes, blocks: Blocks, more: dict[str, str]) -> TarEntry:
    magic, flag = header[257:263], header[156:157]
    if not _checks(header):
        raise Malformed("a header in it does not check")
    name = header[:100].split(b"\0", 1)[0]
    if magic == b"ustar\0" and header[345]:
        name = header[345:500].split(b"\0", 1)[0] + b"/" + name
    size = _number(header[124:136])
    kind: Kind = _KINDS.get(flag, "other")
    stored = size if kind == "file" or flag not in b"123456" else 0
    if flag == b"S":
        size = _sparse_size(header, blocks)
    path, target = name.decode("utf-8", "surrogateescape"), ""
    if kind == "file" and path.endswith("/") and flag == b"\0":
        kind = "folder"
    if kind in ("link", "symlink"):
        target = header[157:257].split(b"\0", 1)[0].decode("utf-8", "surrogateescape")
    if more:
        path, target = more.get("path", path), more.get("linkpath", target)
        if "size" in more and kind == "file":
            size = stored = _decimal(more["size"])
        if kind == "file":
            # GNU tar's formats 0.0 and 0.1 call the size of the file "size", 1.0 calls it "realsize".
            real = more.get("GNU.sparse.realsize") or more.get("GNU.sparse.size")
            size = _decimal(real) if real else size
        path = more.get("GNU.sparse.name", path)
    if size > _LARGEST or stored > _LARGEST:
        raise Malformed("a file in it is larger than any disk")
    return TarEntry(_clean(path), kind, size if kind == "file" else 0, stored, target)


def _clean(path: str) -> str:
    if path[:1] != "." and path[-1:] != "/":
        return path
    while path.startswith("./"):
        path = path[2:].lstrip("/")
    return path.rstrip("/") if path != "." else ""


def _number(field: bytes) -> int:
    """Return a number: octal digits, or behind a byte of 0x80, in base 256 (GNU)."""
    if field[0] == 0x80:
        return int.from_bytes(field[1:], "big")
    digits = field.rstrip(b" \0").lstrip(b" ")
    if not digits:
        return 0
    try:
        if digits.isdigit():
            return int(digits, 8)
    except ValueError:
        pass
    raise Malformed("a header in it has a number that is none")


def _decimal(text: str) -> int:
    if not text.isdecimal() or len(text) > 19:
        raise Malformed("a pax header in it has a size that is none")
    return int(text)


_EVEN = int.from_bytes(b"\xff\0" * 256, "little")


def _checks(header: bytes) -> bool:
    """Say whether a header's bytes sum to what it says, its sum's own eight counted as spaces.

    Summed as one number of 256 digits, each of two bytes, at a sixth of the time: all digits are added by a division.
    """
    whole = int.from_bytes(header[:148] + b"        " + header[156:], "little")
    told = _number(header[148:156])
    if ((whole & _EVEN) + (whole >> 8 & _EVEN)) % 0xFFFF == told % 0xFFFF:
        return True
    # Some old programs added them as signed numbers.
    return sum(byte - 256 if byte > 127 else byte for byte in header) - _signed(header[148:156]) + 256 == told


def _signed(field: bytes) -> int:
    return sum(byte - 256 if byte > 127 else byte for byte in field)


def _sparse_size(header: bytes, blocks: Blocks) -> int:
    """Return a sparse file's size, and pass over the blocks that go on with its map."""
    size = _number(header[483:495])
    extended, count = header[482], 0
    while extended:
        block = blocks.read(BLOCK)
        count += 1
        if len(block) < BLOCK or count > _MOST_EXTENSIONS:
            raise Malformed("the map of a sparse file in it does not end")
        extended = block[504]
    return size


def _content(header: bytes, blocks: Blocks, limit: int) -> bytes:
    length = _number(header[124:136])
    if length > limit:
        raise Malformed(f"a header in it has {length:,} bytes")
    data = blocks.read(length)
    blocks.skip(padded(length) - length)
    if len(data) < length:
        raise Malformed("it was cut short")
    return data


def _long_name(header: bytes, blocks: Blocks, more: dict[str, str]) -> None:
    key = "path" if header[156:157] == b"L" else "linkpath"
    more[key] = _content(header, blocks, _LONGEST_NAME).split(b"\0", 1)[0].decode("utf-8", "surrogateescape")


def _pax(header: bytes, blocks: Blocks, more: dict[str, str]) -> None:
    """Read records ``LENGTH KEY=VALUE`` and a line end."""
    data = _content(header, blocks, _LARGEST_PAX)
    if not any(key in data for key in _MATTERING):
        return  # times and owners: nearly every file has them, and nobody asks
    at = 0
    while at < len(data) and data[at]:
        space = data.find(b" ", at, at + 20)
        length = int(data[at:space]) if data[at:space].isdigit() else 0
        # Without a blank, ``space`` is -1, and a length of 0 would not move on.
        if space < 0 or length <= space - at or at + length > len(data):
            raise Malformed("a pax header in it does not add up")
        key, equals, value = data[space + 1 : at + length - 1].partition(b"=")
        if equals and key in _KEYS:
            if len(value) > _LONGEST_NAME:
                raise Malformed(f"a pax header in it has a name of {len(value):,} bytes")
            more[_KEYS[key]] = value.decode("utf-8", "surrogateescape")
        at += length


_EXTENDED: dict[bytes, Callable[[bytes, Blocks, dict[str, str]], None]] = {
    b"x": _pax, b"X": _pax, b"g": _pax, b"L": _long_name, b"K": _long_name,
}  # fmt: skip
