"""Distributions → the rows of the report, with the requirements of each."""

from __future__ import annotations

import os
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, TypedDict

from deadweight.analysis.profile import Profile
from deadweight.graph import Graph, base, extra_of
from deadweight.model import (
    ArchiveFacts,
    Distribution,
    Sizes,
)
from deadweight.model import report as document
from deadweight.targets.types import Environment as EnvironmentTarget
from deadweight.targets.types import Names
from deadweight.untrusted import without_credentials

if TYPE_CHECKING:
    from deadweight.formats.requirements import RequirementsFile


class _Sizes(TypedDict):
    files: int
    apparent_bytes: int
    disk_bytes: int | None
    native_bytes: int
    bundled_library_bytes: int
    bytecode_bytes: int
    kinds: dict[str, int]


def sizes_of(sizes: Sizes) -> _Sizes:
    """Return sizes as the fields of ``document.Measured``."""
    return {
        "files": sizes.files,
        "apparent_bytes": sizes.apparent,
        "disk_bytes": sizes.disk,
        "native_bytes": sizes.native,
        "bundled_library_bytes": sizes.bundled,
        "bytecode_bytes": sizes.bytecode,
        "kinds": {kind: size for kind, size in sorted(sizes.kinds.items()) if size},
    }


def rows_of(profile: Profile) -> Iterator[document.Row]:
    """Yield a row for each distribution, by name."""
    roots = {root.key: root for root in profile.dependencies.direct}
    orphans = {root.key for root in profile.dependencies.strays}
    edges = _edges(profile.dependencies)
    for row in profile.rows():
        distribution, assignment = row.distribution, row.assignment
        yield document.Row(
            **sizes_of(distribution.sizes),
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


def direct_requirements(profile: Profile) -> Iterator[document.DirectRequirement]:
    """Yield the requirements of the user's file and of the files that it includes, each where it is written."""
    if profile.requirements is not None:
        yield from _requirements_in(profile.requirements, profile)


def _requirements_in(file: RequirementsFile, profile: Profile) -> Iterator[document.DirectRequirement]:
    from deadweight.formats.requirements import without_options  # an environment has no such file

    nowhere = isinstance(profile.target, Names) or file.path == "-"
    for line in file.lines:
        if line.number in file.included:
            yield from _requirements_in(file.included[line.number], profile)
        elif line.number in file.requirements:
            requirement = file.requirements[line.number]
            yield document.DirectRequirement(
                file=None if nowhere else without_credentials(file.path),
                line=None if nowhere else file.line_of(line.number),
                name=requirement.name,
                key=profile.dependencies.key_of(requirement),
                text=without_credentials(without_options(line)),
            )


def _metadata_path(distribution: Distribution, profile: Profile) -> str | None:
    """Return where the metadata of a distribution is on this machine, if the target is an environment."""
    if not isinstance(profile.target, EnvironmentTarget) or not distribution.metadata_path:
        return None
    return os.path.abspath(os.path.join(profile.target.location, distribution.metadata_path))


def _edges(graph: Graph) -> Mapping[str, list[document.Requirement]]:
    """Return key → its requirements, each with the distribution that satisfies it."""
    requirements: dict[str, list[document.Requirement]] = defaultdict(list)
    for node, targets in graph.edges.items():
        key, extra = base(node), extra_of(node)
        extras: dict[str, tuple[str, ...]] = {}
        for target in targets:
            requested = extra_of(target)
            extras[base(target)] = (*extras.get(base(target), ()), *((requested,) if requested else ()))
        requirements[key] += [
            document.Requirement(
                key=target,
                requirement=without_credentials(graph.lines.get((node, target), "")),
                extras=names,
                extra=extra,
            )
            for target, names in extras.items()
            if target != key or names
        ]
    return requirements


def _archive(facts: ArchiveFacts | None) -> document.ArchiveUsed | None:
    if facts is None:
        return None
    return document.ArchiveUsed(
        filename=facts.filename,
        download_bytes=facts.size,
        estimated=facts.estimated,
        at_most=facts.at_most,
        reason=without_credentials(facts.reason),
        estimated_bytecode_bytes=facts.bytecode,
    )
