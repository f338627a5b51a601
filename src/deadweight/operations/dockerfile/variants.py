"""A measured target → the variants of its image: production, minimal, development, and with PyTorch's CPU build."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from msgspec import Struct
from msgspec.structs import replace

from deadweight.analysis.levels.variant import lines_of
from deadweight.analysis.measurement import Measurement
from deadweight.analysis.profile import Profile
from deadweight.dockerfiles.values import Piece, Variant
from deadweight.errors import DeadweightError
from deadweight.formats.builds import TORCH_FAMILY, TORCH_INDEX
from deadweight.formats.requirement_changes import without
from deadweight.model import Requirement
from deadweight.operations.dockerfile.pieces import Installed
from deadweight.operations.session import Session
from deadweight.planning.lighter import is_cuda
from deadweight.progress import Progress
from deadweight.targets.types import REQUIRING, Lock

PRODUCTION, DEVELOPMENT = "production", "development"
_PURPOSES = {
    PRODUCTION: "Without development tools.",
    "minimal": "Only what the application needs to start.",
    DEVELOPMENT: "With development tools.",
    "cpu": "Like production, with PyTorch's build without CUDA.",
}


class Variants(Struct, frozen=True):
    """The variants, the default one last, and sentences about those that are missing or inexact."""

    every: tuple[Variant, ...]
    notes: tuple[str, ...] = ()


def variants_of(profile: Profile, installed: Installed, session: Session, notes: Iterable[str] = ()) -> Variants:
    """Return the variants that differ from production, and production itself.

    profile: the target; what it installs is development
    notes:   sentences about what it does not install
    """
    production = _variant(PRODUCTION, profile, installed)
    others = [_variant("minimal", profile, installed)]
    others.append(_development(profile, installed))
    notes = [*notes]
    cpu = _cpu(production, profile, installed, session, notes)
    every = [each for each in (cpu, *reversed(others)) if each and each.pieces != production.pieces]
    return Variants((*every, production), tuple(notes))


def _variant(name: str, profile: Profile, installed: Installed) -> Variant:
    split = profile.split(name)
    return Variant(
        name=name,
        purpose=_PURPOSES[name],
        pieces=installed.pieces(split.distributions, _unmeasured(split.kept, profile)),
    )


def _development(profile: Profile, installed: Installed) -> Variant:
    unmeasured = profile.requirements.all_requirements() if profile.requirements else ()
    return Variant(
        name=DEVELOPMENT,
        purpose=_PURPOSES[DEVELOPMENT],
        pieces=installed.pieces(profile.required_keys(), _unmeasured(tuple(unmeasured), profile)),
    )


def _unmeasured(kept: tuple[Requirement, ...], profile: Profile) -> Iterator[Requirement]:
    """Yield requirements that could not be measured."""
    skipped = {each.name for each in profile.skipped}
    own = (each for each in kept if each.name in skipped or each.url in skipped)
    yield from {each.name: each for each in (*own, *profile.not_measured)}.values()


def _cpu(
    production: Variant, profile: Profile, installed: Installed, session: Session, notes: list[str]
) -> Variant | None:
    """Return production with PyTorch's CPU build; None without PyTorch, or if a build of it was requested."""
    settings = profile.settings
    if settings.request.torch or settings.request.index or "torch" not in {each.name for each in production.pieces}:
        return None
    measurement = _with_cpu_build(profile, session, notes) if isinstance(profile.target, REQUIRING) else None
    if measurement is None:
        return _without_cuda(production, profile)
    every = {d.key for d in measurement.inventory.distributions}
    pieces = Installed(measurement, installed.context).pieces(every)
    return Variant(name="cpu", purpose=_PURPOSES["cpu"], pieces=pieces)


def _with_cpu_build(profile: Profile, session: Session, notes: list[str]) -> Measurement | None:
    """Resolve production again with the index of PyTorch's CPU build; None if that cannot be done."""
    from deadweight.operations.measuring.from_archives import measure_archives
    from deadweight.operations.measuring.reading import Read

    file = profile.requirements
    if file is None or isinstance(profile.target, Lock):
        return None
    kept = set(profile.split(PRODUCTION).kept)
    gone = lines_of(file, (each for each in file.all_requirements() if each not in kept))
    settings = profile.settings.replacing(torch="cpu")
    session.observe(Progress("measuring", "cpu"))
    try:
        return measure_archives(profile.target, settings, session, Read(without(file, gone), settings))
    except DeadweightError as error:
        notes.append(f"cpu: {error.summary}; its size is that of the default build without CUDA libraries")
        return None


def _without_cuda(production: Variant, profile: Profile) -> Variant:
    """Return production without the distributions for CUDA, with PyTorch from the index of its CPU build."""
    cuda = {d.name for d in profile.inventory.distributions if is_cuda(d)}
    kept = (piece for piece in production.pieces if piece.name not in cuda)
    return Variant(name="cpu", purpose=_PURPOSES["cpu"], pieces=tuple(map(_from_cpu_index, kept)))


def _from_cpu_index(piece: Piece) -> Piece:
    if piece.name not in TORCH_FAMILY:
        return piece
    # "2.5.1" matches "2.5.1+cpu" there (PEP 440); the hashes are those of the other build.
    version = piece.pin.version.partition("+")[0]
    pin = replace(piece.pin, version=version, index=f"{TORCH_INDEX}cpu", hashes=())
    return replace(piece, pin=pin, is_at_most=True, is_estimated=True)
