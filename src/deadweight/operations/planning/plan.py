"""plan(): a target → levels of saving and the way to a target size, measured in one session."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from msgspec import Struct

from deadweight import __version__
from deadweight.analysis.reporting import report_of
from deadweight.errors import BadInput
from deadweight.formats.builds import swap_of
from deadweight.model.report.levels import LEVELS, LevelReport
from deadweight.operations.measure import refuse_report
from deadweight.operations.planning.goal import goal_of
from deadweight.operations.planning.levels import Levels
from deadweight.operations.session import Session
from deadweight.progress import Observer, silent
from deadweight.settings import Settings
from deadweight.targets import TargetLike, parse_target
from deadweight.targets.options import check_options
from deadweight.targets.types import SavedReport

if TYPE_CHECKING:
    from deadweight.analysis.levels.variant import Variant
    from deadweight.analysis.profile import Profile


class Aims(Struct, frozen=True, kw_only=True):
    """What the levels are compared with.

    base_bytes:   of the image beneath; None for none
    target_bytes: the size to reach, with the base; None for none
    """

    base_bytes: int | None = None
    target_bytes: int | None = None


class Planned(Struct, frozen=True, kw_only=True):
    """The levels of a target, with the variant and the profile of each reachable level."""

    report: LevelReport
    variants: Mapping[str, Variant]
    profiles: Mapping[str, Profile]

    def __repr__(self) -> str:
        return f"<Planned: {self.report!r}>"

    def files(self, level: str, directory: str = "") -> dict[str, str]:
        """Return path → text of the requirements, the constraints and the overrides that install a level.

        directory: of the files, relative to the working directory; "" for the working directory
        raises:    BadInput for a level that is not taken, or that is unknown
        """
        from deadweight.analysis.levels.files import level_files

        if level not in LEVELS[1:]:
            raise BadInput(f"{level}: unknown level", hint=f"choose from {', '.join(LEVELS[1:])}")
        if level not in self.variants:
            reason = self.report.level(level).not_taken
            raise BadInput(f"{level}: the level is not taken: {reason}", hint="choose another level")
        return level_files(level, self.variants[level], self.profiles[level], directory)


def plan(
    target: TargetLike,
    settings: Settings | None = None,
    aims: Aims | None = None,
    *,
    observe: Observer = silent,
) -> Planned:
    """Measure the levels of a target. Nothing is installed or written.

    target:   any target of ``profile`` except a saved report
    settings: ``drop``, ``swap``, ``torch`` and ``platform`` lead to a level of their own, "what-if"
    returns:  the levels, and the means to write the files of each
    raises:   as ``profile`` for the target itself; a level that cannot be measured gives the reason instead
    """
    settings, aims, parsed = settings or Settings(), aims or Aims(), parse_target(target)
    if isinstance(parsed, SavedReport):
        refuse_report(parsed)
    check_options(settings, parsed)
    if both := sorted(set(settings.policy.keep) & set(settings.policy.drop)):
        raise BadInput(f"--keep and --drop contradict each other: {', '.join(both)}", hint="use one of them")
    swapped = [swap_of(swap)[0] for swap in settings.request.swap]
    if twice := sorted({name for name in swapped if swapped.count(name) > 1 or name in settings.policy.drop}):
        raise BadInput(
            f"options for {twice[0]} contradict each other", hint="use one --swap or --drop for each project"
        )
    if settings.measuring.no_install is False or settings.measuring.keep_env:
        option = "--keep-env" if settings.measuring.keep_env else "--install"
        raise BadInput(f"{option} does not apply to plan, which installs nothing", hint=f"remove {option}")
    with Session(observe=observe) as session:
        levels = Levels(parsed, settings, session)
        levels.measure_all()
        least = None if aims.target_bytes is None else aims.target_bytes - (aims.base_bytes or 0)
        goal = None if least is None else goal_of(levels, least, aims.base_bytes or 0)
    report = LevelReport(
        version=__version__,
        target=report_of(levels.whole).target,
        base_bytes=aims.base_bytes,
        levels=tuple(levels.levels),
        goal=goal,
        warnings=levels.whole.warnings,
    )
    return Planned(report=report, variants=levels.variants, profiles=levels.profiles)
