"""Names → the part of a sentence that lists them. Every stage writes such sentences."""

from __future__ import annotations

from collections.abc import Iterable


def listed(names: Iterable[str], most: int, *, others: int = 0, between: str = ", ") -> str:
    """Return the first names, and the number of others: "a, b and 3 more".

    others:  the number of names that are not in ``names``
    between: what separates the names
    """
    every = list(names)
    others += len(every[most:])
    return between.join(every[:most]) + (f" and {others:,} more" if others else "")


def counted(number: int, noun: str) -> str:
    """Return "1 file", "2 files"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"
