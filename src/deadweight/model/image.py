"""What is known of a whole system (an image, a container, a root folder) beside its distributions."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec import Struct


class Layer(Struct, frozen=True, kw_only=True):
    """One layer of an image.

    digest:  as the image names it: of the archive, "sha256:…"
    command: what made it, as the image's history tells
    size:    apparent bytes of its files, those included that later layers hide
    files:   how many those are
    wasted:  bytes of its files that later layers remove or replace, and the image still ships
    hides:   bytes of other layers that this one removes or replaces
    """

    digest: str
    command: str = ""
    size: int = 0
    files: int = 0
    wasted: int = 0
    hides: int = 0


class WastedPath(Struct, frozen=True, kw_only=True):
    """A file or folder that an image ships in vain.

    layer: number of the layer that holds it
    by:    number of the layer that removes or replaces it
    """

    path: str
    size: int
    layer: int
    by: int


class ImageFacts(Struct, frozen=True, kw_only=True):
    """What is known of an image's layers.

    layers:  from the lowest up
    where:   distribution's key → numbers of the layers that hold its files
    wasted:  project → bytes of it that later layers remove or replace; what belongs to nothing known under ""
    wasted_packages: the same of the packages of the system
    paths:   the heaviest of what later layers remove or replace
    """

    layers: tuple[Layer, ...] = ()
    where: Mapping[str, tuple[int, ...]] = {}
    wasted: Mapping[str, int] = {}
    wasted_packages: Mapping[str, int] = {}
    paths: tuple[WastedPath, ...] = ()

    @property
    def shipped(self) -> int:
        """The bytes of all layers' files: what is stored and pulled, unpacked."""
        return sum(layer.size for layer in self.layers)

    @property
    def in_vain(self) -> int:
        """The shipped bytes that no container sees."""
        return sum(layer.wasted for layer in self.layers)

    @property
    def efficiency(self) -> float | None:
        """The share of the shipped bytes that a container can see; None for an image of no files."""
        return (self.shipped - self.in_vain) / self.shipped if self.shipped else None


class SystemPackage(Struct, frozen=True, kw_only=True):
    """A package of the system's package manager (dpkg, apk, rpm) and the bytes of its files that are there."""

    name: str
    size: int


class Content(Struct, frozen=True, kw_only=True):
    """What a whole system holds beside the distributions, of one sort; all sorts and the distributions sum to all.

    largest: (folder, bytes), the heaviest first
    """

    name: str
    size: int
    files: int
    largest: tuple[tuple[str, int], ...] = ()


class Need(Struct, frozen=True, kw_only=True):
    """A library that native code of distributions needs from outside of them.

    by:       keys of the distributions
    provider: the system's package that brings it, or its path where no package does; None where it is not there
    """

    library: str
    by: tuple[str, ...]
    provider: str | None


class Twins(Struct, frozen=True, kw_only=True):
    """One build of a library that several distributions carry.

    places: (key, path), by key
    size:   of one copy
    """

    library: str
    size: int
    places: tuple[tuple[str, str], ...]

    @property
    def extra(self) -> int:
        """Return the bytes of all copies but one."""
        return self.size * (len(self.places) - 1)


class SystemFacts(Struct, frozen=True, kw_only=True):
    """What a whole system holds beside its distributions.

    contents: the largest first
    packages: the largest first
    needs:    libraries that distributions need from outside, what is missing first
    twins:    libraries that are there more than once, the heaviest first
    """

    contents: tuple[Content, ...] = ()
    packages: tuple[SystemPackage, ...] = ()
    needs: tuple[Need, ...] = ()
    twins: tuple[Twins, ...] = ()
