"""Facts on a whole system (an image, a container, a root file system) besides its distributions."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct

# "contents" is a row of ``SystemFacts.contents``, "model" a model in the cache of a hub.
PartKind = Literal["distribution", "system package", "model", "contents", "path"]


class Part(Struct, frozen=True, kw_only=True):
    """A part of a layer or of an area, with its apparent bytes.

    name: the key of a distribution, the name of a system package, the path of a file or directory, ...; "" for none
    """

    kind: PartKind
    name: str
    size: int


class Layer(Struct, frozen=True, kw_only=True):
    """One layer of an image.

    digest:  of the layer's archive, as in the image's manifest: "sha256:…"
    command: the build step that created it, from the image's history
    compressed: bytes of the layer's archive, if it is compressed; None if it is not, or if that is unknown
    size:    apparent bytes of its files, including those that later layers hide
    files:   the number of these files
    wasted:  bytes of its files that later layers delete or replace
    hides:   bytes of files in lower layers that this layer deletes or replaces
    line:    of the instruction in the user's Dockerfile that created it; None if it is unknown
    largest: its largest parts, including those that later layers hide
    hidden:  the largest parts of what it hides
    hidden_by: (number of a later layer, bytes of this layer that it hides), in ascending order
    """

    digest: str
    command: str = ""
    compressed: int | None = None
    size: int = 0
    files: int = 0
    wasted: int = 0
    hides: int = 0
    line: int | None = None
    largest: tuple[Part, ...] = ()
    hidden: tuple[Part, ...] = ()
    hidden_by: tuple[tuple[int, int], ...] = ()


class WastedPath(Struct, frozen=True, kw_only=True):
    """A wasted file or directory of an image: deleted or replaced by a later layer.

    layer: number of the layer that contains it
    by:    number of the layer that deletes or replaces it
    """

    path: str
    size: int
    layer: int
    by: int


class Step(Struct, frozen=True, kw_only=True):
    """One step in the history of an image.

    command: as the history has it; "" if it does not
    layer:   number of the layer that it made; None if it made none
    """

    command: str
    layer: int | None = None


# The path of a file that a container sees, (path, number of the layer) of one that no container sees, or the inode of a
# file with several names
FileKey = str | tuple[str, int] | tuple[int, int]


class ImageFinding(Struct, frozen=True, kw_only=True):
    """Bytes of an image that a change to its Dockerfile saves.

    rule:   code of the rule
    layer:  number of the layer whose instruction to change; it contains the files
    by:     number of the layer that deletes or replaces them; None if a container sees them
    others: numbers of further layers that contain the same files
    size:   apparent bytes
    files:  the number of files
    names:  the distributions or system packages that they belong to, the largest first
    paths:  (path, bytes) of files and directories, the largest first
    reason: what was found, as a sentence without a full stop
    change: what to do, as such a sentence
    sure:   whether the files are superfluous for certain; if not, the user has to judge
    parts:  file → its bytes, to compare findings with each other
    base:   whether the files come with the base image, so that only another base image is without them
    saves:  bytes of ``size`` that no earlier finding of the list counts
    overlaps: (numbers of all earlier findings that count the same bytes, these bytes), in ascending order
    """

    rule: str
    layer: int
    by: int | None = None
    others: tuple[int, ...] = ()
    size: int = 0
    files: int = 0
    names: tuple[str, ...] = ()
    paths: tuple[tuple[str, int], ...] = ()
    reason: str = ""
    change: str = ""
    sure: bool = True
    parts: Mapping[FileKey, int] = {}
    base: bool = False
    saves: int = 0
    overlaps: tuple[tuple[tuple[int, ...], int], ...] = ()


class ImageFacts(Struct, frozen=True, kw_only=True):
    """Facts on the layers of an image.

    layers:  lowest first
    where:   key of a distribution → numbers of the layers that contain its files
    wasted:  project → its wasted bytes; "" for files of no known project
    wasted_packages: system package → its wasted bytes
    paths:   the largest wasted files and directories
    findings: changes to the user's layers before those to the base image, those that save the most first
    base:     the number of layers of the base image; None if it is unknown
    dockerfile: path of the Dockerfile whose lines the layers name; "" without one that matches
    warnings: sentences for the user
    largest_waste: the largest parts of the wasted bytes
    homes:    key of a distribution → number of the layer with most of its bytes
    gpu:      whether something in the image asks for a GPU
    started:  the words of the commands that the image starts, without options
    """

    layers: tuple[Layer, ...] = ()
    where: Mapping[str, tuple[int, ...]] = {}
    wasted: Mapping[str, int] = {}
    wasted_packages: Mapping[str, int] = {}
    paths: tuple[WastedPath, ...] = ()
    findings: tuple[ImageFinding, ...] = ()
    base: int | None = None
    dockerfile: str = ""
    warnings: tuple[str, ...] = ()
    largest_waste: tuple[Part, ...] = ()
    homes: Mapping[str, int] = {}
    gpu: bool = False
    started: frozenset[str] = frozenset()

    @property
    def shipped(self) -> int:
        """The unpacked bytes of all layers, which are stored and pulled."""
        return sum(layer.size for layer in self.layers)

    @property
    def wasted_size(self) -> int:
        """The bytes in all layers that no container sees."""
        return sum(layer.wasted for layer in self.layers)

    @property
    def efficiency(self) -> float | None:
        """The share of the shipped bytes that a container sees; None for an image without files."""
        return (self.shipped - self.wasted_size) / self.shipped if self.shipped else None


class SystemPackage(Struct, frozen=True, kw_only=True):
    """A system package (dpkg, apk, rpm) and the bytes of its existing files."""

    name: str
    size: int


class Content(Struct, frozen=True, kw_only=True):
    """One row of a whole system's contents besides distributions; all rows and the distributions sum to the total.

    largest: (directory, bytes), the largest first
    """

    name: str
    size: int
    files: int
    largest: tuple[tuple[str, int], ...] = ()


class Area(Struct, frozen=True, kw_only=True):
    """A part of a whole system besides distributions, in the user's words: "base image", "Python", "models".

    largest: its largest parts
    """

    name: str
    size: int
    largest: tuple[Part, ...] = ()


class Need(Struct, frozen=True, kw_only=True):
    """A library that native code of distributions needs from outside of them.

    by:       keys of the distributions
    provider: the system package that contains it, or its path if no package does; None if it is missing
    """

    library: str
    by: tuple[str, ...]
    provider: str | None


class Twins(Struct, frozen=True, kw_only=True):
    """One build of a library that different distributions contain.

    locations: (key, path), by key; of several copies of a distribution, only the first is listed
    size:   of one copy
    """

    library: str
    size: int
    locations: tuple[tuple[str, str], ...]

    @property
    def extra(self) -> int:
        """The bytes of all copies but one."""
        return self.size * (len(self.locations) - 1)


class Copies(Struct, frozen=True, kw_only=True):
    """One version of a distribution that a system contains several times.

    keys:  of the copies, the largest copy first
    size:  of the largest copy
    extra: bytes of the other copies
    """

    name: str
    version: str | None
    keys: tuple[str, ...]
    size: int
    extra: int


class SystemFacts(Struct, frozen=True, kw_only=True):
    """Facts on a whole system besides its distributions.

    contents: the largest first
    areas:    the same bytes, in fewer rows; the largest first
    packages: the largest first
    needs:    libraries that distributions need from outside, missing ones first
    copies:   distributions with several copies, those with the largest extra first
    twins:    duplicate libraries, the largest first
    """

    contents: tuple[Content, ...] = ()
    areas: tuple[Area, ...] = ()
    packages: tuple[SystemPackage, ...] = ()
    needs: tuple[Need, ...] = ()
    copies: tuple[Copies, ...] = ()
    twins: tuple[Twins, ...] = ()
