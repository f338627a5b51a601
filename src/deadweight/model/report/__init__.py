"""The report: the one public result, a plain value whose fields are the keys of schema ``deadweight.profile/1``.

Sizes are bytes and end in ``_bytes``; ``None`` is unknown, never 0. Every output format is
written from a Report alone. ``docs/reference/json.md`` explains the keys; ``deadweight schema`` prints the JSON Schema.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import TYPE_CHECKING, Literal

from msgspec import Struct, field

from deadweight.errors import BadReport
from deadweight.model.by_name import ByName
from deadweight.model.distributions import Conflict
from deadweight.model.documents import Published
from deadweight.model.groups import Group
from deadweight.model.report.judgement import (
    ApplicationFacts,
    Cuda,
    DroppedRequirement,
    Finding,
    GroupTotals,
    Lacking,
    LighterBuild,
    Location,
    ProofReport,
    SharedDependency,
    SplitReport,
    Unread,
    UnsureRequirement,
)
from deadweight.model.report.rows import ArchiveUsed, DirectRequirement, Requirement, Row, Value
from deadweight.model.report.sizes import Measured, Size, Totals
from deadweight.model.report.systems import (
    BreakdownRow,
    Carrier,
    CopiedDistribution,
    DirectorySize,
    DuplicateLibrary,
    HidingLayer,
    ImageFinding,
    ImageReport,
    LayerFacts,
    NeededLibrary,
    Overlap,
    PackageSize,
    PartSize,
    PathSize,
    SystemContent,
    SystemReport,
    Wasted,
    WastedFile,
)
from deadweight.model.tree import Skipped

if TYPE_CHECKING:
    import networkx

__all__ = [
    "SCHEMA",
    "ApplicationFacts",
    "ArchiveUsed",
    "BreakdownRow",
    "Carrier",
    "CopiedDistribution",
    "Cuda",
    "DirectRequirement",
    "DirectorySize",
    "DroppedRequirement",
    "DuplicateLibrary",
    "EnvironmentFacts",
    "Finding",
    "GroupTotals",
    "HidingLayer",
    "ImageFinding",
    "ImageReport",
    "Lacking",
    "LayerFacts",
    "LighterBuild",
    "Location",
    "Measured",
    "NeededLibrary",
    "Overlap",
    "PackageSize",
    "PartSize",
    "PathSize",
    "ProofReport",
    "Report",
    "Requirement",
    "Row",
    "SharedDependency",
    "Size",
    "SplitReport",
    "SystemContent",
    "SystemReport",
    "TargetFacts",
    "TargetKind",
    "Totals",
    "Unread",
    "UnsureRequirement",
    "Wasted",
    "WastedFile",
]

Schema = Literal["deadweight.profile/1"]
SCHEMA: Schema = "deadweight.profile/1"
SPLITS = ("production", "minimal")
TargetKind = Literal["requirements", "environment", "image", "container"]


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

    @property
    def machine(self) -> str:
        """What it is for, as text: "Python 3.12 on linux_x86_64", as far as it is known."""
        python = f"Python {self.python}" if self.python else ""
        return " on ".join(filter(None, (python, self.platform))) or "this machine"


class Report(Published, frozen=True, kw_only=True, dict=True):
    """The footprint of a target, with what could be left out. Distributions are sorted by name.

    direct_requirements: the requirements of the user's file and of the files that it includes, in their order; empty
                  without such a file
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
    direct_requirements: tuple[DirectRequirement, ...] = ()

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

    def to_rows(self) -> list[dict[str, Value]]:
        """Return a flat row for each distribution, by name: ``pandas.DataFrame(report.to_rows())``."""
        return [row.columns() for row in self.distributions]

    @property
    def exit_code(self) -> int:
        """The exit code of a run with this result: 0, or 4 or 5 where something could not be measured."""
        return max((skipped.exit_code for skipped in self.skipped), default=0)

    def validate(self) -> None:
        """Raise BadReport where keys name no distribution, or sizes do not add up: renderers rely on them."""
        named = [
            *(key for row in self.distributions for key in (*row.requires, *row.required_by)),
            *(each.key for row in self.distributions for each in row.requirements),
            *(each.key for each in self.direct_requirements if each.key is not None),
            *(key for group in self.groups.values() for key in group.largest),
            *(key for split in self.splits.values() for key in split.distributions),
            *(key for copies in (self.system.copies if self.system else ()) for key in copies.copies),
        ]
        unknown = [key for key in named if key not in self.rows]
        if unknown:
            raise BadReport(f"{unknown[0]!r} is the key of no distribution")
        if len(self.rows) != len(self.distributions) or not all(row.key and row.name for row in self.distributions):
            raise BadReport("two distributions have one key, or one has no name")
        if tuple(self.splits) != SPLITS:
            raise BadReport(f"the splits must be {' and '.join(SPLITS)}")
        if self.source is None and any(split.proof for split in self.splits.values()):
            raise BadReport("a split is checked against code, but no code was read")
        if (
            sum(row.apparent_bytes for row in self.distributions) + self.unowned.apparent_bytes
            != self.totals.apparent_bytes
        ):
            raise BadReport("the distributions and the unowned files do not add up to the total")
        self._validate_breakdown()

    def _validate_breakdown(self) -> None:
        rows = self.system.breakdown if self.system else ()
        whole = self.totals.apparent_bytes
        if self.image is not None and self.image.layers:
            whole = self.image.shipped_bytes
        if rows and sum(row.apparent_bytes for row in rows) != whole:
            raise BadReport("the rows of the breakdown do not add up to the total")
