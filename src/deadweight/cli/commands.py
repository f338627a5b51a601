"""profile, split, verify, why, groups, cache and schema."""

from __future__ import annotations

import os
import shutil
import sys
from typing import TYPE_CHECKING, Any

import click

from deadweight.cli.options import measuring, not_measuring, refuse_for_report, settings_of
from deadweight.cli.output import emit, may_write, say, write_files
from deadweight.cli.progress import observer
from deadweight.cli.targets import one_target, target_of
from deadweight.errors import BadInput, NotProven

if TYPE_CHECKING:
    from deadweight.findings import Grouping, Profile
    from deadweight.model.report import Report

_MOST_FAILURES = 10
_output = click.option("--output", "-o", metavar="FILE", type=click.Path(), help="Write there instead of to stdout.")
_force = click.option("--force", is_flag=True, help="Replace files that are there.")
_format = click.option(
    "--format", "form", type=click.Choice(["text", "json"]), default="text", show_default=True, help="Of the report."
)
_all = click.option("--all", "everything", is_flag=True, help="Show every row, not only the largest.")


@click.command()
@click.argument("target", nargs=-1)
@_format
@_output
@_force
@_all
@measuring
def profile(
    target: tuple[str, ...], form: str, output: str | None, force: bool, everything: bool, **options: Any
) -> None:
    """Measure TARGET, explain it, and propose what to leave out.

    TARGET is a requirements file or a pyproject.toml, which is measured from the wheels' own directories, without
    downloading them, and installed into a throwaway environment only where something has no wheel (--install always
    installs, for exact bytecode and launchers); a lock or names of projects ("pandas" "torch==2.5"), which are never
    installed; a project's folder, which means the lock, the pyproject.toml or the
    requirements.txt in it; an image in an archive (docker save's, or OCI), in a folder or in a registry
    (registry:HOST/REPOSITORY:TAG); an environment: a venv, a prefix, a site-packages folder (env:DIR and
    requirements:FILE say it outright); or "-", an image or requirements on standard input. Without TARGET, the project
    in the working directory, else the environment that deadweight runs in.
    """
    may_write(output, force=force)
    report = _measure(target, options)
    if form == "json":
        text = report.to_json()
    else:
        from deadweight.report.as_text import DEFAULT_ROWS, as_text

        color = _color(output)
        text = as_text(report, width=_width(), color=color, rows=None if everything else DEFAULT_ROWS)
    emit(text, output, force=force)
    finish(report)


@click.command()
@click.argument("target", required=False, default="")
@click.option("--output-dir", metavar="DIR", type=click.Path(), help="Made if missing. Default: beside TARGET.")
@_force
@click.option("--pin", is_flag=True, help="Write the versions that were measured.")
@click.option("--unproven", is_flag=True, help="Write them even if the source needs more than they provide.")
@measuring
def split(target: str, output_dir: str | None, force: bool, pin: bool, unproven: bool, **options: Any) -> None:
    """Write requirements-production.txt (without dev) and requirements-minimal.txt (core and data).

    Lines keep their spelling. A line goes only when nothing that stays needs its distribution. Where there is source,
    production is written only if it provides all that the application imports, starts and names.
    """
    from deadweight.report.splits import split_text

    target = one_target(target, quiet=options["quiet"])
    folder = output_dir if output_dir is not None else _beside(target)
    names = [os.path.join(folder, f"requirements-{name}.txt") for name in ("production", "minimal")]
    if os.path.lexists(folder or "."):
        may_write(*names, force=force)
    report, texts = _split(target, folder, options, pin=pin)
    if not unproven:
        _check_proof(report)
    os.makedirs(folder or ".", exist_ok=True)
    write_files(texts, force=force)
    emit(split_text(report, names, width=_width(), color=_color(None)), None, force=False)
    finish(report)


@click.command()
@click.argument("split")
@click.option("--run", is_flag=True, help="Install it, and import there what the application imports.")
@click.option("--smoke", metavar="CMD", default="", help="Run a command in that environment; it must leave with 0.")
@click.option(
    "--timeout",
    metavar="SECONDS",
    type=click.FloatRange(min=0, min_open=True),
    default=60,
    show_default=True,
    help="For each import, and for CMD.",
)
@click.option(
    "--against",
    metavar="FILE",
    type=click.Path(),
    default="",
    help="What SPLIT was made of (default: requirements.txt or pyproject.toml beside it, or in DIR).",
)
@_format
@_output
@_force
@measuring
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
    """Prove that SPLIT provides what the application in --source DIR imports, starts and names.

    SPLIT is measured as by `profile`, and the source is read: nothing is imported or started. With --run, each module
    of others that the application imports is imported in a throwaway environment; --smoke runs a command of yours
    there, in DIR. What is missing, who uses it and the line that would bring it back go to stdout, and the exit code
    is 3.
    """
    from deadweight.verifying import Checks
    from deadweight.verifying import verify as check

    may_write(output, force=force)
    settings = settings_of(options)
    checks = Checks(against=against, run=run, smoke=smoke, seconds=timeout)
    with observer(quiet=options["quiet"], verbose=options["verbose"]) as observe:
        verdict = check(one_target(split, quiet=options["quiet"]), settings, checks, observe=observe)
    from deadweight.report.verdict import verdict_json, verdict_text

    if verdict.run and (options["verbose"] or options["debug"]):
        say(verdict.run.printed)
    emit(verdict_json(verdict) if form == "json" else verdict_text(verdict), output, force=force)
    finish(verdict.profile, 0 if verdict.holds else NotProven.exit_code)


