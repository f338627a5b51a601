"""The frozen values that stages hand to each other. Sizes are bytes; ``None`` is unknown, never 0."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Literal, NamedTuple, Protocol

Group = Literal["core", "data", "dev", "ml"]
GROUPS: tuple[Group, ...] = ("core", "data", "ml", "dev")


# --- what a source hands over ------------------------------------------------------------------


class Entry(NamedTuple):
    """One path that is no folder."""

    size: int  # st_size; of a symlink, its own
    allocated: int | None  # st_blocks × 512; None where nothing lies on a disk
    inode: tuple[int, int] | None  # (device, number) where several paths may share it, else None
    kind: Literal["file", "symlink", "other"]


class Reader(Protocol):
    """Reads files of a tree; the paths are those of its entries and never lead out of it."""

    def read(self, path: str, limit: int = ...) -> bytes:
        """Return the file's first ``limit`` bytes; raises OSError."""

    def heads(self, paths: Iterable[str]) -> Iterable[bytes]:
        """Yield the first 64 bytes of each file, in order; empty where one cannot be read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class FileTree:
    """Files below one prefix, wherever they are: on a disk, in an image, in a wheel.

    entries: relative POSIX path → Entry, without folders; the order has no meaning
    skipped: what could not be listed
    claims:  yields (package, relative paths) of a system package manager (dpkg) that owns files here
    python:  version of the Python the files belong to, where the source knows
    platform: what their native code was built for, as in wheel tags, where the source knows
    lists:    metadata folder → the paths that its RECORD lists, where the source knows them without its text
    """

    location: str
    entries: Mapping[str, Entry]
    reader: Reader
    skipped: tuple[Skipped, ...] = ()
    claims: Callable[[], Iterable[tuple[str, tuple[str, ...]]]] = tuple
    python: str | None = None
    platform: str | None = None
    lists: Mapping[str, Collection[str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, order=True)
class Skipped:
    """Something that is not in the figures, and why.

    exit_code: what a run ends with that misses it: 4 or 5 where something went wrong, 0 where that is an answer
    """

    name: str
    reason: str
    exit_code: int = 0


# --- what a lock or a resolver names -----------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Archive:
    """A wheel (PEP 427) or an sdist (PEP 625), wherever it lies.

    url:      http, https or file; with the credentials that it was given with, so it is not to be shown as it is
    sha256:   in hexadecimal; None where nobody tells
    size:     bytes of the archive itself (PEP 700); None where nobody tells
    metadata: whether the index offers METADATA beside it, as ``URL.metadata`` (PEP 658)
    """

    filename: str
    url: str
    sha256: str | None = None
    size: int | None = None
    metadata: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Pinned:
    """One version of one project, as a lock or a resolver chose it, with the archives it can be taken from.

    name:   normalized (PEP 503)
    place:  the folder or repository that holds its code, where no archive does
    origin: the URL that it was asked for with, where a requirement named one (PEP 610); else ""
    groups: the dependency groups and extras that ask for it, "" for the project itself; empty where nobody tells
    """

    name: str
    version: str | None
    wheels: tuple[Archive, ...] = ()
    sdist: Archive | None = None
    place: str = ""
    origin: str = ""
    groups: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Lock:
    """What is to be installed, for one machine.

    packages: by name, each name once
    wanted:   what was asked for by name; None where the lock does not tell
    """

    packages: tuple[Pinned, ...]
    wanted: tuple[Wanted, ...] | None = None
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class CacheUsage:
    """How much of archives is kept: a folder, how many listings it holds, their bytes."""

    folder: str
    listings: int
    size: int


# --- what the inventory finds ------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Sizes:
    """Bytes of a set of files, each inode once.

    kinds: kind of file → apparent bytes; the values sum to ``apparent``
    """

    files: int = 0
    apparent: int = 0
    disk: int | None = 0
    kinds: Mapping[str, int] = field(default_factory=dict)

    @property
    def native(self) -> int:
        """Bytes of ELF, Mach-O and PE code, bundled libraries included."""
        return self.kinds.get("native", 0) + self.bundled

    @property
    def bundled(self) -> int:
        """Bytes of native code in ``NAME.libs/``, ``.dylibs/`` and ``nvidia/*/lib/``."""
        return self.kinds.get("bundled", 0)

    @property
    def bytecode(self) -> int:
        """Bytes of ``.pyc`` files, whether RECORD lists them or not."""
        return self.kinds.get("bytecode", 0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Metadata:
    """What a distribution says of itself (core metadata, PEP 566 and 643; names as in PEP 503)."""

    name: str
    version: str | None
    summary: str = ""
    requires: tuple[str, ...] = ()  # PEP 508 lines, as they stand
    classifiers: tuple[str, ...] = ()
    import_names: tuple[str, ...] = ()  # PEP 794, where given


@dataclass(frozen=True, slots=True, kw_only=True)
class ArchiveFacts:
    """What is known of a distribution that was measured from its archive and never installed.

    size:      bytes of the archive: what would be downloaded
    estimated: whether its files are an estimate, since only an sdist is there
    reason:    why no wheel was measured; "" where one was
    bytecode:  about how much compiling would add; None where nobody asked
    """

    filename: str
    size: int | None = None
    estimated: bool = False
    reason: str = ""
    bytecode: int | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Distribution:
    """One distribution with its files measured.

    key:       its normalized name; a second copy of the same name gets ``name==version``
    requested: whether a REQUESTED file marks it (PEP 376)
    url:       where a direct URL says that it came from (PEP 610), without credentials
    editable:  whether its code lies elsewhere
    archive:   what it was measured from, where it was not installed
    """

    key: str
    metadata: Metadata
    sizes: Sizes
    import_names: tuple[str, ...] = ()
    requested: bool = False
    installer: str = ""
    url: str = ""
    editable: bool = False
    archive: ArchiveFacts | None = None

    @property
    def name(self) -> str:
        return self.metadata.name

    @property
    def version(self) -> str | None:
        return self.metadata.version


@dataclass(frozen=True, slots=True, kw_only=True)
class Environment:
    """The Python that the files belong to, as far as they tell; nothing of it is run.

    python:   "3.11.7", or "3.11" where the patch is not written anywhere
    platform: as in wheel tags: "linux_x86_64", "macosx_arm64", "win_amd64"
    """

    python: str | None = None
    implementation: str = "cpython"
    platform: str | None = None
    installer: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Conflict:
    """Two claims that cannot both hold.

    kind: "path" (several RECORDs claim a file), "escape" (a RECORD path leaves the prefix),
          "duplicate" (two versions of one distribution), "missing" and "version" (requirements)
    """

    kind: Literal["path", "escape", "duplicate", "missing", "version"]
    names: tuple[str, ...]
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """Every byte below the prefix, in exactly one row.

    owner: path → number of the distribution that owns it; what nobody owns is left out
    """

    environment: Environment
    distributions: tuple[Distribution, ...]
    unowned: Sizes
    total: Sizes
    conflicts: tuple[Conflict, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    warnings: tuple[str, ...] = ()
    owner: Mapping[str, int] = field(default_factory=dict, repr=False, compare=False)


# --- what is known of an image -----------------------------------------------------------------


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


# --- what the user asked for -------------------------------------------------------------------


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """One requirement of the user's, with where it stands.

    name:  normalized; None where only an install can tell (a bare URL)
    url:   of a PEP 508 direct reference, a bare URL or a path, as written
    asked: whether an annotation of pip-compile's or uv's says that it was asked for, and not only pulled in
    place: the same as ``direct_url.json`` tells it (PEP 610): absolute, without credentials, reference and extras
    groups: the dependency groups (PEP 735) and extras of the user's project that it stands in, "" for the project
            itself; empty where there is no project
    """

    name: str | None
    extras: frozenset[str] = frozenset()
    specifier: str = ""
    marker: str = ""
    url: str = ""
    place: str = ""
    editable: bool = False
    asked: bool = False
    groups: frozenset[str] = frozenset()
    file: str = ""
    number: int = 0


# --- what later stages conclude ----------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason for a group: the rule, what it saw, the group it speaks for."""

    rule: str
    group: Group
    says: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """The group of one distribution; the first evidence decided."""

    group: Group
    tags: tuple[str, ...]
    evidence: tuple[Evidence, ...]
