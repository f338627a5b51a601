from __future__ import annotations

import io

from deadweight.sources.images.blocks import Part, Pipe, Pushed


def pipe(data: bytes) -> Pipe:
    return Pipe(io.BytesIO(data))


def test_part__end__is_not_read_over() -> None:
    outer = pipe(b"abcdefgh")
    part = Part(outer, 3)
    assert (part.read(99), part.read(99)) == (b"abc", b"")
    assert outer.read(1) == b"d"
    part = Part(outer, 2)
    part.skip(99)
    assert (part.left, outer.read(9)) == (0, b"gh")


def test_pushed__front__comes_first() -> None:
    blocks = Pushed(b"ab", pipe(b"cdef"))
    assert blocks.read(3) == b"abc"
    blocks = Pushed(b"ab", pipe(b"cdef"))
    blocks.skip(3)
    assert blocks.read(9) == b"def"
