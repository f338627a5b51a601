"""Inventory and graph → which of the distributions have a lighter build, and what it would surely save.

lighter.toml has the builds, with what they lack. What a build saves as a whole only measuring it tells; what of the
measured bytes it does without is known at once.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any

from msgspec import Struct

from deadweight.graph import Graph
from deadweight.model import Distribution, Inventory
from deadweight.shipped import table_beside

# NVIDIA's libraries, and the compiler for them that PyTorch brings; by their names on PyPI
_CUDA = re.compile(r"(?:nvidia-.+|cuda-.+|(?:pytorch-)?triton|jax-cuda.+|cupy-cuda.+)\Z")


_TORCH, _SWAP = "--torch ", "--swap "


class Lighter(Struct, frozen=True, kw_only=True):
    """A lighter build of one distribution.

    key:            of the distribution that is there
    lighter:        what is lighter, in words
    how:            the option that measures it
    loses:          what the lighter one does not do
    own_bytes:      of the one that is there
    saves_bytes:    what it saves at least, of what was measured; None where only measuring it tells
    measured_bytes: what it saves as measured; None where it was not measured
    """

    key: str
    lighter: str
    how: str
    loses: str
    own_bytes: int
    saves_bytes: int | None
    measured_bytes: int | None = None

    @property
    def torch(self) -> str:
        """The build of PyTorch that it is, as ``--torch`` takes it; "" for none."""
        return self.how.removeprefix(_TORCH) if self.how.startswith(_TORCH) else ""

    @property
    def swap(self) -> str:
        """What stands in whose place, as ``--swap`` takes it; "" for nothing."""
        return self.how.removeprefix(_SWAP) if self.how.startswith(_SWAP) else ""


class Savings(Struct, frozen=True, kw_only=True):
    """What lighter builds were measured to save.

    each:     option → bytes
    together: bytes of all of them in one; None where fewer than two were measured
    told:     why others were not measured, as sentences
    """

    each: Mapping[str, int] = {}
    together: int | None = None
    told: tuple[str, ...] = ()


def is_cuda(distribution: Distribution) -> bool:
    """Say whether a distribution is there for NVIDIA's graphics cards alone, by its name."""
    return bool(_CUDA.match(distribution.name))


def lighter_builds(
    inventory: Inventory, graph: Graph, measured: Mapping[str, int] | None = None
) -> tuple[Lighter, ...]:
    """Return the lighter builds of what was measured, those that save most first.

    measured: option → what it saves, where that was measured; a build that saves nothing is left out
    """
    measured = measured or {}
    cuda = {d.key for d in inventory.distributions if is_cuda(d)}
    found = [
        Lighter(
            key=distribution.key,
            lighter=row["lighter"],
            how=row["how"].format(name=distribution.name),
            loses=row["loses"],
            own_bytes=distribution.sizes.apparent,
            saves_bytes=_saved(row["saves"], distribution, graph, cuda),
            measured_bytes=measured.get(row["how"].format(name=distribution.name)),
        )
        for distribution in inventory.distributions
        for row in _rows(distribution.name)
    ]
    # PyTorch's build for processors is what is there already where it brings nothing of CUDA.
    found = [each for each in found if each.saves_bytes != 0]
    found = [each for each in found if each.measured_bytes is None or each.measured_bytes > 0]
    return tuple(sorted(found, key=lambda each: (-_at_least(each), -each.own_bytes, each.key)))


def _at_least(each: Lighter) -> int:
    return (each.saves_bytes or 0) if each.measured_bytes is None else each.measured_bytes


def _saved(what: str, distribution: Distribution, graph: Graph, cuda: set[str]) -> int | None:
    if what == "cuda":
        return graph.bytes_of(graph.retained_by(distribution.key) & cuda)
    return {"bundled": distribution.sizes.bundled, "own": distribution.sizes.apparent}.get(what)


def _rows(name: str) -> Iterator[dict[str, Any]]:
    return (row for row in _table() if name in row["names"])


@lru_cache(maxsize=1)
def _table() -> tuple[dict[str, Any], ...]:
    return tuple(table_beside(__file__, "lighter.toml")["lighter"])
