"""fleet check: the SQLite file of a fleet, and budgets by pattern → what the rules found in each target."""

from __future__ import annotations

import os
from typing import Any

import click

from deadweight.cli.commands.check import REPEATABLE, SINGLE, budget_options
from deadweight.cli.help import GroupedCommand
from deadweight.cli.options import fleet_state, messages, with_options, writing
from deadweight.cli.output import Destination, say
from deadweight.cli.progress import observer
from deadweight.cli.targets import files
from deadweight.report.fleet.check import CHECK_FORMATS, render_fleet_check
from deadweight.settings import find_config, read_fleet_budgets

# A target is compared with its own earlier result.
_RULES = zip(budget_options("the run of --since"), (*SINGLE, *REPEATABLE), strict=True)
_OPTIONS = tuple(rule for rule, name in _RULES if name != "baseline")
_SINCE = (
    "Run that growth is measured from: its number, or an age such as 12h, 7d or 2w (default: the run before)."
    " --max-growth, or max-growth of a pattern, limits the growth."
)


@click.command(cls=GroupedCommand)
@click.argument("fleet", metavar="FLEET", type=click.Path(), shell_complete=files)
@with_options(fleet_state(_SINCE), _OPTIONS)
@writing(CHECK_FORMATS)
@with_options(messages)
def check(fleet: str, run: int | None, since: str, destination: Destination, **options: Any) -> None:
    """Check all targets in FLEET against budgets, for CI.

    Budgets come from [tool.deadweight.fleet."PATTERN"], with the keys of [tool.deadweight.budget]. If several patterns
    match a target, the most specific one that sets a limit counts. Options are limits for all targets, and replace
    those of patterns. The exit status is 3 if a rule fails in any target.
    """
    from deadweight.operations.fleet.checking import fleet_check
    from deadweight.operations.fleet.reporting import FleetScope

    path = find_config(os.curdir)
    budgets = read_fleet_budgets(path) if path else {}
    everywhere = {name: options[name] for name in (*SINGLE, *REPEATABLE) if options.get(name)}
    with observer(quiet=options["quiet"], verbose=options["verbose"]) as observe:
        report = fleet_check(fleet, budgets, everywhere, FleetScope(run=run, since=since), observe=observe)
    destination.write(render_fleet_check(report, destination.form))
    for target in report.targets:
        for skipped in target.skipped:
            if skipped.name == target.target.location:
                say(f"warning: {skipped.name} could not be measured: {skipped.reason}")
    if report.exit_code:
        raise click.exceptions.Exit(report.exit_code)
