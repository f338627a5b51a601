"""Values → indented JSON, as ``json.dumps(values, indent=1)`` writes it, at a quarter of the time.

The standard library indents in Python, one generator for each level (until Python 3.15), which for a report of
10,000 distributions takes longer than all stages together.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from json.encoder import encode_basestring_ascii as _quoted

_PLAIN: Mapping[type, Callable[..., str]] = {
    str: _quoted,
    int: repr,
    float: repr,
    bool: {True: "true", False: "false"}.__getitem__,
    type(None): {None: "null"}.__getitem__,
}


def json_text(value: object, before: str = "\n") -> str:
    """Return JSON, ASCII only.

    before: the line break and the indentation of what the value stands in
    raises: TypeError for what JSON does not have
    """
    plain = _PLAIN.get(type(value))
    if plain is not None:
        return plain(value)
    if isinstance(value, (dict, Mapping)):
        return _enclosed("{}", _items(value, before + " "), before)
    if isinstance(value, (list, tuple)):
        return _enclosed("[]", _values(value, before + " "), before)
    raise TypeError(f"JSON has no {type(value).__name__}")


def _enclosed(brackets: str, items: Sequence[str], before: str) -> str:
    if not items:
        return brackets
    return f"{brackets[0]}{before} {f',{before} '.join(items)}{before}{brackets[1]}"


def _items(values: Mapping[str, object], inner: str) -> list[str]:
    # Written out, since a call for each of hundreds of thousands of numbers and names takes longer than all else.
    find = _PLAIN.get
    return [
        f"{_quoted(key)}: {plain(value) if (plain := find(type(value))) else json_text(value, inner)}"
        for key, value in values.items()
    ]


def _values(values: Sequence[object], inner: str) -> list[str]:
    types = set(map(type, values))
    if len(types) == 1:
        plain = _PLAIN.get(types.pop())
        if plain is not None:
            return list(map(plain, values))
    return [json_text(value, inner) for value in values]
