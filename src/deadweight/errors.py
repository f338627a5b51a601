"""Exceptions that deadweight raises: one root, one class per cause, each with its exit code.

DeadweightError            4
├── BadInput               4   the input cannot be read or is invalid
│   ├── BadRequirement     4   a line of a requirements file
│   ├── BadConfig          4   [tool.deadweight]
│   ├── BadLock            4   a lock file
│   ├── WrongPython        4   a project or a lock that supports other versions of Python
│   ├── BadReport          4   a saved report
│   ├── BadFleet           4   the file of a fleet
│   ├── MalformedArchive   4   a wheel or an sdist
│   ├── UnclearTarget      4   TARGET is unknown or ambiguous
│   └── StartFailed        4   the application cannot be imported
├── NotProven              3   the application needs more than the requirements provide
├── WouldOverwrite         4   a file exists already
├── InstallFailed          5   the installer, the index or the disk failed
│   ├── NoInterpreter      5   a version of Python that is not installed
│   └── TimedOut           5   an installer or a resolver that did not finish in time
├── EngineFailed           5   a container engine is missing or failed
├── FleetFailed            5   the file of a fleet cannot be written, or stays locked
├── SystemFailed           5   a disk or a limit of this machine, or its temporary directory
└── FetchFailed            5   a server is unreachable, or its response is an error or invalid
    └── NoRanges           5   a server does not support range requests
"""

from __future__ import annotations

MOST_SHOWN = 500  # characters of foreign text that a message or a report shows


_LONGEST_CAUSE = 10_000  # a cause may list what is missing, one per line


def abridged(text: str, most: int = MOST_SHOWN) -> str:
    """Return a text, truncated to ``most`` characters: names and lines come from untrusted files."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


class DeadweightError(Exception):
    """An expected error.

    cause:  what failed and why
    hint:   what the user can do; shown below the cause
    detail: the full output of an installer, say; shown only with ``--debug``
    """

    exit_code = 4

    def __init__(self, cause: str, *, hint: str = "", detail: str = "") -> None:
        super().__init__(abridged(cause, _LONGEST_CAUSE))
        self.cause, self.hint, self.detail = abridged(cause, _LONGEST_CAUSE), abridged(hint, _LONGEST_CAUSE), detail

    @property
    def summary(self) -> str:
        """The first line of the cause."""
        return self.cause.partition("\n")[0]


class BadInput(DeadweightError):
    """The input cannot be read or is invalid."""


class BadRequirement(BadInput):
    """An invalid line of a requirements file."""

    def __init__(self, file: str, number: int, text: str, reason: str) -> None:
        super().__init__(f"{file}, line {number}: {abridged(reason)}: {abridged(text)}")
        self.file, self.number, self.text, self.reason = file, number, text, reason


class BadConfig(BadInput):
    """An invalid key or value of ``[tool.deadweight]``."""


class BadLock(BadInput):
    """An invalid lock file, or one of an unsupported version."""

    def __init__(self, file: str, reason: str, *, hint: str = "") -> None:
        super().__init__(f"{file}: {reason}", hint=hint)
        self.file, self.reason = file, reason


class BadReport(BadInput):
    """A saved report that cannot be read, or with an unsupported schema."""


class BadFleet(BadInput):
    """A file that is not the file of a fleet, is damaged, or was written by a newer version."""


class WrongPython(BadInput):
    """A project or a lock that does not support the requested version of Python.

    specifiers: PEP 440; a version that satisfies any one of them is supported
    nearest:    the nearest such version, as ``--python`` takes it; None if no Python 3 is supported
    """

    def __init__(self, path: str, reason: str, specifiers: tuple[str, ...], nearest: str | None) -> None:
        hint = (
            f"use --python {nearest}"
            if nearest
            else "correct the supported versions of Python: no version of Python 3 satisfies them"
        )
        super().__init__(f"{path}: {reason}", hint=hint)
        self.path, self.specifiers, self.nearest = path, specifiers, nearest


class MalformedArchive(BadInput):
    """A wheel or an sdist that violates its format, or that installers reject."""

    def __init__(self, filename: str, reason: str) -> None:
        super().__init__(f"{filename}: {reason}")
        self.filename, self.reason = filename, reason


class UnusedBuild(BadInput):
    """``--swap`` or ``--torch`` for a project that nothing requires.

    swap: the normalized name of the project that ``--swap`` replaces; "" for ``--torch``
    """

    def __init__(self, cause: str, *, swap: str = "") -> None:
        super().__init__(cause)
        self.swap = swap


class UnclearTarget(BadInput):
    """TARGET cannot be measured, or is ambiguous."""


class StartFailed(BadInput):
    """The application cannot be imported, or not in time."""


class NotProven(DeadweightError):
    """The application uses something that the requirements do not provide."""

    exit_code = 3


class WouldOverwrite(DeadweightError):
    """A file that would be written exists already."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} already exists", hint="use --force to overwrite it, or choose another path")
        self.path = path


class InstallFailed(DeadweightError):
    """The installer, the index or the disk failed; nothing was measured."""

    exit_code = 5


class NoInterpreter(InstallFailed):
    """A required version of Python is not installed."""


class TimedOut(InstallFailed):
    """An installer or a resolver did not finish within its time limit."""


class EngineFailed(DeadweightError):
    """A container engine is missing or failed."""

    exit_code = 5


class FleetFailed(DeadweightError):
    """The file of a fleet cannot be written: the disk is full or failed, or another program keeps it locked."""

    exit_code = 5


class SystemFailed(DeadweightError):
    """A disk is full or failed, a limit of the system is reached, or temporary files cannot be written."""

    exit_code = 5


class FetchFailed(DeadweightError):
    """A server is unreachable, or its response is an error or invalid."""

    exit_code = 5


class NoRanges(FetchFailed):
    """A server does not support range requests."""
