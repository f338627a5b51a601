"""Which versions layers store → base images that would serve several images.

A proposal is a set of versions, and the layers that contain all of them: an image of each of these layers could begin
with a base that has them. It saves all copies but one. The best set is found step by step: the version that saves most,
then the one that raises the saving most, until none does. An image has one base, so a layer is in one proposal at most.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import NamedTuple

from deadweight.model.report.sizes import Size

System = tuple[str | None, str | None]  # "3.11" and "linux_x86_64"


class Stored(NamedTuple):
    """A copy of a version in a layer."""

    version: int
    layer: int
    size: Size


class Proposal(NamedTuple):
    """Versions with their sizes, the largest first, and the layers that contain all of them."""

    system: System
    sizes: Mapping[int, int]
    layers: tuple[int, ...]

    @property
    def saves(self) -> int:
        """The bytes of all copies but one."""
        return sum(self.sizes.values()) * (len(self.layers) - 1)


def proposals(stored: Iterable[Stored], systems: Mapping[int, System], *, most: int, least: int) -> list[Proposal]:
    """Return base images that would serve several layers, the one that saves most first.

    systems: layer → the Python and platform of its images; a base has one of each
    most:    how many to return
    least:   bytes that a base must save
    """
    by_system: dict[System, list[Stored]] = defaultdict(list)
    for copy in stored:
        by_system[systems.get(copy.layer, (None, None))].append(copy)
    every = [each for system, copies in by_system.items() for each in _proposals(system, copies, most, least)]
    return sorted(every, key=lambda each: (-each.saves, each.layers))[:most]


def _proposals(system: System, copies: list[Stored], most: int, least: int) -> Iterator[Proposal]:
    layers = sorted({copy.layer for copy in copies})
    sets, sizes = _sets(copies, layers)
    for _ in range(most):
        chosen, common = _best(sets, sizes)
        ordered = dict(sorted(((version, sizes[version]) for version in chosen), key=lambda each: (-each[1], each[0])))
        proposal = Proposal(system, ordered, tuple(_members(common, layers)))
        if not chosen or proposal.saves < least:
            return
        yield proposal
        sets = {version: left for version, each in sets.items() if (left := each & ~common)}


def _sets(copies: list[Stored], layers: list[int]) -> tuple[dict[int, int], dict[int, int]]:
    """Return version → its layers, as the bits of an integer, and version → the size of its smallest copy."""
    number = {layer: index for index, layer in enumerate(layers)}
    bits: dict[int, bytearray] = {}
    sizes: dict[int, int] = {}
    for version, layer, size in copies:
        index = number[layer]
        bits.setdefault(version, bytearray(len(layers) // 8 + 1))[index // 8] |= 1 << index % 8
        sizes[version] = min(size, sizes.get(version, size))
    return {version: int.from_bytes(each, "little") for version, each in bits.items()}, sizes


def _best(sets: Mapping[int, int], sizes: Mapping[int, int]) -> tuple[list[int], int]:
    """Return the versions that save most together, and the set of the layers that contain all of them."""
    chosen: list[int] = []
    common, size, saving = -1, 0, 0  # -1 has all bits
    while True:
        best = max(
            (
                ((size + sizes[version]) * ((common & each).bit_count() - 1), -version)
                for version, each in sets.items()
                if version not in chosen
            ),
            default=(0, 0),
        )
        if best[0] <= saving:
            return chosen, common
        saving, version = best[0], -best[1]
        chosen.append(version)
        common &= sets[version]
        size += sizes[version]


def _members(bits: int, layers: list[int]) -> Iterator[int]:
    if bits > 0:
        # Shifting the integer once for each layer would take time with the square of their number.
        data = bits.to_bytes(len(layers) // 8 + 1, "little")
        yield from (layer for index, layer in enumerate(layers) if data[index // 8] >> index % 8 & 1)
