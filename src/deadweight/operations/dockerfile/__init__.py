"""dockerfile(): a target → a Dockerfile with a stage for each variant, the files that it reads, and their sizes.

variants.py   the variants of the target    fetching.py   the indexes that a build uses
pieces.py     what they install             locked.py     uv.lock, which uv installs from
context.py    the build context             writing.py    the files
reporting.py  the sizes to expect       requesting.py  what to measure for an image
project.py    the user's own project    noting.py      what the user has to do
"""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from msgspec.structs import replace

from deadweight.errors import NotProven
from deadweight.operations.application import application_directory
from deadweight.operations.dockerfile.context import read_context
from deadweight.operations.dockerfile.pieces import Installed
from deadweight.operations.dockerfile.requesting import measured_for_image
from deadweight.operations.dockerfile.variants import PRODUCTION, variants_of
from deadweight.operations.dockerfile.writing import LISTS, Building, Dockerfile, Writing
from deadweight.operations.measure import concluded, refuse_report
from deadweight.operations.session import Session
from deadweight.progress import Observer, silent
from deadweight.settings import Settings
from deadweight.sources.buildcontext.paths import path_in
from deadweight.targets import TargetLike, parse_target
from deadweight.targets.options import check_options
from deadweight.targets.types import File, SavedReport
from deadweight.wording import listed

if TYPE_CHECKING:
    from deadweight.analysis.profile import Profile
    from deadweight.targets.types import Target

__all__ = ["LISTS", "Building", "Dockerfile", "dockerfile"]


def dockerfile(
    target: TargetLike,
    settings: Settings | None = None,
    building: Building | None = None,
    *,
    observe: Observer = silent,
) -> Dockerfile:
    """Measure a target and return a Dockerfile for it. Nothing is installed, built or written.

    target:   requirements, a project, a lock, an environment or an image
    settings: as for ``profile``; ``source`` is the directory of the build context
    returns:  the sizes to expect, and the texts of the files
    raises:   as ``profile``; NotProven if production lacks something that the code uses; BadInput for names, paths and
              URLs that a Dockerfile cannot contain
    """
    settings, building, parsed = settings or Settings(), building or Building(), parse_target(target)
    if isinstance(parsed, SavedReport):
        refuse_report(parsed)
    check_options(settings, parsed)
    building = replace(building, directory=building.directory or _directory_of(parsed))
    directory = application_directory(parsed, settings) or _directory_of(parsed) or "."
    path = f"{_below(building.directory, directory)}Dockerfile"
    with Session(observe=observe) as session:
        measurement, notes = measured_for_image(parsed, settings, building, session)
        profile = concluded(measurement, session)
        if not building.unproven:
            _check_proof(profile)
        variants = variants_of(profile, Installed(measurement, directory), session, notes)
        context = read_context(directory, path, buildkit=building.buildkit, observe=observe)
    return Writing(measurement, profile, building, context).written(variants, path)


def _directory_of(target: Target) -> str:
    return os.path.dirname(target.location) if isinstance(target, File) else ""


def _below(directory: str, context: str) -> str:
    """Return the directory of the Dockerfile relative to the build context, with a slash at the end.

    raises: BadInput if it is outside
    """
    hint = "use --output-dir with a directory below it, or --source for another build context"
    relative = path_in(context, directory or ".", "the Dockerfile would be", hint)
    return "" if relative == "." else f"{relative}/"


def _check_proof(profile: Profile) -> None:
    """Raise NotProven if production does not provide what the application uses."""
    proof = profile.proofs.get(PRODUCTION)
    if proof is None or proof.holds:
        return
    names = list(dict.fromkeys(gap.name for gap in proof.gaps if gap.name and not gap.excused))
    raise NotProven(
        f"the production stage would lack requirements that your code uses: {listed(names, 5)}; no files were written",
        hint=f"use {' '.join(f'--keep {name}' for name in names[:5])}, or --unproven to write the files anyway",
    )
