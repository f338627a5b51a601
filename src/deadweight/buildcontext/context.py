"""The listing of a build context, as compact as a million files need it."""

from __future__ import annotations

from array import array
from collections.abc import Iterator

from msgspec import Struct, field

from deadweight.model import Skipped


class Directory(Struct):
    """One directory of a context.

    path:   relative to the context, POSIX; "" for the context itself
    above:  the number of its parent; -1 for the context itself
    names:  of its files and symlinks, joined by slashes, which no name contains
    sizes:  of the same, in bytes; of a symlink, the length of its target
    links:  name → a number for the inode, of files with several hard links
    inner:  the names of the directories in it
    """

    path: str
    above: int
    names: str
    sizes: array[int]
    links: dict[str, int] = field(default_factory=dict)
    inner: tuple[str, ...] = ()

    def files(self) -> Iterator[tuple[str, int]]:
        """Yield (name, bytes) of its files."""
        return zip(self.names.split("/") if self.names else (), self.sizes, strict=True)

    def path_of(self, name: str) -> str:
        """Return the path of a file or directory in it."""
        return f"{self.path}/{name}" if self.path else name


class BuildContext(Struct, frozen=True):
    """The files of a build context.

    directories: each after its parent
    skipped:     directories that could not be listed
    """

    location: str
    directories: tuple[Directory, ...]
    skipped: tuple[Skipped, ...] = ()

    def paths(self) -> Iterator[tuple[str, int]]:
        """Yield (path, bytes) of all files."""
        for directory in self.directories:
            for name, size in directory.files():
                yield directory.path_of(name), size
