"""Version ranges in uv's log → whether a version is in one.

uv separates alternative sets of specifiers with "|". ``V+`` is the point after V and all of its local versions:
``<=3.5.1+`` includes 3.5.1+cpu, ``>=4.9.2+`` includes only versions after 4.9.2, and ``>=1.0, <1.0+`` means ``==1.0``.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from packaging.version import Version

_BEHIND = re.compile(r"(<|<=|>|>=)\s*([\w.!]+)\+\Z")
_EXACT = re.compile(r"\s*(?:===?\s*([\w.!+]+)|>=\s*([\w.!]+),\s*<=?\s*([\w.!]+)\+)\s*\Z")


def within(version: Version, versions: str) -> bool:
    """Return whether a version is in a range; a range in an unknown form includes all versions."""
    return any(_in_all(version, part) for part in versions.split("|"))


def is_exact(versions: str) -> bool:
    """Return whether a range includes only one version, as ``==`` without a wildcard does."""
    match = _EXACT.match(versions)
    return match is not None and match[2] == match[3]


def _in_all(version: Version, part: str) -> bool:
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    clauses = [clause for text in part.split(",") if (clause := text.strip().removeprefix("*"))]
    try:
        behind = [match for clause in clauses if (match := _BEHIND.match(clause))]
        plain = SpecifierSet(",".join(clause for clause in clauses if not _BEHIND.match(clause)))
        return all(_on_side(version, *match.groups()) for match in behind) and plain.contains(version, prereleases=True)
    except (InvalidSpecifier, InvalidVersion):
        return True  # an extra candidate does no harm, a missing one does


def _on_side(version: Version, operator: str, bound: str) -> bool:
    from packaging.version import Version

    public = Version(version.public)
    return public <= Version(bound) if operator[0] == "<" else public > Version(bound)
