"""The report: the one public result, a plain value whose fields are the keys of schema ``deadweight.profile/1``.

Sizes are bytes and end in ``_bytes``; ``None`` is unknown, never 0. Every output format is
written from a Report alone. ``docs/reference/json.md`` explains the keys; ``deadweight schema`` prints the JSON Schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Annotated, Any, Literal

from msgspec import Meta, Struct, field

from deadweight.errors import BadReport
from deadweight.model.by_name import ByName
from deadweight.model.found import Conflict, Largest
from deadweight.model.groups import Evidence, Group
from deadweight.model.source import How, Naming, Role
from deadweight.model.tree import Skipped

if TYPE_CHECKING:
    from importlib.metadata import PathDistribution

    import networkx

Schema = Literal["deadweight.profile/1"]
SCHEMA: Schema = "deadweight.profile/1"
TargetKind = Literal["requirements", "environment", "image", "container"]
Size = Annotated[int, Meta(ge=0)]  # bytes, or how many


class Measured(Struct, frozen=True, kw_only=True):
    """Sizes of a set of files, each inode once.

    disk_bytes: allocated blocks; None where the files are on no disk
    kinds:      kind of file → apparent bytes; the values sum to ``apparent_bytes``
    """

    files: Size
    apparent_bytes: Size
    disk_bytes: Size | None
    native_bytes: Size
    bundled_library_bytes: Size
    bytecode_bytes: Size
    kinds: Mapping[str, Size]


class TargetFacts(Struct, frozen=True, kw_only=True):
    """What was measured, and how.

    form:         how the requirements are written; None for other kinds
    method:       "files" as they are, "install" in a throwaway environment, "wheels" without installing
    requirements: how many requirements the user's file names; None without a file
    """

    kind: TargetKind
    location: str
    method: Literal["files", "install", "wheels"]
    form: Literal["file", "project", "lock", "names"] | None = None
    requirements: int | None = None


class EnvironmentFacts(Struct, frozen=True, kw_only=True):
    """One Python environment. ``prefix`` is "/" unless the target is a whole system."""

    prefix: str = "/"
    python: str | None = None
    platform: str | None = None
    installer: str | None = None


class Totals(Measured, frozen=True, kw_only=True):
    """The sums over the target.

    required_bytes: of what the requirements bring in, which the splits are parts of
    unmeasured:     how many distributions are asked for and could not be measured
    """

    distributions: Size
    unowned_bytes: Size
    required_distributions: int
    required_bytes: Size
    unmeasured: Size
    download_bytes: Size | None
    estimated_bytecode_bytes: Size | None


class ArchiveUsed(Struct, frozen=True, kw_only=True):
    """The archive that a distribution was measured from; see ``ArchiveFacts``."""

    filename: str
    download_bytes: Size | None
    estimated: bool
    at_most: bool
    says: str
    estimated_bytecode_bytes: Size | None


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

    def record(self) -> dict[str, str | int | bool | None]:
        """Return the row as names and plain values."""
        return {
            "key": self.key,
            "name": self.name,
            "version": self.version,
            "direct": self.direct,
            "group": self.group,
            "sure": self.sure,
            "files": self.files,
            "apparent_bytes": self.apparent_bytes,
            "disk_bytes": self.disk_bytes,
            "native_bytes": self.native_bytes,
            "bytecode_bytes": self.bytecode_bytes,
            "closure_bytes": self.closure_bytes,
            "retained_bytes": self.retained_bytes,
            "freed_bytes": self.freed_bytes,
            "requires": len(self.requires),
            "required_by": len(self.required_by),
        }


class GroupTotals(Struct, frozen=True, kw_only=True):
    """The distributions of one group; ``largest`` are keys, the largest first."""

    distributions: Size
    apparent_bytes: Size
    largest: tuple[str, ...] = ()


class Cuda(Struct, frozen=True, kw_only=True):
    """What is installed for NVIDIA GPUs only."""

    distributions: Size
    apparent_bytes: Size


class LighterBuild(Struct, frozen=True, kw_only=True):
    """A distribution that has a lighter build; see ``plan.lighter``."""

    name: str
    apparent_bytes: Size
    lighter: str
    how: str
    loses: str
    saves_bytes: Size | None
    measured_saving_bytes: Size | None = None


class SharedDependency(Struct, frozen=True, kw_only=True):
    """A distribution that several direct requirements need.

    holders: how many other direct requirements need it
    held_by: the first of them, those with the largest closure first
    """

    name: str
    apparent_bytes: Size
    direct: bool
    holders: Size
    held_by: tuple[str, ...]


class LayerFacts(Struct, frozen=True, kw_only=True):
    """One layer of an image; see ``model.image.Layer``."""

    digest: str
    command: str
    files: Size
    apparent_bytes: Size
    wasted_bytes: Size
    hides_bytes: Size


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


class ImageReport(Struct, frozen=True, kw_only=True):
    """The layers of an image, the lowest first."""

    layers: tuple[LayerFacts, ...]
    shipped_bytes: Size
    wasted_bytes: Size
    efficiency: float | None
    wasted: tuple[Wasted, ...]
    wasted_packages: tuple[Wasted, ...] = ()
    wasted_paths: tuple[WastedFile, ...]


class FolderSize(Struct, frozen=True, kw_only=True):
    """A directory and the bytes below it."""

    folder: str
    apparent_bytes: Size


class SystemContent(Struct, frozen=True, kw_only=True):
    """Files of one sort that no distribution owns."""

    name: str
    apparent_bytes: Size
    files: Size
    largest: tuple[FolderSize, ...]


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


class DuplicateLibrary(Struct, frozen=True, kw_only=True):
    """One build of a library that several distributions contain."""

    library: str
    apparent_bytes: Size
    extra_bytes: Size
    carried_by: tuple[Carrier, ...]


class SystemReport(Struct, frozen=True, kw_only=True):
    """What a whole system contains beside its distributions."""

    contents: tuple[SystemContent, ...]
    packages: tuple[PackageSize, ...]
    needs: tuple[NeededLibrary, ...]
    duplicates: tuple[DuplicateLibrary, ...]


class Unread(Struct, frozen=True, kw_only=True):
    """A file of the application that could not be read."""

    name: str
    reason: str


class ApplicationFacts(Struct, frozen=True, kw_only=True):
    """The application's code that was read. ``mentions`` counts the places that name something."""

    folder: str
    files: Size
    mentions: Size
    skipped: tuple[Unread, ...]


