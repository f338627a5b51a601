"""A build context → the files that state how the application starts, and the bytes that ``COPY . .`` copies."""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from deadweight.buildcontext.context import BuildContext
from deadweight.buildcontext.matcher import ignored
from deadweight.buildcontext.patterns import Pattern, read_patterns
from deadweight.buildcontext.weighing import weigh
from deadweight.progress import Observer
from deadweight.sources.buildcontext.reading import ContextReader, text_at
from deadweight.sources.buildcontext.scanning import scan_context

_TEXTS = ("Procfile", "pyproject.toml")
_LARGEST = 1 << 20  # bytes of one of these files


class Context(Struct, frozen=True, kw_only=True):
    """A build context.

    location: its directory
    texts:    name → text of the Dockerfile, the Procfile and the pyproject.toml that it has
    modules:  paths of Python files in it, in its packages and in its ``src`` directory, POSIX
    sizes:    path → bytes of the files in it, without those that are left out
    ignoring: the name of the file that says what is left out; "" if there is none
    """

    location: str
    texts: dict[str, str]
    modules: frozenset[str]
    sizes: dict[str, int]
    ignoring: str
    _listing: BuildContext
    _patterns: tuple[Pattern, ...]

    def size(self, written: Mapping[str, str]) -> int:
        """Return the apparent bytes that a build copies after some files are written.

        written: path in the context → text
        """
        sizes = dict(self._listing.paths())
        kept = [path for path in written if not ignored(path, self._patterns)]
        new = sum(len(written[path].encode("utf-8", "surrogateescape")) for path in kept)
        old = sum(sizes.get(path, 0) for path in kept)
        (weight,) = weigh(self._listing, [self._patterns], kept=0).stages
        return weight.apparent_bytes - old + new

    def left_out(self, paths: Iterable[str]) -> list[str]:
        """Return those of some paths that a build does not get."""
        return [path for path in paths if ignored(path, self._patterns)]


def read_context(directory: str, dockerfile: str, *, buildkit: bool, observe: Observer) -> Context:
    """Read a build context; raises BadInput if it or its ``.dockerignore`` cannot be read.

    dockerfile: path of the Dockerfile in it, which may not exist yet
    buildkit:   whether the builder reads ``DOCKERFILE.dockerignore``
    """
    listing, reader = scan_context(directory, observe), ContextReader(directory)
    texts = {name: reader.head(name, _LARGEST) for name in _TEXTS if reader.is_file(name)}
    own = next((each for each in (dockerfile, "Dockerfile") if reader.is_file(each)), "")
    texts |= {"Dockerfile": reader.head(own, _LARGEST)} if own else {}
    ignoring, patterns = "", tuple[Pattern, ...]()
    for name in (f"{dockerfile}.dockerignore", ".dockerignore") if buildkit else (".dockerignore",):
        text = text_at(os.path.join(directory, name))
        if text is not None:
            ignoring, patterns = name, read_patterns(text, os.path.join(directory, name))
            break
    return Context(
        location=directory,
        texts={name: data.decode("utf-8-sig", "surrogateescape").replace("\r\n", "\n") for name, data in texts.items()},
        modules=frozenset(_modules(listing)),
        sizes={path: size for path, size in listing.paths() if not ignored(path, patterns)},
        ignoring=ignoring,
        _listing=listing,
        _patterns=patterns,
    )


def _modules(listing: BuildContext) -> Iterator[str]:
    for directory in listing.directories:
        below = directory.path.removeprefix("src/") if directory.path != "src" else ""
        if below.count("/") == 0 and not below.startswith("."):
            yield from (directory.path_of(name) for name, _ in directory.files() if name.endswith(".py"))
