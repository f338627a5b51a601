"""schema: the JSON Schema of reports and of the configuration."""

from __future__ import annotations

import click

from deadweight.cli.help import OUTPUT, GroupedCommand, option
from deadweight.cli.output import emit


@click.command(cls=GroupedCommand)
@option("--config", group=OUTPUT, is_flag=True, help="Print the JSON Schema of [tool.deadweight], for editors.")
def schema(config: bool) -> None:
    """Print the JSON Schema of the report that `profile --format json` writes."""
    import json

    from deadweight.model.report import json_schema
    from deadweight.settings import config_schema

    found = config_schema(_descriptions()) if config else json_schema()
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
