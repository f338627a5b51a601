"""diff: two targets or saved reports → what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from deadweight.cli.browser import check_page
from deadweight.cli.help import GroupedCommand
from deadweight.cli.options import writing
from deadweight.cli.output import Destination
from deadweight.cli.progress import observer
from deadweight.cli.reporting import finish
from deadweight.cli.settings import measuring, settings_of
from deadweight.cli.targets import files, one_target
from deadweight.cli.views import limiting, rows_of, terminal_width, use_color
from deadweight.errors import UnclearTarget
from deadweight.report.diff import DIFF_FORMATS, render_diff
from deadweight.report.formats import check_installed
from deadweight.report.view import View
from deadweight.targets import is_scheme

if TYPE_CHECKING:
    from deadweight.operations.diff import Side
    from deadweight.operations.session import Session


@click.command(cls=GroupedCommand, brief=True)
@click.argument("old", shell_complete=files)
@click.argument("new", shell_complete=files)
@writing(DIFF_FORMATS)
@limiting
@measuring
def diff(old: str, new: str, destination: Destination, **options: Any) -> None:
    """Show what changed from OLD to NEW: sizes, versions, and the requirements that explain each change.

    \b
    OLD and NEW are each one of:
      report.json                 a saved report of `profile --format json`
      requirements.txt, .venv     a target of `profile`, which is measured
      main:requirements.txt       a file in git at a revision (REV:PATH)
      main:                       the project in git at a revision

    PATH is relative to the working directory, and nothing is checked out. Both targets are measured with the same
    options. An option that applies to only one of them affects that one.
    """
    from deadweight.operations import diff as operation
    from deadweight.operations.session import Session

    check_page(destination.form, destination.path)
    check_installed(destination.form)
    view = View(
        width=terminal_width(), color=use_color(destination.path), rows=rows_of(options["top"], options["everything"])
    )
    if old == new == "-":
        raise click.UsageError("only one of OLD and NEW can be standard input")
    with (
        observer(quiet=options["quiet"], verbose=options["verbose"]) as observe,
        Session(observe=observe) as session,
    ):
        sides = (_side(old, session, quiet=options["quiet"]), _side(new, session, quiet=options["quiet"]))
        settings = settings_of(options, *(side.target for side in sides))
        result = operation.compared(sides, settings, session=session)
    destination.write(render_diff(result, destination.form, view))
    finish(result)


def _side(given: str, session: Session, *, quiet: bool) -> Side:
    from deadweight.operations.diff import Side, side_in_git

    side = side_in_git(given, session)
    if side:
        return side
    try:
        return Side(one_target(given, quiet=quiet))
    except UnclearTarget as error:
        name, colon, _ = given.partition(":")
        if colon and not is_scheme(name):
            in_git = f"for a file in git, use REV:PATH (git has no revision {name!r} here)"
            error.hint = "; ".join(filter(None, (error.hint, in_git)))
        raise
