"""Untrusted JSON → its value. The number of values is bounded, because parsed values take up to 60 times their text."""

from __future__ import annotations

import json
from typing import Any

MOST_NODES = 1 << 20  # commas and opening brackets, each of which may mean one more value


def loads(data: bytes) -> Any:
    """Return the value of a JSON document; raises ValueError if it is invalid, too large or nested too deeply."""
    if sum(map(data.count, (b",", b"[", b"{"))) > MOST_NODES:
        raise ValueError("too many values")
    try:
        return json.loads(data)
    except RecursionError:
        raise ValueError("nested too deeply") from None