@click.command()
@click.argument("name")
@click.argument("target", nargs=-1)
@_format
@_output
@_force
@_all
@measuring
def why(
    name: str, target: tuple[str, ...], form: str, output: str | None, force: bool, everything: bool, **options: Any
) -> None:
    """Show every path that brings NAME into TARGET, and what its leaving costs and saves."""
    from deadweight.formats.metadata import normalize
    from deadweight.report import why as reports

    may_write(output, force=force)
    report = _measure(target, options)
    try:
        found = reports.why(report, normalize(name))
    except KeyError:
        raise BadInput(f"{name} is not in {report.target.location}", hint=_similar(name, report)) from None
    if form == "json":
        text = reports.why_json(report, found)
    else:
        text = reports.why_text(report, found, most=None if everything else 20)
    emit(text, output, force=force)
    finish(report)


@click.command()
@click.argument("target", nargs=-1)
@_format
@_output
@_force
@not_measuring
@measuring
def groups(target: tuple[str, ...], form: str, output: str | None, force: bool, **options: Any) -> None:
    """Tell what each distribution of TARGET is for (core, data, ml or dev), by what evidence, and how sure that is.

    TARGET is measured as by profile. With --no-measure its requirements are judged by themselves, in seconds: by
    their names, by the application's source, and by the metadata of the newest version that each line allows.
    """
    from deadweight.grouping import groups_of
    from deadweight.report.groups import groups_json, groups_text

    may_write(output, force=force)
    settings = settings_of(options)
    with observer(quiet=options["quiet"], verbose=options["verbose"]) as observe:
        found = groups_of(target_of(target, quiet=options["quiet"]), settings, observe=observe)
    text = groups_json(found) if form == "json" else groups_text(found, width=_width(), color=_color(output))
    emit(text, output, force=force)
    finish(found)


@click.group(name="cache")
def cache() -> None:
    """Show or clear what is kept between runs: listings of wheels, index pages and resolutions."""


@cache.command()
@_format
def info(form: str) -> None:
    """Show where the listings lie, how many there are, and how large they are."""
    from deadweight.report.cache import usage_json, usage_text
    from deadweight.sources.cache import Cache

    usage = Cache().usage()
    emit(usage_json(usage) if form == "json" else usage_text(usage), None, force=False)


@cache.command()
def clear() -> None:
    """Remove all listings."""
    from deadweight.report.cache import cleared_text
    from deadweight.sources.cache import Cache

    emit(cleared_text(Cache().clear()), None, force=False)


@click.command()
def schema() -> None:
    """Print the JSON Schema of the report that `profile --format json` writes."""
    import json

    from deadweight.model.report import json_schema

    emit(json.dumps(json_schema(), indent=1) + "\n", None, force=False)


def _check_proof(report: Report) -> None:
    """Refuse a production split that does not provide what the application names."""
    proof = report.splits["production"].proof
    if proof is None or proof.holds:
        return
    from deadweight.report.source import gap_lines

    lost = tuple(gap for gap in proof.gaps if not gap.excused)
    lines = "\n".join(gap_lines(lost))
    keep = " ".join(f"--keep {name}" for name in dict.fromkeys(gap.name for gap in lost if gap.name))
    raise NotProven(
        f"requirements-production.txt would lack what the application needs; no file was written\n{lines}",
        hint=f"keep them with {keep}, or write the files anyway with --unproven",
    )


def finish(report: Report | Profile | Grouping, code: int = 0) -> None:
    """Say what is not in the figures and was to be; leave with ``code``, else with the exit code of that."""
    failed = [skipped for skipped in report.skipped if skipped.exit_code]
    for skipped in failed[:_MOST_FAILURES]:
        say(f"error: {skipped.name} is not in the figures: {skipped.reason}")
    if len(failed) > _MOST_FAILURES:
        say(f"error: and {len(failed) - _MOST_FAILURES} more, named in the report")
    if code or failed:
        raise click.exceptions.Exit(code or report.exit_code)


def _measure(target: tuple[str, ...], options: dict[str, Any]) -> Report:
    from deadweight.operations.profile import profile as measure

    given = target_of(target, quiet=options["quiet"])
    refuse_for_report(given, options)
    settings = settings_of(options)
    with observer(quiet=options["quiet"], verbose=options["verbose"]) as observe:
        return measure(given, settings, observe=observe)


def _split(target: str, folder: str, options: dict[str, Any], *, pin: bool) -> tuple[Report, dict[str, str]]:
    """Return the report of a target, and path → text of its split files."""
    from deadweight.operations.profile import read_report
    from deadweight.pipeline import profile as measure
    from deadweight.report.splits import saved_split_files, split_files
    from deadweight.reporting import report_of

    if refuse_for_report(target, options):
        saved = read_report(target)
        return saved, saved_split_files(saved, folder, pin=pin)
    with observer(quiet=options["quiet"], verbose=options["verbose"]) as observe:
        measured = measure(target, settings_of(options), observe=observe)
    return report_of(measured), split_files(measured, folder, pin=pin)


def _similar(name: str, report: Report) -> str:
    from difflib import get_close_matches

    close = get_close_matches(name, report.rows, 3)
    return f"did you mean {' or '.join(close)}?" if close else ""


def _beside(target: str) -> str:
    from deadweight.targets import parse_target

    found = parse_target(target)
    return os.path.dirname(found.path) if found.kind == "requirements" else ""


def _width() -> int:
    return max(40, shutil.get_terminal_size((80, 24)).columns)


def _color(output: str | None) -> bool:
    """Say whether to color: NO_COLOR forbids it, FORCE_COLOR does it in pipes too (https://force-color.org)."""
    if output is not None or "NO_COLOR" in os.environ:
        return False
    return bool(os.environ.get("FORCE_COLOR")) or (sys.stdout.isatty() and os.environ.get("TERM") != "dumb")
