"""The options for how to show a report → a View."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Mapping
from typing import Any, get_args

import click

from deadweight.cli.help import OUTPUT, given_arguments, option
from deadweight.cli.values import Choice, Count
from deadweight.model import GROUPS
from deadweight.report.view import DEFAULT_ROWS, Order, View

Command = Callable[..., Any]


def _limits(top: str) -> tuple[Callable[[Command], Command], ...]:
    """Return the options for the number of rows; ``top`` describes --top."""
    return (
        option("--top", group=OUTPUT, metavar="N", type=Count(min=1), help=top),
        option("--all", "everything", group=OUTPUT, is_flag=True, help="Show all rows."),
    )


_OPTIONS = (
    *_limits("Show N rows, or of --format tree N roots with all below them (default: 20; tree and csv: all)."),
    option(
        "--sort", "order", group=OUTPUT, type=Choice(get_args(Order)), default="own", show_default=True,
        help="Order of the distributions.",
    ),
    option(
        "--show-group", "groups", group=OUTPUT, type=Choice(GROUPS), multiple=True,
        help="Show only the distributions of a group, or of --format tree only its roots, with all below them"
        " (repeatable).",
    ),
    option("--depth", group=OUTPUT, metavar="N", type=Count(min=0), help="Levels of --format tree."),
    option("--invert", group=OUTPUT, is_flag=True, help="With --format tree, show what requires each distribution."),
)  # fmt: skip

_COMPLETE = ("tree", "csv")  # formats that show everything by default
# Option → the formats that it applies to
_APPLIES = {
    "top": ("text", "tree", "markdown", "csv"),
    "everything": ("text", "tree", "markdown", "csv"),
    "order": ("text", "tree", "markdown", "csv", "html"),
    "groups": ("text", "tree", "markdown", "csv", "html"),
    "depth": ("tree",),
    "invert": ("tree",),
}


def viewing(command: Command) -> Command:
    """Decorate a command with the options."""
    for decorator in reversed(_OPTIONS):
        command = decorator(command)
    return command


def limiting(command: Command) -> Command:
    """Decorate a command with the options for the number of rows alone."""
    for decorator in reversed(_limits("Show N rows (default: 20).")):
        command = decorator(command)
    return command


def rows_of(top: int | None, everything: bool, *, default: int | None = DEFAULT_ROWS) -> int | None:
    """Return the number of rows per table, None for all; raises UsageError for options that contradict each other."""
    if top and everything:
        raise click.UsageError("--top and --all cannot be combined")
    return None if everything else top or default


def view_of(options: Mapping[str, Any], form: str, output: str | None, split_command: str = "") -> View:
    """Return the view; raises UsageError for options that contradict each other or the format."""
    rows = rows_of(options["top"], options["everything"], default=None if form in _COMPLETE else DEFAULT_ROWS)
    unfit = {name for name, forms in _APPLIES.items() if form not in forms}
    for each in given_arguments(click.get_current_context(), unfit):
        raise click.UsageError(f"{each} does not apply to --format {form}")
    return View(
        width=terminal_width(),
        color=use_color(output),
        rows=rows,
        order=options["order"],
        groups=options["groups"],
        depth=options["depth"],
        invert=options["invert"],
        split_command=split_command,
    )


def check_details(form: str) -> None:
    """Refuse options that --details does not use; raises UsageError."""
    if form != "text":
        raise click.UsageError("--details applies only to --format text")
    for each in given_arguments(click.get_current_context(), _APPLIES):
        raise click.UsageError(f"{each} cannot be combined with --details")


def terminal_width() -> int:
    """Return the columns of the terminal, at least 40; 80 if stdout is not one."""
    import shutil

    return max(40, shutil.get_terminal_size((80, 24)).columns)


def use_color(output: str | None) -> bool:
    """Return whether to use color: never with NO_COLOR, in pipes only with FORCE_COLOR (https://force-color.org)."""
    if output is not None or "NO_COLOR" in os.environ:
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (sys.stdout.isatty() and os.environ.get("TERM") != "dumb")
