"""URLs of users and servers → their parts, their credentials, and a form without secrets for messages."""

from __future__ import annotations

import contextlib
import os
from base64 import b64encode
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from deadweight.errors import FetchFailed

PORTS = {"http": 80, "https": 443}


def parts_of(url: str, base: str = "") -> SplitResult:
    """Return the parts of a URL, which may be relative to ``base``; raises FetchFailed."""
    try:
        parts = urlsplit(urljoin(base, url))
        _ = parts.port
    except ValueError as error:
        # A password may be anywhere before the last @ of a URL that cannot be parsed.
        raise FetchFailed(f"{printable(url.rpartition('@')[2])}: not a URL") from error
    return parts


def origin_of(parts: SplitResult) -> tuple[str, str, int | None]:
    """Return what identifies a server: scheme, host, port."""
    return parts.scheme, parts.hostname or "", parts.port or PORTS.get(parts.scheme)


def userinfo_of(parts: SplitResult) -> tuple[str, str] | None:
    """Return the name and password in a URL."""
    userinfo = unquote(parts.username or ""), unquote(parts.password or "")
    return userinfo if any(userinfo) else None


def from_netrc(host: str) -> tuple[str, str] | None:
    """Return the name and password for a host in the user's netrc."""
    import netrc

    with contextlib.suppress(OSError, ValueError, netrc.NetrcParseError):
        entry = netrc.netrc(os.environ.get("NETRC") or None).authenticators(host)
        return (entry[0], entry[2]) if entry else None
    return None


def basic(userinfo: tuple[str, str]) -> str:
    """Return the Authorization header for a name and a password (RFC 7617)."""
    return "Basic " + b64encode(":".join(userinfo).encode("utf-8", "surrogateescape")).decode()


def printable(text: str) -> str:
    """Return untrusted text on one line, at most 500 characters of it."""
    return "".join(char if char.isprintable() else "?" for char in text)[:500]


def shown(url: str) -> str:
    """Return a URL without parts that may be secret: credentials, query and fragment."""
    parts = urlsplit(url)
    return printable(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl())
