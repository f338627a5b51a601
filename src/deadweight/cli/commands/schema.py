"""schema: the JSON Schema of reports and of the configuration."""

from __future__ import annotations

import click

from deadweight.cli.help import OUTPUT, GroupedCommand, option
from deadweight.cli.output import emit
from deadweight.cli.values import Choice

# Command → the module and the type of the result that its `--format json` writes
RESULTS = {
    "profile": ("deadweight.model.report", "Report"),
    "diff": ("deadweight.model.report.diff", "Diff"),
    "plan": ("deadweight.model.report.levels", "LevelReport"),
    "check": ("deadweight.model.report.check", "CheckReport"),
    "trim": ("deadweight.model.report.trim", "TrimReport"),
    "imports": ("deadweight.model.report.imports", "ImportsReport"),
    "fleet-report": ("deadweight.model.report.fleet", "FleetReport"),
    "dockerfile": ("deadweight.model.report.dockerfile", "DockerfileReport"),
    "fleet-check": ("deadweight.model.report.fleet.check", "FleetCheckReport"),
    "fleet-query": ("deadweight.model.report.fleet.query", "QueryResult"),
    "dockerignore": ("deadweight.model.report.builds.dockerignore", "DockerignoreReport"),
    "services": ("deadweight.model.report.services", "ServicesReport"),
}


@click.command(cls=GroupedCommand)
@click.argument("command", type=Choice(list(RESULTS)), default="profile")
@option("--config", group=OUTPUT, is_flag=True, help="Print the JSON Schema of [tool.deadweight], for editors.")
def schema(command: str, config: bool) -> None:
    """Print the JSON Schema of what COMMAND writes with `--format json` (default: profile)."""
    import json
    from importlib import import_module

    from deadweight.settings import config_schema

    module, name = RESULTS[command]
    found = config_schema(_descriptions()) if config else getattr(import_module(module), name).json_schema()
    emit(json.dumps(found, indent=1) + "\n", None, force=False)


def _descriptions() -> dict[str, str]:
    """Return the name of each setting → the help text of its option."""
    from deadweight.cli.commands.check import check
    from deadweight.cli.commands.groups import groups
    from deadweight.cli.commands.profile import profile

    options = [each for command in (check, groups, profile) for each in command.params]
    helps = {each.name: each.help or "" for each in options if isinstance(each, click.Option) and each.name}
    return helps | {
        "no_install": helps["install"],
        "groups": "Your own groups: group or group.tag, names and patterns.",
    }
