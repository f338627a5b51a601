"""diff(): two targets or saved reports → their difference. What is measured is measured alike, in one session."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from deadweight.errors import DeadweightError
from deadweight.operations.profile import read_report
from deadweight.operations.revisions.committed import committed
from deadweight.operations.revisions.hiding import Hiding
from deadweight.operations.session import Session
from deadweight.progress import Observer, silent
from deadweight.settings import Settings, refuse
from deadweight.targets import TargetLike, parse_target
from deadweight.targets.options import check_options, settings_for
from deadweight.targets.types import INSTALLABLE, SavedReport, Target

if TYPE_CHECKING:
    from deadweight.model.report import Report, Row
    from deadweight.model.report.diff import Diff

_SDISTS = (".tar.gz", ".zip", ".tgz", ".tar.bz2", ".tar.xz", ".tar")  # as indexes have, or had them


class Side(Struct, frozen=True):
    """One of the two targets.

    hiding: shows the name that the user gave in place of the paths of a copy
    code:   directory of the code that belongs to a copy, which has none beside it; "" for none
    """

    target: Target
    hiding: Hiding = Hiding()
    code: str = ""


def diff(
    old: TargetLike,
    new: TargetLike,
    settings: Settings | None = None,
    *,
    observe: Observer = silent,
) -> Diff:
    """Compare two targets, or saved reports.

    old, new: as ``profile`` takes them; also ``REV:PATH``, a file or project in git at a revision (of the repository
              around the working directory, which PATH is relative to). Nothing is checked out
    settings: how to measure both; a setting that applies to only one of them affects that one
    returns:  sizes in bytes; changes are those from ``old`` to ``new``
    raises:   as ``profile``; BadReport for a report whose sizes do not add up
    """
    settings = settings or Settings()
    with Session(observe=observe) as session:
        sides = side_of(old, session), side_of(new, session)
        check_options(settings, *(side.target for side in sides))
        return compared(sides, settings, session=session)


def side_of(given: TargetLike, session: Session) -> Side:
    """Return what is meant by a target or ``REV:PATH``; raises UnclearTarget."""
    return side_in_git(given, session) or Side(parse_target(given))


def side_in_git(given: TargetLike, session: Session) -> Side | None:
    """Return what ``REV:PATH`` means, copied into the session's scratch directory; None for other targets."""
    copy = committed(given, session)
    return Side(copy.target, copy.hiding, copy.code) if copy else None


def compared(sides: tuple[Side, Side], settings: Settings, *, session: Session) -> Diff:
    """Measure two targets, or read them if they are saved reports, and compare them; raises as ``diff``."""
    from deadweight.analysis.diff import compare

    if all(isinstance(side.target, INSTALLABLE) for side in sides):
        refuse(settings, ("keep_env",), "two environments would be kept in one directory")
    reports = [report_of_side(side, settings, session) for side in sides]
    result = compare(*(side.hiding.in_value(report) for side, report in zip(sides, reports, strict=True)))
    notes = [note for side, report in zip(sides, reports, strict=True) for note in _local_notes(report, side.hiding)]
    return replace(result, warnings=(*result.warnings, *notes)) if notes else result


def report_of_side(side: Side, settings: Settings, session: Session) -> Report:
    """Measure a target, or read it if it is a saved report; paths of a copy are hidden in errors, not in the report."""
    try:
        return _measured(side, settings, session)
    except DeadweightError as error:
        side.hiding.in_error(error)
        raise


def _local_notes(report: Report, hiding: Hiding) -> Iterator[str]:
    """Yield a note for each distribution that was measured from a directory in a copy, which has no code."""
    for row in report.distributions if hiding.names else ():
        if _is_directory(row) or _is_hidden(row.url, hiding):
            yield f"{row.name}: only project files of local directories are read from git"


def _is_hidden(url: str | None, hiding: Hiding) -> bool:
    return url is not None and hiding.in_text(url) != url


def _is_directory(row: Row) -> bool:
    """Return whether a distribution was estimated from a directory in place of an sdist."""
    return row.archive is not None and row.archive.estimated and not row.archive.filename.endswith(_SDISTS)


def _measured(side: Side, settings: Settings, session: Session) -> Report:
    if isinstance(side.target, SavedReport):
        return read_report(side.target.location)
    from deadweight.analysis.reporting import report_of
    from deadweight.operations.measure import concluded, measure

    settings = settings_for(side.target, settings)
    if side.code and not settings.request.source and not settings.request.no_source:
        settings = settings.replacing(source=side.code)
    return report_of(concluded(measure(side.target, settings, session), session))
