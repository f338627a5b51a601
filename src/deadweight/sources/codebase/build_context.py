"""The directory of an application → what ``docker build`` would send of it; no symlink is followed, nothing is run."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator

from msgspec import Struct

_TEXTS = ("Dockerfile", "Procfile", "pyproject.toml")
_LARGEST = 1 << 20  # bytes of one of these files
_IGNORING = ".dockerignore"


class BuildContext(Struct, frozen=True, kw_only=True):
    """A build context.

    texts:         name → text of the files that state what the application starts
    modules:       paths of Python files in it, in its packages and in its ``src`` directory, POSIX
    size:          apparent bytes of its files and symlinks; None if it has a .dockerignore, which excludes some
    is_ignoring:   whether it has a .dockerignore
    """

    texts: dict[str, str]
    modules: frozenset[str]
    size: int | None
    is_ignoring: bool


def build_context(directory: str, written: Collection[str]) -> BuildContext:
    """Read a build context.

    written: paths of files that will be written, which do not count
    """
    is_ignoring = os.path.lexists(os.path.join(directory, _IGNORING))
    skipped = {os.path.realpath(path) for path in written}
    return BuildContext(
        texts={name: text for name in _TEXTS if (text := _text(os.path.join(directory, name))) is not None},
        modules=frozenset(_modules(directory)),
        size=None if is_ignoring else sum(_sizes(directory, skipped)),
        is_ignoring=is_ignoring,
    )


def _text(path: str) -> str | None:
    try:
        with open(path, "rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError:
        return None
    return None if len(data) > _LARGEST else data.decode("utf-8", "surrogateescape").replace("\r\n", "\n")


def _modules(directory: str) -> Iterator[str]:
    """Yield the Python files of a directory, of those directly in it, and the same for its ``src`` directory."""
    for base in ("", "src/"):
        for name, is_directory in _listed(os.path.join(directory, base)):
            if name.endswith(".py") and not is_directory:
                yield f"{base}{name}"
            elif is_directory and not name.startswith("."):
                inner = _listed(os.path.join(directory, base, name))
                yield from (f"{base}{name}/{each}" for each, _ in inner if each.endswith(".py"))


def _listed(directory: str) -> Iterator[tuple[str, bool]]:
    try:
        with os.scandir(directory) as listing:
            for item in listing:
                yield item.name, item.is_dir(follow_symlinks=False)
    except OSError:
        return


def _sizes(directory: str, skipped: Collection[str]) -> Iterator[int]:
    pending = [directory or "."]
    while pending:
        try:
            with os.scandir(pending.pop()) as listing:
                items = list(listing)
        except OSError:
            continue
        for item in items:
            if item.is_dir(follow_symlinks=False):
                pending.append(item.path)
            elif not (skipped and os.path.realpath(item.path) in skipped):
                status = item.stat(follow_symlinks=False)
                yield status.st_size
