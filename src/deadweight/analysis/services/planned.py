"""Services that agree on versions → their shared files, and what each file installs."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from msgspec import Struct

from deadweight.analysis.services.today import MeasuredService
from deadweight.graph import Graph, Root, build_graph
from deadweight.model import Distribution, Inventory, Requirement
from deadweight.planning.sharing.layout import Layout, divide
from deadweight.planning.sharing.wanted import Identity, ServiceFile, Wanted, merged_line


class Planned(Struct, frozen=True, kw_only=True):
    """The shared files of the services that agree.

    services:      those that agree
    distributions: key → what all of them install together, with the same versions for all
    """

    services: tuple[ServiceFile, ...]
    layout: Layout
    graph: Graph
    distributions: Mapping[str, Distribution]

    def wanted(self, identity: Identity, names: Iterable[str] | None = None) -> list[Wanted]:
        """Return a requirement as the services ask for it.

        names: of the services; None for all
        """
        every = [each for each in self.services if names is None or each.name in names]
        return [each.wanted[identity] for each in every if identity in each.wanted]

    def closure(self, identities: Iterable[Identity]) -> frozenset[str]:
        """Return the keys of everything that some requirements install."""
        requirements = (self.wanted(each)[0].requirements[0] for each in identities)
        return _closure(self.graph, requirements)

    def gained(self, service: ServiceFile) -> tuple[str, ...]:
        """Return the lines of shared files that a service did not ask for; see ``divide``."""
        includes = self.layout.includes(service.name)
        new = [each for file in includes for each in file.wanted if each not in service.wanted]
        return tuple(merged_line(self.wanted(each)) for each in new)


def plan_files(services: Sequence[MeasuredService], together: Inventory, share: float) -> Planned:
    """Divide the requirements of services that agree.

    together: what they install together
    share:    see ``divide``
    """
    files = tuple(service.file for service in services)
    graph = build_graph(together, [each for file in files for each in file.requirements()])
    heavy = {
        identity
        for service in services
        for identity, wanted in service.file.wanted.items()
        if _is_ml(service, wanted.requirements[0])
    }
    first = {identity: wanted.requirements[0] for file in files for identity, wanted in file.wanted.items()}
    known: dict[frozenset[Identity], int] = {}

    def weigh(identities: frozenset[Identity]) -> int:
        if identities not in known:
            known[identities] = graph.bytes_of(_closure(graph, (first[each] for each in identities)))
        return known[identities]

    return Planned(
        services=files,
        layout=divide(files, heavy, weigh, share),
        graph=graph,
        distributions={each.key: each for each in together.distributions},
    )


def _closure(graph: Graph, requirements: Iterable[Requirement]) -> frozenset[str]:
    roots = ((graph.key_of(each), each.extras) for each in requirements)
    return frozenset(
        graph.closure(Root(key, extras & graph.extras.get(key, frozenset())) for key, extras in roots if key)
    )


def _is_ml(service: MeasuredService, requirement: Requirement) -> bool:
    key = service.profile.dependencies.key_of(requirement)
    return key is not None and service.profile.groups[key].group == "ml"
