"""The steps of a target: the tasks that it needs, and what becomes of their results.

The steps are a generator. It yields the tasks that it needs next, and gets their results. A layer or a wheel that
several targets have is read by one task, which all of them wait for.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Generator, Iterable, Sequence

import msgspec

from deadweight import __version__
from deadweight.errors import BadReport
from deadweight.fleet.values import Failure
from deadweight.model import Archive
from deadweight.model.report import Report
from deadweight.operations.fleet.calls import Task
from deadweight.operations.fleet.tasks import Common, Failed, Identified, Measured, Planned, Result
from deadweight.sources.fleet.store import Fleet
from deadweight.sources.fleet.targets import anywhere
from deadweight.sources.system.pool import Call
from deadweight.sources.wheels.store import key_of

# The ranks of tasks: what is begun comes first, so that few targets are in memory.
_MEASURE, _READ, _PLAN, _IDENTIFY = range(4)
_TASKS = "deadweight.operations.fleet.tasks"
_AT_ONCE = 16  # wheels that one task reads, in threads: each one alone would mostly wait for its server
Steps = Generator[list[Task], list[Result], Failure | None]


class Targets:
    """The targets of a run, which share layers and wheels.

    reused: how many were not measured, since the file had a result for their digest
    """

    def __init__(self, fleet: Fleet, run: int, common: Common, *, is_remote: bool) -> None:
        self._fleet, self._run, self._is_remote = fleet, run, is_remote
        self._common, self._caches = msgspec.json.encode(common), bool(common.cache)
        # What a result depends on beside the digest of an image; without --platform, an index means this machine's.
        how = [__version__, platform.machine(), common.settings.given()]
        self._how = hashlib.sha256(json.dumps(how, sort_keys=True).encode()).hexdigest()[:16]
        self._read: dict[str, Result] = {}  # key of a task that read layers or wheels in this run → its result
        self._readers: dict[str, Task] = {}  # key of a wheel → the task that reads it
        self.reused = 0

    def steps(self, name: str) -> Steps:
        """Yield the tasks of a target, some at a time; return the failure, if any."""
        if name.startswith("registry:"):
            return (yield from self._steps_of_image(name))
        where = anywhere(name) if self._is_remote else name
        resolution = b""
        if self._caches:
            (planned,) = yield [self._task("plan", _PLAN, (where, ""))]
            if isinstance(planned, Failed):
                return _failure(planned)
            assert isinstance(planned, Planned)
            resolution = planned.resolution
            reading = [self._layer_task((where, "", digest)) for digest in planned.layers]
            # A layer or a wheel that cannot be read is not the end: measuring tries again, and says what is wrong.
            yield from self._results([*reading, *self._wheel_tasks(planned.archives)])
        (measured,) = yield [self._task("measure", _MEASURE, (where, "", resolution), where)]
        return self._record(name, measured)

    def arrived(self, task: Task, result: Result) -> None:
        """Remember that a layer or wheels were read, at once, though others of the same target may still be read."""
        if task.rank == _READ:
            self._read[task.call.key] = result

    def _steps_of_image(self, name: str) -> Steps:
        """Yield the tasks of an image in a registry: what is named by a digest is done once for all images."""
        host = name.removeprefix("registry:").removeprefix("//").partition("/")[0]
        (identified,) = yield [self._task("identify", _IDENTIFY, (name,), host=host)]
        if isinstance(identified, Failed):
            return _failure(identified)
        assert isinstance(identified, Identified)
        digest = identified.digest
        identity = f"{digest}+{self._how}"
        if self._fleet.reuse(self._run, name, identity):
            self.reused += 1
            return None
        if self._caches:
            (planned,) = yield [self._task("plan", _PLAN, (name, digest), digest, host)]
            if isinstance(planned, Failed):
                return _failure(planned)
            assert isinstance(planned, Planned)
            reading = [self._layer_task((name, digest, layer), host) for layer in planned.layers]
            results = yield from self._results(reading)
            if failed := next((result for result in results if isinstance(result, Failed)), None):
                return _failure(failed)
        (measured,) = yield [self._task("measure", _MEASURE, (name, digest), digest, "" if self._caches else host)]
        return self._record(name, measured, identity)

    def _results(self, reading: Sequence[Task]) -> Generator[list[Task], list[Result], list[Result]]:
        """Yield those of some tasks that have not ended; return the results of all."""
        yield [task for task in reading if task.call.key not in self._read]
        return [self._read[task.call.key] for task in reading]

    def _layer_task(self, arguments: tuple[str, str, str], host: str = "") -> Task:
        return self._task("read_layer", _READ, arguments, arguments[2], host)

    def _wheel_tasks(self, archives: Iterable[Archive]) -> list[Task]:
        """Return the tasks that read some wheels, each wheel in one task of the run, whichever target asks for it."""
        # An index only claims that a URL has a hash, so the same hash at another URL is another wheel.
        named = {key_of(archive.sha256 or "", archive.url): archive for archive in archives}
        new = [key for key in named if key not in self._readers]
        for start in range(0, len(new), _AT_ONCE):
            keys = new[start : start + _AT_ONCE]
            text = msgspec.json.encode([named[key] for key in keys]).decode()
            self._readers |= dict.fromkeys(keys, self._task("list_wheels", _READ, (text,)))
        return list({task.call.key: task for task in map(self._readers.__getitem__, named)}.values())

    def _task(
        self, function: str, rank: int, arguments: tuple[str | bytes, ...], key: str = "", host: str = ""
    ) -> Task:
        """Return a task; ``key`` identifies it among those of its function, else its arguments do."""
        text = key or "\0".join(map(str, arguments))
        number = hashlib.sha256(self._common + text.encode("utf-8", "surrogateescape")).hexdigest()
        call = Call(f"{function}-{number}", f"{_TASKS}:{function}", (self._common, *arguments))
        return Task(call, rank, host)

    def _record(self, name: str, measured: Result, identity: str | None = None) -> Failure | None:
        if isinstance(measured, Failed):
            return _failure(measured)
        assert isinstance(measured, Measured)
        try:
            report = Report.from_json(measured.report)
        except BadReport as error:
            return Failure.of(error)
        self._fleet.add(self._run, name, report, identity=identity)
        return None


def _failure(failed: Failed) -> Failure:
    return Failure(reason=failed.reason, exit_code=failed.exit_code)
