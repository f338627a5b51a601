"""services: the requirements of several services → what they share, and requirements files that share more."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, Any

import click

from deadweight.cli.browser import check_page
from deadweight.cli.help import HOW, JUDGE, GroupedCommand, option
from deadweight.cli.options import output_dir_option, writing
from deadweight.cli.output import Destination, may_write_below, say, write_files
from deadweight.cli.progress import observer
from deadweight.cli.reporting import finish
from deadweight.cli.running import timeout_option
from deadweight.cli.settings import settings_of, sharing
from deadweight.cli.targets import files
from deadweight.cli.values import SHARE, share_of
from deadweight.cli.views import limiting, rows_of, terminal_width, use_color
from deadweight.report.formats import check_installed
from deadweight.report.services import SERVICES_FORMATS, render_services
from deadweight.report.units import counted
from deadweight.report.view import View

if TYPE_CHECKING:
    from deadweight.model.report.services import Proposal


@click.command(cls=GroupedCommand, brief=True)
@click.argument("file", nargs=-1, required=True, shell_complete=files)
@option(
    "--base-share",
    group=JUDGE,
    metavar="PERCENT",
    type=SHARE,
    default="100%",
    show_default=True,
    help="Share of the services that must have a requirement of base.txt.",
)
@timeout_option(HOW, "resolving each service, and several together", default=300)
@output_dir_option("the proposed files", "write nothing")
@writing(SERVICES_FORMATS)
@limiting
@sharing
def services(
    file: tuple[str, ...],
    base_share: str,
    timeout: float,
    output_dir: str | None,
    destination: Destination,
    **options: Any,
) -> None:
    """Show what several services weigh and share, and propose shared requirements files.

    \b
    FILE is one of, for each service:
      services/ai.txt       a requirements file
      api, pyproject.toml   a project
      web/Dockerfile        a Dockerfile, for the requirements that it installs

    The proposal is base.txt with the requirements of all services, ml.txt with large ones of several services, a file
    for each service that includes them, and constraints.txt with one version of each distribution. Image layers that
    are made from them can be shared. Nothing is installed, and nothing is written without --output-dir.
    """
    from deadweight.operations.services import Sharing
    from deadweight.operations.services import services as operation
    from deadweight.operations.services.reading import file_of, names_of

    check_page(destination.form, destination.path)
    check_installed(destination.form)
    share = share_of(base_share)
    view = View(
        width=terminal_width(), color=use_color(destination.path), rows=rows_of(options["top"], options["everything"])
    )
    if options["install"]:
        raise click.UsageError("services are measured without installing; remove --install")
    sources, targets = options.pop("source"), [file_of(each) for each in file]
    if output_dir is not None:
        # Which of the shared files there will be is only known later.
        names = names_of(target.location for target in targets)
        may_write_below(output_dir, *(f"{name}.txt" for name in names), force=destination.force)
    settings = settings_of({**options, "install": None}, *targets)
    with observer(quiet=options["quiet"], verbose=options["verbose"]) as observe:
        report = operation(file, settings, Sharing(base_share=share, sources=sources, seconds=timeout), observe=observe)
    if output_dir is not None and report.proposal:
        written = _write(report.proposal, output_dir, force=destination.force)
        if not options["quiet"]:
            say(f"wrote {counted(written, 'file')} into {output_dir}")
    elif output_dir is not None:
        say(f"error: no files were written into {output_dir}, because there is no proposal")
    destination.write(render_services(report, destination.form, view))
    finish(report, report.exit_code)


def _write(proposal: Proposal, directory: str, *, force: bool) -> int:
    """Write the files of a proposal; return their number."""
    from deadweight.analysis.services.files import service_files

    texts = service_files(proposal, directory)
    may_write_below(directory, *map(os.path.basename, texts), force=force)
    os.makedirs(directory or ".", exist_ok=True)
    write_files(texts, force=force)
    return len(texts)
