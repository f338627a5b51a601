"""The tasks of workers."""

from __future__ import annotations

import errno
from pathlib import Path

import msgspec
import pytest

from deadweight import __version__
from deadweight.operations.fleet import tasks
from deadweight.settings import Settings

COMMON = msgspec.json.encode(tasks.Common(settings=Settings(), version=__version__))


@pytest.mark.parametrize(
    ("error", "exit_code", "reason"),
    [
        (OSError(errno.ENOSPC, "No space left on device", "/tmp/x"), 5, "/tmp/x: No space left on device"),
        (OSError(errno.EIO, "Input/output error", "/app/x"), 5, "/app/x: Input/output error"),
        (OSError(errno.EMFILE, "Too many open files"), 5, "Too many open files"),
        (PermissionError(errno.EACCES, "Permission denied", "/app/x"), 4, "/app/x: Permission denied"),
        (ConnectionResetError(errno.ECONNRESET, "Connection reset by peer"), 5, "Connection reset by peer"),
    ],
)
def test_task__os_error__has_the_exit_code_of_what_failed(error: OSError, exit_code: int, reason: str) -> None:
    @tasks._task
    def failing(common: tasks.Common) -> tasks.Result:
        raise error

    failed = tasks.decoded(failing(COMMON, "0"))
    assert isinstance(failed, tasks.Failed)
    assert (failed.exit_code, failed.reason, failed.wait) == (exit_code, reason, None)


def test_check_cache__directory__works_or_says_why(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    for cache, kind in (("new", tasks.CacheWorks), ("file", tasks.Failed)):
        common = tasks.Common(settings=Settings(), version=__version__, cache=str(tmp_path / cache))
        assert isinstance(tasks.decoded(tasks.check_cache(msgspec.json.encode(common), "0")), kind)


def test_task__interval__is_that_of_its_process(monkeypatch: pytest.MonkeyPatch) -> None:
    paces: list[float] = []
    monkeypatch.setattr(tasks, "pace", paces.append)

    @tasks._task
    def nothing(common: tasks.Common, target: str) -> tasks.Result:
        return tasks.Done()

    nothing(COMMON, "0.25", "target")
    assert paces == [0.25]
