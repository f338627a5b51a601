"""Compressed layers in files on the disk → their entries, decompressed by several processes."""

from __future__ import annotations

import os
from collections.abc import Generator, Sequence
from typing import NamedTuple

from deadweight.errors import BadInput
from deadweight.formats.images.layer_entries import encoded
from deadweight.sources.images.blocks import Span
from deadweight.sources.images.layers import Room, layer_on_disk
from deadweight.sources.system.processors import processors

_WORTH_SHARING = 1 << 25  # compressed bytes of all layers; below this, starting processes takes longer


class LayerFile(NamedTuple):
    """A layer in a file: its name in the image, and a range of the file."""

    name: str
    path: str
    start: int
    length: int


def are_worth_sharing(layers: Sequence[LayerFile]) -> bool:
    """Return whether several processes read the layers faster than one."""
    return len(layers) > 1 and processors() > 1 and sum(layer.length for layer in layers) > _WORTH_SHARING


def read_shared(layers: Sequence[LayerFile]) -> Generator[bytes]:
    """Yield the encoded entries of each layer, in order; raises BadInput."""
    from deadweight.sources.system import workers  # uncompressed layers are read without them

    # The largest layer first, each to the process with the least work, which then reads in the order of the image.
    shares: list[list[int]] = [[] for _ in range(min(processors(), len(layers)))]
    for number in sorted(range(len(layers)), key=lambda n: (-layers[n].length, n)):
        min(shares, key=lambda share: sum(layers[n].length for n in share)).append(number)
    shares = [sorted(share) for share in shares if share]
    share_of = {number: index for index, share in enumerate(shares) for number in share}
    # Results come one layer at a time, so that only the next layers are in memory.
    with workers.started(read_layer_of, [[tuple(layers[n]) for n in share] for share in shares]) as results:
        for number in range(len(layers)):
            data, cause, hint = next(results[share_of[number]])
            if data is None:
                raise BadInput(cause, hint=hint)
            yield data


def read_layer_of(name: str, path: str, start: int, length: int) -> tuple[bytes | None, str, str]:
    """Return (encoded entries, "", "") of a layer, or (None, the cause of the error, its hint)."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        return encoded(layer_on_disk(name, Span(descriptor, start, length), Room())), "", ""
    except BadInput as error:
        return None, error.cause, error.hint
    finally:
        os.close(descriptor)
