"""URLs, as users and servers write them → their parts, the credentials for them, and what of them may be shown."""

from __future__ import annotations

import contextlib
import os
from base64 import b64encode
from urllib.parse import SplitResult, unquote, urljoin, urlsplit

from deadweight.errors import FetchFailed

PORTS = {"http": 80, "https": 443}


def parts_of(url: str, base: str = "") -> SplitResult:
    """Return the parts of a URL, which may count from another; raises FetchFailed where it is none."""
    try:
        parts = urlsplit(urljoin(base, url))
        _ = parts.port
    except ValueError as error:
        # What cannot be taken apart is shown from its last @ on: a password may be anywhere before that.
        raise FetchFailed(f"{printable(url.rpartition('@')[2])}: not a URL") from error
    return parts


def origin_of(parts: SplitResult) -> tuple[str, str, int | None]:
    """Return what tells one server from another: scheme, host, port."""
    return parts.scheme, parts.hostname or "", parts.port or PORTS.get(parts.scheme)


def userinfo_of(parts: SplitResult) -> tuple[str, str] | None:
    """Return the name and the password that a URL holds."""
    found = unquote(parts.username or ""), unquote(parts.password or "")
    return found if any(found) else None


def from_netrc(host: str) -> tuple[str, str] | None:
    """Return the name and the password that the user's netrc has for a host."""
    import netrc

    with contextlib.suppress(OSError, ValueError, netrc.NetrcParseError):
        found = netrc.netrc(os.environ.get("NETRC") or None).authenticators(host)
        return (found[0], found[2]) if found else None
    return None


def basic(userinfo: tuple[str, str]) -> str:
    """Return the Authorization header for a name and a password (RFC 7617)."""
    return "Basic " + b64encode(":".join(userinfo).encode("utf-8", "surrogateescape")).decode()


def printable(text: str) -> str:
    """Return foreign text on one line, at most 500 characters of it."""
    return "".join(char if char.isprintable() else "?" for char in text)[:500]


def shown(url: str) -> str:
    """Return a URL without what may be secret: credentials, query and fragment."""
    parts = urlsplit(url)
    return printable(parts._replace(netloc=parts.netloc.rpartition("@")[2], query="", fragment="").geturl())
