"""profile, split, verify, why, groups, cache and schema."""

from __future__ import annotations

import os
import shlex
from collections.abc import Collection, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Any

import click

from deadweight.cli.browser import check_page, open_page
from deadweight.cli.help import JUDGE, OUTPUT, GroupedCommand, given_arguments, option
from deadweight.cli.options import (
    grouping,
    measuring,
    profiling,
    settings_of,
    splitting,
    verifying,
)
from deadweight.cli.output import emit, may_write, say, write_files
from deadweight.cli.progress import observer
from deadweight.cli.reporting import finish
from deadweight.cli.targets import files, one_target, target_of
from deadweight.cli.views import terminal_width, use_color, view_of, viewing
from deadweight.errors import BadInput, NotProven
from deadweight.report.formats import FORMATS, check_installed, render
from deadweight.targets.types import File, SavedReport

if TYPE_CHECKING:
    from deadweight.model.report import Report
    from deadweight.report.view import View
    from deadweight.settings import Settings
    from deadweight.targets.types import Target

_output = option("--output", "-o", group=OUTPUT, metavar="FILE", type=click.Path(), help="Write the result to FILE.")
_force = option("--force", group=OUTPUT, is_flag=True, help="Overwrite existing files.")
_format = option(
    "--format", "form", group=OUTPUT, type=click.Choice(["text", "json"]), default="text", show_default=True,
    help="Format of the result.",
)  # fmt: skip
_any_format = option(
    "--format", "form", group=OUTPUT, type=click.Choice(FORMATS), default="text", show_default=True,
    help="Format of the report.",
)  # fmt: skip
_all_paths = option("--all", "everything", group=OUTPUT, is_flag=True, help="Show all paths, not only the first 20.")


