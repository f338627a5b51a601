"""fleet_measure(): targets as users name them → a run in the file of a fleet, by processes here or by a cluster."""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Iterator, Sequence
from functools import partial

from msgspec import Struct
from msgspec.structs import replace

from deadweight.arguments import check_limits, items
from deadweight.errors import BadInput, UnclearTarget
from deadweight.fleet.values import target_name
from deadweight.operations.fleet.caching import check_cache
from deadweight.operations.fleet.calls import Executor
from deadweight.operations.fleet.measuring import FleetRun, Plan, measure_fleet
from deadweight.progress import Observer, silent
from deadweight.settings import Settings, refuse
from deadweight.sources.fleet.cache import default_location, refuse_credentials, trim_cache
from deadweight.sources.fleet.stored import known_tags
from deadweight.sources.fleet.targets import Search, targets_of
from deadweight.sources.system.pool import Pool
from deadweight.sources.system.processors import processors
from deadweight.targets import parse_target
from deadweight.targets.options import check_options
from deadweight.targets.types import Target
from deadweight.untrusted import without_credentials

# Options of one target, or of what is installed
OF_ONE = ("package", "requirements", "environment", "keep_env")


class FleetMeasuring(Struct, frozen=True, kw_only=True):
    """How to measure a fleet.

    tags:        how many tags of each repository that a pattern matches, the newest; None for all
    complete:    whether the targets are the whole fleet, so that other targets no longer count
    restart:     whether to begin a new run even if the last one was interrupted
    cache:       the directory or the URL of the cache that workers share; "" for none, None for a directory in the
                 cache of deadweight
    scheduler:   the URL of a Dask scheduler, whose workers measure; "" for processes on this machine
    connections: the most workers that read from one registry at once
    rate:        the most requests per second to one server; 0 for no limit
    """

    tags: int | None = 1
    complete: bool = False
    restart: bool = False
    cache: str | None = None
    scheduler: str = ""
    connections: int = 8
    rate: float = 0.0

    def __post_init__(self) -> None:
        check_limits(tags=self.tags, connections=self.connections, rate=self.rate or None)


class Found(Struct, frozen=True, kw_only=True):
    """Targets: as they were given, such as patterns and lists, and those that were found."""

    given: tuple[str, ...]
    targets: tuple[str, ...]

    @property
    def types(self) -> list[Target]:
        """A target of each type, since the type decides which options apply."""
        types: dict[type[Target], Target] = {}
        for target in self.targets:
            with contextlib.suppress(UnclearTarget):  # recorded as a failure
                parsed = parse_target(target)
                types.setdefault(type(parsed), parsed)
        return list(types.values())


def fleet_measure(
    path: str,
    targets: str | Iterable[str],
    settings: Settings | None = None,
    measuring: FleetMeasuring | None = None,
    *,
    observe: Observer = silent,
) -> FleetRun:
    """Measure many targets, and record the results in a SQLite file as one run; the file is created if it is missing.

    A target that fails is recorded with its reason. An interrupted run with the same arguments is continued.

    targets:  any targets of ``profile`` except names of projects; lists of them, ``@FILE`` or ``FILE.txt``; patterns,
              such as ``registry:HOST/team/*`` and ``images/*.tar``; and directories of projects
    settings: for all targets; requirements are never installed
    returns:  the number of the run, and what it measured
    raises:   BadInput if an argument names no target; BadFleet, FleetFailed; FetchFailed for a registry that cannot be
              listed, or a cluster that does not answer
    """
    settings, measuring = settings or Settings(), measuring or FleetMeasuring()
    refuse(settings, OF_ONE, "a fleet has many targets")
    if settings.measuring.no_install is False:
        raise BadInput("targets of a fleet are measured without installing", hint="do not set no_install to False")
    if settings.measuring.no_cache:
        measuring = replace(measuring, cache="")
    cache_of(measuring)
    found = find_targets(path, items(targets), measuring.tags, settings.measuring.tls_verify, observe)
    check_options(settings, *found.types)
    return measure_found(path, found, settings, measuring, observe)


def find_targets(path: str, targets: Iterable[str], tags: int | None, verify: bool, observe: Observer) -> Found:
    """Return the targets that arguments name; raises BadInput, FetchFailed.

    path:   of the fleet, which may know tags that a registry does not list
    verify: whether a registry needs a valid TLS certificate
    """
    given = tuple(targets)
    search = Search(newest=tags, verify=verify, known=partial(known_tags, path), observe=observe)
    return Found(given=given, targets=tuple(targets_of(given, search)))


def measure_found(
    path: str, found: Found, settings: Settings, measuring: FleetMeasuring, observe: Observer
) -> FleetRun:
    """Measure the targets that were found; see ``fleet_measure``."""
    settings, cache = settings.replacing(no_install=True), cache_of(measuring)
    plan = Plan(
        targets=found.targets,
        settings=settings,
        options={
            "targets": [target_name(target) for target in found.given],
            "tags": "all" if measuring.tags is None else str(measuring.tags),
            **settings.given(),
        },
        complete=measuring.complete,
        restart=measuring.restart,
        cache=cache,
        connections=measuring.connections,
        rate=measuring.rate,
    )
    with _executor(settings, measuring.scheduler) as executor:
        if measuring.cache:
            check_cache(cache, executor)
        run = measure_fleet(path, plan, executor, observe=observe)
    trim_cache(cache)
    return run


def cache_of(measuring: FleetMeasuring) -> str:
    """Return the location of the cache, "" for none; raises BadInput for one that workers cannot use."""
    if measuring.cache is None and measuring.scheduler:
        raise BadInput(
            "the workers of a cluster need a cache that all of them reach",
            hint='set cache to a directory or URL, or to "" for none',
        )
    cache = default_location() if measuring.cache is None else measuring.cache
    refuse_credentials(cache)
    return cache


@contextlib.contextmanager
def _executor(settings: Settings, scheduler: str) -> Iterator[Executor]:
    """Yield what executes the tasks: a cluster, else a process for each available processor."""
    if scheduler:
        from deadweight.sources.fleet.cluster import Cluster

        _check_secrets(settings)
        with Cluster(scheduler) as cluster:
            yield cluster
        return
    with Pool(settings.measuring.jobs or processors()) as pool:
        yield pool


def _check_secrets(settings: Settings) -> None:
    """Refuse URLs with credentials, which a cluster would show to everybody who sees its tasks."""
    measuring, request = settings.measuring, settings.request
    urls: Sequence[str] = (measuring.index_url, *measuring.extra_index_url, *measuring.find_links, *request.index)
    if any(without_credentials(url) != url for url in urls):
        raise BadInput("URLs with credentials are not sent to a cluster", hint="put them into netrc on the workers")
