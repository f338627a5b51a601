"""A Jupyter notebook → the modules and names in its Python cells."""

from __future__ import annotations

import re
from collections.abc import Iterator

from msgspec import Struct

from deadweight.codescan.python.code import read_python
from deadweight.formats.typed_json import decode
from deadweight.model import Mention, Reading, Role, Skipped

# Lines that IPython handles instead of a statement: magics, shell commands, help.
_MAGIC = re.compile(r"^[ \t]*(?:[%!?].*|[\w.]+[ \t]*=[ \t]*[%!](?![ \t]).*|[\w.]+\?{1,2}[ \t]*)$", re.MULTILINE)
# Cell magics for other languages. Those that time or capture Python code are excluded.
_FOREIGN = re.compile(r"\s*%%(?!(?:time|timeit|capture|prun|memit|mprun|debug)\b)")


class _Named(Struct, frozen=True):
    name: str | None = None
    language: str | None = None


class _Metadata(Struct, frozen=True):
    kernelspec: _Named | None = None
    language_info: _Named | None = None


class _Cell(Struct, frozen=True):
    """``source`` was called ``input`` before format 4."""

    cell_type: str = ""
    source: str | list[str] | None = None
    input: str | list[str] = ""

    def text(self) -> str:
        source = self.input if self.source is None else self.source
        return "".join(source)


class _Worksheet(Struct, frozen=True):
    cells: tuple[_Cell, ...] = ()


class _Notebook(Struct, frozen=True):
    """https://nbformat.readthedocs.io/en/latest/format_description.html; before format 4, cells were in worksheets."""

    cells: tuple[_Cell, ...] = ()
    worksheets: tuple[_Worksheet, ...] = ()
    metadata: _Metadata = _Metadata()

    def code(self) -> Iterator[str]:
        """Yield the source of each cell, empty if it is not code."""
        for sheet in self.worksheets or (self,):
            for cell in sheet.cells:
                yield cell.text() if cell.cell_type == "code" else ""

    def is_python(self) -> bool:
        kernel, info = self.metadata.kernelspec or _Named(), self.metadata.language_info or _Named()
        language = kernel.language or info.name
        return language is None or "python" in language.lower()


def read_notebook(data: bytes, file: str, role: Role) -> Reading:
    """Return the names in the code cells of a notebook."""
    try:
        notebook = decode(data, _Notebook)
    except ValueError as error:
        return Reading(skipped=(Skipped(file, f"not a valid notebook: {error}", 4),))
    mentions: list[Mention] = []
    skipped: list[Skipped] = []
    for number, source in enumerate(notebook.code() if notebook.is_python() else (), 1):
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
