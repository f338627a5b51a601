"""groups: a target → the group of each distribution."""

from __future__ import annotations

from typing import Any

import click

from deadweight.cli.help import GroupedCommand
from deadweight.cli.options import writing
from deadweight.cli.output import Destination
from deadweight.cli.progress import observer
from deadweight.cli.reporting import finish
from deadweight.cli.settings import grouping, settings_of
from deadweight.cli.targets import files, target_of
from deadweight.cli.views import terminal_width, use_color


@click.command(cls=GroupedCommand, brief=True)
@click.argument("target", nargs=-1, shell_complete=files)
@writing()
@grouping
def groups(target: tuple[str, ...], destination: Destination, **options: Any) -> None:
    """Show the group of each distribution of TARGET (core, data, ml or dev) and the evidence for it.

    By default, deadweight measures TARGET like `deadweight profile` does. With --no-measure, it takes seconds: it
    classifies each requirement by its name, by your code and by the metadata of its newest matching version.
    """
    from deadweight.operations.groups import groups_of
    from deadweight.report.results.groups import groups_json, groups_text

    given = target_of(target, quiet=options["quiet"])
    settings = settings_of(options, given)
    with observer(quiet=options["quiet"], verbose=options["verbose"]) as observe:
        grouping = groups_of(given, settings, observe=observe)
    text = (
        groups_json(grouping)
        if destination.form == "json"
        else groups_text(grouping, width=terminal_width(), color=use_color(destination.path))
    )
    destination.write(text)
    finish(grouping)
