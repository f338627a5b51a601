"""The options that commands share for their result, and the means to put sets of options together."""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from functools import wraps
from typing import Any

import click

from deadweight.cli.help import OUTPUT, WHAT, option
from deadweight.cli.output import Destination, may_write
from deadweight.cli.values import RUN, SINCE, Choice

Command = Callable[..., Any]


def shared(*names: str, **attributes: Any) -> Callable[[Command], Command]:
    """Return an option that several commands take; the last name is its group."""
    return option(*names[:-1], group=names[-1], shared=True, **attributes)


_output_option = option(
    "--output", "-o", group=OUTPUT, metavar="FILE", type=click.Path(), help="Write the result to FILE."
)
force_option = option("--force", group=OUTPUT, is_flag=True, help="Overwrite existing files.")


def format_option(formats: Sequence[str] = ("text", "json"), noun: str = "result") -> Callable[[Command], Command]:
    """Return the option for the format; the first of the formats is the default."""
    return option(
        "--format",
        "form",
        group=OUTPUT,
        type=Choice(formats),
        default=formats[0],
        show_default=True,
        help=f"Format of the {noun}.",
    )


def output_dir_option(noun: str, default: str) -> Callable[[Command], Command]:
    """Return the option for the directory of several files."""
    return option(
        "--output-dir",
        group=OUTPUT,
        metavar="DIR",
        type=click.Path(),
        help=f"Directory for {noun}, created if missing (default: {default}).",
    )


def writing(formats: Sequence[str] = ("text", "json"), noun: str = "result") -> Callable[[Command], Command]:
    """Decorate a command with options for its result, which it gets as ``destination``.

    The command does not start if the file may not be written: see ``may_write``.
    """

    def decorate(command: Command) -> Command:
        @wraps(command)
        def writes(*, form: str, output: str | None, force: bool, **options: Any) -> Any:
            may_write(output, force=force)
            return command(destination=Destination(form, output, force), **options)

        return with_options((format_option(formats, noun), _output_option, force_option))(writes)

    return decorate


messages = (
    option("--quiet", "-q", group=OUTPUT, is_flag=True, help="Hide progress and warnings."),
    option("--verbose", "-v", group=OUTPUT, is_flag=True, help="Show every step on its own line."),
    option("--debug", group=OUTPUT, is_flag=True, help="Show tracebacks and the installer's full output."),
)


def fleet_state(since: str) -> tuple[Callable[[Command], Command], ...]:
    """Return the options for the state of a fleet; ``since`` is the help of the one for the state before."""
    return (
        option("--run", group=WHAT, type=RUN, metavar="N", help="State after run N (default: the newest)."),
        option("--since", group=WHAT, metavar="N|AGE", type=SINCE, default="", help=since),
    )


def with_options(*sets: tuple[Callable[[Command], Command], ...]) -> Callable[[Command], Command]:
    """Decorate a command with sets of options."""

    def decorate(command: Command) -> Command:
        for decorator in reversed([each for options in sets for each in options]):
            command = decorator(command)
        return command

    return decorate


def without(names: Collection[str], decorate: Callable[[Command], Command]) -> Callable[[Command], Command]:
    """Return a decorator that leaves out some of the options of another one."""

    def decorate_without(command: Command) -> Command:
        decorated: Any = decorate(command)
        decorated.__click_params__ = [each for each in decorated.__click_params__ if each.name not in names]
        with_others: Command = decorated
        return with_others

    return decorate_without
