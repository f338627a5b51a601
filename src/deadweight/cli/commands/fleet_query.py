"""fleet query: SQL → rows of the SQLite file of a fleet."""

from __future__ import annotations

from typing import Any

import click

from deadweight.cli.help import OUTPUT, GroupedCommand, option
from deadweight.cli.options import messages, with_options, writing
from deadweight.cli.output import Destination, say
from deadweight.cli.targets import files
from deadweight.cli.values import Count, Positive
from deadweight.cli.views import terminal_width, use_color
from deadweight.report.fleet.query import QUERY_FORMATS, render_query
from deadweight.report.view import View


@click.command(cls=GroupedCommand)
@click.argument("fleet", metavar="FLEET", type=click.Path(), shell_complete=files)
@click.argument("sql")
@option("--limit", group=OUTPUT, metavar="N", type=Count(min=1), default=1000, show_default=True,
        help="Print at most N rows.")  # fmt: skip
@option("--timeout", group=OUTPUT, metavar="SECONDS", type=Positive(), default=60,
        show_default=True, help="Stop after SECONDS.")  # fmt: skip
@writing(QUERY_FORMATS)
@with_options(messages)
def query(fleet: str, sql: str, limit: int, timeout: float, destination: Destination, **options: Any) -> None:
    """Run a SELECT statement on FLEET.

    The statement can only read FLEET. The views `targets`, `distributions`, `layers`, `target_layers`, `findings`,
    `savings`, `splits`, `kinds`, `runs` and `history` have plain names for columns; sizes are bytes.
    """
    from deadweight.sources.fleet.query import query as rows_of

    result = rows_of(fleet, sql, rows=limit, seconds=timeout)
    view = View(width=terminal_width(), color=use_color(destination.path))
    destination.write(render_query(result, destination.form, view))
    if result.truncated and not options["quiet"]:
        say(f"only the first {limit:,} rows are shown; use --limit to show more")
