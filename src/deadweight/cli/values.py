"""Texts of options: what is invalid whatever TARGET is ends with exit code 2, as for all of click's own types."""

from __future__ import annotations

import re
import shlex
from collections.abc import Callable
from typing import Any

import click

from deadweight.arguments import LEAST, MOST, is_limit
from deadweight.errors import BadInput, DeadweightError

_PERCENT = re.compile(r"(\d{1,3}(?:\.\d+)?)\s*%?\Z")
_OF_IMAGES = re.compile(r"[a-z0-9]+/[a-z0-9_]+(?:/[a-z0-9]+)?\Z")  # OS/ARCH or OS/ARCH/VARIANT


class Checked(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.2
    """A text that a function accepts; a DeadweightError of the function is a usage error.

    The option keeps the text: the setting of the same name in ``[tool.deadweight]`` is one, too.
    """

    name = "text"

    def __init__(self, check: Callable[[str], object]) -> None:
        self._check = check

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            self._check(value)
        except DeadweightError as error:
            option = max(param.opts, key=len) if param else ""
            cause = error.cause.removeprefix(f"{option} ").removeprefix(f"{option.lstrip('-')}: ")
            self.fail(f"{cause}; {error.hint}" if error.hint else cause, param, ctx)
        return value


class Choice(click.Choice):  # type: ignore[type-arg]  # generic since click 8.2
    """One of several texts; a misspelled one is answered with the nearest."""

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            return super().convert(value, param, ctx)
        except click.BadParameter as error:
            from difflib import get_close_matches

            nearest = get_close_matches(str(value), [str(choice) for choice in self.choices], 1)
            if not nearest:
                raise
            self.fail(f"{error.message} Did you mean {nearest[0]!r}?", param, ctx)


def _size(text: str) -> None:
    from deadweight.budget.limits import parse_size

    parse_size(text)


def _growth(text: str) -> None:
    from deadweight.budget.limits import growth_limit

    growth_limit(text)


def _name(text: str) -> None:
    from deadweight.budget.limits import name_limit

    name_limit(text)


def _finding(text: str) -> None:
    from deadweight.budget.limits import finding_limit

    finding_limit(text)


def _finding_size(text: str) -> None:
    from deadweight.budget.limits import finding_size_limit

    finding_size_limit(text)


def _groups(text: str) -> None:
    from deadweight.settings import Settings

    Settings.of(minimal_groups=tuple(names_in(text)))


def _swap(text: str) -> None:
    from deadweight.formats.builds import read_wishes

    read_wishes((text,), (), "")


def _index(text: str) -> None:
    from deadweight.formats.builds import read_wishes

    read_wishes((), (text,), "")


def _torch(text: str) -> None:
    from deadweight.formats.builds import read_wishes

    read_wishes((), (), text)


def _platform(text: str) -> None:
    from deadweight.platforms.machine import Machine

    if not _OF_IMAGES.match(text):
        Machine("3.11", text)


def _share(text: str) -> None:
    share_of(text)


def _kinds(text: str) -> None:
    from deadweight.operations.trimming import Trimming

    Trimming(kinds=tuple(names_in(text)))


def _image(text: str) -> None:
    from deadweight.dockerfiles.quoting import image

    image(text)


def _words(text: str) -> None:
    try:
        words = shlex.split(text)
    except ValueError as error:
        raise BadInput(f"{str(error).lower()}: {text}") from error
    if (text and not words) or "\0" in text:
        raise BadInput("the command is empty")


def _since(text: str) -> None:
    from deadweight.operations.fleet.reporting import check_since

    check_since(text)


class Count(click.IntRange):
    """A whole number."""

    name = "whole number"


class Positive(click.FloatRange):
    """A number above 0, which need not be whole."""

    name = "number"

    def __init__(self) -> None:
        super().__init__(min=0, min_open=True)

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        number = super().convert(value, param, ctx)
        if not is_limit(number):
            self.fail(f"{value!r} is not a number from {LEAST:f} to {MOST:,.0f}.", param, ctx)
        return number


class Run(click.ParamType):  # type: ignore[type-arg]  # generic since click 8.2
    """The number of a run, which SQLite can hold."""

    name = "integer"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> int:
        text = str(value)
        if not (text.isascii() and text.isdigit() and len(text) <= 18 and int(text)):
            self.fail(f"{text!r} is not the number of a run", param, ctx)
        return int(text)


def share_of(text: str) -> float:
    """Return the share that a percentage is: "80%"; raises BadInput."""
    match = _PERCENT.match(text.strip())
    if match is None or not 0 < float(match[1]) <= 100:
        raise BadInput(f"{text!r} is not a percentage above 0 and up to 100, such as 80%")
    return float(match[1]) / 100


def names_in(text: str) -> list[str]:
    """Return the names in a text, which commas separate."""
    return [name for part in text.split(",") if (name := part.strip())]


RUN = Run()
SIZE, GROWTH, PATTERN = Checked(_size), Checked(_growth), Checked(_name)
FINDING, FINDING_SIZE = Checked(_finding), Checked(_finding_size)
MINIMAL_GROUPS, PLATFORM = Checked(_groups), Checked(_platform)
SWAP, INDEX, TORCH = Checked(_swap), Checked(_index), Checked(_torch)
SHARE, KINDS, IMAGE, COMMAND, SINCE = map(Checked, (_share, _kinds, _image, _words, _since))
