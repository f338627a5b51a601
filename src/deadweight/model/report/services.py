"""What several services weigh and share: a plain value whose fields are the keys of schema ``deadweight.services/1``.

Sizes are bytes, without bytecode. ``docs/reference/json.md`` explains the keys.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

from msgspec import Struct, field

from deadweight.errors import BadReport
from deadweight.model.documents import Published
from deadweight.model.report import EnvironmentFacts, ProofReport
from deadweight.model.report.sizes import Size
from deadweight.model.tree import Skipped

ServicesSchema = Literal["deadweight.services/1"]
SERVICES_SCHEMA: ServicesSchema = "deadweight.services/1"


class NamedSize(Struct, frozen=True, kw_only=True):
    """A distribution or a requirement, and its bytes."""

    name: str
    apparent_bytes: Size


class UnusedRequirement(Struct, frozen=True, kw_only=True):
    """A requirement that the code of a service never imports; dropping it alone frees ``freed_bytes``."""

    name: str
    freed_bytes: Size


class ServiceRow(Struct, frozen=True, kw_only=True):
    """One service today.

    own_*:    distributions that no other service has in the same version; shared_bytes are all others
    source:   directory of its code; None if no code was read
    unused_bytes: freed by dropping all unused requirements; None without code
    versions: distribution → version
    """

    name: str
    file: str
    source: str | None
    requirements: Size
    distributions: Size
    apparent_bytes: Size
    download_bytes: Size | None
    own_distributions: Size
    own_bytes: Size
    shared_bytes: Size
    unused: tuple[UnusedRequirement, ...] | None
    unused_bytes: Size | None
    largest: tuple[NamedSize, ...]
    versions: Mapping[str, str | None]
    notes: tuple[str, ...]


class SharedDistribution(Struct, frozen=True, kw_only=True):
    """A distribution that several services have in the same version; ``total_bytes`` counts it once for each."""

    name: str
    version: str | None
    apparent_bytes: Size
    services: tuple[str, ...]
    total_bytes: Size


class ConflictSide(Struct, frozen=True, kw_only=True):
    """One side of a conflict; ``line`` is None if no line of the service names the project."""

    service: str
    file: str
    line: Size | None
    requirement: str


class VersionConflict(Struct, frozen=True, kw_only=True):
    """Why a service cannot have the versions of the others; ``reason`` is empty if the sides say everything."""

    project: str | None
    sides: tuple[ConflictSide, ConflictSide]
    reason: str


class VersionChange(Struct, frozen=True, kw_only=True):
    """A distribution of a service that changes; None as a version means that it is not installed."""

    service: str
    name: str
    old: str | None
    new: str | None


class LargerService(Struct, frozen=True, kw_only=True):
    """A service that installs more with the proposed files than today.

    added_bytes:   the difference
    requirements:  lines of shared files that it does not ask for today
    distributions: what it does not have today, or in a smaller version, and the bytes that each adds
    """

    service: str
    today_bytes: Size
    proposed_bytes: Size
    added_bytes: Size
    requirements: tuple[str, ...]
    distributions: tuple[NamedSize, ...]


class ProposedFile(Struct, frozen=True, kw_only=True):
    """A requirements file to write.

    name:         without ``.txt``
    includes:     the files that it includes, without ``.txt``
    constraints:  name of its file of constraints, without ``.txt``; None if nothing is to be constrained
    options:      lines for the installer; paths are relative to the working directory
    requirements: lines
    """

    name: str
    kind: Literal["shared", "service"]
    includes: tuple[str, ...]
    constraints: str | None
    options: tuple[str, ...]
    requirements: tuple[str, ...]
    services: tuple[str, ...]


class LayerRow(Struct, frozen=True, kw_only=True):
    """A layer of images: what installing one file adds to the layers below it."""

    name: str
    distributions: Size
    apparent_bytes: Size
    download_bytes: Size | None
    services: tuple[str, ...]


class Storage(Struct, frozen=True, kw_only=True):
    """What a registry stores of the requirements: each distinct layer once."""

    layers: Size
    apparent_bytes: Size
    download_bytes: Size | None


class ServiceCheck(Struct, frozen=True, kw_only=True):
    """Whether the proposed file of a service installs what the service has today, except for the listed changes.

    method: "same" if its versions are those of today, "resolved" if its new versions were resolved again
    proof:  whether they provide what the code uses; None without code
    new_gaps: what the code uses, today's requirements provide and the proposed ones do not
    problem: why the check failed; empty if it holds
    """

    service: str
    holds: bool
    method: Literal["same", "resolved", "apart"]
    proof: ProofReport | None
    new_gaps: tuple[str, ...]
    problem: str


class Proposal(Struct, frozen=True, kw_only=True):
    """Shared requirements files, with one version of each distribution.

    base_share: percentage of the services that must have a requirement of base.txt
    apart:      the services that keep versions of their own
    constraints: name of a file, without ``.txt`` → its lines
    larger:      the services that install more than today
    """

    base_share: float
    services: tuple[str, ...]
    apart: tuple[str, ...]
    files: tuple[ProposedFile, ...]
    constraints: Mapping[str, tuple[str, ...]]
    conflicts: tuple[VersionConflict, ...]
    changes: tuple[VersionChange, ...]
    larger: tuple[LargerService, ...]
    checks: tuple[ServiceCheck, ...]
    layers: tuple[LayerRow, ...]
    before: Storage
    after: Storage


class ServicesReport(Published, frozen=True, kw_only=True):
    """What services weigh, what they share, and how they could share more. Services are in the order of the arguments.

    total_bytes:    of all services, what they share counted for each
    distinct_bytes: each version of a distribution once
    """

    schema: ServicesSchema = field(default=SERVICES_SCHEMA)
    version: str
    environment: EnvironmentFacts
    services: tuple[ServiceRow, ...]
    total_bytes: Size
    distinct_bytes: Size
    shared: tuple[SharedDistribution, ...]
    proposal: Proposal | None
    skipped: tuple[Skipped, ...]
    warnings: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<ServicesReport: {len(self.services)} services, {self.total_bytes} bytes>"

    @property
    def exit_code(self) -> int:
        """The exit code of the run: 0; 3 if a proposed file fails its check; 4 or 5 if a service fails."""
        skipped = max((each.exit_code for each in self.skipped), default=0)
        failed = self.proposal is not None and not all(each.holds for each in self.proposal.checks)
        return skipped or (3 if failed else 0)

    def validate(self) -> None:
        """Raise BadReport if sizes do not add up."""
        if sum(service.apparent_bytes for service in self.services) != self.total_bytes:
            raise BadReport("the services do not add up to the total")
        if any(service.own_bytes + service.shared_bytes != service.apparent_bytes for service in self.services):
            raise BadReport("the own and the shared distributions of a service do not add up to its size")
        if self.proposal and sum(layer.apparent_bytes for layer in self.proposal.layers) != (
            self.proposal.after.apparent_bytes
        ):
            raise BadReport("the layers do not add up to what a registry stores")
