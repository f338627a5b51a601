"""Untrusted text → text that a terminal, a report or a message may contain.

Names and texts come from metadata that anyone can write: no escape sequence in it may reach a terminal, and URLs in it
may contain passwords.
"""

from __future__ import annotations

import re
import unicodedata

from deadweight.errors import MOST_SHOWN, abridged

# Everything before the last @ of the authority: people forget to quote an @ or a slash in a password.
_CREDENTIALS = re.compile(r"(\w://)[^/\s\"]+@")
# SSH needs the name, which is no secret.
_SSH = re.compile(r"\A((?:\w+\+)?ssh://[^/:@\s\"]*)[^/\s\"]*@")
_UNQUOTED = re.compile(r"(\w://[^/@:\s\"]{1,200}:)(?!\d{0,5}(?:[/?#\s\"]|$))[^\s\"]{1,500}@")
_QUERY = re.compile(
    r"([?&;][\w.-]{0,40}?(?:token|secret|passw|pwd|signature|credential|api[_-]?key|access[_-]?key|\bsig\b|\bauth\b|\bkey\b)"
    # A backslash before a quote belongs to the JSON around the text.
    r"[\w.-]{0,40}=)(?:\\[^\"]|[^&;\s\"'#\\])+",
    re.IGNORECASE,
)


def plain(text: str) -> str:
    """Return untrusted text on one line of at most 500 characters, without passwords.

    Control, format and undecodable characters are escaped.
    """
    # Hide passwords before truncating, since one may be cut in half; but do not search megabytes of text.
    return inert(abridged(without_credentials(abridged(text, 10 * MOST_SHOWN))))


def whole(text: str) -> str:
    """Return text like ``plain``, but not abridged: sentences whose foreign parts are plain already, and commands."""
    return inert(without_credentials(text))


def inert(text: str) -> str:
    """Return untrusted text on one line; control, format and undecodable characters are escaped."""
    if text.isascii() and text.isprintable():
        return text
    return "".join(char if _is_shown(char) else _escaped(char) for char in text)


def without_credentials(text: str) -> str:
    """Return a text with secrets in its URLs replaced by asterisks: user names, passwords, tokens in queries."""
    if "://" in text and "@" in text:
        text = _UNQUOTED.sub(r"\1****@", _CREDENTIALS.sub(r"\1****@", text))
    if "=" in text and ("?" in text or "&" in text or ";" in text):
        text = _QUERY.sub(r"\1****", text)
    return text


def without_userinfo(url: str) -> str:
    """Return a URL without user name and password; one of SSH keeps its name."""
    return _SSH.sub(r"\1@", url) if _SSH.match(url) else _CREDENTIALS.sub(r"\1", url)


def has_credentials(url: str) -> bool:
    """Return whether a URL has userinfo, except for the name of SSH, or what looks like a secret elsewhere."""
    bare = _CREDENTIALS.sub(r"\1", url)
    return without_userinfo(url) != url or without_credentials(bare) != bare


def _is_shown(char: str) -> bool:
    return char == " " or unicodedata.category(char)[0] not in "CZ"


def _escaped(char: str) -> str:
    code = ord(char)
    return f"\\x{code:02x}" if code < 256 else f"\\u{code:04x}" if code < 65536 else f"\\U{code:08x}"
