"""Bytes that pass by → their sha256, worked out beside whatever else is done with them."""

from __future__ import annotations

import hashlib
import re
from concurrent.futures import Future, ThreadPoolExecutor
from types import TracebackType

from deadweight.errors import BadInput
from deadweight.formats.archives.tar import Blocks

_WORTH_A_THREAD = 1 << 16  # bytes; fewer are hashed sooner than handed over
_CHUNK = 1 << 18
_NAMED = re.compile(r"(?:blobs/sha256/)?([0-9a-f]{64})\Z")  # in an OCI layout; in a folder of skopeo's


def digest_in(name: str) -> str | None:
    """Return the sha256 that a blob is named by (OCI image-layout.md); None for another name."""
    match = _NAMED.match(name)
    return match[1] if match else None


def check(name: str, data: bytes) -> bytes:
    """Return data; raises BadInput where it bears the name of another digest than its own."""
    if digest_in(name) not in (None, hashlib.sha256(data).hexdigest()):
        raise mismatch(name)
    return data


def mismatch(name: str) -> BadInput:
    """Return the error for a blob that is not what its name says."""
    return BadInput(
        f"{name} in the image does not match its digest", hint="the image is damaged: save or pull it again"
    )


class Checked:
    """Blocks that are checked against a digest, all of them, once the context is left.

    expected: sha256, in hexadecimal
    mismatch: raised where they do not match, also in place of what else was wrong with them
    """

    def __init__(self, blocks: Blocks, expected: str, mismatch: BadInput) -> None:
        self._blocks, self._expected, self._mismatch = blocks, expected, mismatch
        self._hash = hashlib.sha256()
        self._thread = ThreadPoolExecutor(1)
        self._pending: Future[None] | None = None

    def read(self, length: int) -> bytes:
        data = self._blocks.read(length)
        if self._pending is not None:
            self._pending.result()
            self._pending = None
        if len(data) < _WORTH_A_THREAD:
            self._hash.update(data)
        else:
            self._pending = self._thread.submit(self._hash.update, data)
        return data

    def skip(self, length: int) -> int:
        left = length
        while left > 0 and (data := self.read(min(left, _CHUNK))):
            left -= len(data)
        return length - left

    def __enter__(self) -> Checked:
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _: TracebackType | None) -> None:
        with self._thread:
            if kind is not None and not isinstance(error, BadInput):
                return
            while self.read(_CHUNK):
                pass
        if self._hash.hexdigest() != self._expected:
            raise self._mismatch from error
