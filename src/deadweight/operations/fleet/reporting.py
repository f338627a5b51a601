"""fleet_report(): the file of a fleet → the figures over all of its targets."""

from __future__ import annotations

import re
import sqlite3
from datetime import UTC, datetime, timedelta

from msgspec import Struct

from deadweight import __version__
from deadweight.errors import BadInput
from deadweight.model.report.fleet import FleetReport
from deadweight.progress import Observer, Progress, silent
from deadweight.sources.fleet.files import reading
from deadweight.sources.fleet.summary import Summary, newest_run, run_before

_SINCE = re.compile(r"(\d{1,4})([dwh])\Z")
_MOST_DIGITS = 18  # of a number that SQLite can hold
_HOURS = {"h": 1, "d": 24, "w": 24 * 7}


class FleetScope(Struct, frozen=True, kw_only=True):
    """What a fleet report covers.

    run:   the state after this run; None for the newest
    since: what to compare with: the number of a run, or an age such as "7d"; "" for the run before
    rows:  of each list; None for all
    """

    run: int | None = None
    since: str = ""
    rows: int | None = 20


def fleet_report(path: str, scope: FleetScope | None = None, *, observe: Observer = silent) -> FleetReport:
    """Return the figures over all targets of a fleet; raises BadFleet, BadInput, FleetFailed."""
    scope = scope or FleetScope()
    observe(Progress("reading", path))
    with reading(path) as connection:
        # One transaction, so that all figures are of one state while others write.
        connection.execute("BEGIN")
        run, before = runs_of(connection, path, scope)
        summary = Summary(connection, run=run, before=before, most=scope.rows)
        failed, failures = summary.failures()
        return FleetReport(
            version=__version__,
            fleet=path,
            totals=summary.totals(),
            runs=summary.runs(),
            distributions=summary.distributions(),
            dev=summary.dev(),
            versions=summary.versions(),
            rules=summary.rules(),
            bases=summary.bases(),
            changes=summary.changes(),
            trend=summary.trend(),
            failed=failed,
            never_measured=summary.never_measured(),
            failures=failures,
        )


def runs_of(connection: sqlite3.Connection, path: str, scope: FleetScope) -> tuple[int, int | None]:
    """Return the run of a scope, and the one to compare with; raises BadInput for a run that does not exist."""
    newest = newest_run(connection)
    run = newest if scope.run is None else scope.run
    if abs(run) >= 10**_MOST_DIGITS or not connection.execute("SELECT 1 FROM run WHERE id = ?", (run,)).fetchone():
        raise BadInput(f"{path} has no run {run}", hint=f"the newest run is {newest}")
    return run, _before(connection, run, scope.since)


def check_since(text: str) -> None:
    """Raise BadInput if a text is neither empty, nor the number of a run, nor an age."""
    if text and not _SINCE.match(text) and not (text.isdecimal() and len(text) <= _MOST_DIGITS):
        raise BadInput(f"--since {text}: expected the number of a run, or an age such as 12h, 7d or 2w")


def _before(connection: sqlite3.Connection, run: int, since: str) -> int | None:
    """Return the run to compare with, None if there is none; raises BadInput for an invalid or unknown one."""
    if not since:
        return run_before(connection, run)
    check_since(since)
    age = _SINCE.match(since)
    if age:
        began = datetime.now(UTC) - timedelta(hours=int(age[1]) * _HOURS[age[2]])
        before = run_before(connection, run, began.strftime("%Y-%m-%dT%H:%M:%SZ"))
        if before is None:
            raise BadInput(f"the fleet has no run that is older than {since}", hint="use --since with a shorter time")
        return before
    if run_before(connection, int(since) + 1) != int(since) or int(since) >= run:
        raise BadInput(f"--since {since}: the fleet has no such run before run {run}")
    return int(since)
