"""The user's requirements, and the versions that a lock or a resolver chose for them."""

from __future__ import annotations

from msgspec import Struct


class Requirement(Struct, frozen=True, kw_only=True):
    """One requirement of the user, with its file and line number.

    name:   normalized; None if only an install can tell (a bare URL)
    url:    of a PEP 508 direct reference, a bare URL or a path, as written
    direct:  whether an annotation of pip-compile or uv marks it as direct
    index:  the URL of the only index that it may come from, with credentials; "" for any
    location:  the URL as in ``direct_url.json`` (PEP 610): absolute, without credentials, reference and extras
    groups: the dependency groups (PEP 735) and extras of the user's project that list it, "" for the project itself;
            empty without a project
    """

    name: str | None
    extras: frozenset[str] = frozenset()
    specifier: str = ""
    marker: str = ""
    url: str = ""
    index: str = ""
    location: str = ""
    editable: bool = False
    direct: bool = False
    groups: frozenset[str] = frozenset()
    file: str = ""
    number: int = 0


class Archive(Struct, frozen=True, kw_only=True):
    """A wheel (PEP 427) or an sdist (PEP 625).

    url:      http, https or file; may contain credentials, so it must not be shown
    sha256:   in hexadecimal; None if unknown
    size:     bytes of the archive itself (PEP 700); None if unknown
    metadata: whether the index serves its METADATA as ``URL.metadata`` (PEP 658)
    metadata_sha256: of that METADATA; None if unknown
    """

    filename: str
    url: str
    sha256: str | None = None
    size: int | None = None
    metadata: bool = False
    metadata_sha256: str | None = None


class Pinned(Struct, frozen=True, kw_only=True):
    """One version of one project, as a lock or a resolver chose it, with its archives.

    name:    normalized (PEP 503)
    location:   the directory or repository with its code, if it has no archive
    origin:  the URL of the requirement (PEP 610); "" without one
    groups:  the dependency groups and extras that list it, "" for the project itself; empty if unknown
    missing: why none of its archives can be fetched; "" if nothing prevents it
    """

    name: str
    version: str | None
    wheels: tuple[Archive, ...] = ()
    sdist: Archive | None = None
    location: str = ""
    origin: str = ""
    groups: frozenset[str] = frozenset()
    missing: str = ""


class Lock(Struct, frozen=True, kw_only=True):
    """The distributions to install on one machine.

    packages: by name, each name once
    requirements:   the direct requirements; None if the lock does not record them
    """

    packages: tuple[Pinned, ...]
    requirements: tuple[Requirement, ...] | None = None
    warnings: tuple[str, ...] = ()
