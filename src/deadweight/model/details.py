"""One distribution with what is too much for a report of all of them."""

from __future__ import annotations

from msgspec import Struct

from deadweight.model.distributions import Largest
from deadweight.model.report import Row


class NativeLibrary(Struct, frozen=True, kw_only=True):
    """A file of native code; ``needed`` are the libraries that it links to, None if they cannot be read."""

    path: str
    apparent_bytes: int
    needed: tuple[str, ...] | None


class Details(Struct, frozen=True, kw_only=True):
    """A distribution with its largest files and native libraries; None if the files are not on this machine."""

    row: Row
    files: tuple[Largest, ...] | None = None
    libraries: tuple[NativeLibrary, ...] | None = None
