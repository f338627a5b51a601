"""Paths of a copy in a scratch directory → the names that the user knows, in reports, errors and progress."""

from __future__ import annotations

import os
from typing import TypeVar

import msgspec
from msgspec import Struct
from msgspec.structs import replace

from deadweight.errors import DeadweightError
from deadweight.progress import Observer, Progress

T = TypeVar("T")


class Hiding(Struct, frozen=True):
    """Replaces texts.

    names: path → what is shown in its place; the first that matches wins
    """

    names: tuple[tuple[str, str], ...] = ()

    def in_text(self, text: str) -> str:
        for path, name in self.names:
            text = text.replace(path, name)
        return text

    def in_value(self, value: T) -> T:
        """Return a Struct with all its texts replaced, at any depth."""
        if not self.names:
            return value
        return msgspec.convert(self._anywhere(msgspec.to_builtins(value)), type(value))

    def in_error(self, error: DeadweightError) -> None:
        """Replace the texts of an error."""
        error.cause, error.hint, error.detail = map(self.in_text, (error.cause, error.hint, error.detail))
        error.args = (error.cause, *error.args[1:])

    def in_progress(self, observe: Observer) -> Observer:
        """Return an observer that passes on progress with its texts replaced."""

        def shown(progress: Progress) -> None:
            observe(replace(progress, detail=self.in_text(progress.detail)))

        return shown

    def _anywhere(self, value: object) -> object:
        if isinstance(value, str):
            return self.in_text(value)
        if isinstance(value, dict):
            return {key: self._anywhere(each) for key, each in value.items()}
        return [*map(self._anywhere, value)] if isinstance(value, list | tuple) else value


def hiding_of(directory: str, prefix: str, revision: str) -> Hiding:
    """Return what shows the files in a copy of a repository as ``REVISION:PATH``.

    prefix: path of the working directory in the repository, which the paths shown are relative to
    """
    forms = dict.fromkeys(
        (f"file://{directory}", directory, f"file://{os.path.realpath(directory)}", os.path.realpath(directory))
    )
    up = "../" * prefix.count("/")
    names: list[tuple[str, str]] = []
    for form in (*forms, os.path.relpath(directory)):
        names += [(f"{form}/{prefix}", f"{revision}:")] if prefix else []
        names += [(f"{form}/", f"{revision}:{up}"), (form, f"{revision}:{up or '.'}")]
        names += [(f"{os.path.dirname(form)}/", f"{revision}:{up}../")]
    return Hiding(tuple(names))
