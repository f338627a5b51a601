"""Arguments of the Python API and numbers of the command line → the same, checked."""

from __future__ import annotations

from collections.abc import Iterable

from deadweight.errors import BadInput

LEAST, MOST = 1e-6, 1e9  # of limits, such as seconds: what clocks and waiting calls of the system take


def items(given: str | Iterable[str]) -> tuple[str, ...]:
    """Return the items that were given; a string is one item, not its characters."""
    return (given,) if isinstance(given, str) else tuple(given)


def is_limit(number: float) -> bool:
    """Return whether a number can be a limit: neither 0, negative nor nan, and not too large to count."""
    return LEAST <= number <= MOST


def check_limits(**numbers: float | None) -> None:
    """Raise BadInput for a number that can be no limit; None is no number."""
    for name, number in numbers.items():
        if number is not None and not is_limit(number):
            raise BadInput(f"{name} must be from {LEAST:f} to {MOST:,.0f}, not {number}")
