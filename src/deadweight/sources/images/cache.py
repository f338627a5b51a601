"""The cache of what layers hold. The key is the digest of the layer, so an entry never expires.

A layer has two digests: of the archive that registries and archives of images hold, compressed or not, and of the
uncompressed archive, its diff_id, which engines know. An entry is found by each that was checked while the layer was
read.

What a layer with many files or much metadata holds is stored in several pieces, each small enough for any storage. The
first one says how many there are.
"""

from __future__ import annotations

import contextlib
import hashlib
import re
import zlib
from collections.abc import Iterable, Iterator, Sequence

from deadweight.formats.archives.tar import TarEntry
from deadweight.formats.images.layer_entries import VERSION, encoded
from deadweight.sources.images.layers import MOST_MEMORY, Room, entries_of
from deadweight.sources.wheels.store import NoStore, Store, key_of

_SEAL = 32  # bytes
_LAYER, _PIECE, _ALIAS, _DOCUMENT, _NOTE = "layer", "piece", "alias", "document", "note"
_DIGEST = re.compile(r"sha256:([0-9a-f]{64})\Z")
_KEY = re.compile(r"[0-9a-f]{64}\Z")
_PIECE_BYTES = 1 << 24  # before compression; a layer of 100,000 files has 14 million
_MOST_PIECES = MOST_MEMORY // _PIECE_BYTES + 1  # whatever can be read can be stored
_LARGEST_DOCUMENT = 1 << 20


class LayerCache:
    """The entries of layers with notes on them, and documents of images, in a store that other modules share.

    keeps:      whether it stores anything
    reads_once: whether a layer that it has is never read again, not even to compare it with its digest
    """

    def __init__(self, store: Store | None = None) -> None:
        self._store = store or NoStore()
        self.keeps, self.reads_once = not isinstance(self._store, NoStore), self._store.reads_once

    def find(self, digests: Sequence[str], room: Room) -> list[TarEntry] | None:
        """Return the entries of a layer by the first of its digests that is known.

        Whatever is not as it was written is as if it were not there, and will be replaced.
        raises: TooMuch
        """
        for pieces in self._layers(digests):
            with contextlib.suppress(ValueError, zlib.error):
                return entries_of(_unpacked(pieces), room)
        return None

    def has(self, digests: Sequence[str]) -> bool:
        """Return whether ``find`` would find a layer, without decoding its entries."""
        return any(True for _ in self._layers(digests))

    def put(self, digests: Sequence[str], entries: bytes) -> None:
        """Store the encoded entries of a layer by its digests, which must match the bytes that were read."""
        keys = list(filter(None, map(_key, digests)))
        if not keys or not self.keeps:
            return
        view = memoryview(entries)
        starts = range(0, len(entries), _PIECE_BYTES) or range(1)
        pieces = [zlib.compress(view[start : start + _PIECE_BYTES], 1) for start in starts]
        if sum(map(len, pieces)) > self._store.largest or len(pieces) > _MOST_PIECES:
            return
        for number, piece in enumerate(pieces[1:], 1):
            self._put(_PIECE, _numbered(keys[0], number), piece)
        # The first piece comes last: where it is, the others are.
        self._put(_LAYER, keys[0], bytes((len(pieces),)) + pieces[0])
        for other in dict.fromkeys(keys[1:]):
            self._put(_ALIAS, other, keys[0].encode())

    def recorded(self, digests: Sequence[str], entries: Iterable[TarEntry]) -> Iterator[TarEntry]:
        """Yield the entries of a layer; after the last one, store them by its digests, which were checked by then."""
        found: list[TarEntry] = []
        for entry in entries:
            found.append(entry)
            yield entry
        self.put(digests, encoded(found))

    def document(self, digest: str) -> bytes | None:
        """Return a document by its digest."""
        key = _key(digest)
        data = self._store.get(_DOCUMENT, key) if key else None
        return data if data is not None and hashlib.sha256(data).hexdigest() == key else None

    def put_document(self, data: bytes) -> None:
        """Store a document by its digest."""
        if len(data) <= _LARGEST_DOCUMENT:
            self._store.put(_DOCUMENT, hashlib.sha256(data).hexdigest(), data)

    def note(self, digest: str) -> str:
        """Return the note for a digest, "" for none."""
        key = _key(digest)
        return (self._get(_NOTE, key) or b"").decode("utf-8", "replace") if key else ""

    def put_note(self, digest: str, text: str) -> None:
        """Store a note for a digest: what is not in the entries of a layer, and must be said each time."""
        key = _key(digest)
        if key and self.keeps:
            self._put(_NOTE, key, text.encode("utf-8", "replace"))

    def _layers(self, digests: Sequence[str]) -> Iterator[list[bytes]]:
        """Yield the pieces of the encoded entries that the digests lead to."""
        for key in filter(None, map(_key, digests)):
            alias = (self._get(_ALIAS, key) or b"").decode("ascii", "replace")
            # What an alias leads to may have been removed, and the layer read again under its other digest.
            for name in (alias, key):
                if _KEY.match(name) and (pieces := self._pieces(name)) is not None:
                    yield pieces

    def _pieces(self, key: str) -> list[bytes] | None:
        first = self._get(_LAYER, key)
        if not first:
            return None
        others = [self._get(_PIECE, _numbered(key, number)) for number in range(1, min(first[0], _MOST_PIECES))]
        found = [first[1:], *(piece for piece in others if piece is not None)]
        return found if len(found) == first[0] else None

    def _get(self, kind: str, key: str) -> bytes | None:
        data = self._store.get(kind, key)
        if data is None or data[:_SEAL] != _seal(kind, key, data[_SEAL:]):
            return None
        return data[_SEAL:]

    def _put(self, kind: str, key: str, data: bytes) -> None:
        self._store.put(kind, key, _seal(kind, key, data) + data)


def _unpacked(pieces: Iterable[bytes]) -> bytearray:
    """Return the encoded entries; raises zlib.error."""
    entries = bytearray()
    for piece in pieces:
        entries += zlib.decompressobj().decompress(piece, _PIECE_BYTES)
    return entries


def _numbered(key: str, number: int) -> str:
    """Return the key of a piece after the first."""
    return key_of(key, str(number))


def _seal(kind: str, key: str, data: bytes) -> bytes:
    """Return what precedes an entry: a digest of it, of its key and of the version of its format."""
    seal = hashlib.sha256(f"{kind} {VERSION} {key}\n".encode())
    seal.update(data)
    return seal.digest()


def _key(digest: str) -> str | None:
    match = _DIGEST.match(digest)
    return match[1] if match else None