class Place(Struct, frozen=True, kw_only=True):
    """A place in the application's code; see ``model.source.Mention``. ``cell`` is None outside of notebooks."""

    kind: Naming
    name: str
    file: str
    line: int
    cell: int | None
    role: Role
    how: How
    condition: str | None


class Finding(Struct, frozen=True, kw_only=True):
    """Something worth a look; see ``proof.remarks.Remark``."""

    kind: str
    name: str
    says: str
    freed_bytes: Size | None
    places: tuple[Place, ...]


class Lacking(Struct, frozen=True, kw_only=True):
    """Something that the application uses and a split does not provide; see ``proof.Gap``."""

    name: str | None
    what: str
    excused: bool
    excuse: str | None
    places: tuple[Place, ...]


class ProofReport(Struct, frozen=True, kw_only=True):
    """Whether a split provides everything the application uses; ``checked`` counts the places that were checked."""

    holds: bool
    checked: Size
    gaps: tuple[Lacking, ...]


class DroppedRequirement(Struct, frozen=True, kw_only=True):
    """A requirement that a split leaves out; see ``plan.splits.Dropped``.

    rule:  that decided
    later: whether it goes because the application never imports it when it starts; ``says`` then names the place
    """

    name: str
    group: Group
    rule: str
    later: bool
    says: str
    brought_bytes: Size | None
    freed_bytes: Size | None
    places: tuple[Place, ...]


class UnsureRequirement(Struct, frozen=True, kw_only=True):
    """A requirement that a split keeps only because the evidence for its group is weak."""

    name: str
    group: Group
    says: str
    freed_bytes: Size | None


class SplitReport(Struct, frozen=True, kw_only=True):
    """A smaller set of requirements; see ``plan.splits.Split``. ``requirements`` are the lines that stay."""

    groups: tuple[str, ...]
    requirements: tuple[str, ...]
    dropped: tuple[DroppedRequirement, ...]
    proof: ProofReport | None
    unsure: tuple[UnsureRequirement, ...]
    distributions: tuple[str, ...]
    apparent_bytes: Size
    saved_bytes: Size
    saved_groups: Mapping[Group, Size]


