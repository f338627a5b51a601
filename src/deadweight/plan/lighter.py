"""Inventory and graph → which of the distributions have a lighter build, and what it would surely save.

lighter.toml has the builds, with what they lack. What a build saves as a whole only measuring it tells; what of the
measured bytes it does without is known at once.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import lru_cache
from pathlib import Path
from typing import Any

from msgspec import Struct

from deadweight.graph import Graph
from deadweight.model import Distribution, Inventory

# NVIDIA's libraries, and the compiler for them that PyTorch brings; by their names on PyPI
_CUDA = re.compile(r"(?:nvidia-.+|cuda-.+|(?:pytorch-)?triton|jax-cuda.+|cupy-cuda.+)\Z")


class Lighter(Struct, frozen=True, kw_only=True):
    """A lighter build of one distribution.

    key:         of the distribution that is there
    lighter:     what is lighter, in words
    how:         the option that measures it
    loses:       what the lighter one does not do
    own_bytes:   of the one that is there
    saves_bytes: what it saves at least, of what was measured; None where only measuring it tells
    """

    key: str
    lighter: str
    how: str
    loses: str
    own_bytes: int
    saves_bytes: int | None


def is_cuda(distribution: Distribution) -> bool:
    """Say whether a distribution is there for NVIDIA's graphics cards alone, by its name."""
    return bool(_CUDA.match(distribution.name))


def lighter_builds(inventory: Inventory, graph: Graph) -> tuple[Lighter, ...]:
    """Return the lighter builds of what was measured, those that surely save most first."""
    cuda = {d.key for d in inventory.distributions if is_cuda(d)}
    found = [
        Lighter(
            key=distribution.key,
            lighter=row["lighter"],
            how=row["how"].format(name=distribution.name),
            loses=row["loses"],
            own_bytes=distribution.sizes.apparent,
            saves_bytes=_saved(row["saves"], distribution, graph, cuda),
        )
        for distribution in inventory.distributions
        for row in _rows(distribution.name)
    ]
    # PyTorch's build for processors is what is there already where it brings nothing of CUDA.
    found = [each for each in found if each.saves_bytes != 0]
    return tuple(sorted(found, key=lambda each: (-(each.saves_bytes or 0), -each.own_bytes, each.key)))


def _saved(what: str, distribution: Distribution, graph: Graph, cuda: set[str]) -> int | None:
    if what == "cuda":
        return graph.bytes_of(graph.retained_by(distribution.key) & cuda)
    return {"bundled": distribution.sizes.bundled, "own": distribution.sizes.apparent}.get(what)


def _rows(name: str) -> Iterator[dict[str, Any]]:
    return (row for row in _table() if name in row["names"])


@lru_cache(maxsize=1)
def _table() -> tuple[dict[str, Any], ...]:
    return tuple(tomllib.loads(Path(__file__).with_name("lighter.toml").read_text("utf-8"))["lighter"])
