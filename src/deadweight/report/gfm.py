"""Untrusted texts, tables and folded parts → GitHub Flavored Markdown.

source: https://github.github.com/gfm/ (6.3 code spans, 4.10 tables)
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from deadweight.untrusted import plain

# Characters that Markdown, or the places that show it, give a meaning: "@name" notifies somebody, "#1" links.
_SPECIAL = re.compile(r"[\\`*\[\]<>&|@#~$]|(?<!\w)_|_(?!\w)|(?<=:)//|(?<=www)\.")


def escaped(text: str, shown_as: Callable[[str], str] = plain) -> str:
    """Return untrusted text that Markdown shows as it is, on one line.

    shown_as: ``whole`` for a text that must not be abridged
    """
    return _SPECIAL.sub(lambda match: "".join(f"&#{ord(char)};" for char in match[0]), shown_as(text))


def code(text: str, shown_as: Callable[[str], str] = plain) -> str:
    """Return untrusted text as a code span; its fence is longer than every run of backticks in it.

    shown_as: ``whole`` for a text that must not be abridged
    """
    shown = shown_as(text) or " "
    fence = "`" * (1 + max(map(len, re.findall("`+", shown)), default=0))
    gap = " " if shown[0] == "`" or shown[-1] == "`" else ""
    return f"{fence}{gap}{shown}{gap}{fence}"


def table(header: Sequence[str], rows: Iterable[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table. A column whose name begins with ">" is aligned right; cells are escaped already."""
    yield _row([name.removeprefix(">") for name in header])
    yield f"|{'|'.join('---:' if name.startswith('>') else '---' for name in header)}|"
    yield from map(_row, rows)


def _row(cells: Sequence[str]) -> str:
    # A bar ends a cell, even within a code span, unless it is escaped.
    texts = (cell.replace("|", "\\|") for cell in cells)
    return f"|{''.join(f' {text} |' if text else ' |' for text in texts)}"


def details(summary: str, lines: Iterable[str]) -> Iterator[str]:
    """Yield lines that are folded below a summary, which is escaped already."""
    # The blank lines end the blocks of HTML, so that Markdown continues.
    yield from ("", "<details>", f"<summary>{summary}</summary>", "", *lines, "", "</details>")
