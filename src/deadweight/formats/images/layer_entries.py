"""The entries of a layer → bytes and back, for other processes and for the cache.

One value holds a field of all entries, since a list of 100,000 small values takes ten times as long to read.
"""

from __future__ import annotations

import sys
from array import array
from collections.abc import Iterable
from functools import partial
from itertools import accumulate, pairwise

import msgspec
from msgspec import Struct

from deadweight.formats.archives.tar import Kind, TarEntry
from deadweight.model import Linking

VERSION = f"2-{sys.byteorder}"  # of this format, and of which content of files is kept
_KINDS: tuple[Kind, ...] = ("file", "link", "symlink", "directory", "other")
_CODES = {kind: code for code, kind in enumerate(_KINDS)}
_LINKS = bytes((_CODES["link"], _CODES["symlink"]))
_LARGEST = 1 << 60


class _Columns(Struct, frozen=True, array_like=True, kw_only=True):
    """The fields of the entries.

    paths:   joined by null bytes, which no path contains
    kinds:   one byte for each entry
    sizes:   eight bytes for each entry
    targets: of links and symlinks, joined by null bytes
    kept:    numbers of the entries whose start is kept
    lengths: of these starts
    starts:  one after the other
    packed:  numbers of the entries whose start is compressed
    code:    (number, what the loader is told) of native code; None if it is malformed
    """

    paths: bytes
    kinds: bytes
    sizes: bytes
    targets: bytes
    kept: list[int]
    lengths: list[int]
    starts: bytes
    packed: list[int]
    code: list[tuple[int, Linking | None]]


def encoded(entries: Iterable[TarEntry]) -> bytes:
    """Return the entries as bytes, with the libraries that native code needs."""
    paths: list[str] = []
    kinds, sizes = bytearray(), array("q")
    targets: list[str] = []
    starts: dict[int, bytes] = {}
    packed: list[int] = []
    code: list[tuple[int, Linking | None]] = []
    for number, (path, kind, size, _, target, start, linking, is_packed) in enumerate(entries):
        paths.append(path)
        kinds.append(_CODES[kind])
        sizes.append(size)
        if kind in ("link", "symlink"):
            targets.append(target)
        if start:
            starts[number] = start
        if is_packed:
            packed.append(number)
        if linking is not None:
            code.append((number, linking()))
    columns = _Columns(
        paths=_joined(paths), kinds=bytes(kinds), sizes=sizes.tobytes(), targets=_joined(targets),
        kept=list(starts), lengths=list(map(len, starts.values())), starts=b"".join(starts.values()), packed=packed,
        code=code,
    )  # fmt: skip
    return msgspec.msgpack.encode(columns)


def decoded(data: bytes | bytearray) -> list[TarEntry]:
    """Return what ``encoded`` wrote; raises ValueError for anything else."""
    try:
        columns = msgspec.msgpack.decode(data, type=_Columns)
        return _entries(columns)
    except (msgspec.MsgspecError, IndexError) as error:
        raise ValueError(str(error)) from error


def _entries(columns: _Columns) -> list[TarEntry]:
    count = len(columns.kinds)
    sizes = array("q")
    sizes.frombytes(columns.sizes)
    if len(sizes) != count or (sizes and not 0 <= min(sizes) <= max(sizes) <= _LARGEST):
        raise ValueError("invalid sizes")
    paths = _split(columns.paths, count)
    entries = list(map(TarEntry, paths, map(_KINDS.__getitem__, columns.kinds), sizes, sizes))
    links = [number for number, kind in enumerate(columns.kinds) if kind in _LINKS]
    for number, target in zip(links, _split(columns.targets, len(links)), strict=True):
        entries[number] = entries[number]._replace(target=target)
    for number, (start, stop) in zip(columns.kept, pairwise(accumulate(columns.lengths, initial=0)), strict=True):
        entries[number] = entries[number]._replace(start=columns.starts[start:stop])
    for number in columns.packed:
        entries[number] = entries[number]._replace(packed=True)
    for number, linking in columns.code:
        entries[number] = entries[number]._replace(code=partial(_known, linking))
    return entries


def _known(linking: Linking | None) -> Linking | None:
    return linking


def _joined(texts: list[str]) -> bytes:
    return "\0".join(texts).encode("utf-8", "surrogateescape")


def _split(data: bytes, count: int) -> list[str]:
    texts = data.decode("utf-8", "surrogateescape").split("\0") if count else []
    if len(texts) != count:
        raise ValueError("not as many texts as entries")
    return texts
