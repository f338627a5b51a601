"""Entries of the cache in object storage, by the URL that fsspec takes: ``s3://bucket/prefix``.

fsspec itself raises ImportError, ValueError and OSError; its back ends raise what they like, such as
``NoCredentialsError`` of botocore. Only names tell these apart, since deadweight imports no back end.
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import Iterator
from typing import Any

from deadweight.errors import BadInput, DeadweightError, FetchFailed
from deadweight.sources.wheels.store import Store

_REFUSED = re.compile(r"credential|auth|token|denied|forbidden|permission", re.IGNORECASE)  # in names of exceptions
_MISSING = re.compile(r"not_?found|nosuch", re.IGNORECASE)


class ObjectStore(Store):
    """Keeps bytes by kind and key in object storage, whose own rules remove what is old.

    A storage that does not respond is like one without entries, so that work goes on. ``check`` says why it fails.
    """

    def __init__(self, url: str) -> None:
        self._system, path = _opened(url)
        self.root = self.directory = path.rstrip("/")

    def get(self, kind: str, key: str) -> bytes | None:
        with contextlib.suppress(Exception):
            return self._read(kind, key)
        return None

    def put(self, kind: str, key: str, data: bytes) -> None:
        with contextlib.suppress(Exception):
            self._write(kind, key, data)

    def check(self) -> None:
        """Write an entry and read it back; raises BadInput, FetchFailed."""
        with _translated():
            super().check()

    def trim(self, *, always: bool = False) -> None:
        """Keep everything."""

    def _read(self, kind: str, key: str) -> bytes:
        data: bytes = self._system.cat_file(self._path(kind, key))
        return data

    def _write(self, kind: str, key: str, data: bytes) -> None:
        self._system.pipe_file(self._path(kind, key), data)


def _opened(url: str) -> tuple[Any, str]:
    with _translated():
        try:
            from fsspec.core import url_to_fs
        except ImportError as error:
            raise BadInput("a URL needs fsspec", hint='install it: pip install "deadweight[fleet]"') from error
        system, path = url_to_fs(url)
    return system, path


@contextlib.contextmanager
def _translated() -> Iterator[None]:
    """Raise whatever fsspec and its back ends raise as one of our exceptions."""
    try:
        yield
    except DeadweightError:
        raise
    except Exception as error:
        raise _explained(error) from error


def _explained(error: Exception) -> DeadweightError:
    name = type(error).__name__
    text = " ".join(str(error).split()) or name
    if isinstance(error, ImportError):
        return BadInput(f"fsspec has no plug-in for this storage: {text}", hint="install the plug-in, such as s3fs")
    if isinstance(error, PermissionError) or _REFUSED.search(name):
        hint = "give the workers credentials, in the way that the plug-in of fsspec for this storage takes them"
        return FetchFailed(f"access denied: {text}", hint=hint)
    if isinstance(error, FileNotFoundError) or _MISSING.search(name):
        return BadInput(f"not found: {text}", hint="create the bucket or directory, or correct the URL")
    if isinstance(error, ValueError):
        return BadInput(text, hint="use a URL that fsspec takes, such as s3://bucket/prefix")
    return FetchFailed(f"the storage failed: {name}: {text}", hint="check that the workers can reach it, and the URL")
