"""Work in several threads."""

from __future__ import annotations

import concurrent.futures
import threading

import pytest

from deadweight.errors import FetchFailed
from deadweight.sources.system.threads import Background, in_parallel


def test_in_parallel__items__come_with_their_results() -> None:
    assert {item: task.result() for item, task in in_parallel(lambda item: item * 2, [1, 2, 3])} == {1: 2, 2: 4, 3: 6}


def test_in_parallel__no_items__starts_no_thread() -> None:
    before = threading.active_count()
    assert list(in_parallel(lambda item: item, [])) == []
    assert threading.active_count() == before


def test_in_parallel__caller_stops__the_rest_never_starts() -> None:
    release, began = threading.Event(), []

    def work(item: int) -> int:
        began.append(item)
        if item:
            release.wait(20)
        return item

    for item, _ in in_parallel(work, range(1000)):
        assert item == 0
        break
    release.set()
    assert len(began) < 1000


def test_background__no_more_threads__is_said_with_the_limit(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    monkeypatch.setattr(concurrent.futures.ThreadPoolExecutor, "submit", refuse)
    with pytest.raises(FetchFailed, match="can't start new thread") as caught:
        Background().submit(int)
    assert "ulimit -u" in caught.value.hint
