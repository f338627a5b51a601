"""dockerfile: a target → a Dockerfile with a stage for each variant."""

from __future__ import annotations

import os
from typing import Any

import click

from deadweight.cli.help import HOW, JUDGE, OUTPUT, WHAT, GroupedCommand, option
from deadweight.cli.options import output_dir_option, writing
from deadweight.cli.output import Destination, may_write, may_write_below, say, write_files
from deadweight.cli.progress import observer
from deadweight.cli.reporting import finish
from deadweight.cli.settings import containing, settings_of
from deadweight.cli.targets import BESIDE, directory_of, files, one_target
from deadweight.cli.values import IMAGE, SIZE, Choice
from deadweight.cli.views import terminal_width, use_color
from deadweight.report.dockerfile import DOCKERFILE_FORMATS, render_dockerfile
from deadweight.report.view import View
from deadweight.targets.types import REQUIRING


@click.command(cls=GroupedCommand, brief=True)
@click.argument("target", required=False, default="", shell_complete=files)
@option(
    "--base-image",
    group=WHAT,
    metavar="IMAGE",
    type=IMAGE,
    help="Image to build on (default: python:X.Y-slim for the Python that is measured for).",
)
@option(
    "--base-size",
    group=WHAT,
    metavar="SIZE",
    type=SIZE,
    help="Size of the base image, such as 130MB (default: the size that Docker or podman reports, if the image is "
    "local).",
)
@option(
    "--bytecode",
    group=HOW,
    type=Choice(["none", "compiled"]),
    default="none",
    show_default=True,
    help="Whether the image contains compiled bytecode. Without it, the image is smaller and starts more slowly.",
)
@option(
    "--no-buildkit",
    group=HOW,
    is_flag=True,
    help="Do not use RUN --mount, which Docker's classic builder does not support.",
)
@output_dir_option("the files", BESIDE)
@option("--compose", group=OUTPUT, is_flag=True, help="Also write a compose.yaml.")
@option("--unproven", group=JUDGE, is_flag=True, help="Write the files even if they lack something your code uses.")
@writing(DOCKERFILE_FORMATS)
@containing
def dockerfile(target: str, output_dir: str | None, destination: Destination, **options: Any) -> None:
    """Write a Dockerfile with a stage for production, minimal, development and PyTorch's CPU build.

    Heavy distributions get layers of their own, and the code comes last, so that a change re-uploads little. The images
    run as a user other than root and contain no compiler. docker/ gets the lists of pinned distributions that the
    Dockerfile installs.

    The output shows the size to expect of each stage. Nothing is installed or built.
    """
    from deadweight.budget.limits import parse_size
    from deadweight.operations.dockerfile import LISTS, Building
    from deadweight.operations.dockerfile import dockerfile as operation

    given = one_target(target, quiet=options["quiet"])
    directory = directory_of(given) if output_dir is None else output_dir or "."
    names = ["Dockerfile", *(["compose.yaml"] if options["compose"] else [])]
    may_write_below(directory, *names, force=destination.force)
    may_write_below(os.path.join(directory, LISTS), force=destination.force)
    building = Building(
        directory=directory,
        base_image=options["base_image"] or "",
        base_bytes=parse_size(options["base_size"]) if options["base_size"] else None,
        buildkit=not options["no_buildkit"],
        compiled=options["bytecode"] == "compiled",
        compose=options["compose"],
        unproven=options["unproven"],
        installer=options["installer"] or "",
    )
    if not isinstance(given, REQUIRING):
        options["installer"] = None  # nothing is resolved with it
    settings = settings_of({**options, "install": None, "bytecode": None}, given)
    with observer(quiet=options["quiet"], verbose=options["verbose"]) as observe:
        written = operation(given, settings, building, observe=observe)
    if os.path.lexists(directory or "."):
        may_write(
            *(path for path in written.files if os.path.isdir(os.path.dirname(path) or ".")), force=destination.force
        )
    os.makedirs(os.path.join(directory, LISTS), exist_ok=True)
    write_files(written.files, force=destination.force)
    if not options["quiet"]:
        say(f"wrote {', '.join(written.files)}")
    view = View(width=terminal_width(), color=use_color(destination.path))
    destination.write(render_dockerfile(written.report, destination.form, view))
    finish(written.report, written.report.exit_code)
