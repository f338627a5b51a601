"""fleet report: the SQLite file of a fleet → the figures over all of its targets."""

from __future__ import annotations

from typing import Any

import click

from deadweight.cli.help import OUTPUT, GroupedCommand, option
from deadweight.cli.options import fleet_state, messages, with_options, writing
from deadweight.cli.output import Destination
from deadweight.cli.progress import observer
from deadweight.cli.targets import files
from deadweight.cli.values import Choice
from deadweight.cli.views import limiting, rows_of, terminal_width, use_color
from deadweight.report.fleet import FLEET_FORMATS, render_fleet
from deadweight.report.fleet.sections import SECTIONS
from deadweight.report.formats import check_installed
from deadweight.report.view import View

_SINCE = "Run to compare with: its number, or an age such as 12h, 7d or 2w (default: the run before)."


@click.command(cls=GroupedCommand)
@click.argument("fleet", metavar="FLEET", type=click.Path(), shell_complete=files)
@with_options(fleet_state(_SINCE))
@option(
    "--section",
    group=OUTPUT,
    type=Choice(list(SECTIONS)),
    multiple=True,
    help="Show only this section (repeatable). CSV can contain only one section (default: distributions).",
)
@writing(FLEET_FORMATS)
@limiting
@with_options(messages)
def report(
    fleet: str, run: int | None, since: str, section: tuple[str, ...], destination: Destination, **options: Any
) -> None:
    """Show what costs most over all targets in FLEET, and which changes save most.

    The report shows the most expensive distributions, what production does not need, versions in use, findings by
    rule, base images that images share and could share, the changes that save most per line, and what changed since an
    earlier run. A target whose last measurement failed counts with its result before.
    """
    from deadweight.operations.fleet.reporting import FleetScope, fleet_report

    check_installed(destination.form)
    rows = rows_of(options["top"], options["everything"])
    with observer(quiet=options["quiet"], verbose=options["verbose"]) as observe:
        result = fleet_report(fleet, FleetScope(run=run, since=since, rows=rows), observe=observe)
    view = View(width=terminal_width(), color=use_color(destination.path), rows=rows)
    destination.write(render_fleet(result, destination.form, section, view))
