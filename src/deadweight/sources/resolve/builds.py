"""The builds that the user requested → constraints for the resolver."""

from __future__ import annotations

import re
from collections.abc import Iterable

from deadweight.errors import BadInput
from deadweight.formats.builds import TORCH_FAMILY, Wishes
from deadweight.formats.installers.simple_index import version_of
from deadweight.model import Archive, Lock
from deadweight.platforms.machine import Machine
from deadweight.platforms.selection import best_wheel
from deadweight.sources.resolve.index_locations import IndexLocations
from deadweight.sources.resolve.indexes import Indexes
from deadweight.sources.resolve.pages import Pages

# Dependencies of PyTorch's CUDA build that its CPU build does not have.
_OF_CUDA = re.compile(r"(?:nvidia-.+|cuda-.+|triton|pytorch-triton)\Z")


def constraints(lock: Lock, wishes: Wishes, machine: Machine, pages: Pages) -> dict[str, str]:
    """Return project → a constraint to a wheel on the index that the user selected.

    It has the resolved version if that index has it, else the newest.
    raises: FetchFailed; BadInput if the index has no compatible wheel
    """
    versions = {package.name: package.version for package in lock.packages}
    urls = {name: url for name, url in wishes.indexes().items() if name in versions}
    return {name: _constraint(name, versions[name], url, machine, pages) for name, url in urls.items()}


def _constraint(name: str, version: str | None, url: str, machine: Machine, pages: Pages) -> str:
    from packaging.version import Version

    wheels: dict[Version, list[Archive]] = {}
    for link in Indexes(lambda: IndexLocations((url,)), pages).links(name):
        text = version_of(link.archive.filename, name)
        if text is not None and not link.yanked and best_wheel([link.archive], machine) is not None:
            wheels.setdefault(Version(text), []).append(link.archive)
    if not wheels:
        raise BadInput(f"{url} has no wheel of {name} for Python {machine.short} on {machine.shown}")
    same = [v for v in wheels if version is not None and v.public == Version(version).public]
    best = best_wheel(wheels[max(same or [v for v in wheels if not v.is_prerelease] or wheels)], machine)
    assert best is not None
    return f"{name} @ {best.url}"


def of_cuda(lock: Lock, direct: Iterable[str | None]) -> frozenset[str]:
    """Return the projects of a lock that only PyTorch's CUDA build requires."""
    requested = set(direct)
    if not any(package.name in TORCH_FAMILY for package in lock.packages):
        return frozenset()
    return frozenset(p.name for p in lock.packages if _OF_CUDA.match(p.name) and p.name not in requested)
