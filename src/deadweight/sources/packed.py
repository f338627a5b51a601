"""Layers that are packed, in files on the disk → their entries, unpacked by several processes at once."""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from deadweight.errors import BadInput
from deadweight.formats.tar import TarEntry
from deadweight.model import Linking
from deadweight.sources import children
from deadweight.sources.blocks import Span
from deadweight.sources.layers import Room, layer_on_disk

_WORTH_SHARING = 1 << 25  # packed bytes of all layers; fewer are unpacked sooner than other processes have started


class Place(NamedTuple):
    """Where a layer lies: its name in the image, and a part of a file."""

    name: str
    path: str
    start: int
    length: int


def are_worth_sharing(places: Sequence[Place]) -> bool:
    """Say whether several processes are sooner done with layers than one."""
    return len(places) > 1 and children.processors() > 1 and sum(place.length for place in places) > _WORTH_SHARING


def read_shared(places: Sequence[Place]) -> Iterator[list[TarEntry]]:
    """Yield the entries of each layer, in order; raises BadInput."""
    # The largest first, each to whoever has least to do; each process then answers in the order of the image.
    shares: list[list[int]] = [[] for _ in range(min(children.processors(), len(places)))]
    for number in sorted(range(len(places)), key=lambda n: (-places[n].length, n)):
        min(shares, key=lambda share: sum(places[n].length for n in share)).append(number)
    shares = [sorted(share) for share in shares if share]
    found: dict[int, Any] = {}
    told = children.each(read_layers, [([tuple(places[n]) for n in share],) for share in shares])
    for share, answers in zip(shares, told, strict=True):
        found |= dict(zip(share, answers, strict=True))
    for number in range(len(places)):
        entries, cause, hint = found.pop(number)
        if entries is None:
            raise BadInput(cause, hint=hint)
        yield [_entry(*each) for each in entries]


def read_layers(places: list[tuple[str, str, int, int]]) -> list[tuple[Any, str, str]]:
    """Return (entries, "", "") of each layer, or (None, what is wrong with it, what to do)."""
    room = Room()
    return [_read(Place(*place), room) for place in places]


def _read(place: Place, room: Room) -> tuple[Any, str, str]:
    descriptor = os.open(place.path, os.O_RDONLY)
    try:
        entries = layer_on_disk(place.name, Span(descriptor, place.start, place.length), room)
        return [(*entry[:6], _told(entry)) for entry in entries], "", ""
    except BadInput as error:
        return None, error.cause, error.hint
    finally:
        os.close(descriptor)


def _told(entry: TarEntry) -> tuple[Any, ...] | None:
    """Return what native code needs, () where it cannot be told; None where there is none."""
    found = entry.code() if entry.code else None
    return tuple(found) if found else () if entry.code else None


def _entry(path: str, kind: Any, size: int, stored: int, target: str, start: bytes, told: Any) -> TarEntry:
    if told is None:
        return TarEntry(path, kind, size, stored, target, start)
    found = Linking(*told) if told else None
    return TarEntry(path, kind, size, stored, target, start, lambda: found)
