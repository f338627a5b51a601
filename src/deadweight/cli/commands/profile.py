"""profile: a target → its report, in any format."""

from __future__ import annotations

import shlex
from typing import TYPE_CHECKING, Any

import click

from deadweight.cli.browser import check_page, open_page
from deadweight.cli.help import OUTPUT, GroupedCommand, given_arguments, option
from deadweight.cli.options import writing
from deadweight.cli.output import Destination
from deadweight.cli.reporting import finish, measured
from deadweight.cli.settings import profiling
from deadweight.cli.targets import files
from deadweight.cli.views import check_details, view_of, viewing
from deadweight.report.formats import FORMATS, check_installed, render

if TYPE_CHECKING:
    from deadweight.model.report import Report
    from deadweight.report.view import View


@click.command(cls=GroupedCommand)
@click.argument("target", nargs=-1, shell_complete=files)
@writing(FORMATS, "report")
@option("--open", "browse", group=OUTPUT, is_flag=True, help="Open the HTML report in the browser.")
@option("--details", group=OUTPUT, metavar="NAME", help="Show one distribution: its files, libraries and evidence.")
@viewing
@profiling
def profile(target: tuple[str, ...], destination: Destination, **options: Any) -> None:
    """Show what each distribution of TARGET takes on disk, why it is installed, and what you could remove.

    \b
    TARGET is one of:
      requirements.txt, pyproject.toml    a requirements file or a project
      uv.lock, poetry.lock, pylock.toml   a lock file (also pdm.lock, Pipfile.lock)
      pandas 'torch==2.5'                 package names, with optional versions
      .venv                               an environment or a site-packages directory
      docker:IMAGE, podman:IMAGE          an image of Docker Engine or podman
      containerd:IMAGE                    an image of containerd, through nerdctl or ctr
      registry:HOST/REPOSITORY:TAG        an image in a registry
      image.tar, oci:DIR                  an image in an archive or a directory
      container:NAME, rootfs:DIR          a container, or a root file system
      report.json                         a saved report of `profile --format json`
      -                                   requirements or an image on standard input

    Without TARGET, deadweight measures the project in the working directory. Outside of a project, it measures the
    environment that deadweight is installed in. Write env:DIR or requirements:FILE if the type of TARGET is ambiguous.

    Requirements and projects are measured from the wheels' file lists, without downloading the wheels. They are
    installed into a temporary environment only if something must be built.
    """
    form, details, browse = destination.form, options["details"], options["browse"]
    check_page(form, destination.path, browse=browse)
    check_installed(form)
    view = view_of(options, form, destination.path, split_command(click.get_current_context()))
    if details is not None:
        check_details(form)
    report = measured(target, options)
    text = render(report, form, view) if details is None else _details(report, details, view)
    if browse:
        open_page(text, destination)
    else:
        destination.write(text)
    finish(report)


def _details(report: Report, name: str, view: View) -> str:
    from deadweight.operations.details import details
    from deadweight.report.text.as_details import as_details

    return as_details(report, details(report, name), view)


def split_command(ctx: click.Context) -> str:
    """Return the command that writes the splits of what ``profile`` measured; "" if no command can measure it again.

    It has the options of ``profile`` that ``split`` takes, except --keep-env, whose directory now exists.
    """
    target: tuple[str, ...] = ctx.params["target"]
    if len(target) > 1 or target == ("-",):  # split takes one target, and standard input is read
        return ""
    from deadweight.cli.commands.split import split

    taken = {each.name for each in split.params} - {"force", "output", "keep_env", "quiet", "verbose", "debug"}
    return shlex.join(["deadweight", "split", *target, *given_arguments(ctx, taken)])
