"""The text of a TOML or JSON file that nobody has checked → tables that say where a value is not what it should be."""

from __future__ import annotations

import json
import re
import tomllib
from collections.abc import Callable, Iterator, Mapping
from typing import Any, TypeVar

from msgspec import Struct

from deadweight.formats.distributions.metadata import is_name, normalize, version_or_none

_LARGEST = 1 << 26  # bytes; the largest lock that was seen has 5 million
_OUTLINE = 60  # characters of a value that a message quotes
_MOST_DOTS = 64  # between the parts of one key; tomllib takes time that grows with their square
_PART = r"(?:[A-Za-z0-9_-]++|\"[^\"\n]*+\"|'[^'\n]*+')"
_DOTTED = re.compile(rf"(?<![A-Za-z0-9_-]){_PART}(?:[ \t]*+\.[ \t]*+{_PART}){{{_MOST_DOTS + 1}}}")
_CONTROL = re.compile(r"[\0-\x1f\x7f]")

T = TypeVar("T")


class Malformed(Exception):
    """A value is missing or not what it should be; who knows the file's name turns it into an error with one."""

    def __init__(self, reason: str, *, hint: str = "") -> None:
        super().__init__(reason)
        self.reason, self.hint = reason, hint


class Table(Struct, frozen=True):
    """A table whose values are checked as they are taken; ``where`` is its path for people, "" for the file itself."""

    where: str
    values: Mapping[str, Any]

    def fails(self, key: str, reason: str) -> Malformed:
        """Return the error that says what is wrong with a key."""
        return Malformed(f"{self._path(key)} {reason}")

    def take(self, key: str, kind: type[T], called: str) -> T | None:
        """Return a value of one type, None where there is none."""
        return None if self.values.get(key) is None else self._checked(self.values[key], kind, self._path(key), called)

    def text(self, key: str, default: str = "") -> str:
        found = self.take(key, str, "a text")
        return default if found is None else found

    def flag(self, key: str) -> bool:
        return bool(self.take(key, bool, "true or false"))

    def size(self, key: str) -> int | None:
        found = self.take(key, int, "a number")
        if found is not None and found < 0:
            raise self.fails(key, "is below zero")
        return found

    def table(self, key: str) -> Table:
        """Return the table below a key, an empty one where there is none."""
        return Table(self._path(key), self.take(key, dict, "a table") or {})

    def tables(self, key: str) -> list[Table]:
        """Return a list of tables, none where there is no such key."""
        return list(self._listed(key, dict, "a table", Table))

    def texts(self, key: str) -> tuple[str, ...]:
        """Return a list of texts, none where there is no such key."""
        return tuple(self._listed(key, str, "a text", lambda _, value: value))

    def name(self, key: str = "name") -> str:
        """Return the normalized name of a project."""
        found = self.text(key)
        if not is_name(found):
            raise self.fails(key, f"is no project's name: {outline(found)}" if found else "is missing")
        return normalize(found)

    def version(self, key: str = "version") -> str | None:
        found = self.text(key)
        if found and version_or_none(found) is None:
            raise self.fails(key, f"is no version: {outline(found)}")
        return found or None

    def _listed(self, key: str, kind: type[T], called: str, wrap: Callable[[str, T], Any]) -> Iterator[Any]:
        for number, value in enumerate(self.take(key, list, "a list") or (), start=1):
            where = f"{self._path(key)}, number {number}"
            yield wrap(where, self._checked(value, kind, where, called))

    def _checked(self, value: object, kind: type[T], where: str, called: str) -> T:
        if not isinstance(value, kind) or (isinstance(value, bool) and kind is not bool):
            raise Malformed(f"{where} is not {called}")
        if isinstance(value, str) and not value.isascii() and not _is_unicode(value):
            raise Malformed(f"{where} is no Unicode text")
        return value

    def _path(self, key: str) -> str:
        shown = _CONTROL.sub("?", key)[:_OUTLINE]
        return f"{self.where}.{shown}" if self.where else shown


def _is_unicode(text: str) -> bool:
    """Say whether a text can be written; JSON can spell half of a surrogate pair."""
    return not any("\ud800" <= character <= "\udfff" for character in text)


def outline(text: str, most: int = _OUTLINE) -> str:
    """Return a text as a message quotes it: on one line, and not all of a long one."""
    return _CONTROL.sub("?", text if len(text) <= most else text[:most] + "…")


def parse_toml(data: bytes) -> Table:
    """Read TOML; raises Malformed."""
    return _parsed(data, toml_values, "TOML")


def toml_values(text: str) -> dict[str, Any]:
    """Return what ``tomllib.loads`` does, in time that grows with the text; raises ValueError, RecursionError."""
    # In a text, so many words between dots are refused as well; no name, version or URL has them.
    if text.count(".") > _MOST_DOTS and _DOTTED.search(text):
        raise ValueError(f"a key of more than {_MOST_DOTS + 1} parts")
    return tomllib.loads(text)


def parse_json(data: bytes) -> Table:
    """Read a JSON object; raises Malformed."""
    return _parsed(data, json.loads, "JSON")


def _parsed(data: bytes, parse: Callable[[str], Any], called: str) -> Table:
    if len(data) > _LARGEST:
        raise Malformed(f"larger than {_LARGEST >> 20} MiB")
    try:
        found = parse(data.decode("utf-8-sig"))
    except RecursionError as error:
        raise Malformed(f"too deeply nested for {called}") from error
    except ValueError as error:
        raise Malformed(f"no {called}: {outline(str(error))}") from error
    if not isinstance(found, dict):
        raise Malformed(f"no {called} object")
    return Table("", found)
