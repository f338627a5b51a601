"""Servers that send raw bytes, however wrong or slow: what no HTTP library would send."""

from __future__ import annotations

import contextlib
import socket
import threading
import time
from collections.abc import Iterator


@contextlib.contextmanager
def answering(*answers: bytes) -> Iterator[str]:
    """Yield the URL of a server that sends these bytes, one response for each connection, whatever the request."""

    def serve() -> None:
        for answer in answers:
            with contextlib.suppress(OSError):
                connection, _ = listening.accept()
                with connection:
                    connection.recv(1 << 16)
                    connection.sendall(answer)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/a"
        listening.shutdown(socket.SHUT_RDWR)
        thread.join(1)


def head(status: int, *headers: str) -> bytes:
    return "\r\n".join([f"HTTP/1.1 {status} x", *headers, "", ""]).encode()


@contextlib.contextmanager
def dripping(head: bytes, body: bytes = b"") -> Iterator[str]:
    """Yield the URL of a server that sends ``head`` byte by byte, ten a second, and then ``body`` again and again."""

    def serve() -> None:
        with contextlib.suppress(OSError):
            while True:
                connection, _ = listening.accept()
                threading.Thread(target=answer, args=(connection,), daemon=True).start()

    def answer(connection: socket.socket) -> None:
        with contextlib.suppress(OSError), connection:
            connection.recv(1 << 16)
            for at in range(len(head)):
                connection.sendall(head[at : at + 1])
                if not body:
                    time.sleep(0.1)
            while body:
                connection.sendall(body)

    with socket.create_server(("127.0.0.1", 0)) as listening:
        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listening.getsockname()[1]}/a"
        listening.shutdown(socket.SHUT_RDWR)
