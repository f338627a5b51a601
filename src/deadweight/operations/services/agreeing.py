"""Services → the most of them that can have the same versions, and the conflicts of the others."""

from __future__ import annotations

import re
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import partial

from msgspec import Struct

from deadweight.errors import DeadweightError, TimedOut
from deadweight.formats.distributions.metadata import normalize
from deadweight.formats.locks.marking import Markers
from deadweight.model import Requirement
from deadweight.operations.measuring.reading import machine_of
from deadweight.operations.services.reading import Service
from deadweight.operations.services.resolving import Outcome, is_conflict
from deadweight.planning.sharing.conflicts import (
    Clash,
    Side,
    clashes,
    hash_clashes,
    largest_part,
    settings_clashes,
    side_of,
    single_options,
)
from deadweight.planning.sharing.wanted import ServiceFile
from deadweight.sources.resolve.uninstalled import Resolved

_ROUNDS = 4  # each avoids the conflicts that the one before found
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]*")


class Agreement(Struct, frozen=True, kw_only=True):
    """The services that can have the same versions.

    versions: what resolving them together found; None if no service can be resolved, or after a failure
    clashes:  why the others cannot have them
    failure:  why resolving them together failed, other than by a conflict: an index that fails, or the time limit
    """

    services: tuple[str, ...]
    versions: Resolved | None = None
    clashes: tuple[Clash, ...] = ()
    failure: DeadweightError | None = None


class Agreeing:
    """Finds the services that can have the same versions, first by their own requirements, then with a resolver.

    together: resolves the requirements of several services as one
    seconds:  the time limit for trying sets of services, after the first one has a conflict
    """

    def __init__(
        self,
        services: Sequence[Service],
        files: Mapping[str, ServiceFile],
        together: Callable[[Sequence[Service]], Outcome],
        seconds: float,
    ) -> None:
        self._services = {service.name: service for service in services}
        self._files, self._resolve = files, together
        self._seconds, self._deadline = seconds, 0.0
        self._clashes: list[Clash] = []

    def expected(self) -> Agreement:
        """Return the answer if only the services' own requirements have conflicts, the usual case."""
        self._clashes = [*self._of_settings(), *self._of_requirements()]
        kept = self._part(tuple(self._services))
        outcome = self._together(kept)
        return Agreement(services=kept, versions=outcome if isinstance(outcome, Resolved) else None)

    def found(self, expected: Agreement, alone: Mapping[str, Outcome]) -> Agreement:
        """Return the answer.

        alone: service → its own versions
        """
        kept = tuple(name for name in expected.services if isinstance(alone[name], Resolved))
        if kept == expected.services and expected.versions is not None:
            return Agreement(services=kept, versions=expected.versions, clashes=self._relevant(kept))
        able = tuple(name for name, outcome in alone.items() if isinstance(outcome, Resolved))
        grown: tuple[str, ...] = ()
        failure = None
        self._deadline = time.monotonic() + self._seconds
        for _ in range(_ROUNDS):
            kept = self._part(able)
            outcome = self._together(kept) if kept else None
            if outcome is None or isinstance(outcome, Resolved):
                return Agreement(services=kept, versions=outcome, clashes=self._relevant(kept))
            if not is_conflict(outcome):
                failure = outcome
                break
            if grown and self._is_late():
                break
            grown = self._grown(kept)
        if not grown:
            return Agreement(services=(), failure=failure)
        outcome = self._together(grown)
        assert isinstance(outcome, Resolved)  # the last step of _grown
        return Agreement(services=grown, versions=outcome, clashes=self._relevant(grown))

    def without(self, agreement: Agreement, failed: Mapping[str, DeadweightError]) -> Agreement:
        """Return what is left of an agreement without the services that its versions do not fit, for which reasons."""
        kept = tuple(name for name in agreement.services if name not in failed)
        outcome = self._together(kept) if kept else None
        if not isinstance(outcome, Resolved):
            return Agreement(services=())
        clashes = [self._explained(kept[0], name, error) for name, error in failed.items()]
        return Agreement(services=kept, versions=outcome, clashes=(*agreement.clashes, *clashes))

    def _part(self, names: Sequence[str]) -> tuple[str, ...]:
        return largest_part(names, (clash.services for clash in self._clashes if set(clash.services) <= set(names)))

    def _relevant(self, kept: Sequence[str]) -> tuple[Clash, ...]:
        """Return the conflicts between the services that agree and the others; of a pair, each project once."""
        found: dict[tuple[str, ...], Clash] = {}
        for clash in self._clashes:
            if len(set(clash.services) & set(kept)) == 1 or not kept:
                found.setdefault((*clash.services, clash.project), clash)
        return tuple(found.values())

    def _together(self, names: Sequence[str]) -> Outcome:
        return self._resolve([self._services[name] for name in names])

    def _of_settings(self) -> Iterator[Clash]:
        settings = {
            name: (
                single_options(self._files[name].options),
                service.file.rules.overrides,
                service.file.rules.excludes,
                service.file.rules.settings,
                service.settings.request.python,
            )
            for name, service in self._services.items()
        }
        sides = {
            name: Side(service=name, file=service.target.location, line=0, text="")
            for name, service in self._services.items()
        }
        yield from settings_clashes(settings, sides)
        yield from hash_clashes(list(self._files.values()), sides)

    def _of_requirements(self) -> Iterator[Clash]:
        """Yield conflicts between services of the same Python, which decides what markers hold; the others have one."""
        by_python: dict[str, list[Service]] = defaultdict(list)
        for service in self._services.values():
            by_python[service.settings.request.python].append(service)
        for same in by_python.values():
            markers = Markers(machine_of(same[0].settings.request).marker_values)
            files = [self._files[service.name] for service in same]
            yield from clashes(files, partial(_holds, markers))

    def _grown(self, names: Sequence[str]) -> tuple[str, ...]:
        """Return services that agree, adding one after the other, and record the conflicts of those that do not."""
        kept: list[str] = []
        for name in names:
            outcome = self._together([*kept, name]) if not kept or not self._is_late() else self._not_tried()
            if isinstance(outcome, Resolved):
                kept.append(name)
                continue
            # After a timeout, resolving pairs would take as long for each of them.
            late = isinstance(outcome, TimedOut)
            others = () if late else kept
            pairs = {other: self._together([other, name]) for other in others if not self._is_late()}
            against = {other: pair for other, pair in pairs.items() if not isinstance(pair, Resolved)}
            # If no pair has a conflict, it takes three; the last one that was added represents the others.
            for other, error in (against or {kept[-1]: outcome}).items():
                assert isinstance(error, DeadweightError)
                self._clashes.append(self._explained(other, name, error))
        return tuple(kept)

    def _is_late(self) -> bool:
        return time.monotonic() >= self._deadline

    def _not_tried(self) -> TimedOut:
        return TimedOut(f"resolving sets of services did not finish within {self._seconds:g} s")

    def _explained(self, one: str, other: str, error: DeadweightError) -> Clash:
        """Return a conflict that the resolver found, with the requirements that its explanation names."""
        words = {normalize(word.rstrip(".-_")) for word in _NAME.findall(error.cause)}
        return Clash(
            project="", sides=(self._named_side(one, words), self._named_side(other, words)), reason=error.cause
        )

    def _named_side(self, name: str, words: set[str]) -> Side:
        for requirement in self._files[name].requirements():
            if requirement.name in words:
                return side_of(self._files[name], requirement)
        return Side(service=name, file=self._services[name].target.location, line=0, text="")


def _holds(markers: Markers, requirement: Requirement) -> bool:
    return markers.hold(requirement.marker)
