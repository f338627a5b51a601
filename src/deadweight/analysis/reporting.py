"""Profile → Report: what was concluded, as the public value."""

from __future__ import annotations

import heapq
import os
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from typing import TypedDict, cast

from deadweight import __version__
from deadweight.analysis.profile import Profile
from deadweight.graph import Graph, base, extra_of
from deadweight.groups.evidence import rule_of
from deadweight.model import (
    GROUPS,
    ArchiveFacts,
    Distribution,
    Environment,
    Group,
    ImageFacts,
    Mention,
    Sizes,
    Source,
    SystemFacts,
)
from deadweight.model import report as document
from deadweight.plan.lines import requirement_text
from deadweight.plan.splits import Split
from deadweight.proof import Gap, Proof
from deadweight.targets.types import Environment as EnvironmentTarget
from deadweight.untrusted import without_credentials

_LARGEST = 5  # distributions that are named for each group


def report_of(profile: Profile) -> document.Report:
    """Return the report of a target."""
    inventory = profile.inventory
    return document.Report(
        version=__version__,
        target=document.TargetFacts(
            kind=cast("document.TargetKind", profile.target.kind),  # a saved report is never measured
            location=without_credentials(profile.target.location),
            method=profile.method,
            form=profile.target.form,
            requirements=None if profile.requirements is None else sum(1 for _ in profile.requirements.all_wanted()),
        ),
        environment=_environment(inventory.environment),
        totals=_totals(profile),
        unowned=document.Measured(**_sizes(inventory.unowned)),
        distributions=tuple(_rows(profile)),
        groups=_groups(profile),
        cuda=document.Cuda(**dict(zip(("distributions", "apparent_bytes"), profile.cuda(), strict=True))),
        lighter_together_bytes=profile.savings.together,
        lighter=tuple(
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
        ),
        shared=tuple(
            document.SharedDependency(
                name=shared.key,
                apparent_bytes=profile.dependencies.own[shared.key],
                direct=shared.direct,
                holders=shared.holders.count,
                held_by=shared.holders.names,
            )
            for shared in profile.shared()
        ),
        image=_image(profile.image),
        system=_system(profile.system),
        source=application_facts(profile.source),
        findings=tuple(
            document.Finding(
                kind=remark.kind,
                name=remark.name,
                says=without_credentials(remark.says),
                freed_bytes=remark.freed_bytes,
                places=places_of(remark.places),
            )
            for remark in profile.remarks
        ),
        environments=tuple(map(_environment, inventory.environments)) if profile.system else None,
        splits={split.name: _split(split, profile) for split in profile.splits},
        not_measured=tuple(without_credentials(requirement_text(wanted)) for wanted in profile.not_measured),
        skipped=profile.skipped,
        conflicts=profile.conflicts,
        warnings=tuple(map(without_credentials, profile.warnings)),
    )


class _Sizes(TypedDict):
    files: int
    apparent_bytes: int
    disk_bytes: int | None
    native_bytes: int
    bundled_library_bytes: int
    bytecode_bytes: int
    kinds: dict[str, int]


def _sizes(sizes: Sizes) -> _Sizes:
    return {
        "files": sizes.files,
        "apparent_bytes": sizes.apparent,
        "disk_bytes": sizes.disk,
        "native_bytes": sizes.native,
        "bundled_library_bytes": sizes.bundled,
        "bytecode_bytes": sizes.bytecode,
        "kinds": {kind: size for kind, size in sorted(sizes.kinds.items()) if size},
    }


def _environment(environment: Environment) -> document.EnvironmentFacts:
    return document.EnvironmentFacts(
        prefix=f"/{environment.prefix}",
        python=environment.python,
        platform=environment.platform,
        installer=environment.installer,
    )


