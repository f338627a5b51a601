"""``--index``, ``--torch`` and ``--swap`` → constraints and overrides for the resolver."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Set

from msgspec import Struct

from deadweight.errors import BadInput, UnusedBuild
from deadweight.formats.distributions.metadata import is_name, normalize
from deadweight.formats.installers.simple_index import version_of
from deadweight.model import Archive, Lock
from deadweight.platforms.machine import Machine
from deadweight.platforms.selection import best_wheel
from deadweight.sources.resolve.index_locations import IndexLocations
from deadweight.sources.resolve.indexes import Indexes
from deadweight.sources.resolve.pages import Pages

TORCH_INDEX = "https://download.pytorch.org/whl/"
TORCH_FAMILY = ("torch", "torchvision", "torchaudio")
_BUILD = re.compile(r"(?:cpu|cu\d{2,3}|rocm\d+(?:\.\d+)*|xpu)\Z")
# Dependencies of PyTorch's CUDA build that its CPU build does not have.
_OF_CUDA = re.compile(r"(?:nvidia-.+|cuda-.+|triton|pytorch-triton)\Z")


class Wishes(Struct, frozen=True, kw_only=True):
    """The builds that the user requested instead of the default ones.

    swaps: normalized name → the PEP 508 requirement that replaces it
    index: normalized name → the URL of its index
    torch: the build of PyTorch, "" for the default one
    """

    swaps: Mapping[str, str] = {}
    index: Mapping[str, str] = {}
    torch: str = ""

    def check(self, names: Set[str]) -> None:
        """Raise UnusedBuild if a build of PyTorch was requested, but no project of PyTorch is among the names."""
        if self.torch and not names & set(TORCH_FAMILY):
            raise UnusedBuild(f"--torch {self.torch}: the requirements do not include torch")

    def indexes(self) -> dict[str, str]:
        """Return project → URL of its index, including PyTorch's own."""
        family = dict.fromkeys(TORCH_FAMILY, f"{TORCH_INDEX}{self.torch}") if self.torch else {}
        return {**family, **self.index}


def read_wishes(swap: Iterable[str], index: Iterable[str], torch: str) -> Wishes:
    """Parse the options; raises BadInput if one is not NAME=VALUE."""
    if torch and not _BUILD.match(torch):
        raise BadInput(f"--torch {torch}: unknown PyTorch build", hint="use a build such as cpu, cu128 or rocm6.3")
    return Wishes(
        swaps=dict(_pair("--swap", "OLD=NEW", text) for text in swap),
        index=dict(_pair("--index", "NAME=URL", text) for text in index),
        torch=torch,
    )


def _pair(option: str, form: str, text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not is_name(name.strip()) or not value.strip():
        raise BadInput(f"{option} {text}: expected {form}")
    return normalize(name.strip()), value.strip()


def overrides(names: Iterable[str]) -> str:
    """Return the content of uv's ``--override`` file, which removes the replaced projects."""
    return "".join(f"{name} ; sys_platform == 'nowhere'\n" for name in names)


def bare_name(requirement: str) -> str:
    """Return the normalized name of a PEP 508 requirement."""
    match = re.match(r"\s*([A-Za-z0-9][\w.-]*)", requirement)
    return normalize(match[1]) if match else ""


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
