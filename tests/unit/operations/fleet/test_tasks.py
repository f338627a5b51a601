"""The tasks of workers."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from deadweight.operations.fleet import tasks
from deadweight.sources.registries import trust

if TYPE_CHECKING:
    import pytest


def test_server__client__stays_open_for_the_next_task(monkeypatch: pytest.MonkeyPatch) -> None:
    closed = []

    @contextlib.contextmanager
    def opened(*_: object, **__: object) -> Iterator[tuple[object, str]]:
        yield object(), "https://reg.example"
        closed.append(True)

    monkeypatch.setattr(trust, "opened_registry", opened)
    monkeypatch.setattr(tasks, "_open", contextlib.ExitStack())
    tasks._server.cache_clear()
    tasks._server("reg.example", True)
    assert not closed
    tasks._open.close()
    tasks._server.cache_clear()
    assert closed
