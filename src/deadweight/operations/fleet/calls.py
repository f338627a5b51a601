"""The queue of a fleet: tasks → calls of workers, in order of priority, within the limits of each server, with retries.

Whoever executes calls (a pool of local processes, or a cluster) gets only as many as it can work on, so a queue of
any length takes little memory there.
"""

from __future__ import annotations

import heapq
import time
from collections import Counter
from collections.abc import Callable
from itertools import count
from typing import NamedTuple, Protocol

from msgspec import Struct
from msgspec.structs import replace

from deadweight.operations.fleet.tasks import Failed, Result, decoded
from deadweight.sources.system.pool import Call, Finished

_MOST_ATTEMPTS = 4
_MOST_DEATHS = 6  # attempts of a task whose processes die, which is mostly not its fault
_FIRST_WAIT = 1.0  # seconds before the second attempt; each further wait is twice as long
_LONGEST_WAIT = 300.0  # whatever Retry-After says


class Executor(Protocol):
    """What makes calls; ``is_remote`` if in other working directories."""

    is_remote: bool

    @property
    def workers(self) -> int:
        """How many processes make them now; those of a cluster come and go."""

    @property
    def size(self) -> int:
        """How many calls it makes at once."""

    def submit(self, call: Call) -> None:
        """Have a call made."""

    def next(self, seconds: float | None) -> Finished | None:
        """Return a call that ended, None if none did within some seconds; None for no limit."""


class Task(NamedTuple):
    """A call, and what its place in the queue depends on.

    call: without the interval, which is its second argument when it is made
    rank: tasks of a lower rank come first
    host: the server that it sends requests to, "" for none
    """

    call: Call
    rank: int
    host: str


class _Waiting(Struct):
    """A task that has not ended, and who waits for its result."""

    task: Task
    then: list[Callable[[Result], None]]
    attempts: int = 0
    is_running: bool = False


class Calls:
    """Tasks that wait, run, or are tried again later. A task that several ask for is done once, for all of them.

    connections: the most tasks at once that send requests to the same server
    rate:        the most requests per second to one server, 0 for no limit
    """

    def __init__(self, executor: Executor, connections: int, rate: float = 0.0) -> None:
        self._executor, self._connections, self._rate = executor, connections, rate
        self._tasks: dict[str, _Waiting] = {}
        self._ready: list[tuple[int, int, str]] = []  # rank, order, key
        self._later: list[tuple[float, str]] = []  # when, key
        self._running: Counter[str] = Counter()  # host → tasks
        self._blocked: dict[str, float] = {}  # host → until when it takes no requests
        self._order = count()

    def add(self, task: Task, then: Callable[[Result], None]) -> None:
        """Have a task done; ``then`` gets its result."""
        waiting = self._tasks.get(task.call.key)
        if waiting is not None:
            waiting.then.append(then)
            return
        self._tasks[task.call.key] = _Waiting(task=task, then=[then])
        self._push(task)

    def __len__(self) -> int:
        return len(self._tasks)

    def work(self) -> None:
        """Start what may start, and wait until a task has ended or may start."""
        self._start()
        finished = self._executor.next(self._patience())
        if finished is not None:
            self._end(finished)

    def _push(self, task: Task) -> None:
        heapq.heappush(self._ready, (task.rank, next(self._order), task.call.key))

    def _start(self) -> None:
        """Submit the first tasks that their servers allow."""
        now = time.monotonic()
        while self._later and self._later[0][0] <= now:
            self._push(self._tasks[heapq.heappop(self._later)[1]].task)
        held: list[tuple[int, int, str]] = []
        while self._ready and self._running.total() < self._executor.size:
            entry = heapq.heappop(self._ready)
            waiting = self._tasks[entry[2]]
            host = waiting.task.host
            if host and (self._running[host] >= self._connections or self._blocked.get(host, 0.0) > now):
                held.append(entry)
                continue
            waiting.is_running = True
            self._running[host] += 1
            self._executor.submit(self._paced(waiting.task.call))
        for entry in held:
            heapq.heappush(self._ready, entry)

    def _paced(self, call: Call) -> Call:
        """Return a call with the seconds between requests of its process: its share of the rate as of now."""
        interval = self._executor.workers / self._rate if self._rate else 0.0
        common, *arguments = call.arguments
        return call._replace(arguments=(common, f"{interval:g}", *arguments))

    def _patience(self) -> float | None:
        """Return the seconds until a task may start that may not yet; None if only running ones can change that."""
        now = time.monotonic()
        times = [self._later[0][0]] if self._later else []
        times += [until for until in self._blocked.values() if until > now] if self._ready else []
        return max(0.0, min(times) - now) if times else None

    def _end(self, finished: Finished) -> None:
        waiting = self._tasks.get(finished.key)
        if waiting is None or not waiting.is_running:
            return
        waiting.is_running = False
        waiting.attempts += 1
        host = waiting.task.host
        self._running[host] -= 1
        result = (
            Failed(reason=finished.reason, exit_code=5, wait=0.0)
            if finished.result is None
            else decoded(finished.result)
        )
        if isinstance(result, Failed) and result.wait is not None:
            is_lost = finished.result is None
            if waiting.attempts < (_MOST_DEATHS if is_lost else _MOST_ATTEMPTS):
                self._retry(waiting, result.wait, is_lost=is_lost)
                return
            result = replace(result, reason=f"{result.reason} ({waiting.attempts} attempts)")
        del self._tasks[finished.key]
        for then in waiting.then:
            then(result)

    def _retry(self, waiting: _Waiting, wait: float, *, is_lost: bool) -> None:
        """Try a task again later; a server that said when gets no requests until then."""
        now = time.monotonic()
        if wait:
            self._blocked[waiting.task.host] = now + min(wait, _LONGEST_WAIT)
        pause = max(min(wait, _LONGEST_WAIT), _FIRST_WAIT * 2 ** (waiting.attempts - 1))
        if is_lost:
            pause = 0.0 if waiting.attempts == 1 else pause / 2
        heapq.heappush(self._later, (now + pause, waiting.task.call.key))
