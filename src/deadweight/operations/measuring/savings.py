"""A Profile → the same with the measured savings of lighter builds; nothing is installed for them."""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

from msgspec.structs import replace

from deadweight.errors import DeadweightError, InstallFailed
from deadweight.progress import Progress
from deadweight.targets.types import REQUIRING

if TYPE_CHECKING:
    from deadweight.analysis.profile import Profile
    from deadweight.formats.requirements import RequirementsFile
    from deadweight.model import Distribution, Inventory
    from deadweight.operations.session import Session
    from deadweight.planning.lighter import Lighter
    from deadweight.settings import Settings

SECONDS = 8.0  # for all of them together: the result is ready, and must not wait for extras


def with_savings(profile: Profile, session: Session) -> Profile:
    """Return a profile with the saving of each lighter build, and of all of them together.

    Only requirements are measured again, since a lock determines what is installed. A failure here never fails the run:
    what cannot be measured keeps its lower bound, and a warning gives the reason.
    """
    settings, file = profile.settings, profile.requirements
    if file is None or not isinstance(profile.target, REQUIRING) or settings.measuring.offline:
        return profile
    builds = profile.lighter()
    if not builds:
        return profile
    from deadweight.planning.lighter import Savings

    until = time.monotonic() + SECONDS
    each: dict[str, int] = {}
    reported: list[str] = []
    for number, build in enumerate(builds):
        session.observe(Progress("measuring", f"the saving of {build.how}", done=number, total=len(builds)))
        try:
            each[build.how] = _saved(profile, file, [build], until, session)
        except (DeadweightError, OSError) as error:
            reported.append(f"the saving of {build.how} could not be measured: {_reason(error)}")
    together = None
    measured = [build for build in builds if each.get(build.how, 0) > 0]
    if len(measured) > 1:
        try:
            together = _saved(profile, file, measured, until, session)
        except (DeadweightError, OSError) as error:
            reported.append(f"the saving of all lighter builds together could not be measured: {_reason(error)}")
    return replace(profile, savings=Savings(each=each, together=together, warnings=tuple(reported)))


def _reason(error: DeadweightError | OSError) -> str:
    return error.summary if isinstance(error, DeadweightError) else str(error).partition("\n")[0]


def _saved(profile: Profile, file: RequirementsFile, builds: Sequence[Lighter], until: float, session: Session) -> int:
    """Return how many bytes fewer lighter builds would install, without the bytecode that installers add.

    raises: DeadweightError if it cannot be measured exactly and in time
    """
    left = until - time.monotonic()
    if left < 1:
        raise InstallFailed(f"the time limit of {SECONDS:.0f} s was reached")
    there = {(d.name, d.version): _bytes(profile, d) for d in profile.inventory.distributions}
    kept, new = _measured(_with_builds(profile.settings, builds), file, left, session, there.keys())
    gone = there.keys() - kept
    return sum(there[key] for key in gone) - sum(_bytes(profile, d) for d in new.distributions)


def _measured(
    settings: Settings,
    file: RequirementsFile,
    seconds: float,
    session: Session,
    there: Iterable[tuple[str, str | None]],
) -> tuple[set[tuple[str, str | None]], Inventory]:
    """Resolve requirements with lighter builds; return what stays the same, and the inventory of what is new."""
    from deadweight.formats.builds import read_wishes
    from deadweight.formats.requirement_changes import swapped, unpinned
    from deadweight.inventory import take_inventory
    from deadweight.operations.measuring.from_archives import opened

    wishes = read_wishes(settings.request.swap, settings.request.index, settings.request.torch)
    wished = unpinned(swapped(file, wishes.swaps), wishes.indexes())
    with opened(wished, wishes, settings, session, seconds=seconds) as run:
        resolved = run.resolved(wished)
        lock = resolved.lock
        kept = {(package.name, package.version) for package in lock.packages} & set(there)
        changed = tuple(package for package in lock.packages if (package.name, package.version) not in kept)
        uninstalled = run.measured(replace(resolved, lock=replace(lock, packages=changed)), compiled=False)
        if wrong := uninstalled.without_wheel():
            raise InstallFailed(f"{', '.join(sorted(wrong))}: no wheel")
        return kept, take_inventory(uninstalled.measured.tree)


def _with_builds(settings: Settings, builds: Sequence[Lighter]) -> Settings:
    return settings.replacing(
        swap=(*settings.request.swap, *(build.swap for build in builds if build.swap)),
        torch=next((build.torch for build in builds if build.torch), settings.request.torch),
    )


def _bytes(profile: Profile, distribution: Distribution) -> int:
    sizes = distribution.sizes
    return sizes.apparent - (sizes.bytecode if profile.method == "install" else 0)
