"""fleet measure: many targets → a run in the SQLite file of a fleet."""

from __future__ import annotations

import contextlib
from functools import partial
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
    from collections.abc import Iterable, Iterator, Mapping

    from deadweight.operations.fleet.calls import Executor
    from deadweight.operations.fleet.measuring import FleetRun
    from deadweight.settings import Settings
    from deadweight.targets.types import Target


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
@option("--complete", group=WHAT, is_flag=True, help="Treat TARGETS as the whole fleet, and leave out all others.")
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
    from deadweight.fleet.values import target_name
    from deadweight.operations.fleet.caching import check_cache
    from deadweight.operations.fleet.measuring import Plan, measure_fleet
    from deadweight.sources.fleet.cache import refuse_credentials, trim_cache
    from deadweight.sources.fleet.stored import known_tags
    from deadweight.sources.fleet.targets import Search, targets_of

    newest = _newest(options["tags"])
    cache = _cache(options)
    refuse_credentials(cache)
    with _resumable(output), observer(quiet=options["quiet"], verbose=options["verbose"]) as observe:
        verify = options["tls_verify"] is not False
        search = Search(newest=newest, verify=verify, known=partial(known_tags, output), observe=observe)
        found = targets_of(targets, search)
        settings = settings_of({**options, "install": None, "package": ()}, *_types(found)).replacing(no_install=True)
        plan = Plan(
            targets=found,
            settings=settings,
            options={
                "targets": [target_name(target) for target in targets],
                "tags": options["tags"],
                **settings.given(),
            },
            complete=options["complete"],
            restart=options["restart"],
            cache=cache,
            connections=options["max_connections"],
            rate=options["max_requests"] or 0.0,
        )
        with _executor(settings, options["scheduler"]) as executor:
            if options["cache"]:
                check_cache(cache, executor)
            run = measure_fleet(output, plan, executor, observe=observe)
    trim_cache(cache)
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


@contextlib.contextmanager
def _executor(settings: Settings, scheduler: str | None) -> Iterator[Executor]:
    """Yield what executes the tasks: a cluster, else a process for each available processor."""
    from deadweight.sources.system.pool import Pool
    from deadweight.sources.system.processors import processors

    if scheduler:
        from deadweight.sources.fleet.cluster import Cluster

        _check_secrets(settings)
        with Cluster(scheduler) as cluster:
            yield cluster
        return
    with Pool(settings.measuring.jobs or processors()) as pool:
        yield pool


def _cache(options: Mapping[str, Any]) -> str:
    """Return the location of the cache, "" for none."""
    from deadweight.sources.fleet.cache import default_location

    if options["no_cache"]:
        return ""
    if options["scheduler"] and not options["cache"]:
        raise click.UsageError(
            "--scheduler needs --cache with a directory or URL that all workers reach, or --no-cache"
        )
    return options["cache"] or default_location()


def _check_secrets(settings: Settings) -> None:
    """Refuse URLs with credentials, which a cluster would show to everybody who sees its tasks."""
    from deadweight.errors import BadInput
    from deadweight.untrusted import without_credentials

    measuring, request = settings.measuring, settings.request
    urls = (measuring.index_url, *measuring.extra_index_url, *measuring.find_links, *request.index)
    if any(without_credentials(url) != url for url in urls):
        raise BadInput("URLs with credentials are not sent to a cluster", hint="put them into netrc on the workers")


def _newest(text: str) -> int | None:
    if text == "all":
        return None
    if not text.isdecimal() or not int(text):
        raise click.BadParameter(f"{text!r} is neither a positive number nor 'all'", param_hint="--tags")
    return int(text)


def _types(targets: Iterable[str]) -> list[Target]:
    """Return a target of each type, since the type decides which options apply."""
    from deadweight.errors import UnclearTarget
    from deadweight.targets import parse_target

    types: dict[type[Target], Target] = {}
    for target in targets:
        with contextlib.suppress(UnclearTarget):  # recorded as a failure
            parsed = parse_target(target)
            types.setdefault(type(parsed), parsed)
    return list(types.values())


def _summary(path: str, run: FleetRun) -> str:
    from deadweight.report.units import counted

    failed = len(run.skipped)
    measured = run.targets - run.earlier - run.reused - failed
    parts = [f"measured {counted(measured, 'target')}"]
    parts += [f"{run.reused:,} unchanged"] * bool(run.reused)
    parts += [f"{run.earlier:,} before the interruption"] * bool(run.earlier)
    parts += [f"{failed:,} failed"] * bool(failed)
    return f"{path}: {', '.join(parts)} (run {run.run})\n"
