"""Untrusted text → text that a terminal, a report or a message may contain.

Names and texts come from metadata, and anybody can write metadata: none of it may reach a terminal as an escape
sequence, and URLs in it may contain passwords.
"""

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
    if "=" in text and ("?" in text or "&" in text or ";" in text):
        text = _QUERY.sub(r"\1****", text)
    return text


def _is_shown(char: str) -> bool:
    return char == " " or unicodedata.category(char)[0] not in "CZ"


def _spelled(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
