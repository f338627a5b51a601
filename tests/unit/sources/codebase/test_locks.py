"""Locks on the disk."""

from __future__ import annotations

from pathlib import Path

import pytest

from deadweight.errors import BadInput
from deadweight.formats.projects.pyproject import Choice
from deadweight.platforms.machine import Machine
from deadweight.sources.codebase.locks import lock_of

POETRY = """
[[package]]
name = "a"
version = "1.0"
optional = false
python-versions = "*"
files = []

[metadata]
lock-version = "2.1"
python-versions = ">=3.11"
content-hash = ""
"""


def machine() -> Machine:
    return Machine(python="3.13", platform="linux_x86_64")


def test_lock_of__project_beside_it__gives_the_direct_requirements(tmp_path: Path) -> None:
    (tmp_path / "poetry.lock").write_text(POETRY, "utf-8")
    (tmp_path / "pyproject.toml").write_text('[project]\nname = "app"\nversion = "1"\ndependencies = ["a"]\n', "utf-8")
    lock = lock_of(str(tmp_path / "poetry.lock"), machine(), Choice())
    assert [requirement.name for requirement in lock.requirements or ()] == ["a"]


def test_lock_of__missing_file__is_refused(tmp_path: Path) -> None:
    with pytest.raises(BadInput, match=r"cannot read .*uv\.lock: No such file"):
        lock_of(str(tmp_path / "uv.lock"), machine(), Choice())
