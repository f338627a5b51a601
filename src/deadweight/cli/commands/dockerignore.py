"""dockerignore: a directory → what its build context weighs, and a .dockerignore that leaves out what it can."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING, Any

import click

from deadweight.cli.help import OUTPUT, WHAT, GroupedCommand, given_arguments, option
from deadweight.cli.options import messages, with_options, writing
from deadweight.cli.output import Destination, may_write, say, write_files
from deadweight.cli.progress import observer
from deadweight.cli.targets import files
from deadweight.cli.values import Checked
from deadweight.cli.views import terminal_width
from deadweight.errors import WouldOverwrite

if TYPE_CHECKING:
    from deadweight.model.report.builds.dockerignore import DockerignoreReport

_ARGUMENT = re.compile(r"([A-Za-z_]\w*)=(.*)", re.DOTALL)


def _kinds(given: str | None) -> tuple[str, ...]:
    from deadweight.buildcontext.kinds import DEFAULT

    names = tuple(name.strip() for name in (given or "").removeprefix("+").split(","))
    if given is None:
        return DEFAULT
    return (*DEFAULT, *names) if given.startswith("+") else names


def _check_kinds(given: str) -> None:
    from deadweight.operations.dockerignore import Ignoring

    Ignoring(kinds=_kinds(given))


@click.command(cls=GroupedCommand)
@click.argument("directory", metavar="[DIR]", default=".", type=click.Path(), shell_complete=files)
@option(
    "--file",
    "-f",
    "dockerfile",
    group=WHAT,
    metavar="FILE",
    type=click.Path(),
    default="",
    help="Dockerfile of the build (default: every Dockerfile in DIR). FILE.dockerignore is used if it exists.",
)
@option(
    "--build-arg",
    group=WHAT,
    metavar="NAME=VALUE",
    multiple=True,
    help="Value of an ARG in the Dockerfiles (repeatable).",
)
@option(
    "--kinds",
    group=WHAT,
    metavar="LIST",
    type=Checked(_check_kinds),
    help="Kinds of files to leave out, or '+KIND,...' to add to the default: all that are certain or likely.",
)
@option("--write", group=OUTPUT, is_flag=True, help="Write the file; with --force, add the lines to an existing one.")
@option(
    "--output-dir",
    group=OUTPUT,
    metavar="DIR",
    type=click.Path(),
    help="Write the file into this directory instead.",
)
@writing()
@with_options(messages)
def dockerignore(directory: str, destination: Destination, **options: Any) -> None:
    """Show what the build context of DIR weighs, and propose a .dockerignore that leaves out what no image needs.

    It leaves out version control, environments, caches, secrets, build outputs and more, but nothing that a Dockerfile
    copies or mounts by name, that packaging needs, or that your code opens. Tests, documentation, data and models are
    suggested only. The patterns follow Docker's own rules. Nothing is written without --write or --output-dir; the
    lines of an existing file stay as they are.
    """
    from deadweight.operations.dockerignore import Ignoring
    from deadweight.operations.dockerignore import dockerignore as operation
    from deadweight.report.results.dockerignore import dockerignore_text

    ignoring = Ignoring(
        kinds=_kinds(options["kinds"]),
        dockerfile=options["dockerfile"],
        arguments=dict(_arguments(options["build_arg"])),
    )
    with observer(quiet=options["quiet"], verbose=options["verbose"]) as observe:
        report = operation(directory, ignoring, observe=observe)
    written = ""
    if options["write"] or options["output_dir"] is not None:
        written = _write(report, options["output_dir"], force=destination.force, quiet=options["quiet"])
    given = tuple(given_arguments(click.get_current_context(), {"dockerfile", "build_arg", "kinds"}))
    text = dockerignore_text(report, width=terminal_width(), given=given, written=written)
    destination.write(report.to_json() if destination.form == "json" else text)


def _arguments(given: Iterable[str]) -> Iterator[tuple[str, str]]:
    for each in given:
        match = _ARGUMENT.fullmatch(each)
        if match is None:
            raise click.UsageError(f"--build-arg {each}: expected NAME=VALUE")
        yield match[1], match[2]


def _write(report: DockerignoreReport, output_dir: str | None, *, force: bool, quiet: bool) -> str:
    """Write the file, and return its path; "" if nothing is to be added."""
    path = report.ignore_file
    if output_dir is not None:
        path = os.path.join(output_dir, os.path.basename(path))
    if not report.rules and (output_dir is None or not report.text):
        if not quiet:
            say(f"{path}: nothing to add")
        return ""
    try:
        may_write(path, force=force)
    except WouldOverwrite as error:
        if output_dir is None:
            error.hint = "use --force to add the lines to it; its own lines stay as they are"
        raise
    write_files({path: report.text}, force=force)
    if not quiet:
        say(f"wrote {path}")
    return report.ignore_file if os.path.realpath(path) == os.path.realpath(report.ignore_file) else path