@click.command(cls=GroupedCommand)
@click.argument("target", nargs=-1, shell_complete=files)
@_any_format
@_output
@_force
@option("--open", "browse", group=OUTPUT, is_flag=True, help="Open the HTML report in the browser.")
@option("--details", group=OUTPUT, metavar="NAME", help="Show one distribution: its files, libraries and evidence.")
@viewing
@profiling
def profile(target: tuple[str, ...], form: str, output: str | None, force: bool, **options: Any) -> None:
    """Show what each distribution of TARGET takes on disk, why it is installed, and what you could remove.

    \b
    TARGET is one of:
      requirements.txt, pyproject.toml    a requirements file or a project
      uv.lock, poetry.lock, pylock.toml   a lock file (also pdm.lock, Pipfile.lock)
      pandas 'torch==2.5'                 package names, with optional versions
      .venv                               an environment or a site-packages directory
      docker:IMAGE, podman:IMAGE          an image in local Docker or podman storage
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
    may_write(output, force=force)
    details, browse = options["details"], options["browse"]
    check_page(form, output, browse=browse)
    check_installed(form)
    view = view_of(options, form, output, split_command(click.get_current_context()))
    if details is not None and form != "text":
        raise click.UsageError("--details applies only to --format text")
    report = _measure(target, options)
    text = render(report, form, view) if details is None else _details(report, details, view)
    if browse:
        open_page(text, output, force=force)
    else:
        emit(text, output, force=force)
    finish(report)


@click.command(cls=GroupedCommand, brief=True)
@click.argument("target", required=False, default="", shell_complete=files)
@option(
    "--output-dir",
    group=OUTPUT,
    metavar="DIR",
    type=click.Path(),
    help="Directory for the files, created if missing (default: the directory of TARGET).",
)
@_force
@option("--pin", group=OUTPUT, is_flag=True, help="Pin each requirement to the measured version.")
@option("--unproven", group=JUDGE, is_flag=True, help="Write the files even if they lack something your code uses.")
@splitting
def split(target: str, output_dir: str | None, force: bool, pin: bool, unproven: bool, **options: Any) -> None:
    """Write requirements-production.txt and requirements-minimal.txt.

    requirements-production.txt is TARGET without dev. requirements-minimal.txt is also without ml and without what your
    application never imports at start. It works only after the code changes that the output lists.

    A requirement is removed only if no remaining requirement depends on it. Remaining lines are copied unchanged.

    If the directory of TARGET contains Python code, deadweight checks that requirements-production.txt provides
    everything that the code uses. If something is missing, deadweight writes no files and exits with status 3. It does
    not check requirements-minimal.txt.
    """
    from deadweight.report.splits import split_text

    given = one_target(target, quiet=options["quiet"])
    beside = os.path.dirname(given.location) if isinstance(given, File) else ""
    folder = beside if output_dir is None else output_dir
    names = [os.path.join(folder, f"requirements-{name}.txt") for name in ("production", "minimal")]
    if os.path.lexists(folder or "."):
        may_write(*names, force=force)
    settings = settings_of(options, given)
    report, texts = _split(given, settings, folder, options, pin=pin)
    if not unproven:
        _check_proof(report, settings.drop, options["drop"])
    os.makedirs(folder or ".", exist_ok=True)
    write_files(texts, force=force)
    emit(split_text(report, names, width=terminal_width(), color=use_color(None)), None, force=False)
    finish(report)


@click.command(cls=GroupedCommand, brief=True)
@click.argument("split", shell_complete=files)
@option(
    "--run",
    group=JUDGE,
    is_flag=True,
    help="Install SPLIT into a temporary environment and import every third-party module that your code imports.",
)
@option(
    "--smoke",
    group=JUDGE,
    metavar="CMD",
    default="",
    help="Install SPLIT into a temporary environment and run CMD there; CMD must exit with status 0.",
)
@option(
    "--timeout",
    group=JUDGE,
    metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True),
    default=60,
    show_default=True,
    help="Time limit for each import and for CMD.",
)
@option(
    "--against",
    group=JUDGE,
    metavar="FILE",
    type=click.Path(),
    default="",
    help="Original requirements of SPLIT (default: requirements.txt or pyproject.toml next to SPLIT, or else in the"
    " --source directory).",
)
@_format
@_output
@_force
@verifying
def verify(
    split: str,
    run: bool,
    smoke: str,
    timeout: float,
    against: str,
    form: str,
    output: str | None,
    force: bool,
    **options: Any,
) -> None:
    """Check that SPLIT provides everything your code uses: imports, commands, and dotted names in settings.

    SPLIT can be any TARGET of `deadweight profile`, except a saved report. By default, deadweight only reads files and
    runs no code. --run and --smoke install SPLIT, which must then be a requirements file or a project. --smoke runs
    CMD in the directory of your code. If something is missing, deadweight lists it with the lines of code that use it
    and the requirement that provides it, and exits with status 3.
    """
    from deadweight.operations.verify import Checks
    from deadweight.operations.verify import verify as check

    may_write(output, force=force)
    given = one_target(split, quiet=options["quiet"])
    settings = settings_of(options, given)
    checks = Checks(against=against, run=run, smoke=smoke, seconds=timeout)
    if run or smoke:
        from deadweight.sources.system.processes import adopt_orphans

        adopt_orphans()
    with observer(quiet=options["quiet"], verbose=options["verbose"]) as observe:
        verdict = check(given, settings, checks, observe=observe)
    from deadweight.report.verdict import verdict_json, verdict_text

    if verdict.run and (options["verbose"] or options["debug"]):
        say(verdict.run.printed)
    text = verdict_json(verdict) if form == "json" else verdict_text(verdict, width=terminal_width())
    emit(text, output, force=force)
    finish(verdict.profile, 0 if verdict.holds else NotProven.exit_code)


@click.command(cls=GroupedCommand, brief=True)
@click.argument("name")
@click.argument("target", nargs=-1, shell_complete=files)
@_format
@_output
@_force
@_all_paths
@measuring
def why(
    name: str, target: tuple[str, ...], form: str, output: str | None, force: bool, everything: bool, **options: Any
) -> None:
    """Show which requirements of TARGET lead to NAME, how much removing it would save, and which to remove for that."""
    from deadweight.formats.distributions.metadata import normalize
    from deadweight.operations.details import similar
    from deadweight.report import why as reports

    may_write(output, force=force)
    report = _measure(target, options, lighter=False)
    try:
        explanation = reports.why(report, normalize(name))
    except KeyError:
        raise BadInput(f"{name} is not in {report.target.location}", hint=similar(name, report)) from None
    if form == "json":
        text = reports.why_json(report, explanation)
    else:
        text = reports.why_text(report, explanation, most=None if everything else 20, width=terminal_width())
    emit(text, output, force=force)
    finish(report)


@click.command(cls=GroupedCommand, brief=True)
@click.argument("target", nargs=-1, shell_complete=files)
@_format
@_output
@_force
@grouping
def groups(target: tuple[str, ...], form: str, output: str | None, force: bool, **options: Any) -> None:
    """Show the group of each distribution of TARGET (core, data, ml or dev) and the evidence for it.

    By default, deadweight measures TARGET like `deadweight profile` does. With --no-measure, it takes seconds: it
    classifies each requirement by its name, by your code and by the metadata of its newest matching version.
    """
    from deadweight.operations.groups import groups_of
    from deadweight.report.groups import groups_json, groups_text

    may_write(output, force=force)
    given = target_of(target, quiet=options["quiet"])
    settings = settings_of(options, given)
    with observer(quiet=options["quiet"], verbose=options["verbose"]) as observe:
        grouping = groups_of(given, settings, observe=observe)
    text = (
        groups_json(grouping)
        if form == "json"
        else groups_text(grouping, width=terminal_width(), color=use_color(output))
    )
    emit(text, output, force=force)
    finish(grouping)


@click.group(name="cache")
def cache() -> None:
    """Show or clear the cache: cached file lists of wheels, index pages and resolutions."""


@cache.command(cls=GroupedCommand)
@_format
def info(form: str) -> None:
    """Show the location of the cache, its number of entries and its size."""
    from deadweight.report.cache import usage_json, usage_text
    from deadweight.sources.wheels.cache import Cache

    usage = Cache().usage()
    emit(usage_json(usage) if form == "json" else usage_text(usage), None, force=False)


@cache.command(cls=GroupedCommand)
def clear() -> None:
    """Remove all entries from the cache."""
    from deadweight.report.cache import cleared_text
    from deadweight.sources.wheels.cache import Cache

    emit(cleared_text(Cache().clear()), None, force=False)


@click.command(cls=GroupedCommand)
@option("--config", group=OUTPUT, is_flag=True, help="Print the JSON Schema of [tool.deadweight], for editors.")
def schema(config: bool) -> None:
    """Print the JSON Schema of the report that `profile --format json` writes."""
    import json

    from deadweight.model.report import json_schema
    from deadweight.settings import config_schema

    found = config_schema(_descriptions()) if config else json_schema()
    emit(json.dumps(found, indent=1) + "\n", None, force=False)


def _descriptions() -> dict[str, str]:
    """Return the name of each setting → the help text of its option."""
    from deadweight.cli.check import check

    options = [each for command in (check, groups, profile) for each in command.params]
    helps = {each.name: each.help or "" for each in options if isinstance(each, click.Option) and each.name}
    return helps | {
        "no_install": helps["install"],
        "groups": "Your own groups: group or group.tag, names and patterns.",
    }


def _check_proof(report: Report, drop: Collection[str], given: Sequence[str]) -> None:
    """Raise NotProven if the production split does not provide what the application uses.

    drop:  the projects that the user drops
    given: those of them that the command line drops, as it spells them
    """
    proof = report.splits["production"].proof
    if proof is None or proof.holds:
        return
    from deadweight.report.text.application import gap_lines

    lost = tuple(gap for gap in proof.gaps if not gap.excused)
    lines = "\n".join(gap_lines(lost))
    names = dict.fromkeys(gap.name for gap in lost if gap.name)
    raise NotProven(
        f"requirements-production.txt would lack requirements that your code uses; no files were written\n{lines}",
        hint=", ".join([*_to_keep(names, drop, given), "or use --unproven to write the files anyway"]),
    )


def _to_keep(names: Iterable[str], drop: Collection[str], given: Sequence[str]) -> Iterator[str]:
    """Yield how to keep projects in the production split: without what drops them, else with --keep."""
    from deadweight.formats.distributions.metadata import normalize

    spelled = {normalize(name): name for name in given}
    if kept := [name for name in names if name not in drop]:
        yield f"use {' '.join(f'--keep {name}' for name in kept)}"
    if dropped := [spelled[name] for name in names if name in spelled]:
        yield f"remove {' '.join(f'--drop {name}' for name in dropped)}"
    if configured := [name for name in names if name in drop and name not in spelled]:
        yield f"remove {', '.join(configured)} from drop in [tool.deadweight]"


def split_command(ctx: click.Context) -> str:
    """Return the command that writes the splits of what ``profile`` measured; "" if no command can measure it again.

    It has the options of ``profile`` that ``split`` takes, except --keep-env, whose directory now exists.
    """
    target: tuple[str, ...] = ctx.params["target"]
    if len(target) > 1 or target == ("-",):  # split takes one target, and standard input is read
        return ""
    taken = {each.name for each in split.params} - {"force", "output", "keep_env", "quiet", "verbose", "debug"}
    return shlex.join(["deadweight", "split", *target, *given_arguments(ctx, taken)])


def _details(report: Report, name: str, view: View) -> str:
    from deadweight.operations.details import details
    from deadweight.report.text.as_details import as_details

    return as_details(report, details(report, name), view)


def _measure(target: tuple[str, ...], options: dict[str, Any], *, lighter: bool = True) -> Report:
    from deadweight.operations.profile import profile as measure

    given = target_of(target, quiet=options["quiet"])
    settings = settings_of(options, given)
    with observer(quiet=options["quiet"], verbose=options["verbose"]) as observe:
        return measure(given, settings, observe=observe, lighter=lighter)


def _split(
    target: Target, settings: Settings, folder: str, options: dict[str, Any], *, pin: bool
) -> tuple[Report, dict[str, str]]:
    """Return the report of a target, and path → text of its split files."""
    from deadweight.analysis.reporting import report_of
    from deadweight.operations.measure import profile as measure
    from deadweight.operations.profile import read_report
    from deadweight.report.splits import saved_split_files, split_files

    if isinstance(target, SavedReport):
        saved = read_report(target.location)
        return saved, saved_split_files(saved, folder, pin=pin)
    with observer(quiet=options["quiet"], verbose=options["verbose"]) as observe:
        measured = measure(target, settings, observe=observe, lighter=False)
    return report_of(measured), split_files(measured, folder, pin=pin)
