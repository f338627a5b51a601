"""Requirement lines of metadata (PEP 508) → their parts, and whether they apply to an environment and an extra.

An environment has tens of thousands of lines. A regular expression parses nearly all of them, because packaging is too
slow for that many. packaging parses the others, checks specifiers and evaluates markers, each distinct one once.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property, lru_cache
from typing import TYPE_CHECKING, NamedTuple

from deadweight.formats.distributions.metadata import normalize

if TYPE_CHECKING:
    from packaging.markers import Marker

_MOST = 1 << 14  # entries of each cache
# A hostile marker may name hundreds of extras and is evaluated for each. The longest known marker has 400 characters.
_LONGEST_MARKER = 2000
_CLAUSE = r"(?:[<>=!~]=|[<>])\s*+[0-9][0-9A-Za-z.]*+"
_SIMPLE = re.compile(
    rf"\s*+([A-Za-z0-9](?:[A-Za-z0-9._-]*[A-Za-z0-9])?)\s*+(?:\[([A-Za-z0-9, -]*+)\]\s*+)?"
    rf"((?:{_CLAUSE}\s*+(?:,\s*+{_CLAUSE}\s*+)*+)?)\Z"
)
_EXTRA_NAME = re.compile(r"[A-Za-z0-9](?:[A-Za-z0-9-]*[A-Za-z0-9])?\Z")
_ONLY_EXTRA = re.compile(r"\s*+extra\s*+==\s*+(?:'([A-Za-z0-9._-]++)'|\"([A-Za-z0-9._-]++)\")\s*+\Z")
_QUOTED = re.compile(r"'([^']*+)'|\"([^\"]*+)\"")
_WORD = re.compile(r"[A-Za-z0-9._-]+")


class Line(NamedTuple):
    """One requirement.

    name:      normalized
    extras:    normalized
    specifier: "" for any version
    marker:    "" for none
    """

    text: str
    name: str
    extras: tuple[str, ...]
    specifier: str
    marker: str


@lru_cache(_MOST)
def parse_line(text: str) -> Line:
    """Parse a PEP 508 line; raises ValueError (also packaging's InvalidRequirement) with the reason."""
    head, semicolon, marker = text.partition(";")
    if len(marker) > _LONGEST_MARKER:
        raise ValueError(f"the marker is longer than {_LONGEST_MARKER} characters")
    simple = _SIMPLE.match(head)
    if simple is None:
        return _parse_any(text)
    name, extras, specifier = simple.groups()
    listed = [extra.strip() for extra in extras.split(",")] if extras and extras.strip() else []
    if (
        (semicolon and not _is_simple(marker))
        or not all(map(_EXTRA_NAME.match, listed))
        or not _is_specifier(specifier)
    ):
        return _parse_any(text)
    return Line(text, normalize(name), tuple(sorted(set(map(normalize, listed)))), specifier.strip(), marker.strip())


def _parse_any(text: str) -> Line:
    from packaging.requirements import Requirement

    requirement = Requirement(text)
    extras = tuple(sorted({normalize(extra) for extra in requirement.extras}))
    return Line(text, normalize(requirement.name), extras, str(requirement.specifier), str(requirement.marker or ""))


def _is_simple(marker: str) -> bool:
    return bool(_ONLY_EXTRA.match(marker)) or _marker(marker) is not None


@lru_cache(_MOST)
def _is_specifier(text: str) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet

    try:
        SpecifierSet(text)
    except InvalidSpecifier:
        return False
    return True


@lru_cache(_MOST)
def _marker(text: str) -> Marker | None:
    from packaging.markers import InvalidMarker, Marker

    try:
        return Marker(text)
    except (InvalidMarker, RecursionError):
        return None


class Markers:
    """Evaluates markers for one environment, each distinct one once.

    values: returns the variables of PEP 508; called with the first marker that depends on them
    """

    def __init__(self, values: Callable[[], Mapping[str, str]]) -> None:
        self._read = values
        self._known: dict[tuple[str, str], bool] = {}

    @cached_property
    def _values(self) -> Mapping[str, str]:
        return self._read()

    def hold(self, marker: str, extra: str = "") -> bool:
        """Return whether a marker is true for an extra ("" for none); raises ValueError if the marker is invalid."""
        if not marker:
            return True
        single = _ONLY_EXTRA.match(marker)
        if single:
            return bool(extra) and normalize(single[1] or single[2]) == extra
        key = marker, extra if "extra" in marker else ""
        if key not in self._known:
            self._known[key] = self._evaluated(*key)
        return self._known[key]

    def _evaluated(self, marker: str, extra: str) -> bool:
        from packaging.markers import Marker

        return (_marker(marker) or Marker(marker)).evaluate({**self._values, "extra": extra})


class Offer:
    """The requirement lines of one distribution, indexed by extra."""

    def __init__(self, lines: Iterable[str]) -> None:
        self._plain: list[str] = []
        self._by_extra: dict[str, dict[str, None]] = defaultdict(dict)
        for line in lines:
            marker = line.partition(";")[2]
            if "extra" not in marker:
                self._plain.append(line)
                continue
            # Most lines apply single to an extra that is not requested. With an "or", a line may also apply without it.
            if " or " in marker:
                self._plain.append(line)
            for text in ("".join(quoted) for quoted in _QUOTED.findall(marker)):
                for word in (text, *_WORD.findall(text)):
                    self._by_extra[normalize(word)][line] = None

    def lines(self, extra: str) -> Iterator[str]:
        """Yield the lines that may apply to an extra, or without any extra if it is ""."""
        yield from self._by_extra.get(extra, ()) if extra else self._plain
