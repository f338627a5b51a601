"""OSError → our exceptions."""

from __future__ import annotations

import errno
import os
import tempfile

import pytest

from deadweight.errors import BadInput, DeadweightError, FetchFailed, SystemFailed
from deadweight.sources.system.failures import explained


@pytest.mark.parametrize(
    ("number", "kind", "hint"),
    [
        (errno.ENOSPC, SystemFailed, "free some space"),
        (errno.EDQUOT, SystemFailed, "free some space"),
        (errno.EIO, SystemFailed, "check the disk"),
        (errno.ESTALE, SystemFailed, "network file system"),
        (errno.EMFILE, SystemFailed, "--jobs"),
        (errno.ECONNRESET, FetchFailed, ""),
        (errno.ENOENT, BadInput, ""),
        (errno.EACCES, BadInput, ""),
        (errno.ENOTDIR, BadInput, ""),
    ],
)
def test_explained__number__says_what_failed(number: int, kind: type[DeadweightError], hint: str) -> None:
    error = explained(OSError(number, os.strerror(number), "/app/x"))
    assert type(error) is kind
    assert error.cause == f"/app/x: {os.strerror(number)}"
    assert hint in error.hint


def test_explained__temporary_file__is_not_the_input(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", "/scratch")
    for path in ("/scratch", "/scratch/tmpx", "/scratch/deadweight-scratch-1/env", "/other/deadweight-scratch-1/lock"):
        error = explained(PermissionError(errno.EACCES, "Permission denied", path))
        assert (type(error), error.exit_code) == (SystemFailed, 5)
        assert error.cause == f"cannot write temporary files: {path}: Permission denied"
    assert type(explained(PermissionError(errno.EACCES, "Permission denied", "/scratch/app"))) is BadInput


def test_explained__no_temporary_directory__says_how_to_choose_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", None)
    monkeypatch.setattr(tempfile, "_candidate_tempdir_list", lambda: ["/missing"])
    with pytest.raises(OSError, match="No usable") as raised:
        tempfile.gettempdir()
    assert "TMPDIR" in explained(raised.value).hint


def test_explained__error_without_a_number__has_its_text() -> None:
    assert explained(OSError("cannot read from timed out object")).cause == "cannot read from timed out object"
