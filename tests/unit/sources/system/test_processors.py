"""The number of processes to use."""

from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from deadweight.sources.system import processors


@pytest.fixture(autouse=True)
def no_limit() -> Iterator[None]:
    yield
    processors.allow(None)


@pytest.mark.parametrize(("usable", "allowed", "expected"), [(2, None, 2), (64, None, 8), (4, 1, 1), (1, 3, 3)])
def test_processors__affinity_and_jobs__limit_them(
    monkeypatch: pytest.MonkeyPatch, usable: int, allowed: int | None, expected: int
) -> None:
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: set(range(usable)))
    processors.allow(allowed)
    assert processors.processors() == expected


def test_processors__no_interpreter_to_start__is_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.executable", "")
    assert processors.processors() == 1
