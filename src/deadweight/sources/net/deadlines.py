"""Connections with a deadline for the headers of a response.

A socket's timeout restarts with each byte. Without a deadline, a server that sends one byte of its headers per second
would block a run forever.
"""

from __future__ import annotations

import http.client
import io
import socket
import time
from typing import TYPE_CHECKING, Any

from urllib3.connection import HTTPConnection, HTTPSConnection
from urllib3.connectionpool import HTTPConnectionPool, HTTPSConnectionPool

if TYPE_CHECKING:
    from collections.abc import Buffer  # type: ignore[attr-defined]  # only type checkers know it before Python 3.12


class _Timed(io.RawIOBase):
    """The bytes of a socket, and the time by which they must arrive; None for no deadline."""

    def __init__(self, sock: socket.socket, seconds: float) -> None:
        self._sock, self._raw = sock, sock.makefile("rb", buffering=0)
        self._timeout = sock.gettimeout()
        self.until: float | None = time.monotonic() + seconds

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Buffer, /) -> int | None:
        if self.until is None:
            return self._raw.readinto(buffer)
        left = self.until - time.monotonic()
        if left <= 0:
            raise TimeoutError("timed out")
        self._sock.settimeout(left if self._timeout is None else min(left, self._timeout))
        try:
            return self._raw.readinto(buffer)
        finally:
            self._sock.settimeout(self._timeout)

    def close(self) -> None:
        self._raw.close()
        super().close()


def pool_classes(seconds: float) -> dict[str, Any]:
    """Return urllib3's pools, by scheme, with connections that wait at most this long for headers."""

    class Response(http.client.HTTPResponse):
        def __init__(self, sock: socket.socket, *arguments: Any, **options: Any) -> None:
            super().__init__(sock, *arguments, **options)
            self.fp.close()
            self._timed = _Timed(sock, seconds)
            self.fp = io.BufferedReader(self._timed)

        def begin(self) -> None:
            super().begin()
            self._timed.until = None  # the reader of the body has its own limits

    class Plain(HTTPConnection):
        response_class = Response

    class Secure(HTTPSConnection):
        response_class = Response

    class PlainPool(HTTPConnectionPool):
        ConnectionCls = Plain

    class SecurePool(HTTPSConnectionPool):
        ConnectionCls = Secure

    return {"http": PlainPool, "https": SecurePool}
