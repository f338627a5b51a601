"""FileTree: the files below a prefix on a disk, in an image, in wheels or in a container."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple, Protocol

from msgspec import Struct, field
from msgspec.structs import force_setattr

from deadweight.errors import abridged


class Entry(NamedTuple):
    """One path that is not a directory."""

    size: int  # st_size; for a symlink, of the symlink itself
    allocated: int | None  # st_blocks × 512; None if the file is not on a disk
    inode: tuple[int, int] | None  # (device, number) if several paths may share it, else None
    kind: Literal["file", "symlink", "other"]


class Linking(NamedTuple):
    """What a file of native code (ELF) tells the loader.

    needed:   names of the libraries that it needs: "libc.so.6"
    soname:   the name under which others need it, "" if it has none
    build_id: equal for equal builds, "" if it has none
    """

    needed: tuple[str, ...] = ()
    soname: str = ""
    build_id: str = ""


class Start(NamedTuple):
    """How a program of a whole system is started; fields are empty if unknown.

    command:    its words
    directory:  the working directory
    variables:  its environment variables
    home:       home directory of the user that it runs as
    entrypoint: the first words of the command, if arguments of ``docker run`` replace only the others
    user:       a name or a number, optionally with a group
    ports:      those it listens on, such as "8000/tcp"
    """

    command: tuple[str, ...] = ()
    directory: str = ""
    variables: Mapping[str, str] = MappingProxyType({})
    home: str = ""
    entrypoint: tuple[str, ...] = ()
    user: str = ""
    ports: tuple[str, ...] = ()

    @property
    def search(self) -> tuple[str, ...]:
        """The directories in PATH."""
        return tuple(filter(None, self.variables.get("PATH", "").split(":")))

    @property
    def paths(self) -> tuple[str, ...]:
        """The directories from which Python imports besides its own."""
        # The runtime of AWS Lambda imports from the task's directory as if it were on PYTHONPATH.
        named = (*self.variables.get("PYTHONPATH", "").split(":"), self.variables.get("LAMBDA_TASK_ROOT", ""))
        return tuple(filter(None, named))


class Reader(Protocol):
    """Reads files of a tree; paths are those of its entries and never lead out of it."""

    def read(self, path: str, limit: int = ...) -> bytes:
        """Return the file's first ``limit`` bytes; raises OSError."""

    def heads(self, paths: Iterable[str]) -> Iterable[bytes]:
        """Yield the first 64 bytes of each file, in order; empty if it cannot be read."""

    def linking(self, paths: Iterable[str]) -> Iterable[Linking | None]:
        """Yield the linking of each file of native code, in order; None if it is unknown."""

    def target(self, path: str) -> str | None:
        """Return the target of a symlink, unresolved; None if it is unknown."""


class FileTree(Struct, frozen=True, kw_only=True):
    """Files below one prefix: on a disk, in an image, in wheels, in a container.

    entries:  relative POSIX path → Entry, without directories; the order has no meaning
    skipped:  paths that could not be listed
    claims:   yields (package, relative paths) for a system package manager (dpkg) that owns files in the tree
    python:   the version of the Python that the files belong to, if the source knows it
    platform: of their native code, as in wheel tags, if the source knows it
    lists:    metadata directory → paths in its RECORD, if the source knows them without reading RECORD
    whole:    whether it is the root of a whole system, which may contain several environments
    start:    how the program of a whole system is started
    """

    location: str
    entries: Mapping[str, Entry]
    reader: Reader
    skipped: tuple[Skipped, ...] = ()
    claims: Callable[[], Iterable[tuple[str, tuple[str, ...]]]] = tuple
    python: str | None = None
    platform: str | None = None
    lists: Mapping[str, Collection[str]] = {}
    whole: bool = False
    start: Start = field(default_factory=Start)


class Skipped(Struct, frozen=True, order=True):
    """Something that was not measured, and the reason.

    exit_code:  the exit code of a run that requires it: 4 or 5 after an error, 0 if skipping it is correct
    impossible: whether it prevents the installation: no wheel is compatible, and no sdist could be built
    """

    name: str
    reason: str
    exit_code: int = 0
    impossible: bool = False

    def __post_init__(self) -> None:
        force_setattr(self, "name", abridged(self.name))
        force_setattr(self, "reason", abridged(self.reason))
