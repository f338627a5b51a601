"""The arguments of an instruction → its words, with quotes removed and variables replaced.

source: https://docs.docker.com/reference/dockerfile/#environment-replacement
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping

from deadweight.codescan.dockerfiles.variables import older_form

_VARIABLE = re.compile(r"\$(?:([A-Za-z_]\w*)|\{([A-Za-z_]\w*)(?::?-([^}]*))?\})")


def assignments(keyword: str, value: str, values: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    """Yield (name, value) of ENV and ARG, with the variables that are known; others are left out."""
    older = older_form(value) if keyword == "ENV" else None
    if older:
        name, text = older
        yield name, "".join(words_of(text, values, whole=True))
        return
    for word in words_of(value, values):
        name, equals, text = word.partition("=")
        if equals and name.isidentifier():
            yield name, text


def words_of(text: str, values: Mapping[str, str], *, whole: bool = False) -> Iterator[str]:
    """Yield the words of an instruction without quotes, with variables replaced.

    whole: whether the text is one word, in which blanks stay
    """
    word, quote, at, inside = "", "", 0, False
    while at < len(text):
        char = text[at]
        variable = _VARIABLE.match(text, at) if char == "$" and quote != "'" else None
        if variable:
            word, at, inside = word + _value_of(variable, values), variable.end(), True
            continue
        escaped = char == "\\" and quote != "'" and at + 1 < len(text)
        if escaped and (not quote or text[at + 1] in '"$\\'):
            word, at, inside = word + text[at + 1], at + 2, True
            continue
        at += 1
        if char == quote:
            quote = ""
        elif char in "\"'" and not quote:
            quote, inside = char, True
        elif char.isspace() and not quote and not whole:
            if inside:
                yield word
            word, inside = "", False
        else:
            word, inside = word + char, True
    if inside:
        yield word


def _value_of(variable: re.Match[str], values: Mapping[str, str]) -> str:
    return values.get(variable[1] or variable[2], variable[3] or "")
