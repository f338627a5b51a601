"""fleet: the commands on the SQLite file of a fleet, each in a module of its own."""

from __future__ import annotations

from importlib import import_module

import click

# Command → its line in the help. ``fleet_NAME.py`` has it, and is imported when it is needed.
_COMMANDS = {
    "measure": "Measure many targets.",
    "add": "Add saved reports.",
    "report": "Show what costs most over all targets.",
    "check": "Check all targets against budgets.",
    "query": "Run a SELECT statement.",
}


class FleetGroup(click.Group):
    """Imports commands lazily."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(_COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in _COMMANDS:
            return None
        command: click.Command = getattr(import_module(f"deadweight.cli.commands.fleet_{cmd_name}"), cmd_name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """List the commands without importing them."""
        with formatter.section("Commands"):
            formatter.write_dl(list(_COMMANDS.items()))


@click.group(name="fleet", cls=FleetGroup)
def fleet() -> None:
    """Keep the results of many targets in one SQLite file, and report on all of them."""
