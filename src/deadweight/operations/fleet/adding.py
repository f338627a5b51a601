"""fleet_add(): saved JSON reports → a run of a fleet."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from deadweight import __version__
from deadweight.arguments import items
from deadweight.errors import BadInput
from deadweight.fleet.values import target_name
from deadweight.model.tree import Skipped
from deadweight.operations.profile import read_report
from deadweight.progress import Observer, Progress, silent
from deadweight.sources.fleet.saved import SavedFile, saved_files
from deadweight.sources.fleet.store import Fleet


class Added(Struct, frozen=True, kw_only=True):
    """What ``add_reports`` did: the number of the run and of its targets, and the reports that could not be added."""

    run: int
    targets: int
    skipped: tuple[Skipped, ...]

    @property
    def exit_code(self) -> int:
        """0, or 4 if a report could not be added."""
        return max((skipped.exit_code for skipped in self.skipped), default=0)


def fleet_add(
    path: str,
    reports: str | Iterable[str],
    *,
    by_file: bool = False,
    complete: bool = False,
    observe: Observer = silent,
) -> Added:
    """Add saved reports to the file of a fleet as one run; it is created if it is missing.

    reports:  files, ``NAME=FILE`` to name the target, and directories for all JSON files in them
    by_file:  whether the path of its file names the target of a report, in place of the location in it
    complete: whether the reports are of the whole fleet; see ``add_reports``
    returns:  the number of the run, and the reports that could not be added
    raises:   BadFleet, FleetFailed; BadInput if there is no report
    """
    return add_reports(path, saved_files(items(reports), by_file=by_file), complete=complete, observe=observe)


def add_reports(path: str, files: Sequence[SavedFile], *, complete: bool = False, observe: Observer = silent) -> Added:
    """Add saved reports to the file of a fleet as one run; it is created if it is missing.

    A report that cannot be read does not keep the others out.

    complete: whether the reports are of the whole fleet, so that targets without a report are no longer part of it;
              if one cannot be added, all targets stay, since nobody knows which target that report is of
    raises:   BadFleet, FleetFailed; BadInput if there is no report
    """
    if not files:
        raise BadInput("no reports to add", hint="save reports with deadweight TARGET --format json -o FILE")
    names: set[str] = set()
    skipped: list[Skipped] = []
    with Fleet.open(path) as fleet:
        run = fleet.begin(__version__, {"command": "add"}, complete=complete)
        for number, file in enumerate(files):
            observe(Progress("reading", file.path, done=number, total=len(files)))
            try:
                report = read_report(file.path)
                name = file.name or report.target.location
                if target_name(name) in names:
                    raise BadInput(f"another report is of the target {name}, too")
            except BadInput as error:
                skipped.append(Skipped(file.path, error.summary, error.exit_code))
                continue
            except KeyboardInterrupt:
                raise KeyboardInterrupt(f"{len(names)} of {len(files)} reports were added to {path}") from None
            names.add(target_name(name))
            fleet.add(run, name, report)
        fleet.finish(run, partial=bool(skipped))
    return Added(run=run, targets=len(names), skipped=tuple(skipped))
