from __future__ import annotations

import msgspec
import pytest

from deadweight.operations.fleet import calls as module
from deadweight.operations.fleet.calls import Calls, Task
from deadweight.operations.fleet.tasks import Done, Failed, Result
from deadweight.sources.system.pool import Call, Finished

DONE = Done()


class Clock:
    """Time that passes only while somebody waits."""

    def __init__(self) -> None:
        self.now = 100.0

    def monotonic(self) -> float:
        return self.now


class Workers:
    """Ends calls in the order in which they were submitted, with the results that a test gives, else with success."""

    is_remote = False

    def __init__(self, clock: Clock, size: int, results: dict[str, list[Result | None]]) -> None:
        self.size, self._clock, self._results = size, clock, results
        self.workers = size
        self.submitted: list[tuple[str, float]] = []
        self.intervals: list[str | bytes] = []
        self._running: list[Call] = []
        self.most = 0

    def submit(self, call: Call) -> None:
        self.submitted.append((call.key, self._clock.now))
        self.intervals.append(call.arguments[1])
        self._running.append(call)
        self.most = max(self.most, len(self._running))

    def next(self, seconds: float | None) -> Finished | None:
        if not self._running:
            assert seconds is not None, "waits for nothing"
            self._clock.now += seconds
            return None
        call = self._running.pop(0)
        left = self._results.get(call.key)
        result = left.pop(0) if left else DONE
        if result is None:
            return Finished(call.key, None, "killed")
        return Finished(call.key, msgspec.msgpack.encode(result))


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


def task(key: str, rank: int = 0, host: str = "") -> Task:
    return Task(Call(key, "module:function", (b"common", "target")), rank, host)


def done(
    clock: Clock,
    *tasks: Task,
    size: int = 1,
    connections: int = 8,
    results: dict[str, list[Result | None]] | None = None,
) -> tuple[Workers, dict[str, Result]]:
    """Do all tasks; return the workers and the result of each task."""
    workers = Workers(clock, size, results or {})
    calls, found = Calls(workers, connections), dict[str, Result]()
    for each in tasks:
        calls.add(each, lambda result, key=each.call.key: found.__setitem__(key, result))  # type: ignore[misc]
    while len(calls):
        calls.work()
    return workers, found


def test_calls__ranks__lower_ones_come_first(clock: Clock) -> None:
    workers, _ = done(clock, task("c", 2), task("a", 0), task("b", 1), task("a2", 0))
    assert [key for key, _ in workers.submitted] == ["a", "a2", "b", "c"]


def test_calls__task_that_two_ask_for__is_done_once(clock: Clock) -> None:
    workers, calls, results = Workers(clock, 1, {}), Calls(Workers(clock, 1, {}), 8), list[Result]()
    calls = Calls(workers, 8)
    calls.add(task("a"), results.append)
    calls.add(task("a"), results.append)
    calls.work()
    assert (len(workers.submitted), results) == (1, [DONE, DONE])


def test_calls__one_server__gets_few_requests_at_once(clock: Clock) -> None:
    tasks = [task(f"{n}", host="a.example") for n in range(6)]
    workers, found = done(clock, *tasks, size=5, connections=2)
    assert (workers.most, len(found)) == (2, 6)


def test_calls__busy_server__does_not_keep_others_waiting(clock: Clock) -> None:
    tasks = [*(task(f"a{n}", host="a.example") for n in range(4)), task("b", host="b.example")]
    workers, _ = done(clock, *tasks, size=3, connections=1)
    assert [key for key, _ in workers.submitted][:2] == ["a0", "b"]


def test_calls__failure_that_may_pass__is_retried_with_longer_waits(clock: Clock) -> None:
    again = Failed(reason="timeout", exit_code=5, wait=0.0)
    workers, found = done(clock, task("a"), results={"a": [again, again]})
    assert workers.submitted == [("a", 100.0), ("a", 101.0), ("a", 103.0)]
    assert found == {"a": DONE}


def test_calls__failure_that_stays__is_the_result_after_some_attempts(clock: Clock) -> None:
    workers, found = done(clock, task("a"), results={"a": [Failed(reason="timeout", exit_code=5, wait=0.0)] * 9})
    assert len(workers.submitted) == 4
    assert found == {"a": Failed(reason="timeout (4 attempts)", exit_code=5, wait=0.0)}


def test_calls__failure_for_good__is_not_retried(clock: Clock) -> None:
    failed = Failed(reason="not found", exit_code=5)
    workers, found = done(clock, task("a"), results={"a": [failed]})
    assert (len(workers.submitted), found) == (1, {"a": failed})


def test_calls__retry_after__keeps_all_requests_from_the_server(clock: Clock) -> None:
    limited = Failed(reason="429", exit_code=5, wait=60.0)
    tasks = [task("a", host="a.example"), task("a2", host="a.example"), task("b", host="b.example")]
    workers, found = done(clock, *tasks, connections=1, results={"a": [limited]})
    times = dict(reversed(workers.submitted))
    assert (times["b"], times["a2"], workers.submitted[-1][1]) == (100.0, 160.0, 160.0)
    assert set(found.values()) == {DONE}


def test_calls__worker_that_died__is_replaced_at_once_and_then_later(clock: Clock) -> None:
    workers, found = done(clock, task("a"), results={"a": [None, None, None]})
    assert workers.submitted == [("a", 100.0), ("a", 100.0), ("a", 101.0), ("a", 103.0)]
    assert found == {"a": DONE}
    _, found = done(clock, task("a"), results={"a": [None] * 9})
    assert found == {"a": Failed(reason="killed (6 attempts)", exit_code=5, wait=0.0)}


def test_calls__workers_that_join_and_leave__share_the_rate(clock: Clock) -> None:
    workers = Workers(clock, 1, {})
    calls = Calls(workers, connections=8, rate=10)
    for key, there in (("a", 1), ("b", 3), ("c", 2)):
        workers.workers = there
        calls.add(task(key), lambda result: None)
        calls.work()
    assert workers.intervals == ["0.1", "0.3", "0.2"]


def test_calls__no_rate__has_no_interval(clock: Clock) -> None:
    workers, _ = done(clock, task("a"))
    assert workers.intervals == ["0"]
