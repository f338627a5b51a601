from __future__ import annotations

import gzip
import io
import random

import pytest

from deadweight.errors import BadInput
from deadweight.formats.archives.tar import Blocks
from deadweight.sources.images.blocks import Pipe
from deadweight.sources.images.compression import Allowance, TooMuch, opened
from tests.images import Compression, packed

DATA = random.Random(3).randbytes(3_000_000) + bytes(5_000_000)


def pipe(data: bytes) -> Pipe:
    return Pipe(io.BytesIO(data))


def whole(blocks: Blocks) -> bytes:
    parts = []
    while part := blocks.read(70_001):
        parts.append(part)
    return b"".join(parts)


@pytest.mark.parametrize("compression", ["", "gzip", "zstd", "xz", "bzip2"])
def test_opened__any_compression__gives_what_was_packed(compression: Compression) -> None:
    assert whole(opened(pipe(packed(DATA, compression)), Allowance())) == DATA


@pytest.mark.parametrize("compression", ["gzip", "zstd", "xz", "bzip2"])
def test_opened__several_streams_one_after_the_other__are_one(compression: Compression) -> None:
    assert whole(opened(pipe(packed(DATA, compression) + packed(b"more", compression)), Allowance())) == DATA + b"more"


@pytest.mark.parametrize("compression", ["", "gzip", "zstd", "xz", "bzip2"])
def test_skip__then_read__continues_after_the_skipped_bytes(compression: Compression) -> None:
    blocks = opened(pipe(packed(DATA, compression)), Allowance())
    assert blocks.read(3) == DATA[:3]
    blocks.skip(2_000_000)
    assert blocks.read(1000) == DATA[2_000_003:2_001_003]
    blocks.skip(1 << 40)
    assert blocks.read(1) == b""


def test_opened__gzip_with_padding__ignores_the_padding() -> None:
    assert whole(opened(pipe(gzip.compress(b"x") + bytes(1000)), Allowance())) == b"x"


def test_opened__more_than_the_limit__is_refused_early() -> None:
    blocks = opened(pipe(gzip.compress(bytes(200_000_000), 9)), Allowance(10_000_000))
    with pytest.raises(TooMuch, match="more than the limit"):
        blocks.skip(1 << 40)


def test_allowance__what_comes_out__may_grow_with_what_goes_in() -> None:
    allowance = Allowance(1000)
    allowance.spend(10, 2900)
    with pytest.raises(TooMuch):
        allowance.spend(0, 101)


@pytest.mark.parametrize("cut", [12, 100, 1_000_000])
def test_opened__truncated_gzip__is_refused(cut: int) -> None:
    blocks = opened(pipe(gzip.compress(DATA)[:-cut]), Allowance())
    with pytest.raises(BadInput, match="truncated"):
        whole(blocks)


@pytest.mark.parametrize("compression", ["gzip", "zstd", "xz", "bzip2"])
def test_opened__corrupt__is_refused(compression: Compression) -> None:
    data = bytearray(packed(DATA, compression))
    data[20:4000] = b"\xff" * 3980
    data[6:20] = b"\xff" * 14  # the magic stays
    with pytest.raises(BadInput, match="cannot decompress"):
        whole(opened(pipe(bytes(data)), Allowance()))
