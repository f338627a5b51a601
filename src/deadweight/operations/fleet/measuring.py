"""measure_fleet(): targets → a run in the file of a fleet, by worker processes, several targets at once."""

from __future__ import annotations

import contextlib
import gc
import json
from collections import deque
from collections.abc import Callable, Iterator, Sequence

from msgspec import Struct

from deadweight import __version__
from deadweight.errors import BadInput
from deadweight.fleet.values import Failure, storable, target_name
from deadweight.model.tree import Skipped
from deadweight.operations.fleet.calls import Calls, Executor, Task
from deadweight.operations.fleet.steps import Steps, Targets
from deadweight.operations.fleet.tasks import Common, Result
from deadweight.progress import Observer, Progress, silent
from deadweight.settings import Settings
from deadweight.sources.fleet.store import Fleet

_AHEAD = 16  # targets in work for each process: while some wait for layers, others are identified


class Plan(Struct, frozen=True, kw_only=True):
    """What to measure, and how.

    targets:     as ``parse_target`` takes them
    options:     what an interrupted run must have in common with this one to be continued
    complete:    whether the targets are the whole fleet
    restart:     whether to begin a new run even if the last one was interrupted
    cache:       the directory or the URL of the shared cache, "" for none
    connections: the most tasks at once that send requests to one registry
    rate:        the most requests per second to one server, 0 for no limit
    """

    targets: Sequence[str]
    settings: Settings = Settings()
    options: dict[str, object] = {}
    complete: bool = False
    restart: bool = False
    cache: str = ""
    connections: int = 8
    rate: float = 0.0


class FleetRun(Struct, frozen=True, kw_only=True):
    """What a run did.

    run:     its number
    targets: how many there are
    earlier: how many of them an interrupted run had measured already
    reused:  how many were not measured, since the file had a result for their digest
    skipped: those that failed
    """

    run: int
    targets: int
    earlier: int
    reused: int
    skipped: tuple[Skipped, ...]

    @property
    def exit_code(self) -> int:
        """0, or the highest exit code of the targets that failed."""
        return max((skipped.exit_code for skipped in self.skipped), default=0)


def measure_fleet(path: str, plan: Plan, executor: Executor, *, observe: Observer = silent) -> FleetRun:
    """Measure targets into the file of a fleet; it is created if it is missing.

    A target that fails is recorded with its reason. An interrupted run with the same options is continued.

    raises: BadFleet, FleetFailed; BadInput if there are no targets
    """
    if not plan.targets:
        raise BadInput("no targets to measure")
    with Fleet.open(path) as fleet, _collecting():
        run, measured = _begun(fleet, plan)
        measuring = _Measuring(fleet, run, plan, executor, observe)
        measuring.measure([target for target in plan.targets if target_name(target) not in measured])
        fleet.finish(run)
    return measuring.result()


def _begun(fleet: Fleet, plan: Plan) -> tuple[int, set[str]]:
    """Return the number of the run and the targets that it has: of a new run, or of an interrupted one that fits."""
    options = {"command": "measure", **plan.options}
    last = None if plan.restart else fleet.unfinished()
    text = storable(json.dumps(options, sort_keys=True))
    if last and (last.options, last.version, last.complete) == (text, __version__, plan.complete):
        return last.id, fleet.measured(last.id)
    return fleet.begin(__version__, options, complete=plan.complete), set()


@contextlib.contextmanager
def _collecting() -> Iterator[None]:
    """Collect garbage, which the command line does not for short runs."""
    was_enabled = gc.isenabled()
    gc.enable()
    try:
        yield
    finally:
        if not was_enabled:
            gc.disable()


class _Measuring:
    """A run at work."""

    def __init__(self, fleet: Fleet, run: int, plan: Plan, executor: Executor, observe: Observer) -> None:
        self._fleet, self._run, self._plan, self._observe = fleet, run, plan, observe
        self._calls, self._executor = Calls(executor, plan.connections, plan.rate), executor
        common = Common(
            settings=plan.settings.replacing(jobs=1),
            version=__version__,
            cache=plan.cache,
            lighter=not plan.settings.measuring.no_lighter,
        )
        self._targets = Targets(fleet, run, common, is_remote=executor.is_remote)
        self._begun = self._done = self._earlier = 0
        self._skipped: list[Skipped] = []

    def measure(self, targets: Sequence[str]) -> None:
        """Measure targets, a few at a time."""
        self._earlier = self._done = len(self._plan.targets) - len(targets)
        waiting = deque(targets)
        self._tell()
        while waiting or self._begun:
            # Workers of a cluster come and go.
            while waiting and self._begun < _AHEAD * self._executor.size:
                name = waiting.popleft()
                self._begun += 1
                self._advance(name, self._targets.steps(name), None)
            if len(self._calls):
                self._calls.work()

    def result(self) -> FleetRun:
        """Return what was done."""
        return FleetRun(
            run=self._run,
            targets=len(self._plan.targets),
            earlier=self._earlier,
            reused=self._targets.reused,
            skipped=tuple(self._skipped),
        )

    def _advance(self, name: str, steps: Steps, results: list[Result] | None) -> None:
        """Go on with a target until it needs the results of tasks."""
        try:
            tasks = next(steps) if results is None else steps.send(results)
        except StopIteration as end:
            self._end(name, end.value)
            return
        arrived: dict[str, Result] = {}

        def arrive(task: Task) -> Callable[[Result], None]:
            def take(result: Result) -> None:
                self._targets.arrived(task, result)
                arrived[task.call.key] = result
                if len(arrived) == len(tasks):
                    self._advance(name, steps, [arrived[task.call.key] for task in tasks])

            return take

        if not tasks:
            self._advance(name, steps, [])
        for task in tasks:
            self._calls.add(task, arrive(task))

    def _end(self, name: str, failure: Failure | None) -> None:
        self._begun -= 1
        self._done += 1
        if failure is not None:
            self._fleet.add(self._run, name, failure)
            self._skipped.append(Skipped(target_name(name), failure.reason, failure.exit_code))
        self._tell()

    def _tell(self) -> None:
        left = len(self._plan.targets) - self._done
        failed = f", {len(self._skipped):,} failed" if self._skipped else ""
        self._observe(
            Progress("measuring", f"targets: {left:,} left{failed}", done=self._done, total=len(self._plan.targets))
        )
