"""Failures of an HTTP request → our exceptions, which separate what is worth a retry from what is not."""

from __future__ import annotations

import contextlib
import re

import urllib3
from urllib3 import BaseHTTPResponse as Response
from urllib3.exceptions import HTTPError, NewConnectionError, SSLError

from deadweight.errors import FetchFailed
from deadweight.sources.net.urls import printable, shown

NETWORK_HINT = "check the network, the address, and the proxy settings"


class Refused(FetchFailed):
    """A server responded with an error, or with a redirect that is not followed.

    url:       of the server that responded, after redirects
    challenge: its WWW-Authenticate
    body:      of the response if it is JSON, else empty
    """

    def __init__(self, cause: str, *, response: Response, url: str, body: bytes, hint: str = "") -> None:
        super().__init__(cause, hint=hint)
        self.status, self.url, self.body = response.status, url, body
        self.challenge = response.headers.get("WWW-Authenticate", "")


class Retryable(FetchFailed):
    """A failure that may not occur again."""

    wait: float | None = None  # seconds, from Retry-After


class Truncated(Retryable):
    """A response that ended before its body was complete."""


class _Busy(Refused, Retryable):
    """A server that is overloaded or limits requests."""


def unreachable(host: str, error: Exception) -> FetchFailed:
    """Return the error for a request that got no response."""
    # An invalid certificate stays invalid, and ValueError is urllib3's for a malformed URL.
    kind = FetchFailed if isinstance(error, SSLError | ValueError) else Retryable
    return kind(f"cannot reach {printable(host)}: {_reason(error)}", hint=NETWORK_HINT)


def truncated(url: str, error: Exception) -> Truncated:
    """Return the error for a body that cannot be read to its end."""
    return Truncated(f"{shown(url)}: the connection was lost: {_reason(error)}", hint=NETWORK_HINT)


def refused(response: Response, url: str, body: bytes) -> Refused:
    """Return the error for a status that is not a success."""
    status, hint = response.status, ""
    if status in (429, 500, 502, 503, 504):
        busy = _Busy(
            f"{shown(url)}: the server responded with status {status}",
            response=response, url=url, body=body, hint="try again later",
        )  # fmt: skip
        with contextlib.suppress(HTTPError, ValueError, OverflowError):  # a malformed Retry-After
            busy.wait = urllib3.Retry().get_retry_after(response)
        return busy
    if status in (401, 403, 407):
        reason, hint = "access denied", "add credentials to the index URL or to netrc"
    else:
        reason = "not found" if status in (404, 410) else "unexpected response"
    return Refused(f"{shown(url)}: {reason} (status {status})", response=response, url=url, body=body, hint=hint)


def _reason(error: BaseException) -> str:
    if isinstance(error, urllib3.exceptions.TimeoutError | TimeoutError) and not isinstance(error, NewConnectionError):
        return "it took too long to respond"
    # urllib3 puts the object's repr and the name of its pool in front of what went wrong.
    text = re.sub(r"<[^>]*>[:,]?\s*|^\(?'?|\b\w+\(host=[^)]*\):\s*", "", str(error)).strip(" '")
    if text.endswith(")") and text.count(")") > text.count("("):
        text = text.rstrip(")")
    return printable(text.partition("\n")[0][:200]) or type(error).__name__
