"""What commands share: measuring their target, and their end with what could not be measured and the exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from deadweight.cli.options import settings_of
from deadweight.cli.output import say
from deadweight.cli.progress import observer
from deadweight.cli.targets import target_of

if TYPE_CHECKING:
    from deadweight.analysis.profile import Grouping, Profile
    from deadweight.model.report import Report
    from deadweight.model.report.check import CheckReport
    from deadweight.model.report.diff import Diff
    from deadweight.model.report.imports import ImportsReport
    from deadweight.model.report.services import ServicesReport

_MOST_FAILURES = 10


def finish(report: Report | Profile | Grouping | CheckReport | Diff | ImportsReport | ServicesReport, code: int = 0) -> None:
    """Print what could not be measured. Exit with ``code``, else with the exit code of the report, if it is not 0."""
    failed = [skipped for skipped in report.skipped if skipped.exit_code]
    for skipped in failed[:_MOST_FAILURES]:
        say(f"error: {skipped.name} could not be measured: {skipped.reason}")
    if len(failed) > _MOST_FAILURES:
        say(f"error: {len(failed) - _MOST_FAILURES} more could not be measured; the report lists them")
    if code or failed:
        raise click.exceptions.Exit(code or report.exit_code)


def measured(target: tuple[str, ...], options: dict[str, Any], *, lighter: bool = True) -> Report:
    """Return the report of a target, which is measured with the options of a command."""
    from deadweight.operations.profile import profile as measure

    given = target_of(target, quiet=options["quiet"])
    settings = settings_of(options, given)
    with observer(quiet=options["quiet"], verbose=options["verbose"]) as observe:
        return measure(given, settings, observe=observe, lighter=lighter)
