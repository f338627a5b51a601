"""One distribution of a report."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from deadweight.model.distributions import Largest
from deadweight.model.groups import Evidence, Group
from deadweight.model.report.sizes import Measured, Size

if TYPE_CHECKING:
    from importlib.metadata import PathDistribution


class ArchiveUsed(Struct, frozen=True, kw_only=True):
    """The archive that a distribution was measured from; see ``ArchiveFacts``."""

    filename: str
    download_bytes: Size | None
    estimated: bool
    at_most: bool
    reason: str
    estimated_bytecode_bytes: Size | None


class DirectRequirement(Struct, frozen=True, kw_only=True):
    """A requirement of the user's file, where it is written.

    file: as the user named it, or as a ``-r`` line leads to it from there; None for names and standard input
    line: the number of its first line; None if it is unknown, as in a lock
    name: normalized; None for a path or a URL that does not state it
    key:  of the distribution that satisfies it; None if its marker is false, or if it was not measured
    text: the requirement as written, without options and comments
    """

    file: str | None
    line: Size | None
    name: str | None
    key: str | None
    text: str


class Requirement(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A requirement of a distribution, and the distribution that satisfies it; JSON leaves out what most do not have.

    key:    of the distribution that satisfies it
    extras: the extras of that distribution that it asks for
    extra:  the extra whose requirement it is; None where it always holds
    """

    key: str
    requirement: str
    extras: tuple[str, ...] = ()
    extra: str | None = None


class Row(Measured, frozen=True, kw_only=True):
    """One distribution with everything that is known of it.

    key:    unique in the report; the normalized name, unless several distributions share it
    extras: the extras that the user's requirements ask for
    orphan: whether nothing requires it and the user's requirements do not name it
    freed_bytes: what dropping the requirement frees; None where it is not direct
    metadata_path: of the ``.dist-info`` directory; None unless the target is an environment on this machine
    largest_files, largest_directories: relative to the prefix, the largest first, at most three of each of 10 kB or
                   more; directories are apart from each other
    """

    key: str
    name: str
    version: str | None
    direct: bool
    extras: tuple[str, ...]
    orphan: bool
    group: Group
    sure: bool
    tags: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    closure_bytes: Size
    retained_bytes: Size
    freed_bytes: Size | None
    requires: tuple[str, ...]
    required_by: tuple[str, ...]
    requirements: tuple[Requirement, ...]
    import_names: tuple[str, ...]
    programs: tuple[str, ...]
    editable: bool
    url: str | None
    archive: ArchiveUsed | None
    environment: str | None
    layers: tuple[int, ...] | None
    metadata_path: str | None
    largest_files: tuple[Largest, ...]
    largest_directories: tuple[Largest, ...]

    def distribution(self) -> PathDistribution:
        """Return the standard library's view of an installed distribution: its metadata, files and entry points.

        raises: LookupError where the target is not an environment on this machine, or the environment is gone
        """
        from importlib.metadata import PathDistribution
        from pathlib import Path

        path = Path(self.metadata_path or "")
        if not self.metadata_path or not path.exists():
            raise LookupError(f"{self.name} is not installed at {self.metadata_path or 'a known path'}")
        return PathDistribution(path)

    @property
    def download_bytes(self) -> int | None:
        """Bytes of the archive; None if none was used, or its size is unknown."""
        return self.archive.download_bytes if self.archive else None

    def columns(self) -> dict[str, Value]:
        """Return the row as plain values by the names in ``COLUMNS``."""
        return {name: value(self) for name, value in COLUMNS.items()}


Value = str | int | bool | None
# The columns of a table with a row for each distribution; sizes are bytes.
COLUMNS: Mapping[str, Callable[[Row], Value]] = {
    "key": lambda row: row.key,
    "name": lambda row: row.name,
    "version": lambda row: row.version,
    "environment": lambda row: row.environment,
    "direct": lambda row: row.direct,
    "group": lambda row: row.group,
    "sure": lambda row: row.sure,
    "files": lambda row: row.files,
    "apparent_bytes": lambda row: row.apparent_bytes,
    "disk_bytes": lambda row: row.disk_bytes,
    "native_bytes": lambda row: row.native_bytes,
    "bytecode_bytes": lambda row: row.bytecode_bytes,
    "download_bytes": lambda row: row.download_bytes,
    "closure_bytes": lambda row: row.closure_bytes,
    "retained_bytes": lambda row: row.retained_bytes,
    "freed_bytes": lambda row: row.freed_bytes,
    "requires": lambda row: len(row.requires),
    "required_by": lambda row: len(row.required_by),
}