def _totals(profile: Profile) -> document.Totals:
    inventory = profile.inventory
    return document.Totals(
        **_sizes(inventory.total),
        distributions=len(inventory.distributions),
        unowned_bytes=inventory.unowned.apparent,
        required_distributions=len(profile.required_keys()),
        required_bytes=profile.required_bytes,
        unmeasured=len(profile.unmeasured),
        download_bytes=profile.download_bytes,
        estimated_bytecode_bytes=profile.estimated_bytecode_bytes,
    )


def _rows(profile: Profile) -> Iterator[document.Row]:
    roots = {root.key: root for root in profile.dependencies.direct}
    orphans = {root.key for root in profile.dependencies.strays}
    edges = _edges(profile.dependencies)
    for row in profile.rows():
        distribution, assignment = row.distribution, row.assignment
        yield document.Row(
            **_sizes(distribution.sizes),
            key=row.key,
            name=distribution.name,
            version=distribution.version,
            direct=row.direct,
            extras=tuple(sorted(roots[row.key].extras)) if row.direct else (),
            orphan=row.key in orphans,
            group=assignment.group,
            sure=assignment.sure,
            tags=assignment.tags,
            evidence=assignment.evidence,
            closure_bytes=row.weight.closure,
            retained_bytes=row.weight.retained,
            freed_bytes=row.weight.freed,
            requires=row.requires,
            required_by=row.required_by,
            requirements=tuple(edges.get(row.key, ())),
            import_names=distribution.import_names,
            programs=distribution.programs,
            editable=distribution.editable,
            url=without_credentials(distribution.url) or None,
            archive=_archive(distribution.archive),
            environment=f"/{distribution.prefix}" if profile.system else None,
            layers=None if profile.image is None else tuple(profile.image.where.get(row.key, ())),
            metadata_path=_metadata_path(distribution, profile),
            largest_files=distribution.largest_files,
            largest_directories=distribution.largest_directories,
        )


def _metadata_path(distribution: Distribution, profile: Profile) -> str | None:
    """Return where the metadata of a distribution is on this machine, if the target is an environment."""
    if not isinstance(profile.target, EnvironmentTarget) or not distribution.metadata_path:
        return None
    return os.path.abspath(os.path.join(profile.target.location, distribution.metadata_path))


def _edges(graph: Graph) -> Mapping[str, list[document.Requirement]]:
    """Return key → its requirements, each with the distribution that satisfies it."""
    found: dict[str, list[document.Requirement]] = defaultdict(list)
    for node, targets in graph.edges.items():
        key, extra = base(node), extra_of(node)
        extras: dict[str, tuple[str, ...]] = {}
        for target in targets:
            asked = extra_of(target)
            extras[base(target)] = (*extras.get(base(target), ()), *((asked,) if asked else ()))
        found[key] += [
            document.Requirement(
                key=target,
                requirement=without_credentials(graph.lines.get((node, target), "")),
                extras=asked_for,
                extra=extra,
            )
            for target, asked_for in extras.items()
            if target != key or asked_for
        ]
    return found


def _archive(facts: ArchiveFacts | None) -> document.ArchiveUsed | None:
    if facts is None:
        return None
    return document.ArchiveUsed(
        filename=facts.filename,
        download_bytes=facts.size,
        estimated=facts.estimated,
        at_most=facts.at_most,
        says=without_credentials(facts.reason),
        estimated_bytecode_bytes=facts.bytecode,
    )


def _groups(profile: Profile) -> Mapping[Group, document.GroupTotals]:
    inside: dict[Group, list[Distribution]] = {group: [] for group in GROUPS}
    for distribution in profile.inventory.distributions:
        inside[profile.groups[distribution.key].group].append(distribution)
    found = {}
    for group, distributions in inside.items():
        largest = heapq.nsmallest(_LARGEST, distributions, key=lambda d: (-d.sizes.apparent, d.key))
        found[group] = document.GroupTotals(
            distributions=len(distributions),
            apparent_bytes=sum(d.sizes.apparent for d in distributions),
            largest=tuple(d.key for d in largest),
        )
    return found


