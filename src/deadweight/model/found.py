"""What the inventory finds: distributions with their sizes, and what nobody owns."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct
from msgspec.structs import force_setattr

from deadweight.errors import abridged
from deadweight.model.tree import Skipped


class Sizes(Struct, frozen=True, kw_only=True):
    """Bytes of a set of files, each inode once.

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
    """What a distribution says of itself (core metadata, PEP 566 and 643; names as in PEP 503).

    commands:      the programs that installing it adds, of its entry points
    plugin_groups: the other groups of its entry points: what it plugs into
    """

    name: str
    version: str | None
    summary: str = ""
    requires: tuple[str, ...] = ()  # PEP 508 lines, as they stand
    classifiers: tuple[str, ...] = ()
    import_names: tuple[str, ...] = ()  # PEP 794, where given
    commands: tuple[str, ...] = ()
    plugin_groups: tuple[str, ...] = ()


class ArchiveFacts(Struct, frozen=True, kw_only=True):
    """What is known of a distribution that was measured from its archive and never installed.

    size:      bytes of the archive: what would be downloaded
    estimated: whether its files are an estimate, since only an sdist is there
    reason:    why no wheel was measured; "" where one was
    bytecode:  about how much compiling would add; None where nobody asked
    at_most:   whether a smaller build was asked for that could not be looked at
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
    programs:  the programs in ``bin`` or ``Scripts`` that it installs
    requested: whether it was asked for by name; in an inventory, whether a REQUESTED file marks it (PEP 376)
    url:       where a direct URL says that it came from (PEP 610), without credentials
    editable:  whether its code lies elsewhere
    archive:   what it was measured from, where it was not installed
    prefix:    of its environment, where the tree is a whole system
    metadata_path: of the directory or file that its metadata is in; "" where nothing is installed
    largest_files, largest_directories: the largest first; what is small is left out
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
    """The Python that the files belong to, as far as they tell; nothing of it is run.

    python:   "3.11.7", or "3.11" where the patch is not written anywhere
    platform: as in wheel tags: "linux_x86_64", "macosx_arm64", "win_amd64"
    prefix:   where it lies in the tree: "" for all of it, "opt/venv" in a whole system
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
    says: str

    def __post_init__(self) -> None:
        force_setattr(self, "says", abridged(self.says))
        force_setattr(self, "names", tuple(map(abridged, self.names)))


class Inventory(Struct, frozen=True, kw_only=True):
    """Every byte below the prefix, in exactly one row.

    environments: one, or those of a whole system, the one that its programs run in first
    packages:     (name, paths) of the system's package managers, where the tree is a whole system
    native:       paths of native code
    owner:        path → number of the distribution that owns it; what nobody owns is left out
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

    @property
    def environment(self) -> Environment:
        """Return the first environment."""
        return self.environments[0]


class CacheUsage(Struct, frozen=True, kw_only=True):
    """How much of archives is kept: a folder, how many listings it holds, their bytes."""

    folder: str
    listings: int
    size: int
