"""imports: an application → what its imports cost at start, and what importing later saves."""

from __future__ import annotations

from typing import Any

import click

from deadweight.cli.browser import check_page
from deadweight.cli.help import JUDGE, GroupedCommand, option
from deadweight.cli.options import writing
from deadweight.cli.output import Destination
from deadweight.cli.progress import observer
from deadweight.cli.reporting import finish
from deadweight.cli.running import adopt_orphans, timeout_option
from deadweight.cli.settings import settings_of, verifying
from deadweight.cli.targets import files, one_target
from deadweight.cli.values import Count
from deadweight.cli.views import limiting, rows_of, terminal_width, use_color
from deadweight.report.documents.formats import IMPORTS_FORMATS, render_imports
from deadweight.report.formats import check_installed
from deadweight.report.view import View


@click.command(cls=GroupedCommand, brief=True)
@click.argument("target", required=False, default="", shell_complete=files)
@option(
    "--entry",
    group=JUDGE,
    metavar="MODULE|FILE",
    default="",
    help="What a start imports: a module, MODULE:ATTRIBUTE or a Python file (default: what the Procfile, Dockerfile or"
    " pyproject.toml of your code starts, or else a file such as main.py).",
)
@option(
    "--runs",
    group=JUDGE,
    metavar="N",
    type=Count(min=1, max=1000),
    default=5,
    show_default=True,
    help="Number of starts for each figure.",
)
@timeout_option(JUDGE, "each start")
@writing(IMPORTS_FORMATS)
@limiting
@verifying
def imports(target: str, destination: Destination, top: int | None, everything: bool, **options: Any) -> None:
    """Show what your application costs to start: the time and memory of its imports, by distribution.

    This runs code: deadweight imports your application and everything that it imports, several times, in the directory
    of your code and with your environment variables. It installs TARGET, a requirements file, a project or a lock file,
    into a temporary environment; if TARGET is an environment, its interpreter runs.

    For heavy imports that only one function uses, deadweight moves the import into that function, in a copy of your
    code, and measures what that saves.
    """
    from deadweight.operations.imports import Starts
    from deadweight.operations.imports import imports as measure

    check_page(destination.form, destination.path)
    check_installed(destination.form)
    view = View(width=terminal_width(), color=use_color(destination.path), rows=rows_of(top, everything))
    given = one_target(target, quiet=options["quiet"])
    settings = settings_of(options, given)
    starts = Starts(entry=options["entry"], runs=options["runs"], seconds=options["timeout"])
    adopt_orphans()
    with observer(quiet=options["quiet"], verbose=options["verbose"]) as observe:
        report = measure(given, settings, starts, observe=observe)
    destination.write(render_imports(report, destination.form, view))
    finish(report)
