"""Blocks → their sha256, computed in a thread while they are read."""

from __future__ import annotations

import hashlib
import re
from types import TracebackType
from typing import TYPE_CHECKING

from deadweight.errors import BadInput
from deadweight.formats.archives.tar import Blocks
from deadweight.sources.system.threads import Background

if TYPE_CHECKING:
    from concurrent.futures import Future

_WORTH_A_THREAD = 1 << 16  # bytes; hashing fewer is faster than handing them to a thread
_CHUNK = 1 << 18
_DIGEST_NAME = re.compile(r"(?:blobs/sha256/)?([0-9a-f]{64})\Z")  # in an OCI layout; in a directory of skopeo


def digest_in(name: str) -> str | None:
    """Return the sha256 in the name of a blob (OCI image-layout.md), None for another name."""
    match = _DIGEST_NAME.match(name)
    return match[1] if match else None


def check(name: str, data: bytes) -> bytes:
    """Return ``data``; raises BadInput if the name contains a digest that does not match."""
    if digest_in(name) not in (None, hashlib.sha256(data).hexdigest()):
        raise mismatch(name)
    return data


def mismatch(name: str) -> BadInput:
    """Return the error for a blob that does not match its digest."""
    return BadInput(
        f"{name} in the image does not match its digest", hint="save or pull the image again, because it is corrupt"
    )


class Digest:
    """The sha256 of data, computed in a thread while the next data are read. Close it when done."""

    def __init__(self) -> None:
        self._hash = hashlib.sha256()
        self._thread = Background(1)
        self._pending: Future[None] | None = None

    def update(self, data: bytes) -> None:
        if self._pending is not None:
            self._pending.result()
            self._pending = None
        if len(data) < _WORTH_A_THREAD:
            self._hash.update(data)
        else:
            self._pending = self._thread.submit(self._hash.update, data)

    def hexdigest(self) -> str:
        self.update(b"")
        return self._hash.hexdigest()

    def close(self) -> None:
        self._thread.close()


class Checked:
    """Blocks that are read to the end, and whose digest is computed, when the context ends.

    expected: sha256, in hexadecimal; None for any
    mismatch: raised if they do not match, even if reading them failed for another reason
    found:    their sha256, after the context has ended
    """

    def __init__(self, blocks: Blocks, expected: str | None, mismatch: BadInput) -> None:
        self._blocks, self._expected, self._mismatch = blocks, expected, mismatch
        self._digest = Digest()
        self.found = ""

    def read(self, length: int) -> bytes:
        data = self._blocks.read(length)
        self._digest.update(data)
        return data

    def skip(self, length: int) -> int:
        left = length
        while left > 0 and (data := self.read(min(left, _CHUNK))):
            left -= len(data)
        return length - left

    def __enter__(self) -> Checked:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        try:
            if kind is not None and not isinstance(error, BadInput):
                return
            while self.read(_CHUNK):
                pass
            self.found = self._digest.hexdigest()
        finally:
            self._digest.close()
        if self._expected not in (None, self.found):
            raise self._mismatch from error
