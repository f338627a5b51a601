"""JSON → a value of a declared type, so that what reads a document need not check its parts."""

from __future__ import annotations

import json
from typing import TypeVar

import msgspec

T = TypeVar("T")


def decode(data: bytes | str, kind: type[T]) -> T:
    """Return a JSON document as a value of a type; fields that the type does not have are ignored.

    raises: ValueError if it is not JSON, does not match the type, or is nested too deeply
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.ValidationError, RecursionError) as error:
        raise ValueError(str(error)) from error
    except msgspec.DecodeError:
        return _decoded_leniently(data, kind)


def _decoded_leniently(data: bytes | str, kind: type[T]) -> T:
    """Accept half of a surrogate pair and NaN too: Python's json writes both, for example in notebooks."""
    try:
        return msgspec.convert(json.loads(data), kind)
    except (msgspec.ValidationError, RecursionError) as error:
        raise ValueError(str(error)) from error
