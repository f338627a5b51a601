"""Engines that are small programs on PATH; no other program is."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from tests.engines import put_program

Put = Callable[[str, str], None]


@pytest.fixture
def put(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Put:
    """Return a function that puts an engine's command on PATH: its name, and its lines of Python."""
    for name in ("CONTAINER_HOST", "CONTAINER_CONNECTION", "SUDO_USER", "CONTAINERD_NAMESPACE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("CONTAINERD_ADDRESS", str(tmp_path))
    monkeypatch.setenv("PATH", str(tmp_path / "bin"))
    return lambda name, code: put_program(tmp_path / "bin", name, code)
