"""fleet measure: many targets → a run in the SQLite file of a fleet."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, Any

import click

from deadweight.cli.help import HOW, OUTPUT, WHAT, GroupedCommand, option
from deadweight.cli.output import emit
from deadweight.cli.progress import observer
from deadweight.cli.reporting import finish
from deadweight.cli.settings import fleet_measuring, settings_of
from deadweight.cli.targets import files
from deadweight.cli.values import Count, Positive

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from deadweight.operations.fleet.measuring import FleetRun


@click.command(cls=GroupedCommand, brief=True)
@click.argument("targets", nargs=-1, required=True, shell_complete=files)
@option("--output", "-o", group=OUTPUT, metavar="FILE", type=click.Path(), required=True, help="File of the fleet.")
@option(
    "--tags",
    group=WHAT,
    metavar="N|all",
    default="1",
    show_default=True,
    help="Measure the N newest tags of each repository that a pattern matches: latest, then the highest versions.",
)
@option(
    "--complete",
    group=WHAT,
    is_flag=True,
    help="Treat TARGETS as the whole fleet: targets of earlier runs that are not found again no longer count.",
)
@option("--restart", group=WHAT, is_flag=True, help="Begin a new run, even if the last one was interrupted.")
@option(
    "--cache",
    group=HOW,
    metavar="DIR|URL",
    help="Cache that workers share: a directory, or object storage such as s3://bucket/prefix (default: in the cache"
    " directory of deadweight).",
)
@option(
    "--scheduler",
    group=HOW,
    metavar="URL",
    help="Have the workers of a Dask cluster measure, such as tcp://HOST:8786, instead of processes on this machine.",
)
@option(
    "--max-connections",
    group=HOW,
    type=Count(min=1),
    metavar="N",
    default=8,
    show_default=True,
    help="Read from one registry with at most N workers at once.",
)
@option(
    "--max-requests",
    group=HOW,
    type=Positive(),
    metavar="N",
    help="Send at most N requests per second to one server (default: no limit).",
)
@fleet_measuring
def measure(targets: tuple[str, ...], output: str, **options: Any) -> None:
    """Measure many targets, and record the results in a SQLite file as one run.

    \b
    TARGETS are any of:
      registry:HOST/*               all repositories of a registry
      registry:HOST/team/*:prod-*   those that match, and their tags that match
      repos/                        all projects in a directory
      'images/*.tar'                files that match
      targets.txt, @FILE            a list of targets, one per line
      any TARGET of `deadweight profile`, except package names

    A target that fails is recorded with its reason. If the run is interrupted, the same command continues it.
    Requirements are measured without installing.
    """
    from deadweight.operations.fleet.running import FleetMeasuring, cache_of, find_targets, measure_found

    measuring = FleetMeasuring(
        tags=_newest(options["tags"]),
        complete=options["complete"],
        restart=options["restart"],
        cache=_cache(options),
        scheduler=options["scheduler"] or "",
        connections=options["max_connections"],
        rate=options["max_requests"] or 0.0,
    )
    cache_of(measuring)
    with _resumable(output), observer(quiet=options["quiet"], verbose=options["verbose"]) as observe:
        found = find_targets(output, targets, measuring.tags, options["tls_verify"] is not False, observe)
        settings = settings_of({**options, "install": None, "package": ()}, *found.types)
        run = measure_found(output, found, settings, measuring, observe)
    emit(_summary(output, run), None, force=False)
    finish(run, run.exit_code)


@contextlib.contextmanager
def _resumable(path: str) -> Iterator[None]:
    """Say how to go on after an interrupt."""
    try:
        yield
    except KeyboardInterrupt as interrupt:
        message = f"{path} has what was measured; run the same command again to continue"
        raise KeyboardInterrupt(message) from interrupt


def _cache(options: Mapping[str, Any]) -> str | None:
    """Return the location of the cache, "" for none, None for the default."""
    if options["no_cache"]:
        return ""
    if options["scheduler"] and not options["cache"]:
        raise click.UsageError(
            "--scheduler needs --cache with a directory or URL that all workers reach, or --no-cache"
        )
    return options["cache"] or None


def _newest(text: str) -> int | None:
    if text == "all":
        return None
    if not text.isdecimal() or not int(text):
        raise click.BadParameter(f"{text!r} is neither a positive number nor 'all'", param_hint="--tags")
    return int(text)


def _summary(path: str, run: FleetRun) -> str:
    from deadweight.report.units import counted

    failed = len(run.skipped)
    measured = run.targets - run.earlier - run.reused - failed
    parts = [f"measured {counted(measured, 'target')}"]
    parts += [f"{run.reused:,} unchanged"] * bool(run.reused)
    parts += [f"{run.earlier:,} before the interruption"] * bool(run.earlier)
    parts += [f"{failed:,} failed"] * bool(failed)
    return f"{path}: {', '.join(parts)} (run {run.run})\n"
