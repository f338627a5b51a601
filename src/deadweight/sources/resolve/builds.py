"""``--index``, ``--torch`` and ``--swap`` → what the resolver is told: constraints and overrides."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Set

from msgspec import Struct

from deadweight.errors import BadInput
from deadweight.formats.distributions.metadata import is_name, normalize
from deadweight.formats.installers.simple_index import version_of
from deadweight.model import Archive, Lock
from deadweight.platforms.machine import Machine
from deadweight.platforms.selection import best_wheel
from deadweight.sources.resolve.indexes import Indexes
from deadweight.sources.resolve.pages import Pages
from deadweight.sources.resolve.places import Places

TORCH_INDEX = "https://download.pytorch.org/whl/"
TORCH_FAMILY = ("torch", "torchvision", "torchaudio")
_BUILD = re.compile(r"(?:cpu|cu\d{2,3}|rocm\d+(?:\.\d+)*|xpu)\Z")
# What PyTorch's build for CUDA asks for, and its build for the processor does not.
_OF_CUDA = re.compile(r"(?:nvidia-.+|cuda-.+|triton|pytorch-triton)\Z")


class Wishes(Struct, frozen=True, kw_only=True):
    """What the user wants to be otherwise than the index has it.

    swaps: normalized name → PEP 508 requirement in its place
    index: normalized name → URL of the index that it is to come from
    torch: PyTorch's build, "" for the usual one
    """

    swaps: Mapping[str, str] = {}
    index: Mapping[str, str] = {}
    torch: str = ""

    def check(self, names: Set[str]) -> None:
        """Raise BadInput where a build of PyTorch was asked for, and nothing of PyTorch is among the names."""
        if self.torch and not names & set(TORCH_FAMILY):
            raise BadInput(f"--torch {self.torch}: nothing asks for torch")

    def places(self) -> dict[str, str]:
        """Return project → index, PyTorch's own among them."""
        family = dict.fromkeys(TORCH_FAMILY, f"{TORCH_INDEX}{self.torch}") if self.torch else {}
        return {**family, **self.index}


def read_wishes(swap: Iterable[str], index: Iterable[str], torch: str) -> Wishes:
    """Read the options; raises BadInput where one is not NAME=VALUE."""
    if torch and not _BUILD.match(torch):
        raise BadInput(f"--torch {torch}: no build of PyTorch is called so", hint="cpu, cu128, rocm6.3 and the like")
    return Wishes(
        swaps=dict(_pair("--swap", "OLD=NEW", text) for text in swap),
        index=dict(_pair("--index", "NAME=URL", text) for text in index),
        torch=torch,
    )


def _pair(option: str, form: str, text: str) -> tuple[str, str]:
    name, equals, value = text.partition("=")
    if not equals or not is_name(name.strip()) or not value.strip():
        raise BadInput(f"{option} {text}: to be written {form}")
    return normalize(name.strip()), value.strip()


def overrides(names: Iterable[str]) -> str:
    """Return the text of uv's ``--override`` file: what was swapped away is wanted by nobody."""
    return "".join(f"{name} ; sys_platform == 'nowhere'\n" for name in names)


def bare_name(requirement: str) -> str:
    """Return the normalized name that a PEP 508 requirement begins with."""
    match = re.match(r"\s*([A-Za-z0-9][\w.-]*)", requirement)
    return normalize(match[1]) if match else ""


def constraints(lock: Lock, wishes: Wishes, machine: Machine, pages: Pages) -> dict[str, str]:
    """Return project → the constraint that takes it from the index that the user named.

    The version is the one that was resolved, where that index has it, else its newest.
    raises: FetchFailed where an index cannot be asked; BadInput where it has nothing that fits
    """
    versions = {package.name: package.version for package in lock.packages}
    places = {name: url for name, url in wishes.places().items() if name in versions}
    return {name: _constraint(name, versions[name], url, machine, pages) for name, url in places.items()}


def _constraint(name: str, version: str | None, url: str, machine: Machine, pages: Pages) -> str:
    from packaging.version import Version

    found: dict[Version, list[Archive]] = {}
    for link in Indexes(lambda: Places((url,)), pages).links(name):
        text = version_of(link.archive.filename, name)
        if text is not None and not link.yanked and best_wheel([link.archive], machine) is not None:
            found.setdefault(Version(text), []).append(link.archive)
    if not found:
        raise BadInput(f"{url} has no wheel of {name} for Python {machine.short} on {machine.shown}")
    same = [v for v in found if version is not None and v.public == Version(version).public]
    best = best_wheel(found[max(same or [v for v in found if not v.is_prerelease] or found)], machine)
    assert best is not None
    return f"{name} @ {best.url}"


def of_cuda(lock: Lock, direct: Iterable[str | None]) -> frozenset[str]:
    """Return the projects of a lock that PyTorch's build for CUDA alone brings in."""
    asked = set(direct)
    if not any(package.name in TORCH_FAMILY for package in lock.packages):
        return frozenset()
    return frozenset(p.name for p in lock.packages if _OF_CUDA.match(p.name) and p.name not in asked)
