"""groups: a target → the group of each distribution."""

from __future__ import annotations

from typing import Any

import click

from deadweight.cli.help import GroupedCommand
from deadweight.cli.options import (
    force_option,
    format_option,
    grouping,
    output_option,
    settings_of,
)
from deadweight.cli.output import emit, may_write
from deadweight.cli.progress import observer
from deadweight.cli.reporting import finish
from deadweight.cli.targets import files, target_of
from deadweight.cli.views import terminal_width, use_color


@click.command(cls=GroupedCommand, brief=True)
@click.argument("target", nargs=-1, shell_complete=files)
@format_option()
@output_option
@force_option
@grouping
def groups(target: tuple[str, ...], form: str, output: str | None, force: bool, **options: Any) -> None:
    """Show the group of each distribution of TARGET (core, data, ml or dev) and the evidence for it.

    By default, deadweight measures TARGET like `deadweight profile` does. With --no-measure, it takes seconds: it
    classifies each requirement by its name, by your code and by the metadata of its newest matching version.
    """
    from deadweight.operations.groups import groups_of
    from deadweight.report.groups import groups_json, groups_text

    may_write(output, force=force)
    given = target_of(target, quiet=options["quiet"])
    settings = settings_of(options, given)
    with observer(quiet=options["quiet"], verbose=options["verbose"]) as observe:
        grouping = groups_of(given, settings, observe=observe)
    text = (
        groups_json(grouping)
        if form == "json"
        else groups_text(grouping, width=terminal_width(), color=use_color(output))
    )
    emit(text, output, force=force)
    finish(grouping)
