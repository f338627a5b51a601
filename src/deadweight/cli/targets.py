"""The TARGET argument → the Target to measure, with a note on stderr about the file of a project directory."""

from __future__ import annotations

import os
from collections.abc import Iterable
from typing import TYPE_CHECKING

import click
from msgspec.structs import replace

from deadweight.cli.output import say
from deadweight.targets import parse_target
from deadweight.targets.directories import project_files
from deadweight.targets.types import File, SavedReport, Target

# The default of --output-dir, as help texts describe ``directory_of``.
BESIDE = "the directory of a requirements file, project, lock file or saved report; else the working directory"

if TYPE_CHECKING:
    from click.shell_completion import CompletionItem


def target_of(given: tuple[str, ...], *, quiet: bool) -> Target:
    """Return the target, or by default the project in the working directory.

    raises: UnclearTarget; click.UsageError for several targets that are not all project names
    """
    if len(given) > 1:
        _check_several(given)
        return parse_target(given)
    return one_target(given[0] if given else "", quiet=quiet)


def one_target(given: str, *, quiet: bool) -> Target:
    """Return the target, which is the file to measure if a project directory is given; raises UnclearTarget."""
    given = given or ("." if project_files(".") else "")
    target = parse_target(given)
    if not isinstance(target, File):
        return target
    file = os.path.normpath(target.location)
    if target.beside and not quiet:
        also = ", ".join(os.path.relpath(path, os.path.dirname(file) or ".") for path in target.beside)
        say(f"measuring {file} (also available: {also})")
    return replace(target, location=file) if os.path.isdir(given) else target


def directory_of(target: Target) -> str:
    """Return the directory that splits of a target are written to; "" for the working directory.

    Those of a saved report go beside the report itself. The path in it is of the machine that measured, and reports
    come from elsewhere, too, so it does not decide where files are written.
    """
    return os.path.dirname(target.location) if isinstance(target, (File, SavedReport)) else ""


def _check_several(given: tuple[str, ...]) -> None:
    for each in given:
        if os.path.lexists(each) or each == "-":
            raise click.UsageError(f"several targets are allowed only if all are package names, and {each} is not one")


def check_command(first: str, commands: Iterable[str]) -> None:
    """Raise click.UsageError if the first argument is not a file and nearly the name of a command."""
    if os.path.lexists(first):
        return
    from difflib import get_close_matches

    similar = get_close_matches(first, list(commands), 1, 0.75)
    if similar:
        raise click.UsageError(
            f"unknown command {first!r}; did you mean 'deadweight {similar[0]}'?"
            f" (to measure the project {first}: deadweight profile {first})"
        )


def files(ctx: click.Context, parameter: click.Parameter, incomplete: str) -> list[CompletionItem]:
    """Let the shell complete a path."""
    from click.shell_completion import CompletionItem

    return [CompletionItem(incomplete, type="file")]
