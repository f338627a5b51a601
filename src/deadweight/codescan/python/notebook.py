"""A Jupyter notebook → the modules and names in its Python cells."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from deadweight.codescan.python.code import read_python
from deadweight.model import Mention, Reading, Role, Skipped

# Lines that IPython handles instead of a statement: magics, shell commands, help.
_MAGIC = re.compile(r"^[ \t]*(?:[%!?].*|[\w.]+[ \t]*=[ \t]*[%!](?![ \t]).*|[\w.]+\?{1,2}[ \t]*)$", re.MULTILINE)
# Cell magics for other languages. Those that time or capture Python code are excluded.
_FOREIGN = re.compile(r"\s*%%(?!(?:time|timeit|capture|prun|memit|mprun|debug)\b)")


def read_notebook(data: bytes, file: str, role: Role) -> Reading:
    """Return the names in the code cells of a notebook."""
    try:
        notebook = json.loads(data)
        cells = list(enumerate(_cells(notebook), 1)) if _is_python(notebook) else []
    except (ValueError, RecursionError, AttributeError, TypeError) as error:
        return Reading(skipped=(Skipped(file, f"not a valid notebook: {error}", 4),))
    mentions: list[Mention] = []
    skipped: list[Skipped] = []
    for number, source in cells:
        if source.strip() and not _FOREIGN.match(source):
            reading = _read_cell(source, file, role, number)
            mentions += reading.mentions
            skipped += reading.skipped
    return Reading(tuple(mentions), tuple(skipped))


def _read_cell(source: str, file: str, role: Role, number: int) -> Reading:
    first = read_python(source.encode("utf-8", "replace"), file, role, number)
    if not first.skipped:
        return first
    # Magics are removed only after a syntax error, because a line of a longer expression may begin with a percent sign.
    return read_python(_MAGIC.sub("", source).encode("utf-8", "replace"), file, role, number)


def _cells(notebook: dict[str, object]) -> Iterator[str]:
    """Yield the source of each cell, empty if it is not code; before format 4, cells were in worksheets."""
    sheets = notebook.get("worksheets")
    cells = notebook.get("cells", [])
    for each in [cell for sheet in sheets for cell in sheet.get("cells", ())] if isinstance(sheets, list) else cells:  # type: ignore[attr-defined]
        source = each.get("source", each.get("input", "")) if each.get("cell_type") == "code" else ""
        yield "".join(source) if isinstance(source, list) else str(source)


def _is_python(notebook: dict[str, dict[str, dict[str, str]]]) -> bool:
    metadata = notebook.get("metadata", {})
    language = metadata.get("kernelspec", {}).get("language") or metadata.get("language_info", {}).get("name")
    return language is None or "python" in str(language).lower()
