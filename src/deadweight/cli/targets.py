"""TARGET as it was typed → what is measured; says on stderr what a folder was taken for."""

from __future__ import annotations

import os
from collections.abc import Iterable

import click

from deadweight.cli.output import say
from deadweight.targets import parse_target
from deadweight.targets.folders import project_files
from deadweight.targets.types import FILES


def target_of(given: tuple[str, ...], *, quiet: bool) -> str | tuple[str, ...]:
    """Return the target that was given; without one, the project in the working directory, if there is one.

    raises: UnclearTarget; click.UsageError for several targets that are no names of projects
    """
    if len(given) > 1:
        _check_several(given)
        return given
    return one_target(given[0] if given else "", quiet=quiet)


def one_target(given: str, *, quiet: bool) -> str:
    """Return the target, of a project's folder the file that is measured; raises UnclearTarget."""
    given = given or ("." if project_files(".") else "")
    found = parse_target(given)
    if not isinstance(found, FILES):
        return given
    file = os.path.normpath(found.location)
    if found.beside and not quiet:
        also = ", ".join(os.path.relpath(path, os.path.dirname(file) or ".") for path in found.beside)
        say(f"measuring {file} (also available: {also})")
    return file if os.path.isdir(given) else given


def _check_several(given: tuple[str, ...]) -> None:
    for each in given:
        if os.path.lexists(each) or each == "-":
            raise click.UsageError(f"only project names can be measured together, and {each} is not one")


def check_command(first: str, commands: Iterable[str]) -> None:
    """Refuse a first argument that is nearly a command's name and no file's; raises click.UsageError."""
    if os.path.lexists(first):
        return
    from difflib import get_close_matches

    similar = get_close_matches(first, list(commands), 1, 0.75)
    if similar:
        raise click.UsageError(
            f"unknown command {first!r}; did you mean 'deadweight {similar[0]}'?"
            f" (to measure the project {first}: deadweight profile {first})"
        )
