"""Entries of the cache in object storage, by the URL that fsspec takes: ``s3://bucket/prefix``."""

from __future__ import annotations

import contextlib
from typing import Any

from deadweight.errors import BadInput
from deadweight.sources.wheels.store import Store


class ObjectStore(Store):
    """Keeps bytes by kind and key in object storage, whose own rules remove what is old.

    A storage that does not respond is like one without entries, so that work goes on.
    """

    def __init__(self, url: str) -> None:
        self._system, path = _opened(url)
        self.root = self.directory = path.rstrip("/")

    def get(self, kind: str, key: str) -> bytes | None:
        with contextlib.suppress(Exception):  # back ends of fsspec raise what they like, such as NoCredentialsError
            data: bytes = self._system.cat_file(self._path(kind, key))
            return data
        return None

    def put(self, kind: str, key: str, data: bytes) -> None:
        with contextlib.suppress(Exception):
            self._system.pipe_file(self._path(kind, key), data)

    def trim(self, *, always: bool = False) -> None:
        """Keep everything."""


def _opened(url: str) -> tuple[Any, str]:
    try:
        from fsspec.core import url_to_fs
    except ImportError as error:
        raise BadInput(f"--cache {url} needs fsspec", hint='install it: pip install "deadweight[fleet]"') from error
    try:
        system, path = url_to_fs(url)
    except (ImportError, ValueError) as error:
        raise BadInput(f"--cache {url}: {error}", hint="install the plug-in of fsspec for this storage") from error
    return system, path
