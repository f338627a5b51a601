"""What can go wrong on purpose: one root, one leaf per cause, each with its exit code.

DeadweightError            4
├── BadInput               4   what the user gave cannot be read or understood
│   ├── BadRequirement     4   a line of a requirements file
│   ├── BadConfig          4   [tool.deadweight]
│   ├── BadLock            4   a lock file
│   ├── WrongPython        4   a project or a lock that is for other versions of Python
│   ├── BadReport          4   a saved report
│   ├── MalformedArchive   4   a wheel or an sdist
│   └── UnclearTarget      4   TARGET is nothing we know, or could be two things
├── NotProven              3   the source needs more than a set of requirements provides
├── WouldOverwrite         4   a file is there already
├── InstallFailed          5   the installer, the index or the disk said no
│   └── NoInterpreter      5   a Python that is not installed here
├── EngineFailed           5   Docker or podman is not there, or refused
└── FetchFailed            5   a server refused, lied, or cannot be reached
    └── NoRanges           5   a server sends whole files only
"""

from __future__ import annotations

MOST_SHOWN = 500  # characters of foreign text that a message or a report shows


_LONGEST_CAUSE = 10_000  # a cause may list what is missing, a line each


def abridged(text: str, most: int = MOST_SHOWN) -> str:
    """Return a text, cut off where it is longer than anybody reads: names and lines come from anybody's files."""
    return text if len(text) <= most else f"{text[: most - 1]}…"


class DeadweightError(Exception):
    """Anything that is raised on purpose: the cause, what to do about it, and the whole story.

    hint:   what the user can do; shown below the cause
    detail: the long version (an installer's output); shown under ``--debug`` alone
    """

    exit_code = 4

    def __init__(self, cause: str, *, hint: str = "", detail: str = "") -> None:
        super().__init__(abridged(cause, _LONGEST_CAUSE))
        self.cause, self.hint, self.detail = abridged(cause, _LONGEST_CAUSE), abridged(hint, _LONGEST_CAUSE), detail


class BadInput(DeadweightError):
    """What the user gave cannot be read or understood."""


class BadRequirement(BadInput):
    """A line of a requirements file that is no requirement."""

    def __init__(self, file: str, number: int, text: str, reason: str) -> None:
        super().__init__(f"{file}, line {number}: {abridged(reason)}: {abridged(text)}")
        self.file, self.number, self.text, self.reason = file, number, text, reason


class BadConfig(BadInput):
    """A key or value of ``[tool.deadweight]`` that means nothing."""


class BadLock(BadInput):
    """A lock file that is none, or of a version that is not known."""

    def __init__(self, file: str, reason: str, *, hint: str = "") -> None:
        super().__init__(f"{file}: {reason}", hint=hint)
        self.file, self.reason = file, reason


class BadReport(BadInput):
    """A saved report that cannot be read, or that another version of deadweight wrote."""


class WrongPython(BadInput):
    """A project or a lock that is for other versions of Python than the one to measure for.

    specifiers: PEP 440; a Python that any one of them admits will do
    nearest:    such a Python, as ``--python`` takes it; None where no Python 3 will do
    """

    def __init__(self, path: str, reason: str, specifiers: tuple[str, ...], nearest: str | None) -> None:
        hint = f"give --python {nearest}" if nearest else "no version of Python 3 satisfies this"
        super().__init__(f"{path}: {reason}", hint=hint)
        self.path, self.specifiers, self.nearest = path, specifiers, nearest


class MalformedArchive(BadInput):
    """A wheel or an sdist whose bytes break its format, or that no installer would take."""

    def __init__(self, filename: str, reason: str) -> None:
        super().__init__(f"{filename}: {reason}")
        self.filename, self.reason = filename, reason


class UnclearTarget(BadInput):
    """TARGET is nothing that can be measured, or could be two things."""


class NotProven(DeadweightError):
    """The source names something that a set of requirements does not provide."""

    exit_code = 3


class WouldOverwrite(DeadweightError):
    """A file that would be written is there already."""

    def __init__(self, path: str) -> None:
        super().__init__(f"{path} is there already", hint="give --force to replace it, or write elsewhere")
        self.path = path


class InstallFailed(DeadweightError):
    """The installer, the index or the disk refused; nothing was measured."""

    exit_code = 5


class NoInterpreter(InstallFailed):
    """A project needs a version of Python that is not installed here."""


class EngineFailed(DeadweightError):
    """Docker or podman is not there, or refused."""

    exit_code = 5


class FetchFailed(DeadweightError):
    """A server refused, lied or cannot be reached."""

    exit_code = 5


class NoRanges(FetchFailed):
    """A server that sends whole files only."""
