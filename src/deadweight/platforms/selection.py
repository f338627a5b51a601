"""Lock and Machine → the archive of each package that an installer would choose: the best wheel, else the sdist."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping

from msgspec import Struct

from deadweight.model import Archive, Lock, Pinned
from deadweight.platforms.machine import Machine

_MOST_DOTS = 40  # each may double the number of tags that a file name expands to; real wheels have a dozen


class Chosen(Struct, frozen=True, kw_only=True):
    """The archive to measure for one package.

    archive:    the compatible wheel; else the archive to estimate a built wheel from: the wheel for the most similar
                machine, or the sdist; None if nothing can be built either
    reason:     why it is not a compatible wheel; "" if it is one
    estimated:  whether ``archive`` only resembles what would be installed
    exit_code:  of a run that cannot measure it for that reason
    impossible: whether no installer could install the package on the machine
    """

    package: Pinned
    archive: Archive | None
    reason: str = ""
    estimated: bool = False
    exit_code: int = 0
    impossible: bool = False


def choose(lock: Lock, machine: Machine, allowed: Mapping[str, frozenset[str]] | None = None) -> tuple[Chosen, ...]:
    """Return the choice for each package of the lock, in its order.

    allowed: project → the allowed sha256 sums, as in pip's hash-checking mode; other projects allow any
    """
    return tuple(_choose(package, machine, (allowed or {}).get(package.name)) for package in lock.packages)


def without_wheel(choices: Collection[Chosen]) -> frozenset[str]:
    """Return the projects for which no compatible wheel was chosen."""
    return frozenset(choice.package.name for choice in choices if choice.archive is None or choice.estimated)


def unbuilt(choices: Collection[Chosen]) -> tuple[str, ...]:
    """Return the projects whose size only a build can determine."""
    return tuple(
        sorted(
            choice.package.name
            for choice in choices
            if choice.estimated or (choice.archive is None and not (choice.exit_code or choice.impossible))
        )
    )


def _choose(package: Pinned, machine: Machine, allowed: frozenset[str] | None) -> Chosen:
    wheels = [wheel for wheel in package.wheels if _is_allowed(wheel, allowed)]
    sdist = package.sdist if package.sdist is not None and _is_allowed(package.sdist, allowed) else None
    wheel = best_wheel(wheels, machine)
    if wheel is not None:
        return Chosen(package=package, archive=wheel)
    if (package.wheels or package.sdist) and not (wheels or sdist):
        reason = "none of its archives matches a hash in the requirements"
        return Chosen(package=package, archive=None, reason=reason, exit_code=4)
    if package.missing:
        return Chosen(package=package, archive=None, reason=package.missing, exit_code=5)
    if package.location:
        reason = f"its code is in {package.location}; it can only be measured by building it"
        return Chosen(package=package, archive=None, reason=reason)
    platform = f"Python {machine.short} on {machine.shown}"
    reason = f"no wheel for {platform}" if wheels else "no wheel"
    if sdist is None:
        reason = f"{reason}, and no sdist to build one from"
        return Chosen(package=package, archive=None, reason=reason, impossible=bool(wheels))
    if sdist.url.startswith("file:") and not sdist.filename.endswith((".gz", ".zip", ".bz2", ".xz")):
        return Chosen(package=package, archive=sdist, reason="a directory: estimated from its packages", estimated=True)
    similar = best_wheel(wheels, machine.for_resolving()) or next(iter(wheels), None)
    if similar is not None:
        reason = f"{reason}: estimated from its wheels for other machines"
        return Chosen(package=package, archive=similar, reason=reason, estimated=True)
    reason = f"{reason}: estimated from its sdist"
    return Chosen(package=package, archive=sdist, reason=reason, estimated=True)


def _is_allowed(archive: Archive, allowed: frozenset[str] | None) -> bool:
    return allowed is None or archive.sha256 is None or archive.sha256 in allowed


def best_wheel(wheels: Iterable[Archive], machine: Machine) -> Archive | None:
    """Return the wheel with the best-ranked tags (PEP 425), then with the highest build number (PEP 427)."""
    ranked = [(rank, wheel) for wheel in wheels if (rank := _rank(wheel, machine)) is not None]
    return min(ranked, key=lambda item: item[0])[1] if ranked else None


def _rank(wheel: Archive, machine: Machine) -> tuple[int, int, str] | None:
    from packaging.utils import InvalidWheelFilename, parse_wheel_filename

    if wheel.filename.count(".") > _MOST_DOTS:
        return None
    try:
        _, _, build, tags = parse_wheel_filename(wheel.filename)
    except InvalidWheelFilename:
        return None
    ranks = [machine.tags[tag] for tag in tags if tag in machine.tags]
    return (min(ranks), -build[0] if build else 1, wheel.filename) if ranks else None
