"""``--index``, ``--torch`` and ``--swap`` → the builds that the user requested instead of the default ones."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable, Mapping, Set

from msgspec import Struct

from deadweight.errors import BadInput, UnusedBuild
from deadweight.formats.distributions.metadata import is_name, normalize

TORCH_INDEX = "https://download.pytorch.org/whl/"
TORCH_FAMILY = ("torch", "torchvision", "torchaudio")
_BUILD = re.compile(r"(?:cpu|cu\d{2,3}|rocm\d+(?:\.\d+)*|xpu)\Z")


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

    @property
    def torch_index(self) -> str:
        """The URL of PyTorch's index of the requested build; only if one was requested."""
        return f"{TORCH_INDEX}{self.torch}"

    def indexes(self) -> dict[str, str]:
        """Return project → URL of its index, including PyTorch's own."""
        family = dict.fromkeys(TORCH_FAMILY, self.torch_index) if self.torch else {}
        return {**family, **self.index}

    def index_options(self, names: Container[str]) -> tuple[str, ...]:
        """Return the lines with which a requirements file gets some projects from these indexes."""
        urls = dict.fromkeys(url for name, url in self.indexes().items() if name in names)
        return tuple(f"--extra-index-url {url}" for url in urls)


def read_wishes(swap: Iterable[str], index: Iterable[str], torch: str) -> Wishes:
    """Parse the options; raises BadInput if one is not NAME=VALUE."""
    if torch and not _BUILD.match(torch):
        raise BadInput(f"--torch {torch}: unknown PyTorch build", hint="use a build such as cpu, cu128 or rocm6.3")
    return Wishes(
        swaps=dict(map(swap_of, swap)),
        index=dict(_pair("--index", "NAME=URL", text) for text in index),
        torch=torch,
    )


def swap_of(text: str) -> tuple[str, str]:
    """Return the normalized name of the project that a ``--swap`` replaces, and its replacement; raises BadInput."""
    return _pair("--swap", "OLD=NEW", text)


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
