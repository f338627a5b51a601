"""What commands share: measuring their target, and their end with what could not be measured and the exit code."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Protocol

import click

from deadweight.cli.output import say
from deadweight.cli.progress import observer
from deadweight.cli.settings import settings_of
from deadweight.cli.targets import target_of

if TYPE_CHECKING:
    from collections.abc import Sequence

    from deadweight.model import Skipped
    from deadweight.model.report import Report


class Result(Protocol):
    """What a command ends with."""

    @property
    def skipped(self) -> Sequence[Skipped]:
        """What could not be measured."""

    @property
    def exit_code(self) -> int:
        """The exit code of a run with this result."""


_MOST_FAILURES = 10


def finish(report: Result, code: int = 0) -> None:
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
