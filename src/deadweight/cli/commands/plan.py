"""plan: a target → levels of saving, each measured, and the files of one of them."""

from __future__ import annotations

import os
import shlex
from typing import TYPE_CHECKING, Any

import click

from deadweight.cli.browser import check_page
from deadweight.cli.help import OUTPUT, WHAT, GroupedCommand, option
from deadweight.cli.options import output_dir_option, writing
from deadweight.cli.output import Destination, may_write_below, say, write_files
from deadweight.cli.progress import observer
from deadweight.cli.reporting import finish
from deadweight.cli.settings import settings_of, splitting
from deadweight.cli.targets import BESIDE, directory_of, files, target_of
from deadweight.cli.values import SIZE, Choice
from deadweight.cli.views import limiting, rows_of, terminal_width, use_color
from deadweight.model.report.levels import LEVELS
from deadweight.report.formats import check_installed
from deadweight.report.levels import LEVEL_FORMATS, render_levels
from deadweight.report.view import View

if TYPE_CHECKING:
    from deadweight.operations.planning.plan import Planned


@click.command(cls=GroupedCommand, brief=True)
@click.argument("target", nargs=-1, shell_complete=files)
@option(
    "--target-size",
    group=WHAT,
    metavar="SIZE",
    type=SIZE,
    help="Find the cheapest changes that reach SIZE, such as 500MB.",
)
@option("--base-size", group=WHAT, metavar="SIZE", type=SIZE, help="Size of the image beneath, to add to each level.")
@option("--apply", "level", group=OUTPUT, type=Choice(LEVELS[1:]), help="Write the requirements of a level.")
@output_dir_option("the files of --apply", BESIDE)
@writing(LEVEL_FORMATS, "plan")
@limiting
@splitting
def plan(target: tuple[str, ...], destination: Destination, **options: Any) -> None:
    """Show how much smaller TARGET can become, level by level, with the effort and the risk of each.

    Each level adds to the one before it: production (without dev), deduplicated (no library twice), lighter (CPU-only
    and headless builds), alpine (wheels for musl), minimal (without what your code does not import at start), and
    trimmed (without tests and other files that no code needs). Levels of requirements are resolved and measured from
    the wheels' file lists; nothing is installed.

    With --drop, --swap, --torch or --platform, the first level contains these changes: what-if.
    """
    from deadweight.analysis.levels.files import level_paths
    from deadweight.operations.planning.plan import Aims
    from deadweight.operations.planning.plan import plan as planned

    check_page(destination.form, destination.path)
    check_installed(destination.form)
    view = View(
        width=terminal_width(),
        color=use_color(destination.path),
        rows=rows_of(options["top"], options["everything"], default=5),
    )
    given = target_of(target, quiet=options["quiet"])
    settings = settings_of(options, given)
    aims = Aims(base_bytes=_size(options["base_size"]), target_bytes=_size(options["target_size"]))
    directory = directory_of(given) if options["output_dir"] is None else options["output_dir"]
    if options["level"]:
        names = map(os.path.basename, level_paths(options["level"], directory))
        may_write_below(directory, *names, force=destination.force)
    with observer(quiet=options["quiet"], verbose=options["verbose"]) as observe:
        result = planned(given, settings, aims, observe=observe)
    destination.write(render_levels(result.report, destination.form, view))
    if options["level"]:
        _write(result, options["level"], directory, force=destination.force)
    finish(result.profiles["today"], result.report.exit_code)


def _size(text: str | None) -> int | None:
    from deadweight.budget.limits import parse_size

    return None if text is None else parse_size(text)


def _write(planned: Planned, level: str, directory: str, *, force: bool) -> None:
    from deadweight.analysis.levels.files import level_paths

    texts = planned.files(level, directory)
    os.makedirs(directory or ".", exist_ok=True)
    write_files(texts, force=force)
    install = shlex.join(["pip", "install", "-r", level_paths(level, directory)[0]])
    say(f"wrote {', '.join(texts)}; to install them, run: {install}")
