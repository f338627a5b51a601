"""Layers that are packed, in files on the disk → their entries, unpacked by several processes at once."""

from __future__ import annotations

import os
from collections.abc import Generator, Iterator, Sequence
from typing import Any, NamedTuple

from deadweight.errors import BadInput
from deadweight.formats.archives.tar import TarEntry
from deadweight.model import Linking
from deadweight.sources.images.blocks import Span
from deadweight.sources.images.layers import Room, layer_on_disk
from deadweight.sources.system import children
from deadweight.sources.system.processors import processors

_WORTH_SHARING = 1 << 25  # packed bytes of all layers; fewer are unpacked sooner than other processes have started


class Place(NamedTuple):
    """Where a layer lies: its name in the image, and a part of a file."""

    name: str
    path: str
    start: int
    length: int


def are_worth_sharing(places: Sequence[Place]) -> bool:
    """Say whether several processes are sooner done with layers than one."""
    return len(places) > 1 and processors() > 1 and sum(place.length for place in places) > _WORTH_SHARING


def read_shared(places: Sequence[Place], room: Room) -> Generator[Iterator[TarEntry]]:
    """Yield the entries of each layer, in order, for which there must be room; raises BadInput."""
    # The largest first, each to whoever has least to do; each process then answers in the order of the image.
    shares: list[list[int]] = [[] for _ in range(min(processors(), len(places)))]
    for number in sorted(range(len(places)), key=lambda n: (-places[n].length, n)):
        min(shares, key=lambda share: sum(places[n].length for n in share)).append(number)
    shares = [sorted(share) for share in shares if share]
    share_of = {number: at for at, share in enumerate(shares) for number in share}
    # One layer is answered after the other, so that only those are in memory that are about to be laid on.
    with children.series(read_layer_of, [[tuple(places[n]) for n in share] for share in shares]) as answers:
        for number in range(len(places)):
            entries, cause, hint = next(answers[share_of[number]])
            if entries is None:
                raise BadInput(cause, hint=hint)
            room.take(entries=len(entries), text=sum(len(path) + len(start) for path, _, _, _, _, start, *_ in entries))
            yield map(_entry, entries)


def read_layer_of(place: tuple[str, str, int, int]) -> tuple[Any, str, str]:
    """Return (entries, "", "") of a layer, or (None, what is wrong with it, what to do)."""
    name, path, start, length = place
    descriptor = os.open(path, os.O_RDONLY)
    try:
        entries = layer_on_disk(name, Span(descriptor, start, length), Room())
        return [(*entry[:6], _told(entry), entry.packed) for entry in entries], "", ""
    except BadInput as error:
        return None, error.cause, error.hint
    finally:
        os.close(descriptor)


def _told(entry: TarEntry) -> tuple[Any, ...] | None:
    """Return what native code needs, () where it cannot be told; None where there is none."""
    found = entry.code() if entry.code else None
    return tuple(found) if found else () if entry.code else None


def _entry(fields: tuple[Any, ...]) -> TarEntry:
    path, kind, size, stored, target, start, told, packed = fields
    if told is None:
        return TarEntry(path, kind, size, stored, target, start, None, packed)
    found = Linking(*told) if told else None
    return TarEntry(path, kind, size, stored, target, start, lambda: found, packed)
