"""PEP 440 specifiers → whether they admit a version, and which version of Python to measure for.

A range is a tuple of alternative specifiers, as poetry's "||" and pdm's targets need. An empty tuple admits everything.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from deadweight.formats.tables import Malformed, outline

_MINORS = range(6, 16)  # of the Python 3 versions for which distributions are still published
_NUMBERS = re.compile(r"3\.(\d{1,3})(?:\.(\d{1,3}))?")


class OtherPython(Malformed):
    """Something does not support the Python version that is measured."""

    def __init__(self, what: str, specifiers: tuple[str, ...], python: str) -> None:
        reason = f"requires Python {shown(specifiers)}, but the measured version is {python}"
        super().__init__(f"{what} {reason}" if what else reason)
        self.specifiers, self.nearest = specifiers, nearest_python(specifiers, python)


def admits(specifier: str, version: str) -> bool:
    """Return whether a PEP 440 specifier admits a version; raises Malformed if either is invalid."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    try:
        return SpecifierSet(specifier).contains(version, prereleases=True)
    except (InvalidSpecifier, InvalidVersion, ValueError) as error:
        raise Malformed(f"invalid version specifier: {outline(specifier)}") from error


def any_admits(specifiers: tuple[str, ...], version: str) -> bool:
    """Return whether a range admits a version; raises Malformed."""
    return not specifiers or any(admits(specifier, version) for specifier in specifiers)


def nearest_python(specifiers: tuple[str, ...], running: str) -> str | None:
    """Return the version of Python in a range that is nearest to ``running``, as a value for ``--python``.

    Of two equally near versions, the newer one is returned; None if the range admits no Python 3. Raises Malformed.
    """
    if any_admits(specifiers, running):
        return running
    for short in minors_by_distance(running):
        for version in _patches(specifiers, short):
            if any_admits(specifiers, version):
                return version
    return None


def minors_by_distance(running: str) -> list[str]:
    """Return versions of Python 3 ("3.12"), nearest to ``running`` first; of two equally near ones, the newer first."""
    current = int(running.split(".")[1])
    return [f"3.{minor}" for minor in sorted(_MINORS, key=lambda minor: (abs(minor - current), -minor))]


def _patches(specifiers: tuple[str, ...], short: str) -> Iterator[str]:
    """Yield a minor version, then its patch versions at which the specifiers begin or end."""
    yield short
    for match in _NUMBERS.finditer(" ".join(specifiers)[:10_000]):
        if f"3.{match[1]}" == short and match[2]:
            yield f"{short}.{match[2]}"
            yield f"{short}.{int(match[2]) + 1}"  # for ">3.12.3"


def shown(specifiers: tuple[str, ...]) -> str:
    """Return a range as text for messages."""
    return outline(" or ".join(specifiers))
