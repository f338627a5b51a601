"""Values → indented JSON, ASCII only, as ``json.dumps(values, indent=1)`` writes it.

The standard library indents in Python, one generator for each level (until Python 3.15), which for a report of
10,000 distributions takes longer than all stages together.
"""

from __future__ import annotations

import json
import re
from json.encoder import encode_basestring_ascii

import msgspec

# The standard library escapes DEL too; no terminal gets it from a report.
_TO_ESCAPE = re.compile(r"[^\x00-\x7e]+")


def json_text(value: object) -> str:
    """Return a value as JSON.

    raises: TypeError for what JSON does not have
    """
    try:
        text = msgspec.json.format(msgspec.json.encode(value), indent=1).decode()
    except UnicodeEncodeError:
        # The name of a file may hold bytes that are no text: a lone surrogate, which only the standard library writes.
        return json.dumps(msgspec.to_builtins(value), indent=1)
    return text if text.isascii() and "\x7f" not in text else _TO_ESCAPE.sub(_escaped, text)


def _escaped(match: re.Match[str]) -> str:
    return str(encode_basestring_ascii(match[0]))[1:-1]
