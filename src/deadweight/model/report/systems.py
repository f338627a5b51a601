"""What a report says of an image or another whole system beside its distributions."""

from __future__ import annotations

from msgspec import Struct

from deadweight.model.groups import Group
from deadweight.model.image import PartKind
from deadweight.model.report.sizes import Size


class PartSize(Struct, frozen=True, kw_only=True):
    """A part of a layer or of a row of the breakdown; see ``model.image.Part``. Paths begin with "/"."""

    kind: PartKind
    name: str
    apparent_bytes: Size


class HidingLayer(Struct, frozen=True, kw_only=True):
    """The number of a layer, and the bytes of another layer that it deletes or replaces."""

    layer: int
    wasted_bytes: Size


class LayerFacts(Struct, frozen=True, kw_only=True):
    """One layer of an image; see ``model.image.Layer``.

    hides: the largest parts of what it deletes or replaces
    """

    digest: str
    command: str
    files: Size
    apparent_bytes: Size
    wasted_bytes: Size
    hides_bytes: Size
    line: Size | None = None
    compressed_bytes: Size | None = None
    largest: tuple[PartSize, ...] = ()
    hides: tuple[PartSize, ...] = ()
    hidden_by: tuple[HidingLayer, ...] = ()


class Wasted(Struct, frozen=True, kw_only=True):
    """Bytes that later layers remove or replace, of a distribution or a system package.

    ``name`` is None for files of neither.
    """

    name: str | None
    wasted_bytes: Size


class WastedFile(Struct, frozen=True, kw_only=True):
    """A file or directory that layer ``hidden_by`` removes or replaces, and layer ``layer`` still ships."""

    path: str
    wasted_bytes: Size
    layer: int
    hidden_by: int


class PathSize(Struct, frozen=True, kw_only=True):
    """A file or directory of an image, and its bytes."""

    path: str
    apparent_bytes: Size


class Overlap(Struct, frozen=True, kw_only=True):
    """Bytes that earlier findings count too.

    finding: the number of the first one in the list, from 0; each byte counts for it only
    also:    the numbers of all further earlier ones
    """

    finding: Size
    also: tuple[Size, ...] = ()
    apparent_bytes: Size

    @property
    def findings(self) -> tuple[Size, ...]:
        """The numbers of all earlier findings that count the bytes."""
        return (self.finding, *self.also)


class ImageFinding(Struct, frozen=True, kw_only=True):
    """Bytes of an image that a change to its Dockerfile saves. Several findings may count the same bytes.

    rule:      code of the rule
    name:      of the rule: "deleted-later"
    layer:     number of the layer whose instruction to change; it contains the files
    command:   the build step that made the layer
    line:      of the instruction in the Dockerfile; None if it is unknown
    base:      whether the files come with the base image, so that only another base image is without them
    hidden_by: number of the layer that deletes or replaces the files; None if a container sees them
    others:    numbers of further layers that contain the same files
    names:     the distributions or system packages that the files belong to, the largest first, at most 50
    paths:     the largest first, at most ten
    sure:      whether the files are superfluous for certain; if not, the user has to judge
    saves_bytes: of ``apparent_bytes``, those that no earlier finding of the list counts, so that they can be summed
    overlaps:  the earlier findings that count the same bytes, each byte in one of them
    """

    rule: str
    name: str
    layer: Size
    command: str
    line: Size | None
    base: bool = False
    hidden_by: Size | None
    others: tuple[Size, ...] = ()
    apparent_bytes: Size
    files: Size
    names: tuple[str, ...]
    paths: tuple[PathSize, ...]
    reason: str
    change: str
    sure: bool
    saves_bytes: Size
    overlaps: tuple[Overlap, ...] = ()

    @property
    def subjects(self) -> tuple[str, ...]:
        """The distributions, system packages or paths of the finding; none if its reason names all of them."""
        names = self.names or tuple(f"/{each.path}" for each in self.paths)
        return () if all(name in self.reason for name in names) else names


class ImageReport(Struct, frozen=True, kw_only=True):
    """The layers of an image, the lowest first, and the findings: those about the user's own layers before those about
    the base image, and of each what saves the most first.

    dockerfile: the user's Dockerfile, whose lines are named; None without one that matches the image
    base_layers:      how many of them belong to the base image; None if that is unknown
    compressed_bytes: of all layers; None if that of one is unknown
    """

    layers: tuple[LayerFacts, ...]
    shipped_bytes: Size
    wasted_bytes: Size
    efficiency: float | None
    wasted: tuple[Wasted, ...]
    wasted_packages: tuple[Wasted, ...] = ()
    wasted_paths: tuple[WastedFile, ...]
    dockerfile: str | None = None
    findings: tuple[ImageFinding, ...] = ()
    base_layers: Size | None = None
    compressed_bytes: Size | None = None


class DirectorySize(Struct, frozen=True, kw_only=True):
    """A directory and the bytes below it."""

    directory: str
    apparent_bytes: Size


class SystemContent(Struct, frozen=True, kw_only=True):
    """Files of one sort that no distribution owns."""

    name: str
    apparent_bytes: Size
    files: Size
    largest: tuple[DirectorySize, ...]


class BreakdownRow(Struct, frozen=True, kw_only=True):
    """One row of the answer to "where are the bytes?".

    group: of the distributions in the row; None for other rows
    share: of the sum of all rows
    """

    name: str
    group: Group | None = None
    apparent_bytes: Size
    share: float
    largest: tuple[PartSize, ...]


class PackageSize(Struct, frozen=True, kw_only=True):
    """A package of dpkg, apk or rpm."""

    name: str
    apparent_bytes: Size


class NeededLibrary(Struct, frozen=True, kw_only=True):
    """A library that distributions need and do not contain; ``provider`` is None where it is missing."""

    library: str
    needed_by: tuple[str, ...]
    provider: str | None


class Carrier(Struct, frozen=True, kw_only=True):
    """A distribution and the path of its copy of a library."""

    name: str
    path: str


class CopiedDistribution(Struct, frozen=True, kw_only=True):
    """One version of a distribution with several copies, the largest first.

    apparent_bytes: of the largest copy
    extra_bytes:    of the other copies
    """

    name: str
    version: str | None
    copies: tuple[str, ...]
    apparent_bytes: Size
    extra_bytes: Size


class DuplicateLibrary(Struct, frozen=True, kw_only=True):
    """One build of a library that different distributions contain."""

    library: str
    apparent_bytes: Size
    extra_bytes: Size
    carried_by: tuple[Carrier, ...]


class SystemReport(Struct, frozen=True, kw_only=True):
    """What a whole system contains beside its distributions.

    breakdown: every byte that an image ships, or of another system every byte in it, in one row; the largest first
    """

    contents: tuple[SystemContent, ...]
    packages: tuple[PackageSize, ...]
    needs: tuple[NeededLibrary, ...]
    duplicates: tuple[DuplicateLibrary, ...]
    breakdown: tuple[BreakdownRow, ...] = ()
    copies: tuple[CopiedDistribution, ...] = ()
