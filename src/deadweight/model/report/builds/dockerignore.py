"""The result of ``deadweight dockerignore``, schema ``deadweight.dockerignore/1``: a build context, before and after.

Sizes are apparent bytes and end in ``_bytes``; a file with several hard links counts once.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from deadweight.model.documents import Published
from deadweight.model.report.sizes import Size

Schema = Literal["deadweight.dockerignore/1"]


class ContextSize(Struct, frozen=True, kw_only=True):
    """What a build context contains: what ``COPY . .`` copies."""

    files: Size
    apparent_bytes: Size


class IgnoreRule(Struct, frozen=True, kw_only=True):
    """Lines for a ``.dockerignore``, and what they leave out of the context.

    certainty: "certain": no image needs it; "likely": it is left out by default, too; "possible": only suggested
    lines:     a pattern, and exceptions for what is needed in a directory
    """

    kind: str
    certainty: Literal["certain", "likely", "possible"]
    reason: str
    lines: tuple[str, ...]
    files: Size
    apparent_bytes: Size


class KeptPath(Struct, frozen=True, kw_only=True):
    """A path that looks like a kind to leave out, and the reason why it stays."""

    path: str
    kind: str
    apparent_bytes: Size
    reason: str


class RemainingDirectory(Struct, frozen=True, kw_only=True):
    """A directory of the context, with what stays in it; "" for the files directly in the context."""

    path: str
    files: Size
    apparent_bytes: Size


class DockerignoreReport(Published, frozen=True, kw_only=True):
    """What a build context weighs, and what a ``.dockerignore`` would leave out.

    ignore_file: its path; one beside a Dockerfile, such as ``ai.Dockerfile.dockerignore``, takes precedence
    exists:      whether it exists already
    dockerfiles: whose copies are taken into account, relative to the context
    directory:   everything in the directory
    before:      the context with the file as it is
    after:       the context with the proposed lines
    rules:       what is proposed; written with ``--write``
    suggestions: what ``--kinds`` would add
    kept:        what looks like one of the kinds, but is needed
    remaining:   the largest directories after that
    text:        the whole file with the proposed lines
    """

    schema: Schema = field(default="deadweight.dockerignore/1")
    version: str
    location: str
    ignore_file: str
    exists: bool
    dockerfiles: tuple[str, ...]
    directory: ContextSize
    before: ContextSize
    after: ContextSize
    rules: tuple[IgnoreRule, ...] = ()
    suggestions: tuple[IgnoreRule, ...] = ()
    kept: tuple[KeptPath, ...] = ()
    remaining: tuple[RemainingDirectory, ...] = ()
    text: str = ""
    warnings: tuple[str, ...] = ()

    def __repr__(self) -> str:
        return f"<DockerignoreReport: {self.before.apparent_bytes} bytes before, {self.after.apparent_bytes} after>"
