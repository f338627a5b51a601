"""The parts of a document: texts as people read them, not escaped yet.

Their foreign parts are plain already, so that a long one does not cut the rest of its sentence.
"""

from __future__ import annotations

from typing import Literal, NamedTuple


class Column(NamedTuple):
    """A column of a table: its heading, and what its cells are.

    kind: "name" for what is written as code, "number" for what is aligned right
    """

    heading: str
    kind: Literal["name", "text", "number"] = "text"


class Table(NamedTuple):
    """A table; each row has a cell for each column."""

    columns: tuple[Column, ...]
    rows: tuple[tuple[str, ...], ...]


class Section(NamedTuple):
    """A section below a heading: a table, then a list, then sentences.

    folded: whether a comment on a pull request shows only the heading first
    """

    title: str
    table: Table | None = None
    items: tuple[str, ...] = ()
    sentences: tuple[str, ...] = ()
    folded: bool = False


class Document(NamedTuple):
    """A result.

    title:     the result in one phrase
    about:     what was measured
    sentences: below the title
    notes:     what is missing, or needs attention
    """

    title: str
    about: str
    sentences: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
    notes: tuple[str, ...] = ()
