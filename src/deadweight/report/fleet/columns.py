"""The table of a section: its columns, and its values as people read them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal, NamedTuple

from deadweight.model.report.rows import Value
from deadweight.report.units import human, signed


class Column(NamedTuple):
    """A column: its key in CSV, its heading, and what its values are."""

    key: str
    heading: str
    kind: Literal["name", "text", "count", "bytes", "change"] = "text"

    @property
    def is_name(self) -> bool:
        """Whether the values are names, as of files."""
        return self.kind == "name"

    @property
    def is_number(self) -> bool:
        """Whether the column is aligned right."""
        return self.kind in ("count", "bytes", "change")

    def cell(self, value: Value) -> str:
        """Return a value as people read it; untrusted text is not escaped yet."""
        if not self.is_number:
            return "" if value is None else str(value)
        assert value is None or isinstance(value, int)
        if self.kind == "count":
            return "" if value is None else f"{value:,}"
        return signed(value) if self.kind == "change" else human(value)


class Section(NamedTuple):
    """A section: its name for ``--section``, its title, a sentence below it, and its table."""

    name: str
    title: str
    note: str
    columns: tuple[Column, ...]
    rows: tuple[tuple[Value, ...], ...]

    def cells(self) -> Iterator[list[str]]:
        """Yield the rows as people read them."""
        for row in self.rows:
            yield [column.cell(value) for column, value in zip(self.columns, row, strict=True)]
