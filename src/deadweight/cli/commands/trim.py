"""trim: a virtual environment → what it can do without, removed on request."""

from __future__ import annotations

from typing import Any

import click

from deadweight.cli.help import JUDGE, WHAT, GroupedCommand, given_arguments, option
from deadweight.cli.options import messages, with_options, writing
from deadweight.cli.output import Destination
from deadweight.cli.progress import observer
from deadweight.cli.running import adopt_orphans, timeout_option
from deadweight.cli.targets import files
from deadweight.cli.values import KINDS, names_in
from deadweight.cli.views import terminal_width
from deadweight.report.documents.formats import TRIM_FORMATS, render_trim
from deadweight.report.view import View


@click.command(cls=GroupedCommand)
@click.argument("environment", metavar="ENV", type=click.Path(), shell_complete=files)
@option(
    "--kinds",
    group=WHAT,
    metavar="LIST",
    type=KINDS,
    help="Kinds of files to remove (default: tests,bytecode,docs,stubs).",
)
@option("--apply", group=WHAT, is_flag=True, help="Remove the files. This runs code of ENV: it imports every module.")
@option("--undo", group=WHAT, is_flag=True, help="Restore every file, also after a run that was interrupted.")
@option("--discard", group=WHAT, is_flag=True, help="Delete the removed files for good; they cannot be restored.")
@timeout_option(WHAT, "each import")
@option(
    "--source",
    group=JUDGE,
    metavar="DIR",
    type=click.Path(),
    default="",
    help="Directory of your code: directories of tests that it imports stay.",
)
@writing(TRIM_FORMATS)
@with_options(messages)
def trim(environment: str, destination: Destination, **options: Any) -> None:
    """Show what the virtual environment ENV can do without, or remove it with --apply.

    Without --apply, nothing is changed and no code is run. --apply imports the modules of every distribution before and
    after, and restores the files of distributions that can no longer be imported. Licences, py.typed, files that
    imports open, and files of several distributions always stay. RECORD remains correct.

    Removed files are kept in ENV/.deadweight-trim and take space there, until --undo restores them or --discard deletes
    them. `--apply --discard` deletes them at once.
    """
    from deadweight.operations import trimming
    from deadweight.trimming.kinds import DEFAULT

    kinds, undo, apply, discard = (options[name] for name in ("kinds", "undo", "apply", "discard"))
    if undo and (apply or discard):
        raise click.UsageError(f"--undo and --{'apply' if apply else 'discard'} cannot be combined")
    if kinds is not None and (undo or (discard and not apply)):
        raise click.UsageError(f"--kinds and --{'undo' if undo else 'discard'} cannot be combined")
    if undo:
        report = trimming.trim_undo(environment)
    elif discard and not apply:
        report = trimming.trim_discard(environment)
    else:
        choice = trimming.Trimming(
            kinds=DEFAULT if kinds is None else tuple(names_in(kinds)),
            apply=apply,
            discard=discard,
            source=options["source"],
            seconds=options["timeout"],
        )
        if apply:
            adopt_orphans()
        with observer(quiet=options["quiet"], verbose=options["verbose"]) as observe:
            report = trimming.trim(environment, choice, observe=observe)
    given = tuple(given_arguments(click.get_current_context(), {"source", "timeout"}))
    destination.write(render_trim(report, destination.form, View(width=terminal_width(), given=given)))
    if report.exit_code:
        raise click.exceptions.Exit(report.exit_code)
