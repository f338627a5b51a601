"""Inventory and graph → the distributions with a lighter build, and at least how much it saves.

lighter.toml lists the builds and what they lack. The whole saving is known only after measuring the lighter build. The
measured bytes that it certainly does not need are known without that.
"""

from __future__ import annotations

import re
import shlex
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache
from typing import Any

from msgspec import Struct

from deadweight.graph import Graph
from deadweight.model import Distribution, Inventory, Requirement
from deadweight.shipped import table_beside

# The names on PyPI of NVIDIA's libraries, and of the compiler for them that PyTorch requires
_CUDA = re.compile(r"(?:nvidia-.+|cuda-.+|(?:pytorch-)?triton|jax-cuda.+|cupy-cuda.+)\Z")


_TORCH, _SWAP = "--torch ", "--swap "


class Lighter(Struct, frozen=True, kw_only=True):
    """A lighter build of one distribution.

    key:            of the measured distribution
    lighter:        a description of the lighter build
    how:            the option that measures it
    loses:          what the lighter build lacks
    needs:          the feature of the code that rules it out; "" if only the user can tell
    own_bytes:      of the measured distribution
    saves_bytes:    the least that it saves; None if only measuring it can tell
    measured_bytes: the measured saving; None if it was not measured
    """

    key: str
    lighter: str
    how: str
    loses: str
    needs: str
    own_bytes: int
    saves_bytes: int | None
    measured_bytes: int | None = None

    @property
    def torch(self) -> str:
        """The value of ``--torch`` that selects it; "" if it is not a build of PyTorch."""
        return self.how.removeprefix(_TORCH) if self.how.startswith(_TORCH) else ""

    @property
    def swap(self) -> str:
        """The value of ``--swap`` that selects it; "" if it replaces no requirement."""
        return shlex.split(self.how)[1] if self.how.startswith(_SWAP) else ""


class Savings(Struct, frozen=True, kw_only=True):
    """The measured savings of lighter builds.

    each:     option → bytes
    together: bytes of all of them combined; None if fewer than two were measured
    warnings:     why others were not measured, as sentences
    """

    each: Mapping[str, int] = {}
    together: int | None = None
    warnings: tuple[str, ...] = ()


def is_cuda(distribution: Distribution) -> bool:
    """Return whether a distribution is only for NVIDIA GPUs, by its name."""
    return bool(_CUDA.match(distribution.name))


def lighter_builds(
    inventory: Inventory,
    graph: Graph,
    requirements: Iterable[Requirement] = (),
    measured: Mapping[str, int] | None = None,
) -> tuple[Lighter, ...]:
    """Return the lighter builds of the measured distributions, the largest saving first.

    requirements: of the user; a build with the same versions keeps their version limits
    measured:     option → measured saving; a build that saves nothing is left out
    """
    measured, limits = measured or {}, _limits(requirements)
    cuda = {d.key for d in inventory.distributions if is_cuda(d)}
    builds = [
        Lighter(
            key=distribution.key,
            lighter=row["lighter"],
            how=(how := _how(row["how"], distribution.name, limits)),
            loses=row["loses"],
            needs=row["needs"],
            own_bytes=distribution.sizes.apparent,
            saves_bytes=_saved(row["saves"], distribution, graph, cuda),
            measured_bytes=measured.get(how),
        )
        for distribution in inventory.distributions
        for row in _rows(distribution.name)
    ]
    # A PyTorch without CUDA libraries is already the CPU build.
    builds = [each for each in builds if each.saves_bytes != 0]
    builds = [each for each in builds if each.measured_bytes is None or each.measured_bytes > 0]
    return tuple(sorted(builds, key=lambda each: (-_at_least(each), -each.own_bytes, each.key)))


def _limits(requirements: Iterable[Requirement]) -> dict[str | None, str]:
    """Return the version limits of each project: "" for none."""
    limits: dict[str | None, list[str]] = defaultdict(list)
    for each in requirements:
        if each.specifier:
            limits[each.name].append(each.specifier)
    return {name: ",".join(dict.fromkeys(specifiers)) for name, specifiers in limits.items()}


def _how(how: str, name: str, limits: Mapping[str | None, str]) -> str:
    """Return the option that measures a build, quoted for a shell."""
    option, _, value = how.partition(" ")
    return f"{option} {shlex.quote(value.format(name=name, versions=limits.get(name, '')))}"


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
