"""fleet add: saved JSON reports → the SQLite file of a fleet."""

from __future__ import annotations

import click

from deadweight.cli.help import WHAT, GroupedCommand, option
from deadweight.cli.options import messages, with_options
from deadweight.cli.output import emit, say
from deadweight.cli.progress import observer
from deadweight.cli.targets import files
from deadweight.cli.values import Choice


@click.command(cls=GroupedCommand)
@click.argument("fleet", metavar="FLEET", type=click.Path(), shell_complete=files)
@click.argument("report", nargs=-1, required=True, shell_complete=files)
@option(
    "--names",
    group=WHAT,
    type=Choice(["location", "file"]),
    default="location",
    show_default=True,
    help="Name targets by the location in the report, or by the path of the report without .json.",
)
@option(
    "--complete",
    group=WHAT,
    is_flag=True,
    help="Treat the reports as the whole fleet: targets of earlier runs that have no report no longer count.",
)
@with_options(messages)
def add(fleet: str, report: tuple[str, ...], names: str, complete: bool, **options: bool) -> None:
    """Add saved reports to FLEET, a SQLite file, as one run. FLEET is created if it does not exist.

    \b
    REPORT is one of:
      api.json         a report that `deadweight TARGET --format json -o FILE` wrote
      api=report.json  the same, with a name for its target
      reports          a directory, for all .json files in it

    A report of a target that FLEET has already is its newest measurement. Earlier ones are kept.
    """
    from deadweight.operations.fleet.adding import fleet_add
    from deadweight.report.units import counted

    with observer(quiet=options["quiet"], verbose=options["verbose"]) as observe:
        added = fleet_add(fleet, report, by_file=names == "file", complete=complete, observe=observe)
    emit(f"{fleet}: added {counted(added.targets, 'target')} (run {added.run})\n", None, force=False)
    for skipped in added.skipped:
        say(f"error: {skipped.name} was not added: {skipped.reason}")
    if added.skipped and complete:
        say("warning: not all reports were added, so the other targets stay")
    if added.skipped:
        raise click.exceptions.Exit(added.exit_code)
