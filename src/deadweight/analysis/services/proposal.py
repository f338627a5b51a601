"""Planned files → the proposal: files, layers, storage, changed versions and checks."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Literal

from msgspec import Struct

from deadweight.analysis.profile import Profile
from deadweight.analysis.reporting.judgement import proof_report
from deadweight.analysis.services.changes import larger_service, version_changes
from deadweight.analysis.services.planned import Planned
from deadweight.analysis.services.today import MeasuredService, bytes_of, downloads_of
from deadweight.formats.builds import Wishes
from deadweight.model import Distribution, Inventory
from deadweight.model.report.services import (
    ConflictSide,
    LayerRow,
    Proposal,
    ProposedFile,
    ServiceCheck,
    Storage,
    VersionConflict,
)
from deadweight.model.report.sizes import known_sum
from deadweight.planning.sharing.conflicts import Clash, Side
from deadweight.planning.sharing.layers import Layer, layers_of
from deadweight.planning.sharing.layout import SharedFile
from deadweight.planning.sharing.wanted import Wanted, merged_line, same_lines
from deadweight.proof import Proof
from deadweight.untrusted import without_credentials

CONSTRAINTS = "constraints"


class After(Struct, frozen=True, kw_only=True):
    """A service with the proposed versions.

    method: how they were found; see ``ServiceCheck``
    before, proof: whether today's and the proposed distributions provide what the code uses; None without code
    """

    profile: Profile
    method: Literal["same", "resolved"]
    before: Proof | None = None
    proof: Proof | None = None


class Agreed(Struct, frozen=True, kw_only=True):
    """What the services agree on.

    after:       service → the proposed versions; services without keep their own
    clashes:     why they do
    constraints: name of a file → its lines
    wishes:      the builds that the user asked for
    layers:      name → what the layer installs, measured by itself: of a file that distributions in two layers have,
                 each layer has a copy
    """

    planned: Planned
    after: Mapping[str, After]
    clashes: tuple[Clash, ...]
    constraints: Mapping[str, tuple[str, ...]]
    share: float
    wishes: Wishes = Wishes()
    layers: Mapping[str, Inventory]


def proposed_layers(planned: Planned, after: Mapping[str, After]) -> tuple[Layer, ...]:
    """Return the layers of the services that share files."""
    installed = {
        name: frozenset(one.key for one in each.profile.inventory.distributions) for name, each in after.items()
    }
    return layers_of(planned.layout, installed, planned.closure)


def proposal_of(services: Sequence[MeasuredService], agreed: Agreed) -> Proposal:
    """Return the proposal for services, of which some may keep their own versions."""
    apart = [service for service in services if service.name not in agreed.after]
    sharing = [(each, agreed.after[each.name].profile.inventory) for each in services if each.name in agreed.after]
    planned = agreed.planned
    layers = [*_layers(agreed), *(_own_layer(service) for service in apart)]
    return Proposal(
        base_share=round(100 * agreed.share, 4),
        services=tuple(agreed.after),
        apart=tuple(service.name for service in apart),
        files=(*_shared_files(agreed), *(_service_file(service, agreed) for service in services)),
        constraints=agreed.constraints,
        conflicts=tuple(map(_conflict, agreed.clashes)),
        changes=tuple(change for service, proposed in sharing for change in version_changes(service, proposed)),
        larger=tuple(filter(None, (larger_service(*pair, planned.gained(pair[0].file)) for pair in sharing))),
        checks=tuple(_check(service, agreed) for service in services),
        layers=tuple(layers),
        before=_before(services),
        after=_storage(layers),
    )


def _shared_files(agreed: Agreed) -> Iterator[ProposedFile]:
    for file in agreed.planned.layout.shared:
        users = [each for each in agreed.planned.services if each.name in file.services]
        wanted = {each: agreed.planned.wanted(each, file.services) for each in file.wanted}
        options = [
            *(option for user in users for option in user.options),
            *agreed.wishes.index_options(_installed([file], agreed.planned)),
            *_pinned_indexes(one for every in wanted.values() for one in every),
        ]
        yield ProposedFile(
            name=file.name,
            kind="shared",
            includes=(),
            constraints=CONSTRAINTS,
            options=tuple(dict.fromkeys(options)),
            requirements=tuple(map(merged_line, wanted.values())),
            services=file.services,
        )


def _service_file(service: MeasuredService, agreed: Agreed) -> ProposedFile:
    layout, shares = agreed.planned.layout, service.name in agreed.after
    includes = layout.includes(service.name) if shares else ()
    own = [service.file.wanted[each] for each in (layout.own[service.name] if shares else service.file.wanted)]
    # An option of an included file applies to the whole installation.
    indexes = agreed.wishes.index_options(service.versions.keys() - _installed(includes, agreed.planned))
    constraints = CONSTRAINTS if shares else f"{service.name}-{CONSTRAINTS}"
    return ProposedFile(
        name=service.name,
        kind="service",
        includes=tuple(file.name for file in includes),
        constraints=constraints if agreed.constraints.get(constraints) else None,
        options=tuple(dict.fromkeys((*service.file.options, *indexes, *_pinned_indexes(own)))),
        requirements=tuple(merged_line([each]) for each in own),
        services=(service.name,),
    )


def _pinned_indexes(wanted: Iterable[Wanted]) -> Iterator[str]:
    """Yield the lines for indexes that projects name for single requirements, as ``[tool.uv.sources]`` can."""
    for each in wanted:
        yield from (f"--extra-index-url {one.index}" for one in each.requirements if one.index)


def _installed(files: Iterable[SharedFile], planned: Planned) -> frozenset[str]:
    """Return the names of what some shared files install."""
    keys = planned.closure(each for file in files for each in file.wanted)
    return frozenset(planned.distributions[key].name for key in keys)


def _layers(agreed: Agreed) -> Iterator[LayerRow]:
    for layer in proposed_layers(agreed.planned, agreed.after):
        yield _layer_row(layer.name, agreed.layers[layer.name].distributions, layer.services)


def _own_layer(service: MeasuredService) -> LayerRow:
    return _layer_row(service.name, service.profile.inventory.distributions, (service.name,))


def _layer_row(name: str, distributions: Sequence[Distribution], services: tuple[str, ...]) -> LayerRow:
    return LayerRow(
        name=name,
        distributions=len(distributions),
        apparent_bytes=bytes_of(distributions),
        download_bytes=downloads_of(distributions),
        services=services,
    )


def _before(services: Sequence[MeasuredService]) -> Storage:
    """Return what is stored if each service has one layer; services with the same requirements have the same."""
    layers = {}
    for service in services:
        if not service.versions:
            continue  # nothing is installed
        key = frozenset((identity, same_lines(wanted)) for identity, wanted in service.file.wanted.items())
        layers[key, tuple(service.versions.items())] = _own_layer(service)
    return _storage(layers.values())


def _storage(layers: Iterable[LayerRow]) -> Storage:
    every = list(layers)
    return Storage(
        layers=len(every),
        apparent_bytes=sum(layer.apparent_bytes for layer in every),
        download_bytes=known_sum(layer.download_bytes for layer in every),
    )


def _conflict(clash: Clash) -> VersionConflict:
    one, other = map(_side, clash.sides)
    return VersionConflict(project=clash.project or None, sides=(one, other), reason=without_credentials(clash.reason))


def _side(side: Side) -> ConflictSide:
    return ConflictSide(
        service=side.service, file=side.file, line=side.line or None, requirement=without_credentials(side.text)
    )


def _check(service: MeasuredService, agreed: Agreed) -> ServiceCheck:
    after = agreed.after.get(service.name)
    if after is None:
        return ServiceCheck(service=service.name, holds=True, method="apart", proof=None, new_gaps=(), problem="")
    known = {gap.what for gap in after.before.gaps if not gap.excused} if after.before else set()
    gaps = (gap.what for gap in after.proof.gaps if not gap.excused) if after.proof else ()
    new_gaps = tuple(sorted(set(gaps) - known))
    problem = _problem(service, after, agreed)
    return ServiceCheck(
        service=service.name,
        holds=not problem and not new_gaps,
        method=after.method,
        proof=proof_report(after.proof),
        new_gaps=new_gaps,
        problem=problem,
    )


def _problem(service: MeasuredService, after: After, agreed: Agreed) -> str:
    """Return why the proposed files of a service do not install what was measured; "" if they do."""
    installed = {each.key: each.version for each in after.profile.inventory.distributions}
    together = agreed.planned.distributions
    other = [key for key, version in installed.items() if key not in together or together[key].version != version]
    if other:
        return f"has other versions than {CONSTRAINTS}.txt: {', '.join(sorted(other)[:3])}"
    includes = agreed.planned.layout.includes(service.name)
    extra = agreed.planned.closure(each for file in includes for each in file.wanted) - installed.keys()
    if extra:
        return f"its shared files install more than it needs: {', '.join(sorted(extra)[:3])}"
    skipped = {each.name for each in after.profile.inventory.skipped}
    lost = [name for name in service.versions if name not in installed and name not in skipped]
    direct = {each.name for each in service.file.requirements()}
    dropped = sorted(name for name in lost if name in direct)
    return f"lacks requirements: {', '.join(dropped[:3])}" if dropped else ""
