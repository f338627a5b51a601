"""why: a distribution and a target → the requirements that lead to it."""

from __future__ import annotations

from typing import Any

import click

from deadweight.cli.help import OUTPUT, GroupedCommand, option
from deadweight.cli.options import writing
from deadweight.cli.output import Destination
from deadweight.cli.reporting import finish, measured
from deadweight.cli.settings import measuring
from deadweight.cli.targets import files
from deadweight.cli.views import terminal_width
from deadweight.errors import BadInput


@click.command(cls=GroupedCommand, brief=True)
@click.argument("name")
@click.argument("target", nargs=-1, shell_complete=files)
@writing()
@option("--all", "everything", group=OUTPUT, is_flag=True, help="Show all paths, not only the first 20.")
@measuring
def why(name: str, target: tuple[str, ...], destination: Destination, **options: Any) -> None:
    """Show which requirements of TARGET lead to NAME, how much removing it would save, and which to remove for that."""
    from deadweight.formats.distributions.metadata import normalize
    from deadweight.operations.details import similar
    from deadweight.report.results import why as reports

    report = measured(target, options, lighter=False)
    try:
        explanation = reports.why(report, normalize(name))
    except KeyError:
        raise BadInput(f"{name} is not in {report.target.location}", hint=similar(name, report)) from None
    if destination.form == "json":
        text = reports.why_json(report, explanation)
    else:
        text = reports.why_text(report, explanation, most=None if options["everything"] else 20, width=terminal_width())
    destination.write(text)
    finish(report)
