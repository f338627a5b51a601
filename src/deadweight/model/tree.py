"""What a source hands over: files, wherever they are."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from types import MappingProxyType
from typing import Literal, NamedTuple, Protocol

from msgspec import Struct, field
from msgspec.structs import force_setattr

from deadweight.errors import abridged


class Entry(NamedTuple):
    """One path that is no folder."""

    size: int  # st_size; of a symlink, its own
    allocated: int | None  # st_blocks × 512; None where nothing lies on a disk
    inode: tuple[int, int] | None  # (device, number) where several paths may share it, else None
    kind: Literal["file", "symlink", "other"]


class Linking(NamedTuple):
    """What a file of native code tells the loader (ELF).

    needed:   names of the libraries that it needs: "libc.so.6"
    soname:   the name that others need it by, "" where it has none
    build_id: equal for equal builds, "" where nobody marked it
    """

    needed: tuple[str, ...] = ()
    soname: str = ""
    build_id: str = ""


class Start(NamedTuple):
    """How a program of a whole system is started; empty where the source does not know.

    command:   its words
    folder:    the working directory
    variables: its environment variables
    home:      of the user that it runs as
    """

    command: tuple[str, ...] = ()
    folder: str = ""
    variables: Mapping[str, str] = MappingProxyType({})
    home: str = ""

    @property
    def search(self) -> tuple[str, ...]:
        """The folders of programs, as PATH names them."""
        return tuple(filter(None, self.variables.get("PATH", "").split(":")))

    @property
    def paths(self) -> tuple[str, ...]:
        """The folders that Python imports from beside its own."""
        # AWS Lambda's runtime imports from its task's folder as from PYTHONPATH.
        named = (*self.variables.get("PYTHONPATH", "").split(":"), self.variables.get("LAMBDA_TASK_ROOT", ""))
        return tuple(filter(None, named))


class Reader(Protocol):
    """Reads files of a tree; the paths are those of its entries and never lead out of it."""

    def read(self, path: str, limit: int = ...) -> bytes:
        """Return the file's first ``limit`` bytes; raises OSError."""

    def heads(self, paths: Iterable[str]) -> Iterable[bytes]:
        """Yield the first 64 bytes of each file, in order; empty where one cannot be read."""

    def linking(self, paths: Iterable[str]) -> Iterable[Linking | None]:
        """Yield what each file of native code needs, in order; None where that cannot be told."""

    def target(self, path: str) -> str | None:
        """Return what a symlink leads to, as it stands; None where that is not known."""


class FileTree(Struct, frozen=True, kw_only=True):
    """Files below one prefix, wherever they are: on a disk, in an image, in a wheel.

    entries: relative POSIX path → Entry, without folders; the order has no meaning
    skipped: what could not be listed
    claims:  yields (package, relative paths) of a system package manager (dpkg) that owns files here
    python:  version of the Python the files belong to, where the source knows
    platform: what their native code was built for, as in wheel tags, where the source knows
    lists:    metadata folder → the paths that its RECORD lists, where the source knows them without its text
    whole:    whether it is the root of a whole system, which may hold several environments
    start:    how its program is started, where the tree is a whole system
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
    """Something that is not in the figures, and why.

    exit_code:  what a run ends with that misses it: 4 or 5 where something went wrong, 0 where that is an answer
    impossible: whether nothing can be installed because of it: no wheel fits the machine, and no sdist could be built
    """

    name: str
    reason: str
    exit_code: int = 0
    impossible: bool = False

    def __post_init__(self) -> None:
        force_setattr(self, "name", abridged(self.name))
        force_setattr(self, "reason", abridged(self.reason))
