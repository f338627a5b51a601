"""What is known of an image beside its files."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True, kw_only=True)
class Layer:
    """One layer of an image.

    digest:  as the image names it: of the archive, "sha256:…"
    command: what made it, as the image's history tells
    size:    apparent bytes of its files, those included that later layers hide
    files:   how many those are
    wasted:  bytes of its files that later layers remove or replace, and the image still ships
    """

    digest: str
    command: str = ""
    size: int = 0
    files: int = 0
    wasted: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class SystemPackage:
    """A package of the system's package manager (dpkg, apk) and the bytes of its files that are there."""

    name: str
    size: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ImageFacts:
    """What is known of an image beside its distributions.

    layers:  from the lowest up
    where:   distribution's key → numbers of the layers that hold its files
    wasted:  project → bytes of it that later layers remove or replace; what belongs to no distribution under ""
    system:  the largest first
    """

    layers: tuple[Layer, ...] = ()
    where: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    wasted: Mapping[str, int] = field(default_factory=dict)
    system: tuple[SystemPackage, ...] = ()

    @property
    def efficiency(self) -> float | None:
        """The share of the shipped bytes that a container can see; None for an image of no files."""
        shipped = sum(layer.size for layer in self.layers)
        return (shipped - sum(layer.wasted for layer in self.layers)) / shipped if shipped else None
