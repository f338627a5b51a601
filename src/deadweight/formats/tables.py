"""The text of an untrusted TOML or JSON file → tables that check each value and report where it is invalid."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from msgspec import Struct

from deadweight.formats.distributions.metadata import is_name, normalize, version_or_none

_LARGEST = 1 << 26  # bytes; the largest known lock has 5 million
_OUTLINE = 60  # characters of a value in a message
_MOST_DOTS = 64  # between the parts of one key, because tomllib takes quadratic time
_PART = r"(?:[A-Za-z0-9_-]++|\"[^\"\n]*+\"|'[^'\n]*+')"
_DOTTED = re.compile(rf"(?<![A-Za-z0-9_-]){_PART}(?:[ \t]*+\.[ \t]*+{_PART}){{{_MOST_DOTS + 1}}}")
_CONTROL = re.compile(r"[\0-\x1f\x7f]")

T = TypeVar("T")


class Malformed(Exception):
    """A value is missing or invalid; the caller, who knows the file name, turns this into an error."""

    def __init__(self, reason: str, *, hint: str = "") -> None:
        super().__init__(reason)
        self.reason, self.hint = reason, hint


class Table(Struct, frozen=True):
    """A table that checks values when they are read; ``where`` is its path in messages, "" for the whole file."""

    where: str
    values: Mapping[str, Any]

    def fails(self, key: str, reason: str) -> Malformed:
        """Return the error for a key."""
        return Malformed(f"{self._path(key)} {reason}")

    def take(self, key: str, kind: type[T], called: str) -> T | None:
        """Return a value of one type, None if the key is missing.

        called: the type in messages, "a number"
        """
        return None if self.values.get(key) is None else self._checked(self.values[key], kind, self._path(key), called)

    def text(self, key: str, default: str = "") -> str:
        value = self.take(key, str, "a string")
        return default if value is None else value

    def flag(self, key: str) -> bool:
        return bool(self.take(key, bool, "true or false"))

    def size(self, key: str) -> int | None:
        value = self.take(key, int, "a number")
        if value is not None and value < 0:
            raise self.fails(key, "is negative")
        return value

    def table(self, key: str) -> Table:
        """Return the table at a key, an empty one if the key is missing."""
        return Table(self._path(key), self.take(key, dict, "a table") or {})

    def tables(self, key: str) -> list[Table]:
        """Return the list of tables at a key, an empty one if the key is missing."""
        return list(self._listed(key, dict, "a table", Table))

    def texts(self, key: str) -> tuple[str, ...]:
        """Return the list of strings at a key, an empty one if the key is missing."""
        return tuple(self._listed(key, str, "a string", lambda _, value: value))

    def name(self, key: str = "name") -> str:
        """Return the normalized name of a project."""
        name = self.text(key)
        if not is_name(name):
            raise self.fails(key, f"is not a valid project name: {outline(name)}" if name else "is missing")
        return normalize(name)

    def version(self, key: str = "version") -> str | None:
        version = self.text(key)
        if version and version_or_none(version) is None:
            raise self.fails(key, f"is not a valid version: {outline(version)}")
        return version or None

    def _listed(self, key: str, kind: type[T], called: str, wrap: Callable[[str, T], Any]) -> Iterator[Any]:
        for number, value in enumerate(self.take(key, list, "a list") or (), start=1):
            where = f"{self._path(key)}, item {number}"
            yield wrap(where, self._checked(value, kind, where, called))

    def _checked(self, value: object, kind: type[T], where: str, called: str) -> T:
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise Malformed(f"{where} is not {called}")
        if isinstance(value, str) and not value.isascii() and not _is_unicode(value):
            raise Malformed(f"{where} is not valid Unicode")
        return value

    def _path(self, key: str) -> str:
        shown = _CONTROL.sub("?", key)[:_OUTLINE]
        return f"{self.where}.{shown}" if self.where else shown


def _is_unicode(text: str) -> bool:
    """Return whether a text can be encoded; JSON can contain half of a surrogate pair."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def outline(text: str, most: int = _OUTLINE) -> str:
    """Return a text for a message: on one line and shortened."""
    return _CONTROL.sub("?", text if len(text) <= most else text[:most] + "…")


def parse_toml(data: bytes) -> Table:
    """Read TOML; raises Malformed."""
    return _parsed(data, toml_values, "TOML")


def toml_values(text: str) -> dict[str, Any]:
    """Parse TOML with ``tomllib.loads``, in linear time; raises ValueError, RecursionError."""
    # This also refuses strings with so many dotted words, which no name, version or URL has.
    if text.count(".") > _MOST_DOTS and _DOTTED.search(text):
        raise ValueError(f"a key has more than {_MOST_DOTS + 1} parts")
    return tomllib.loads(text)


def toml_or_nothing(text: str) -> dict[str, Any]:
    """Return the values of a TOML file that may add something, none if it is malformed."""
    try:
        return toml_values(text)
    except (ValueError, RecursionError):
        return {}


def parse_json(data: bytes) -> Table:
    """Read a JSON object; raises Malformed."""
    return _parsed(data, json.loads, "JSON")


def _parsed(data: bytes, parse: Callable[[str], Any], called: str) -> Table:
    if len(data) > _LARGEST:
        raise Malformed(f"the file is larger than {_LARGEST >> 20} MiB")
    try:
        values = parse(data.decode("utf-8-sig"))
    except RecursionError as error:
        raise Malformed(f"the {called} is nested too deeply") from error
    except ValueError as error:
        raise Malformed(f"invalid {called}: {outline(str(error))}") from error
    if not isinstance(values, dict):
        raise Malformed(f"the {called} is not an object")
    return Table("", values)
