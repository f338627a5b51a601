"""What the user asked for, and what a lock or a resolver made of it."""

from __future__ import annotations

from msgspec import Struct


class Wanted(Struct, frozen=True, kw_only=True):
    """One requirement of the user's, with where it stands.

    name:  normalized; None where only an install can tell (a bare URL)
    url:   of a PEP 508 direct reference, a bare URL or a path, as written
    asked: whether an annotation of pip-compile's or uv's says that it was asked for, and not only pulled in
    index: the URL of the only index that it may come from, with its credentials; "" for any
    place: the same as ``direct_url.json`` tells it (PEP 610): absolute, without credentials, reference and extras
    groups: the dependency groups (PEP 735) and extras of the user's project that it stands in, "" for the project
            itself; empty where there is no project
    """

    name: str | None
    extras: frozenset[str] = frozenset()
    specifier: str = ""
    marker: str = ""
    url: str = ""
    index: str = ""
    place: str = ""
    editable: bool = False
    asked: bool = False
    groups: frozenset[str] = frozenset()
    file: str = ""
    number: int = 0


class Archive(Struct, frozen=True, kw_only=True):
    """A wheel (PEP 427) or an sdist (PEP 625), wherever it lies.

    url:      http, https or file; with the credentials that it was given with, so it is not to be shown as it is
    sha256:   in hexadecimal; None where nobody tells
    size:     bytes of the archive itself (PEP 700); None where nobody tells
    metadata: whether the index offers METADATA beside it, as ``URL.metadata`` (PEP 658)
    metadata_sha256: of that METADATA; None where nobody tells
    """

    filename: str
    url: str
    sha256: str | None = None
    size: int | None = None
    metadata: bool = False
    metadata_sha256: str | None = None


class Pinned(Struct, frozen=True, kw_only=True):
    """One version of one project, as a lock or a resolver chose it, with the archives it can be taken from.

    name:   normalized (PEP 503)
    place:  the folder or repository that holds its code, where no archive does
    origin: the URL that it was asked for with, where a requirement named one (PEP 610); else ""
    groups: the dependency groups and extras that ask for it, "" for the project itself; empty where nobody tells
    missing: why none of its archives can be fetched; "" where nothing is known against it
    """

    name: str
    version: str | None
    wheels: tuple[Archive, ...] = ()
    sdist: Archive | None = None
    place: str = ""
    origin: str = ""
    groups: frozenset[str] = frozenset()
    missing: str = ""


class Lock(Struct, frozen=True, kw_only=True):
    """What is to be installed, for one machine.

    packages: by name, each name once
    wanted:   what was asked for by name; None where the lock does not tell
    """

    packages: tuple[Pinned, ...]
    wanted: tuple[Wanted, ...] | None = None
    warnings: tuple[str, ...] = ()
