"""Calls in child processes, run for real; ``posixpath`` stands for a module of ours."""

from __future__ import annotations

import os
import posixpath

import pytest

from deadweight.sources.system import workers
from deadweight.sources.system.workers import Worker, each, started


def test_each__calls__give_their_results_in_order() -> None:
    assert list(each(posixpath.join, [("a", "b"), ("c",), ("d", "e", "f")])) == ["a/b", "c", "d/e/f"]


def test_started__several_calls_for_each_worker__give_an_iterator_each() -> None:
    with started(posixpath.basename, [[("a/b",), ("c/d",)], [("e/f",)]]) as results:
        assert [list(result) for result in results] == [["b", "d"], ["f"]]


def test_worker__is_another_process() -> None:
    with Worker(os.getpid, [()]) as worker:
        assert list(worker.results()) != [os.getpid()]


@pytest.mark.parametrize("program", ["raise SystemExit(1)", ""])
def test_worker__fails__its_calls_are_made_in_this_process(program: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "_PROGRAM", program)
    with Worker(os.getpid, [(), ()]) as worker:
        assert list(worker.results()) == [os.getpid()] * 2


def test_worker__call_fails__raises_as_in_this_process() -> None:
    with Worker(posixpath.basename, [("a/b",), (1,), ("c/d",)]) as worker:
        results = worker.results()
        assert next(results) == "b"
        with pytest.raises(TypeError):
            next(results)


def test_worker__ends_with_its_block() -> None:
    with Worker(posixpath.basename, [("a",)] * 1000) as worker:
        assert next(worker.results()) == "a"
        assert worker._child
    assert worker._child.returncode is not None
