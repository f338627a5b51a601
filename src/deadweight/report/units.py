"""Bytes → what people read; foreign text → what a terminal may be given."""

from __future__ import annotations

import re
import unicodedata

from deadweight.errors import MOST_SHOWN, abridged

# What stands before the last @ of a URL's authority: people forget to quote an @ in a password, or a slash.
_CREDENTIALS = re.compile(r"(\w://)[^/\s\"]+@")
_UNQUOTED = re.compile(r"(\w://[^/@:\s\"]{1,200}:)(?!\d{0,5}(?:[/?#\s\"]|$))[^\s\"]{1,500}@")
_QUERY = re.compile(
    r"([?&;][\w.-]{0,40}?(?:token|secret|passw|pwd|signature|credential|api[_-]?key|access[_-]?key|\bsig\b|\bauth\b|\bkey\b)"
    r"[\w.-]{0,40}=)[^&;\s\"'#]+",
    re.IGNORECASE,
)
_UNITS = ("B", "kB", "MB", "GB", "TB")


def human(size: int | None) -> str:
    """Return a size in decimal units (MB = 10⁶ bytes) with three significant digits; "?" for unknown."""
    if size is None:
        return "?"
    value, unit = float(size), 0
    while abs(value) >= 999.5 and unit < len(_UNITS) - 1:
        value, unit = value / 1000, unit + 1
    digits = 0 if unit == 0 or abs(value) >= 99.95 else 1 if abs(value) >= 9.995 else 2
    return f"{value:.{digits}f} {_UNITS[unit]}"


def percent(part: int, whole: int) -> str:
    """Return a share in whole percents; neither something nor all but something is rounded away."""
    if not whole or not part:
        return "0 %"
    share = 100 * part / whole
    if 99.5 <= share < 100:
        return ">99 %"
    return "<1 %" if share < 0.5 else f"{share:.0f} %"


def counted(number: int, noun: str) -> str:
    """Return "1 file", "2 files"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def plain(text: str) -> str:
    """Return foreign text with control, format and undecodable characters spelled out, on one line, and no passwords.

    Of more than 500 characters, the rest is cut off.
    Names and texts come from metadata, and metadata is anybody's: no escape sequence of theirs reaches a terminal.
    """
    # A password may stand where the text is cut off: blot it out first, but not in all of a text of megabytes.
    text = abridged(without_credentials(abridged(text, 10 * MOST_SHOWN)))
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if _is_shown(char) else _spelled(char) for char in text)


def without_credentials(text: str) -> str:
    """Return a text with what may be secret in its URLs blotted out: user names, passwords, tokens in queries."""
    if "://" in text and "@" in text:
        text = _UNQUOTED.sub(r"\1****@", _CREDENTIALS.sub(r"\1****@", text))
    return _QUERY.sub(r"\1****", text) if "=" in text else text


def _is_shown(char: str) -> bool:
    return char == " " or unicodedata.category(char)[0] not in "CZ"


def _spelled(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
