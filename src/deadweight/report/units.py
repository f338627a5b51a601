"""Sizes, shares, counts, paths and sentences → text."""

from __future__ import annotations

import re
from textwrap import wrap

from deadweight.model.report import Report
from deadweight.untrusted import plain
from deadweight.wording import counted as counted  # with the other units

_UNITS = ("B", "kB", "MB", "GB", "TB")
_SITE = re.compile(r"\A(?:|.*?/)(?:site|dist)-packages/(?=.)", re.DOTALL)


def human(size: int | None) -> str:
    """Return a size in decimal units (MB = 10⁶ bytes) with three significant digits; "?" for unknown."""
    if size is None:
        return "?"
    value, unit = float(size), 0
    while abs(value) >= 999.5 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    digits = 2 if abs(value) < 9.995 else 1
    if unit == 0 or abs(value) >= 99.95:
        digits = 0
    return f"{value:.{digits}f} {_UNITS[unit]}"


def total_size(report: Report) -> str:
    """Return the total with how sure it is: "at most ~239 MB"."""
    archives = [row.archive for row in report.distributions if row.archive]
    at_most = "at most " if any(archive.at_most for archive in archives) else ""
    about = "~" if any(archive.estimated for archive in archives) else ""
    return f"{at_most}{about}{human(report.totals.apparent_bytes)}"


def signed(change: int | None) -> str:
    """Return a change of a size with its sign; "" for none, "?" for unknown."""
    # An ASCII hyphen, since a terminal or a file of another encoding would lose the sign of a minus.
    return "" if change == 0 else "?" if change is None else f"{'+' if change > 0 else '-'}{human(abs(change))}"


def percent(part: int, whole: int) -> str:
    """Return a share in whole percent. A share other than 0 or 1 is never rounded to 0 % or 100 %."""
    if not whole or not part:
        return "0 %"
    share = 100 * part / whole
    if 99.5 <= share < 100:
        return ">99 %"
    return "<1 %" if share < 0.5 else f"{share:.0f} %"


def target_text(location: str) -> str:
    """Return the name of a target: its location, except for standard input."""
    return "standard input" if location == "-" else plain(location)


def path_in_site(path: str) -> str:
    """Return a path without the directories above site-packages, which are the same for most paths."""
    return _SITE.sub("", path)


def hanging_text(text: str, width: int) -> str:
    """Wrap a sentence to ``width`` columns with a hanging indent of two. Long words, such as paths, are not broken."""
    indent = " " * (len(text) - len(text.lstrip()))
    return "\n".join(
        wrap(
            text.strip(),
            width,
            initial_indent=indent,
            subsequent_indent=f"{indent}  ",
            break_on_hyphens=False,
            break_long_words=False,
        )
    )
