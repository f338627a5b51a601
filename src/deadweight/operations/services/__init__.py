"""services(): the requirements of several services → what they weigh and share, and how they could share more."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence

from msgspec import Struct
from msgspec.structs import replace

from deadweight import __version__
from deadweight.analysis.concluding import conclude
from deadweight.analysis.measurement import Measurement
from deadweight.analysis.profile import Profile
from deadweight.analysis.reporting import environment_facts
from deadweight.analysis.services.planned import Planned, plan_files
from deadweight.analysis.services.proposal import CONSTRAINTS, After, Agreed, proposal_of, proposed_layers
from deadweight.analysis.services.today import (
    MeasuredService,
    distinct_bytes,
    service_rows,
    shared_distributions,
)
from deadweight.analysis.verdict import judge, original_of
from deadweight.arguments import check_limits, items
from deadweight.errors import BadInput, DeadweightError, TimedOut
from deadweight.formats.builds import Wishes, bare_name, read_wishes
from deadweight.model import Application, Inventory, Lock, Skipped
from deadweight.model.report.services import Proposal, ServicesReport
from deadweight.operations.services.agreeing import Agreeing, Agreement
from deadweight.operations.services.measuring import Measuring
from deadweight.operations.services.reading import Service, read_services
from deadweight.operations.services.resolving import Outcome, Resolver, constraint_lines, is_conflict
from deadweight.operations.session import Session
from deadweight.planning.sharing.layers import Layer
from deadweight.planning.sharing.wanted import service_file
from deadweight.progress import Observer, Progress, silent
from deadweight.proof import Proof
from deadweight.settings import Settings, refuse
from deadweight.sources.resolve.uninstalled import Resolved
from deadweight.sources.system.processors import allow
from deadweight.wording import counted

SECONDS = 300.0
_TOGETHER = ""  # the name of no service
_ALL = "a common set of versions"


class Sharing(Struct, frozen=True, kw_only=True):
    """How to propose shared files.

    base_share: the part of the services, up to 1, that must have a requirement of base.txt
    sources:    directories of code: ``NAME=DIR`` for one service, ``DIR`` for all others
    seconds:    the time limit for resolving each service, and for resolving several of them together
    """

    base_share: float = 1.0
    sources: tuple[str, ...] = ()
    seconds: float = SECONDS

    def __post_init__(self) -> None:
        check_limits(base_share=self.base_share, seconds=self.seconds)
        if self.base_share > 1:
            raise BadInput(f"base_share must be at most 1, not {self.base_share}")


def services(
    files: str | Sequence[str],
    settings: Settings | None = None,
    sharing: Sharing | None = None,
    *,
    observe: Observer = silent,
) -> ServicesReport:
    """Measure what services weigh and share, and propose shared requirements files. Nothing is installed or run.

    files:    requirements files, projects or Dockerfiles, one for each service
    settings: how to measure all of them
    raises:   BadInput (and its kinds) for what cannot be read; InstallFailed, FetchFailed if no service can be measured
    """
    settings, sharing = settings or Settings(), sharing or Sharing()
    if not files:
        raise BadInput("no services", hint="give the requirements file of each service")
    refuse(settings, ("keep_env",), "services are measured without installing")
    allow(settings.measuring.jobs or None)
    with Session(observe=observe) as session:
        wishes = read_wishes(settings.request.swap, settings.request.index, settings.request.torch)
        every = read_services(items(files), settings.replacing(no_install=True), sharing.sources, wishes)
        with Resolver(wishes, settings, session, sharing.seconds) as resolver:
            report = _Measuring(every, resolver, session).report(sharing.base_share)
    _check_wishes(wishes, every, report)
    return report


def _check_wishes(wishes: Wishes, services: Sequence[Service], report: ServicesReport) -> None:
    """Raise BadInput for an option that matches nothing in any service."""
    asked = {each.name for service in services for each in service.file.all_requirements() if each.name}
    # A service that could not be resolved has no versions.
    wishes.check(asked.union(name for row in report.services for name in row.versions))
    for old, new in wishes.swaps.items():
        if bare_name(new) not in asked:
            raise BadInput(f"--swap {old}={new}: no service requires {old}")


class _Measuring:
    """Measures services that were read."""

    def __init__(self, services: Sequence[Service], resolver: Resolver, session: Session) -> None:
        self._services = {service.name: service for service in services}
        self._files = {service.name: service_file(service.name, service.file) for service in services}
        self._resolver, self._session = resolver, session
        self._agreeing = Agreeing(services, self._files, resolver.together, resolver.seconds)
        self._measuring: Measuring | None = None

    def report(self, share: float) -> ServicesReport:
        """Measure the services as they are, and with the versions that they can have in common."""
        expected = self._agreeing.expected()
        alone = self._resolver.each({name: (each.file, each.settings) for name, each in self._services.items()})
        able = {name: each for name, each in alone.items() if isinstance(each, Resolved)}
        if not able:
            raise next(each for each in alone.values() if isinstance(each, DeadweightError))
        agreement = self._agreeing.found(expected, alone)
        sets = {name: (each, self._services[name]) for name, each in able.items()}
        if agreement.versions:
            sets[_TOGETHER] = agreement.versions, self._services[agreement.services[0]]
        found = self._measure(sets)
        today = [self._concluded(name, found[name]) for name in able]
        first = today[0].profile.inventory
        proposal, failed = self._proposal(today, agreement, found, able, share)
        return ServicesReport(
            version=__version__,
            environment=environment_facts(first.environment),
            services=service_rows(today),
            total_bytes=sum(each.profile.inventory.total.apparent for each in today),
            distinct_bytes=distinct_bytes(today),
            shared=shared_distributions(today),
            proposal=proposal,
            skipped=(*_failed({**alone, **failed}), *_skipped(today)),
            warnings=_warnings(today),
        )

    def _measure(self, sets: Mapping[str, tuple[Resolved, Service]]) -> dict[str, Inventory]:
        """Return the inventories of sets of distributions, each for the Python of a service."""
        self._session.observe(Progress("measuring", counted(len(self._services), "service")))
        pythons = {name: service.settings.request.python for name, (_, service) in sets.items()}
        if self._measuring is None:
            services = {service.settings.request.python: service for service in self._services.values()}
            self._measuring = Measuring(
                {python: self._resolver.run_for(each.file, each.settings) for python, each in services.items()}
            )
        return self._measuring.inventories({name: resolved for name, (resolved, _) in sets.items()}, pythons)

    def _concluded(self, name: str, inventory: Inventory) -> MeasuredService:
        service = self._services[name]
        return MeasuredService(
            path=service.target.location,
            file=self._files[name],
            profile=self._profile(service, inventory),
            notes=service.notes,
        )

    def _application(self, service: Service) -> Application | None:
        if not service.code:
            return None
        return self._session.application(service.target, service.settings.replacing(source=service.code))

    def _profile(self, service: Service, inventory: Inventory) -> Profile:
        measurement = Measurement(
            target=service.target, inventory=inventory, settings=service.settings, file=service.file
        )
        return conclude(measurement, self._application(service))

    def _proposal(
        self,
        today: Sequence[MeasuredService],
        agreement: Agreement,
        found: Mapping[str, Inventory],
        alone: Mapping[str, Resolved],
        share: float,
    ) -> tuple[Proposal | None, dict[str, DeadweightError]]:
        """Return the proposal, and what prevents it. Services that cannot have the common versions keep their own."""
        if agreement.versions is None:
            return None, {_ALL: agreement.failure} if agreement.failure else {}
        sharing = [each for each in today if each.name in agreement.services]
        planned = plan_files(sharing, found[_TOGETHER], share)
        lock = agreement.versions.lock
        outcomes = self._again(sharing, planned, lock, alone)
        failed = {name: each for name, each in outcomes.items() if isinstance(each, DeadweightError)}
        if failed:
            left = self._agreeing.without(agreement, failed) if all(map(is_conflict, failed.values())) else None
            if left is None or left.versions is None:
                return None, {f"{name} as proposed": each for name, each in failed.items()}
            again = self._measure({_TOGETHER: (left.versions, self._services[left.services[0]])})
            return self._proposal(today, left, {**found, **again}, alone, share)
        wished = self._resolver.wishes.indexes()
        constraints = {CONSTRAINTS: constraint_lines(lock, wished)}
        apart = [each.name for each in today if each.name not in agreement.services]
        constraints |= {f"{name}-{CONSTRAINTS}": constraint_lines(alone[name].lock, wished) for name in apart}
        new = {name: (each, self._services[name]) for name, each in outcomes.items() if isinstance(each, Resolved)}
        after = self._after(sharing, self._measure(new) if new else {})
        versions = {name: new[name][0] if name in new else alone[name] for name in after}
        agreed = Agreed(
            planned=planned,
            after=after,
            clashes=agreement.clashes,
            constraints=constraints,
            share=share,
            wishes=self._resolver.wishes,
            layers=self._layers(proposed_layers(planned, after), agreement.versions, versions),
        )
        return proposal_of(today, agreed), {}

    def _again(
        self, today: Iterable[MeasuredService], planned: Planned, lock: Lock, alone: Mapping[str, Resolved]
    ) -> dict[str, Outcome]:
        """Resolve the services again that get other versions or more requirements."""
        versions = {package.name: (package.version, package.origin) for package in lock.packages}
        gained = {each.name: planned.gained(each.file) for each in today}
        changed = [
            self._services[name]
            for name, lines in gained.items()
            if lines or any(versions.get(p.name) != (p.version, p.origin) for p in alone[name].lock.packages)
        ]
        return self._resolver.within(changed, lock, gained)

    def _after(self, today: Iterable[MeasuredService], found: Mapping[str, Inventory]) -> dict[str, After]:
        """Return the services with the proposed versions.

        found: service → its inventory, if it changes
        """
        after = {}
        for each in today:
            service = self._services[each.name]
            before = self._proof(service, each.profile)
            inventory = found.get(each.name)
            if inventory is None:
                after[each.name] = After(profile=each.profile, method="same", before=before, proof=before)
            else:
                profile = self._profile(service, inventory)
                proof = self._proof(service, profile)
                after[each.name] = After(profile=profile, method="resolved", before=before, proof=proof)
        return after

    def _layers(
        self, layers: Sequence[Layer], together: Resolved, versions: Mapping[str, Resolved]
    ) -> dict[str, Inventory]:
        """Return what each layer installs, by itself.

        versions: service → its proposed versions, of which its own layer has some
        """
        # A service may have others than all services together, which is a problem that its check reports.
        sets = {each.name: _part(versions.get(each.name, together), each.keys) for each in layers}
        first = {each.name: self._services[each.services[0]] for each in layers}
        return self._measure({name: (each, first[name]) for name, each in sets.items()}) if sets else {}

    def _proof(self, service: Service, profile: Profile) -> Proof | None:
        application = profile.application
        if application is None or not application.files:
            return None
        return judge(profile, application, original_of(service.file, profile.inventory.environment)).proof


def _part(resolved: Resolved, names: Collection[str]) -> Resolved:
    """Return a resolution with some of its distributions only."""
    packages = tuple(each for each in resolved.lock.packages if each.name in names)
    return replace(resolved, lock=Lock(packages=packages), skipped=())


def _failed(outcomes: Mapping[str, Outcome]) -> tuple[Skipped, ...]:
    return tuple(
        Skipped(name, _reason(each), each.exit_code)
        for name, each in outcomes.items()
        if isinstance(each, DeadweightError)
    )


def _reason(error: DeadweightError) -> str:
    return f"{error.cause}; {error.hint}" if isinstance(error, TimedOut) else error.cause


def _skipped(services: Sequence[MeasuredService]) -> tuple[Skipped, ...]:
    return tuple(dict.fromkeys(each for service in services for each in service.profile.inventory.skipped))


def _warnings(services: Sequence[MeasuredService]) -> tuple[str, ...]:
    return tuple(
        dict.fromkeys(w for service in services for w in (*service.notes, *service.profile.inventory.warnings))
    )
