"""What goes into a fleet beside reports: runs, failures and the names of targets."""

from __future__ import annotations

import re

from msgspec import Struct

from deadweight.errors import DeadweightError
from deadweight.untrusted import without_credentials

# What SQLite's UTF-8 does not have (a lone surrogate), and what its text functions stop at (NUL).
_NOT_STORED = re.compile("[\0\ud800-\udfff]")
# ``registry:USER:PASSWORD@HOST/REPO``; an @ after the first slash begins a digest.
_REGISTRY_LOGIN = re.compile(r"\A(registry:(?://)?)[^/]*@")


class Failure(Struct, frozen=True, kw_only=True):
    """Why a target could not be measured.

    reason:    what failed and why, on one line
    exit_code: 4 for bad input, 5 if a registry, an engine, an index or the disk failed
    """

    reason: str
    exit_code: int

    @classmethod
    def of(cls, error: DeadweightError) -> Failure:
        """Return an expected error as the failure of a target."""
        return cls(reason=error.summary, exit_code=error.exit_code)


class Run(Struct, frozen=True, kw_only=True):
    """One run that measured targets.

    started, finished: UTC, as in "2026-01-31T12:00:00Z"; ``finished`` is None for a run that was stopped, or still runs
    complete: whether its targets are the whole fleet; once it is finished, targets that neither it nor a later run
              names are no longer part of the fleet
    options:  how it measured: a JSON object, as text
    version:  of deadweight
    """

    id: int
    started: str
    finished: str | None
    complete: bool
    options: str
    version: str


def storable(text: str) -> str:
    """Return a text as it is stored: as it is, but without credentials, and with NUL and lone surrogates escaped."""
    text = without_credentials(text)
    if "\0" not in text and text.isascii():
        return text
    return _NOT_STORED.sub(lambda match: "\\x00" if match[0] == "\0" else f"\\u{ord(match[0]):04x}", text)


def target_name(name: str) -> str:
    """Return the name that a target is stored under: without a user name and password."""
    return storable(_REGISTRY_LOGIN.sub(r"\1", name))
