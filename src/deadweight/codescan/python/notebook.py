"""A Jupyter notebook → what the Python in its cells names."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from deadweight.codescan.python.source import read_python
from deadweight.model import Mention, Reading, Role, Skipped

# Lines for IPython, shells and its help, which stand where a statement would.
_MAGIC = re.compile(r"^[ \t]*(?:[%!?].*|[\w.]+[ \t]*=[ \t]*[%!](?![ \t]).*|[\w.]+\?{1,2}[ \t]*)$", re.MULTILINE)
# Cells that are of another language, or none at all, but for those that time or capture what is in them.
_FOREIGN = re.compile(r"\s*%%(?!(?:time|timeit|capture|prun|memit|mprun|debug)\b)")


def read_notebook(data: bytes, file: str, role: Role) -> Reading:
    """Return what the code cells of a notebook name."""
    try:
        notebook = json.loads(data)
        cells = list(enumerate(_cells(notebook), 1)) if _is_python(notebook) else []
    except (ValueError, RecursionError, AttributeError, TypeError) as error:
        return Reading(skipped=(Skipped(file, f"no notebook: {error}", 4),))
    mentions: list[Mention] = []
    skipped: list[Skipped] = []
    for number, source in cells:
        if source.strip() and not _FOREIGN.match(source):
            found = _read_cell(source, file, role, number)
            mentions += found.mentions
            skipped += found.skipped
    return Reading(tuple(mentions), tuple(skipped))


def _read_cell(source: str, file: str, role: Role, number: int) -> Reading:
    first = read_python(source.encode("utf-8", "replace"), file, role, number)
    if not first.skipped:
        return first
    # Only now: in an expression over several lines, a line may well begin with a percent sign.
    return read_python(_MAGIC.sub("", source).encode("utf-8", "replace"), file, role, number)


def _cells(notebook: dict[str, object]) -> Iterator[str]:
    """Yield the source of each cell, empty where it is no code; before format 4, they were on worksheets."""
    sheets = notebook.get("worksheets")
    cells = notebook.get("cells", [])
    for each in [cell for sheet in sheets for cell in sheet.get("cells", ())] if isinstance(sheets, list) else cells:  # type: ignore[attr-defined]
        source = each.get("source", each.get("input", "")) if each.get("cell_type") == "code" else ""
        yield "".join(source) if isinstance(source, list) else str(source)


def _is_python(notebook: dict[str, dict[str, dict[str, str]]]) -> bool:
    metadata = notebook.get("metadata", {})
    told = metadata.get("kernelspec", {}).get("language") or metadata.get("language_info", {}).get("name")
    return told is None or "python" in str(told).lower()
