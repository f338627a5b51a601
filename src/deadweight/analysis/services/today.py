"""Measured services → what each weighs, what it shares with others, and what its code never imports."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from deadweight.analysis.profile import Profile
from deadweight.model import Distribution
from deadweight.model.report.services import NamedSize, ServiceRow, SharedDistribution, UnusedRequirement
from deadweight.model.report.sizes import known_sum
from deadweight.planning.sharing.wanted import ServiceFile
from deadweight.proof.unused import unused_together
from deadweight.untrusted import without_credentials

_LARGEST = 3
_Copy = tuple[str, str | None]  # name and version


class MeasuredService(Struct, frozen=True, kw_only=True):
    """A service with its distributions.

    file:   what it asks for
    path:   the file as the user gave it
    """

    path: str
    file: ServiceFile
    profile: Profile
    notes: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return self.file.name

    @property
    def versions(self) -> dict[str, str | None]:
        """Distribution → version."""
        return {each.name: each.version for each in self.profile.inventory.distributions}


def bytes_of(distributions: Iterable[Distribution]) -> int:
    """Return the apparent bytes of distributions."""
    return sum(each.sizes.apparent for each in distributions)


def downloads_of(distributions: Iterable[Distribution]) -> int | None:
    """Return the bytes of the archives of distributions; None if one is unknown."""
    return known_sum(each.archive.size if each.archive else None for each in distributions)


def service_rows(services: Sequence[MeasuredService]) -> tuple[ServiceRow, ...]:
    """Return a row for each service."""
    users = _users(services)
    return tuple(_row(service, users) for service in services)


def shared_distributions(services: Sequence[MeasuredService]) -> tuple[SharedDistribution, ...]:
    """Return the distributions that several services have, those first that take most in all of them."""
    distributions = _distinct(services)
    rows = [
        SharedDistribution(
            name=copy[0],
            version=copy[1],
            apparent_bytes=distributions[copy].sizes.apparent,
            services=tuple(names),
            total_bytes=distributions[copy].sizes.apparent * len(names),
        )
        for copy, names in _users(services).items()
        if len(names) > 1
    ]
    return tuple(sorted(rows, key=lambda row: (-row.total_bytes, row.name)))


def distinct_bytes(services: Sequence[MeasuredService]) -> int:
    """Return the bytes of all distributions, each version once."""
    return bytes_of(_distinct(services).values())


def _users(services: Sequence[MeasuredService]) -> dict[_Copy, list[str]]:
    users: dict[_Copy, list[str]] = defaultdict(list)
    for service in services:
        for each in service.profile.inventory.distributions:
            users[each.name, each.version].append(service.name)
    return users


def _distinct(services: Sequence[MeasuredService]) -> dict[_Copy, Distribution]:
    return {(each.name, each.version): each for service in services for each in service.profile.inventory.distributions}


def _row(service: MeasuredService, users: Mapping[_Copy, Sequence[str]]) -> ServiceRow:
    profile = service.profile
    distributions = profile.inventory.distributions
    own = [each for each in distributions if len(users[each.name, each.version]) == 1]
    largest = sorted(distributions, key=lambda each: (-each.sizes.apparent, each.name))[:_LARGEST]
    unused = _unused(profile)
    freed = profile.dependencies.freed_by_dropping(unused) if unused else set()
    return ServiceRow(
        name=service.name,
        file=service.path,
        source=profile.application.directory if profile.application else None,
        requirements=sum(1 for _ in service.file.requirements()),
        distributions=len(distributions),
        apparent_bytes=bytes_of(distributions),
        download_bytes=downloads_of(distributions),
        own_distributions=len(own),
        own_bytes=bytes_of(own),
        shared_bytes=bytes_of(distributions) - bytes_of(own),
        unused=None if unused is None else _unused_rows(unused, profile),
        unused_bytes=None if unused is None else profile.dependencies.bytes_of(freed),
        largest=tuple(NamedSize(name=each.name, apparent_bytes=each.sizes.apparent) for each in largest),
        versions=service.versions,
        notes=tuple(map(without_credentials, (*service.notes, *profile.inventory.warnings))),
    )


def _unused(profile: Profile) -> frozenset[str] | None:
    if profile.application is None:
        return None
    distributions = {each.key: each for each in profile.inventory.distributions}
    return unused_together(profile.dependencies, distributions, profile.uses, profile.groups)


def _unused_rows(unused: Iterable[str], profile: Profile) -> tuple[UnusedRequirement, ...]:
    rows = [UnusedRequirement(name=key, freed_bytes=profile.weights[key].freed or 0) for key in unused]
    return tuple(sorted(rows, key=lambda row: (-row.freed_bytes, row.name)))
