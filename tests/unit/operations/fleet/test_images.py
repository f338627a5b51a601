"""The clients that a worker keeps."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from typing import TYPE_CHECKING

from deadweight.operations.fleet import images
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
    monkeypatch.setattr(images, "_open", contextlib.ExitStack())
    images._server.cache_clear()
    images._server("reg.example", True)
    assert not closed
    images._open.close()
    images._server.cache_clear()
    assert closed
