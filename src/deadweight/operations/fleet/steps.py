"""The steps of a target: the tasks that it needs, and what becomes of their results.

The steps are a generator. It yields the tasks that it needs next, and gets their results. A layer or a wheel that
several targets have is read by one task, which all of them wait for. If it fails, each repository is asked itself: a
failure of one says nothing about the others.
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
from deadweight.formats.images.image_reference import parse_reference
from deadweight.model import Archive
from deadweight.model.report import Report
from deadweight.operations.fleet.calls import Task
from deadweight.operations.fleet.tasks import Common, Failed, Identified, Measured, Planned, Result
from deadweight.sources.fleet.store import Fleet
from deadweight.sources.fleet.targets import anywhere
from deadweight.sources.system.pool import Call
from deadweight.sources.wheels.store import key_of
from deadweight.targets import parse_target
from deadweight.targets.types import RegistryImage

# The ranks of tasks: what is begun comes first, so that few targets are in memory.
_MEASURE, _READ, _PLAN, _IDENTIFY = range(4)
_TASKS = "deadweight.operations.fleet.tasks"
_LIST_WHEELS = f"{_TASKS}:list_wheels"
_AT_ONCE = 16  # wheels that one task reads, in threads: each one alone would mostly wait for its server
_Work = tuple[str, str | bytes]  # function, and the digest of the image or layer
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
        self._first: dict[_Work, Task] = {}  # what is being done for images, or was read → the task that does it
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
            reading = [self._begun(self._layer_task((where, "", digest))) for digest in planned.layers]
            # A layer or a wheel that cannot be read is not the end: measuring tries again, and says what is wrong.
            yield from self._results([*reading, *self._wheel_tasks(planned.archives)])
        (measured,) = yield [self._task("measure", _MEASURE, (where, "", resolution), where)]
        return self._record(name, measured)

    def arrived(self, task: Task, result: Result) -> None:
        """Remember that a layer or wheels were read, at once, though others of the same target may still be read.

        A layer that was not read is none that all images have: the next repository may give what this one refused.
        """
        if task.rank == _READ and (task.call.function == _LIST_WHEELS or not isinstance(result, Failed)):
            self._read[task.call.key] = result
        elif (first := self._first.get(_work(task))) and first.call.key == task.call.key:
            del self._first[_work(task)]

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
        repository = _repository_of(name)
        named = f"{repository}@{digest}"
        if self._caches:
            (planned,) = yield from self._shared([self._task("plan", _PLAN, (name, digest), named, host)])
            if isinstance(planned, Failed):
                return _failure(planned)
            assert isinstance(planned, Planned)
            reading = [self._layer_task((name, digest, layer), repository, host) for layer in planned.layers]
            results = yield from self._shared(reading)
            if failed := next((result for result in results if isinstance(result, Failed)), None):
                return _failure(failed)
        measuring = self._task("measure", _MEASURE, (name, digest), named, "" if self._caches else host)
        (measured,) = yield from self._shared([measuring])
        return self._record(name, measured, identity)

    def _results(self, reading: Sequence[Task]) -> Generator[list[Task], list[Result], list[Result]]:
        """Yield those of some tasks that have not ended; return the results of all."""
        new = [task for task in reading if task.call.key not in self._read]
        results = {task.call.key: result for task, result in zip(new, (yield new), strict=True)}
        return [results.get(task.call.key) or self._read[task.call.key] for task in reading]

    def _shared(self, own: Sequence[Task]) -> Generator[list[Task], list[Result], list[Result]]:
        """Yield tasks of an image, or those of other images that do the same; return their results.

        What failed for another image is done again for this one, whose repository may differ.
        """
        begun = list(map(self._begun, own))
        results = yield from self._results(begun)
        again = [
            place
            for place, task in enumerate(own)
            if isinstance(results[place], Failed) and task.call.key != begun[place].call.key
        ]
        if again:
            self._first |= {_work(own[place]): own[place] for place in again}
            more = yield from self._results([own[place] for place in again])
            for place, result in zip(again, more, strict=True):
                results[place] = result
        return results

    def _begun(self, task: Task) -> Task:
        """Return the task that does the same for another image, if there is one, else this one."""
        return self._first.setdefault(_work(task), task)

    def _layer_task(self, arguments: tuple[str, str, str], repository: str = "", host: str = "") -> Task:
        return self._task("read_layer", _READ, arguments, f"{repository}@{arguments[2]}", host)

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


def _work(task: Task) -> _Work:
    return task.call.function, task.call.arguments[-1]


def _repository_of(name: str) -> str:
    """Return the registry and the repository of an image in a registry."""
    target = parse_target(name)
    assert isinstance(target, RegistryImage)
    reference = parse_reference(target.reference)
    return f"{reference.host}/{reference.repository}"


def _failure(failed: Failed) -> Failure:
    return Failure(reason=failed.reason, exit_code=failed.exit_code)
