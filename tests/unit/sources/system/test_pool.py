from __future__ import annotations

import os
import signal
import time
from collections.abc import Iterator

import pytest

from deadweight.sources.system.pool import Call, Finished, Pool

HERE = "tests.unit.sources.system.test_pool"


def twice(data: bytes) -> bytes:
    return data * 2


def process() -> bytes:
    return str(os.getpid()).encode()


def die() -> bytes:
    os.kill(os.getpid(), signal.SIGKILL)
    return b""


def print_and_read() -> bytes:
    print("noise")  # as a library might
    return os.read(0, 10)


def sleep(path: str) -> bytes:
    try:
        open(path, "w").close()
        time.sleep(60)
    finally:
        os.unlink(path)
    return b""


@pytest.fixture
def pool() -> Iterator[Pool]:
    with Pool(2) as pool:
        yield pool


def finished(pool: Pool) -> Finished:
    ended = pool.next(30)
    assert ended is not None
    return ended


def test_pool__several_calls__each_has_its_result(pool: Pool) -> None:
    for number in range(5):
        pool.submit(Call(f"{number}", f"{HERE}:twice", (b"x" * number,)))
    results = {ended.key: ended.result for ended in (finished(pool) for _ in range(5))}
    assert results == {f"{number}": b"x" * 2 * number for number in range(5)}


def test_pool__calls__run_in_processes_that_stay(pool: Pool) -> None:
    pids = set()
    for number in range(6):
        pool.submit(Call(f"{number}", f"{HERE}:process", ()))
        pids.add(finished(pool).result)
    assert len(pids) <= 2
    assert str(os.getpid()).encode() not in pids
    assert pool.memory > 0


def test_pool__killed_worker__reports_it_and_goes_on(pool: Pool) -> None:
    pool.submit(Call("dies", f"{HERE}:die", ()))
    assert finished(pool) == Finished("dies", None, "the process that measured it was killed by signal 9")
    pool.submit(Call("lives", f"{HERE}:twice", (b"a",)))
    assert finished(pool) == Finished("lives", b"aa")


def test_pool__call_that_prints_and_reads__does_not_disturb_the_pipes(pool: Pool) -> None:
    pool.submit(Call("noisy", f"{HERE}:print_and_read", ()))
    assert finished(pool) == Finished("noisy", b"")


def test_pool__nothing_ended__returns_none_after_the_time(pool: Pool) -> None:
    assert pool.next(0.01) is None


def test_pool__left_during_a_call__lets_the_worker_clean_up(tmp_path: os.PathLike[str]) -> None:
    path = os.path.join(tmp_path, "scratch")
    with Pool(1) as pool:
        pool.submit(Call("sleeps", f"{HERE}:sleep", (path,)))
        while not os.path.exists(path):
            time.sleep(0.01)
        (child,) = pool.processes
    assert not os.path.exists(path)
    with pytest.raises(ProcessLookupError):
        os.kill(child, 0)


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs proc(5)")
def test_pool__large_parent__does_not_count_for_its_workers() -> None:
    large = b"x" * (300 << 20)
    with Pool(1) as pool:
        pool.submit(Call("a", f"{HERE}:process", ()))
        finished(pool)
    assert 0 < pool.memory < len(large)
