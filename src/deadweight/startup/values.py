"""One start of an application, as its own Python reported it. Times are microseconds, memory is bytes."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from msgspec import Struct


class Entry(Struct, frozen=True, kw_only=True):
    """What a start imports.

    module:    dotted name
    attribute: what must exist in it, as in ``module:attribute``; "" for none
    directory: first on the import path, relative to the application's directory; "" for that directory itself
    file:      of the module, relative to the application's directory; "" if it is not part of the application
    because:   where the entry was found: "Procfile:1"
    hint:      what the user may have meant, if nothing provides the module
    """

    module: str
    attribute: str = ""
    directory: str = ""
    file: str = ""
    because: str = ""
    hint: str = ""


class Imported(NamedTuple):
    """The first import of a module, listed after the imports that it caused.

    depth: the number of imports around it
    cost:  what it took, with those that it caused: microseconds, or bytes of resident memory
    """

    name: str
    depth: int
    cost: int


class Launch(Struct, frozen=True, kw_only=True):
    """One start.

    wall_us:   from the start of the process to the end of the import
    rss_bytes: resident memory at that moment; None if the system does not tell
    python:    its version
    output:    what ``-X importtime`` printed; empty in other runs
    memory:    the imports with the growth of resident memory; empty in other runs
    origins:   module → its file, "" if it has none; empty in other runs
    library:   the directories of the standard library
    """

    wall_us: int
    rss_bytes: int | None
    python: str = ""
    output: bytes = b""
    memory: tuple[Imported, ...] = ()
    origins: Mapping[str, str] = {}
    library: tuple[str, ...] = ()
