"""The inventory: distributions with their sizes, and unowned files."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Literal

from msgspec import Struct
from msgspec.structs import force_setattr

from deadweight.errors import abridged
from deadweight.model.tree import Entry, Skipped


class Sizes(Struct, frozen=True, kw_only=True):
    """The sizes of a set of files, each inode counted once.

    kinds: kind of file → apparent bytes; the values sum to ``apparent``
    """

    files: int = 0
    apparent: int = 0
    disk: int | None = 0
    kinds: Mapping[str, int] = {}

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


class Largest(Struct, frozen=True, kw_only=True):
    """A large file or directory of a distribution, and its apparent bytes; the path is relative to the prefix."""

    path: str
    apparent_bytes: int


class Metadata(Struct, frozen=True, kw_only=True):
    """The metadata of a distribution (core metadata, PEP 566 and 643; names as in PEP 503).

    commands:      the programs in its entry points, which an installer adds
    plugin_groups: the other groups of its entry points, which it extends with plugins
    """

    name: str
    version: str | None
    summary: str = ""
    requires: tuple[str, ...] = ()  # PEP 508 lines, unchanged
    classifiers: tuple[str, ...] = ()
    import_names: tuple[str, ...] = ()  # PEP 794, if given
    commands: tuple[str, ...] = ()
    plugin_groups: tuple[str, ...] = ()


class ArchiveFacts(Struct, frozen=True, kw_only=True):
    """Facts on a distribution that was measured from its archive and not installed.

    size:      bytes of the archive, which would be downloaded
    estimated: whether its files are estimated from an sdist
    reason:    why no wheel was measured; "" if one was
    bytecode:  an estimate of the bytecode that compiling would add; None if it was not requested
    at_most:   whether a smaller build was requested that could not be measured
    """

    filename: str
    size: int | None = None
    estimated: bool = False
    reason: str = ""
    bytecode: int | None = None
    at_most: bool = False


class Distribution(Struct, frozen=True, kw_only=True):
    """One distribution with its files measured.

    key:       its normalized name; a second copy of the same name gets ``name==version``
    programs:  the programs that it installs in ``bin`` or ``Scripts``
    requested: whether it is a direct requirement; in an inventory, whether it has a REQUESTED file (PEP 376)
    url:       the URL that it was installed from (PEP 610), without credentials
    editable:  whether its code is outside of the environment
    archive:   the archive from which it was measured, if it was not installed
    prefix:    of its environment, in a whole system
    metadata_path: of its metadata directory or file; "" if it is not installed
    largest_files, largest_directories: the largest first, without small ones
    """

    key: str
    metadata: Metadata
    sizes: Sizes
    import_names: tuple[str, ...] = ()
    programs: tuple[str, ...] = ()
    requested: bool = False
    installer: str = ""
    url: str = ""
    editable: bool = False
    archive: ArchiveFacts | None = None
    prefix: str = ""
    metadata_path: str = ""
    largest_files: tuple[Largest, ...] = ()
    largest_directories: tuple[Largest, ...] = ()

    @property
    def name(self) -> str:
        return self.metadata.name

    @property
    def version(self) -> str | None:
        return self.metadata.version


class Environment(Struct, frozen=True, kw_only=True):
    """A Python environment, as far as its files describe it; its Python is not run.

    python:   "3.11.7", or "3.11" if the patch number is unknown
    platform: as in wheel tags: "linux_x86_64", "macosx_arm64", "win_amd64"
    prefix:   relative to the tree: "" for the whole tree, "opt/venv" in a whole system
    """

    python: str | None = None
    implementation: str = "cpython"
    platform: str | None = None
    installer: str | None = None
    prefix: str = ""


class Conflict(Struct, frozen=True, kw_only=True):
    """Two claims that cannot both hold.

    kind: "path" (several RECORDs claim a file), "escape" (a RECORD path leaves the prefix),
          "duplicate" (two versions of one distribution), "missing" and "version" (requirements)
    """

    kind: Literal["path", "escape", "duplicate", "missing", "version"]
    names: tuple[str, ...]
    reason: str

    def __post_init__(self) -> None:
        force_setattr(self, "reason", abridged(self.reason))
        force_setattr(self, "names", tuple(map(abridged, self.names)))


class Inventory(Struct, frozen=True, kw_only=True, dict=True):
    """Every byte below the prefix, in exactly one row.

    environments: one, or those of a whole system, of which the first is the one that its program runs in
    packages:     (name, paths) of the system packages of a whole system
    native:       paths of native code
    owner:        path → index of the distribution that owns it; unowned paths are left out
    shared:       paths that several distributions list
    entries:      path → the file or symlink; those of the tree, which are not copied
    """

    environments: tuple[Environment, ...]
    distributions: tuple[Distribution, ...]
    unowned: Sizes
    total: Sizes
    conflicts: tuple[Conflict, ...] = ()
    skipped: tuple[Skipped, ...] = ()
    warnings: tuple[str, ...] = ()
    packages: tuple[tuple[str, tuple[str, ...]], ...] = ()
    native: tuple[str, ...] = ()
    owner: Mapping[str, int] = {}
    shared: frozenset[str] = frozenset()
    entries: Mapping[str, Entry] = {}

    @property
    def environment(self) -> Environment:
        """The first environment."""
        return self.environments[0]

    @cached_property
    def package_of(self) -> Mapping[str, str]:
        """Path → the system package that contains it; the first of several."""
        return {path: name for name, paths in reversed(self.packages) for path in paths}


class CacheUsage(Struct, frozen=True, kw_only=True):
    """The cache: its directory, the numbers of listings of archives and of layers of images, and all of its bytes."""

    directory: str
    listings: int
    layers: int = 0
    size: int