def _image(facts: ImageFacts | None) -> document.ImageReport | None:
    if facts is None:
        return None
    return document.ImageReport(
        layers=tuple(
            document.LayerFacts(
                digest=layer.digest,
                command=without_credentials(layer.command),
                files=layer.files,
                apparent_bytes=layer.size,
                wasted_bytes=layer.wasted,
                hides_bytes=layer.hides,
            )
            for layer in facts.layers
        ),
        shipped_bytes=facts.shipped,
        wasted_bytes=facts.in_vain,
        efficiency=facts.efficiency,
        wasted=tuple(document.Wasted(name=name or None, wasted_bytes=size) for name, size in facts.wasted.items()),
        wasted_packages=tuple(
            document.Wasted(name=name, wasted_bytes=size) for name, size in facts.wasted_packages.items()
        ),
        wasted_paths=tuple(
            document.WastedFile(path=each.path, wasted_bytes=each.size, layer=each.layer, hidden_by=each.by)
            for each in facts.paths
        ),
    )


def _system(facts: SystemFacts | None) -> document.SystemReport | None:
    if facts is None:
        return None
    return document.SystemReport(
        contents=tuple(
            document.SystemContent(
                name=content.name,
                apparent_bytes=content.size,
                files=content.files,
                largest=tuple(
                    document.FolderSize(folder=folder, apparent_bytes=size) for folder, size in content.largest
                ),
            )
            for content in facts.contents
        ),
        packages=tuple(document.PackageSize(name=each.name, apparent_bytes=each.size) for each in facts.packages),
        needs=tuple(
            document.NeededLibrary(library=need.library, needed_by=need.by, provider=need.provider)
            for need in facts.needs
        ),
        duplicates=tuple(
            document.DuplicateLibrary(
                library=twins.library,
                apparent_bytes=twins.size,
                extra_bytes=twins.extra,
                carried_by=tuple(document.Carrier(name=key, path=path) for key, path in twins.places),
            )
            for twins in facts.twins
        ),
    )


def application_facts(source: Source | None) -> document.ApplicationFacts | None:
    """Return what was read of the application's code."""
    if source is None:
        return None
    return document.ApplicationFacts(
        folder=source.folder,
        files=source.files,
        mentions=len(source.mentions),
        skipped=tuple(document.Unread(name=each.name, reason=each.reason) for each in source.skipped),
    )


def places_of(mentions: Iterable[Mention]) -> tuple[document.Place, ...]:
    """Return each place in the application's code."""
    return tuple(
        document.Place(
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
    """Return whether a set is proven, and what it lacks."""
    if proof is None:
        return None
    return document.ProofReport(holds=proof.holds, checked=proof.checked, gaps=tuple(map(_lacking, proof.gaps)))


def _lacking(gap: Gap) -> document.Lacking:
    return document.Lacking(
        name=gap.name or None,
        what=without_credentials(gap.what),
        excused=gap.excused,
        excuse=gap.excuse or None,
        places=places_of(gap.places),
    )


def _split(split: Split, profile: Profile) -> document.SplitReport:
    return document.SplitReport(
        groups=split.groups,
        requirements=tuple(without_credentials(requirement_text(wanted)) for wanted in split.kept),
        dropped=tuple(
            document.DroppedRequirement(
                name=without_credentials(each.name),
                group=each.group,
                rule=each.evidence.rule,
                later=rule_of(each.evidence).later,
                says=each.evidence.says,
                brought_bytes=each.brought_bytes,
                freed_bytes=each.freed_bytes,
                places=places_of(each.places),
            )
            for each in split.dropped
        ),
        proof=proof_report(profile.proofs.get(split.name)),
        unsure=tuple(
            document.UnsureRequirement(
                name=without_credentials(each.name),
                group=each.group,
                says=each.evidence.says,
                freed_bytes=each.freed_bytes,
            )
            for each in split.unsure
        ),
        distributions=split.distributions,
        apparent_bytes=split.apparent_bytes,
        saved_bytes=split.saved_bytes,
        saved_groups=dict(sorted(split.saved_groups.items())),
    )
