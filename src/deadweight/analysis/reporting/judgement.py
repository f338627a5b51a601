"""Groups, splits, proofs and the application → their parts of the report."""

from __future__ import annotations

import heapq
from collections.abc import Iterable, Mapping

from deadweight.analysis.profile import Profile
from deadweight.groups.evidence import rule_of
from deadweight.model import (
    GROUPS,
    Application,
    Distribution,
    Group,
    Mention,
)
from deadweight.model import report as document
from deadweight.planning.lines import requirement_text
from deadweight.planning.splits import Split
from deadweight.proof import Gap, Proof
from deadweight.proof.remarks import Remark
from deadweight.untrusted import without_credentials

_LARGEST = 5  # distributions to list for each group


def group_totals(profile: Profile) -> Mapping[Group, document.GroupTotals]:
    """Return group → the number of its distributions, their bytes, and the largest ones."""
    inside: dict[Group, list[Distribution]] = {group: [] for group in GROUPS}
    for distribution in profile.inventory.distributions:
        inside[profile.groups[distribution.key].group].append(distribution)
    totals = {}
    for group, distributions in inside.items():
        largest = heapq.nsmallest(_LARGEST, distributions, key=lambda d: (-d.sizes.apparent, d.key))
        totals[group] = document.GroupTotals(
            distributions=len(distributions),
            apparent_bytes=sum(d.sizes.apparent for d in distributions),
            largest=tuple(d.key for d in largest),
        )
    return totals


def lighter_report(profile: Profile) -> tuple[document.LighterBuild, ...]:
    """Return the lighter builds of the distributions, with what each saves."""
    return tuple(
        document.LighterBuild(
            name=each.key,
            apparent_bytes=each.own_bytes,
            lighter=each.lighter,
            how=each.how,
            loses=each.loses,
            saves_bytes=each.saves_bytes,
            measured_saving_bytes=each.measured_bytes,
        )
        for each in profile.lighter()
    )


def shared_report(profile: Profile) -> tuple[document.SharedDependency, ...]:
    """Return the distributions that several direct requirements need."""
    return tuple(
        document.SharedDependency(
            name=shared.key,
            apparent_bytes=profile.dependencies.own[shared.key],
            direct=shared.direct,
            holders=shared.holders.count,
            held_by=shared.holders.names,
        )
        for shared in profile.shared()
    )


def findings(remarks: Iterable[Remark]) -> tuple[document.Finding, ...]:
    """Return what the code shows about the requirements."""
    return tuple(
        document.Finding(
            kind=remark.kind,
            name=remark.name,
            reason=without_credentials(remark.reason),
            freed_bytes=remark.freed_bytes,
            locations=places_of(remark.locations),
        )
        for remark in remarks
    )


def application_facts(application: Application | None) -> document.ApplicationFacts | None:
    """Return the facts about the code of the application."""
    if application is None:
        return None
    return document.ApplicationFacts(
        directory=application.directory,
        files=application.files,
        mentions=len(application.mentions),
        skipped=tuple(document.Unread(name=each.name, reason=each.reason) for each in application.skipped),
    )


def places_of(mentions: Iterable[Mention]) -> tuple[document.Location, ...]:
    """Return each mention as a location in the code."""
    return tuple(
        document.Location(
            kind=mention.kind,
            name=without_credentials(mention.name),
            file=mention.file,
            line=mention.line,
            cell=mention.cell or None,
            role=mention.role,
            how=mention.how,
            condition=without_credentials(mention.condition) or None,
        )
        for mention in mentions
    )


def proof_report(proof: Proof | None) -> document.ProofReport | None:
    """Return whether a set provides everything, and the gaps."""
    if proof is None:
        return None
    return document.ProofReport(holds=proof.holds, checked=proof.checked, gaps=tuple(map(_lacking, proof.gaps)))


def _lacking(gap: Gap) -> document.Lacking:
    return document.Lacking(
        name=gap.name or None,
        what=without_credentials(gap.what),
        excused=gap.excused,
        excuse=gap.excuse or None,
        locations=places_of(gap.locations),
    )


def split_report(split: Split, profile: Profile) -> document.SplitReport:
    """Return a split, with its proof if the code was read."""
    return document.SplitReport(
        groups=split.groups,
        requirements=tuple(without_credentials(requirement_text(requirement)) for requirement in split.kept),
        dropped=tuple(
            document.DroppedRequirement(
                name=without_credentials(each.name),
                group=each.group,
                rule=each.evidence.rule,
                later=rule_of(each.evidence).later,
                reason=each.evidence.reason,
                brought_bytes=each.brought_bytes,
                freed_bytes=each.freed_bytes,
                locations=places_of(each.locations),
            )
            for each in split.dropped
        ),
        proof=proof_report(profile.proofs.get(split.name)),
        unsure=tuple(
            document.UnsureRequirement(
                name=without_credentials(each.name),
                group=each.group,
                reason=each.evidence.reason,
                freed_bytes=each.freed_bytes,
            )
            for each in split.unsure
        ),
        distributions=split.distributions,
        apparent_bytes=split.apparent_bytes,
        saved_bytes=split.saved_bytes,
        saved_groups=dict(sorted(split.saved_groups.items())),
    )
