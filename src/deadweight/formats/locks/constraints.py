"""Versions as poetry asks for them → whether a version fits: PEP 440's operators, and those that are poetry's own."""

from __future__ import annotations

import re

from deadweight.formats.locks.marking import admits
from deadweight.formats.tables import Malformed, outline

_OWN = re.compile(r"(\^|~(?!=))\s*v?(\d+(?:\.\d+)*)")
_BARE = re.compile(r"v?\d[\w.!+*-]*\Z")
_MOST_ALTERNATIVES = 100


def poetry_admits(constraint: str, version: str) -> bool:
    """Say whether ``constraint`` ("^1.2", "~1.2", "1.*", ">=1,<2 || >3") admits a version; raises Malformed."""
    alternatives = constraint.replace("||", "|").split("|")
    if len(alternatives) > _MOST_ALTERNATIVES:
        raise Malformed(f"no version constraint: {outline(constraint)}")
    return any(admits(_as_specifier(alternative), version) for alternative in alternatives)


def _as_specifier(constraint: str) -> str:
    # poetry takes a blank for a comma, too
    parts = re.split(r"[\s,]+", re.sub(r"([<>=!~^])\s+", r"\1", constraint.strip()))
    return ",".join(filter(None, map(_clause, parts)))


def _clause(part: str) -> str:
    if part in ("", "*"):
        return ""
    own = _OWN.match(part)
    if own:
        return f">={part[own.start(2) :]},<{_next(own[2], caret=own[1] == '^')}"
    return f"=={part}" if _BARE.match(part) else part


def _next(numbers: str, *, caret: bool) -> str:
    """Return the first version that "^" (leftmost part that is not 0) or "~" (minor part) leaves out."""
    parts = numbers.split(".")
    leading = next((at for at, part in enumerate(parts) if part.strip("0")), len(parts) - 1)
    at = leading if caret else min(1, len(parts) - 1)
    if len(parts[at]) > 20:
        raise Malformed(f"no version: {outline(numbers)}")
    return ".".join([*parts[:at], str(int(parts[at]) + 1)])
