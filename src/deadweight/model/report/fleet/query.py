"""The result of ``deadweight fleet query``, schema ``deadweight.fleet-query/1``."""

from __future__ import annotations

from typing import Literal

from msgspec import field

from deadweight.model.documents import Published

Schema = Literal["deadweight.fleet-query/1"]
Cell = str | int | float | None


class QueryResult(Published, frozen=True, kw_only=True):
    """What a statement selected.

    columns:   in the order of the statement; names may repeat
    rows:      a value for each column
    truncated: whether there are more rows than were requested
    """

    schema: Schema = field(default="deadweight.fleet-query/1")
    columns: tuple[str, ...]
    rows: tuple[tuple[Cell, ...], ...]
    truncated: bool
