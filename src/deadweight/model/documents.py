"""Values ↔ JSON documents, with no password in them."""

from __future__ import annotations

import json
from typing import TypeVar

from msgspec import ValidationError, convert

from deadweight.errors import BadReport
from deadweight.model.json_text import json_text
from deadweight.untrusted import without_credentials

T = TypeVar("T")


def to_json(value: object) -> str:
    """Return a value as JSON: fields in order, ASCII only, credentials redacted, with a line break at the end."""
    return without_credentials(json_text(value)) + "\n"


def from_json(text: str | bytes, of: type[T]) -> T:
    """Return the value that ``to_json`` wrote.

    raises: BadReport for a text that is no JSON or does not match the type
    """
    try:
        return convert(json.loads(text), of)
    except ValidationError as error:  # a ValueError, too
        raise BadReport(f"not a report of this version of deadweight: {error}") from error
    except (ValueError, RecursionError) as error:
        raise BadReport(str(error) or "too deeply nested") from error
