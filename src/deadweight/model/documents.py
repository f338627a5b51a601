"""Values ↔ JSON documents, with no password in them."""

from __future__ import annotations

from typing import Any, Self, TypeVar

from msgspec import Struct, ValidationError, convert

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
    import json  # only what reads a saved result needs it

    try:
        return convert(json.loads(text), of)
    except ValidationError as error:  # a ValueError, too
        raise BadReport(f"not a report of this version of deadweight: {error}") from error
    except (ValueError, RecursionError) as error:
        raise BadReport(str(error) or "too deeply nested") from error


class Published(Struct, frozen=True, kw_only=True):
    """A result with a published schema: its fields are the keys of its JSON."""

    def to_json(self) -> str:
        """Return the result as JSON; see ``to_json``."""
        return to_json(self)

    @classmethod
    def from_json(cls, text: str | bytes) -> Self:
        """Return the result that ``to_json`` wrote; raises BadReport."""
        result = from_json(text, cls)
        result.validate()
        return result

    def validate(self) -> None:
        """Raise BadReport if the parts contradict each other: what reads a result may rely on them."""

    @classmethod
    def json_schema(cls) -> dict[str, Any]:
        """Return the JSON Schema (2020-12)."""
        from msgspec.json import schema

        return schema(cls)