class Report(Struct, frozen=True, kw_only=True, dict=True):
    """The footprint of a target, with what could be left out. Distributions are sorted by name.

    unowned:      files that no distribution owns
    environments: None unless the target is a whole system; splits use the first
    not_measured: requirements for what a lock contains and could not be measured
    """

    schema: Schema = field(default=SCHEMA)
    version: str
    target: TargetFacts
    environment: EnvironmentFacts
    totals: Totals
    unowned: Measured
    distributions: tuple[Row, ...]
    groups: Mapping[Group, GroupTotals]
    cuda: Cuda
    lighter: tuple[LighterBuild, ...]
    lighter_together_bytes: Size | None = None
    shared: tuple[SharedDependency, ...]
    image: ImageReport | None
    system: SystemReport | None
    source: ApplicationFacts | None
    findings: tuple[Finding, ...]
    environments: tuple[EnvironmentFacts, ...] | None
    splits: Mapping[str, SplitReport]
    not_measured: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    conflicts: tuple[Conflict, ...]
    warnings: tuple[str, ...]

    def __repr__(self) -> str:
        return (
            f"<Report of {self.target.location[:80]!r}: {len(self.distributions)} distributions,"
            f" {self.totals.apparent_bytes} bytes>"
        )

    def __getitem__(self, name: str) -> Row:
        """Return the row of a distribution, by its key or any spelling of its name; raises KeyError."""
        return self.rows[name]

    @cached_property
    def rows(self) -> Mapping[str, Row]:
        """Key → row; lookups accept any spelling of a name."""
        return ByName((row.key, row) for row in self.distributions)

    @property
    def graph(self) -> networkx.DiGraph[str]:
        """Who requires whom, for networkx: nodes carry ``own_bytes`` and ``direct``, edges ``requirement``.

        It is created at each access. What an extra requires is required by its distribution.
        """
        import networkx

        graph: networkx.DiGraph[str] = networkx.DiGraph()
        for row in self.distributions:
            graph.add_node(row.key, own_bytes=row.apparent_bytes, direct=row.direct)
        for row in self.distributions:
            for each in row.requirements:
                if each.key != row.key and not graph.has_edge(row.key, each.key):
                    graph.add_edge(row.key, each.key, requirement=each.requirement)
        return graph

    @property
    def requested(self) -> tuple[str, ...]:
        """The keys of the direct requirements: what the user's file names, or what an environment was asked for."""
        return tuple(row.key for row in self.distributions if row.direct)

    def records(self) -> list[dict[str, str | int | bool | None]]:
        """Return a flat record for each distribution, by name: ``pandas.DataFrame(report.records())``."""
        return [row.record() for row in self.distributions]

    @property
    def exit_code(self) -> int:
        """The exit code of a run with this result: 0, or 4 or 5 where something could not be measured."""
        return max((skipped.exit_code for skipped in self.skipped), default=0)

    def to_json(self) -> str:
        """Return the report as JSON: everything in a fixed order, ASCII only, with a line break at the end."""
        from deadweight.model.documents import to_json

        return to_json(self)

    @classmethod
    def from_json(cls, text: str | bytes) -> Report:
        """Return the report that ``to_json`` wrote; raises BadReport."""
        from deadweight.model.documents import from_json

        report = from_json(text, cls)
        report._check()
        return report

    def _check(self) -> None:
        """Raise BadReport where a key names no distribution: what reads a report may rely on them."""
        named = [
            *(key for row in self.distributions for key in (*row.requires, *row.required_by)),
            *(each.key for row in self.distributions for each in row.requirements),
            *(key for group in self.groups.values() for key in group.largest),
            *(key for split in self.splits.values() for key in split.distributions),
        ]
        unknown = [key for key in named if key not in self.rows]
        if unknown or len(self.rows) != len(self.distributions):
            raise BadReport(f"{unknown[0]!r} is the key of no distribution" if unknown else "two have one key")
        if missing := {"production", "minimal"} - self.splits.keys():
            raise BadReport(f"the split {min(missing)} is missing")


def json_schema() -> dict[str, Any]:
    """Return the JSON Schema (2020-12) of a report."""
    from msgspec.json import schema

    return schema(Report)
