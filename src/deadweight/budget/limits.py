"""Limits as users write them ↔ integers: "500MB", "1.5GiB", "5%"."""

from __future__ import annotations

import re
from fractions import Fraction

from msgspec import Struct

from deadweight.errors import BadConfig, abridged
from deadweight.formats.distributions.metadata import normalize
from deadweight.image_rules import matching, rules
from deadweight.model.groups import GROUPS

UNITS = {
    "B": 1,
    "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12,
    "KiB": 2**10, "MiB": 2**20, "GiB": 2**30, "TiB": 2**40,
}  # fmt: skip
_DECIMAL = ("TB", "GB", "MB", "kB", "B")
_NUMBER = r"([0-9]{1,15}(?:\.[0-9]{1,15})?)"
_BY_LOWER = {unit.lower(): size for unit, size in UNITS.items()}
# JSON Schema knows no flags, so that the pattern spells both cases of each letter.
_ANY_CASE = "|".join("".join(f"[{c.upper()}{c.lower()}]" for c in unit) for unit in UNITS)
SIZE = rf"^{_NUMBER} *({_ANY_CASE})$"
PERCENT = rf"^{_NUMBER} *%$"
# The code of a rule for images, or a pattern of codes
FINDING = r"^[Dd][Ww][0-9*]{1,3}$"
FINDING_SIZE = rf"^[Dd][Ww][0-9*]{{1,3}}={SIZE[1:]}"
# A name or a pattern as in [tool.deadweight.groups]
NAME = r"^[A-Za-z0-9*][A-Za-z0-9._*-]{0,199}$"


class Limit(Struct, frozen=True, kw_only=True):
    """What a rule compares with: a size, a share of another size, or a name.

    text:  as the user wrote it; names are normalized
    bytes: of a size
    share: of a size that is known only later, 1 for all of it
    """

    text: str
    bytes: int | None = None
    share: Fraction | None = None

    def of(self, whole: int) -> int:
        """Return the limit in bytes: of a share, the whole bytes that it is of ``whole``."""
        return int(self.share * whole) if self.share is not None else self.bytes or 0


def size_limit(text: str) -> Limit:
    """Read a size; raises BadConfig."""
    return Limit(text=text, bytes=parse_size(text))


def growth_limit(text: str) -> Limit:
    """Read a size or a percentage; raises BadConfig."""
    percent = re.fullmatch(PERCENT, text)
    if percent:
        return Limit(text=text, share=Fraction(percent[1]) / 100)
    if text.endswith("%"):
        raise BadConfig(f"{abridged(text)!r} is not a percentage", hint="write a positive number, such as 5% or 2.5%")
    try:
        return size_limit(text)
    except BadConfig as error:
        raise BadConfig(error.cause, hint=f"{error.hint}, or a percentage, such as 5%") from None


def name_limit(text: str) -> Limit:
    """Read the name of a project, or a pattern with stars; raises BadConfig."""
    if not re.fullmatch(NAME, text):
        raise BadConfig(f"{abridged(text)!r} is not the name of a project", hint="write a name, or a pattern: nvidia-*")
    return Limit(text=normalize(text))


def finding_limit(text: str) -> Limit:
    """Read the code of a rule for images, or a pattern with stars; raises BadConfig."""
    if not re.fullmatch(FINDING, text) or not matching(text):
        codes = list(rules())
        raise BadConfig(
            f"no rule {abridged(text)!r} for images", hint=f"available: {codes[0]} to {codes[-1]}, or a pattern: DW5*"
        )
    return Limit(text=text.upper())


def finding_size_limit(text: str) -> Limit:
    """Read such a code or pattern with a size, as in "DW504=50MB"; raises BadConfig."""
    rule, separator, size = text.partition("=")
    if not separator:
        raise BadConfig(f"{abridged(text)!r} has no size", hint="write the code of a rule and a size: DW504=50MB")
    return Limit(text=f"{finding_limit(rule).text}={size}", bytes=parse_size(size))


def group_limit(text: str) -> Limit:
    """Read a group; raises BadConfig."""
    if text not in GROUPS:
        raise BadConfig(f"no group {abridged(text)!r}", hint=f"available: {', '.join(GROUPS)}")
    return Limit(text=text)


def parse_size(text: str) -> int:
    """Return a size in bytes, rounded down: "500MB" is 500 × 10⁶, "500MiB" is 500 × 2²⁰. Case does not matter.

    raises: BadConfig for anything else, also for a number without a unit
    """
    match = re.fullmatch(SIZE, text)
    if match is None:
        raise BadConfig(
            f"{abridged(text)!r} is not a size", hint="write a positive number and a unit, such as 500MB or 1.5GiB"
        )
    return int(Fraction(match[1]) * _BY_LOWER[match[2].lower()])


def format_size(size: int) -> str:
    """Return a size as ``parse_size`` reads it back, in the largest decimal unit that it fills."""
    unit = next(unit for unit in _DECIMAL if size >= UNITS[unit] or unit == "B")
    whole, rest = divmod(size, UNITS[unit])
    digits = f"{rest:0{len(str(UNITS[unit])) - 1}d}".rstrip("0") if rest else ""
    return f"{whole}.{digits}{unit}" if digits else f"{whole}{unit}"
