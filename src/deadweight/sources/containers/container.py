"""A container → its files: listed by its own Python if it has one, else from ``docker export``."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Annotated, BinaryIO, Literal, cast

from msgspec import Meta, Struct
from msgspec.structs import replace

from deadweight.errors import EngineFailed
from deadweight.formats.binaries.elf import linking
from deadweight.formats.binaries.native import HEAD_BYTES
from deadweight.formats.typed_json import decode
from deadweight.model import Entry, FileTree, Linking
from deadweight.sources.containers import inside as program
from deadweight.sources.containers.answers import Answers
from deadweight.sources.containers.commands import ended
from deadweight.sources.containers.engine import Engine
from deadweight.sources.containers.engines import engine_with
from deadweight.sources.images.image import exported_tree
from deadweight.sources.images.layers import Room
from deadweight.sources.system.processes import Child

_PYTHONS = ("python3", "python", "/usr/local/bin/python3", "/usr/bin/python3", "/opt/venv/bin/python")
# It reads its program from standard input, then requests. "-I -S": it imports nothing from the container.
_START = "import sys; exec(compile(sys.stdin.buffer.read(int(sys.argv[1])), 'deadweight', 'exec'))"
_READY = b"deadweight\n"
_LONGEST_ROW = 1 << 16
_LARGEST_TEXT = 1 << 26
_AT_ONCE = 64  # requests in flight; their lines fit into a pipe, which prevents a deadlock


@contextlib.contextmanager
def opened_container(name: str) -> Iterator[FileTree]:
    """Yield the files of a running or stopped container, without its mounts.

    raises: EngineFailed, BadInput
    """
    (engine, state), location = engine_with(name), f"container:{name}"
    for python in _PYTHONS if state.is_running else ():
        with _session(engine, name, python) as session:
            if session is None:
                continue
            tree = _tree(location, *session)
            if tree is None:
                break
            yield replace(tree, start=state.start)
            return
    with engine.export(name) as stream:
        tree = exported_tree(stream, location)
    yield replace(tree, start=state.start)


@contextlib.contextmanager
def _session(engine: Engine, name: str, python: str) -> Iterator[tuple[BinaryIO, Answers] | None]:
    """Yield (requests, answers) of the program in the container, None if it has no Python that responds."""
    # Debian's python3-minimal has no json.
    text = f"import json, sys; sys.stdout.buffer.write({_READY!r}); sys.stdout.flush()\n".encode()
    text += Path(program.__file__).read_bytes()
    # "-B": importing json must not write bytecode into the container.
    child = engine.execute(name, [python, "-I", "-S", "-B", "-c", _START, str(len(text))])
    requests, answers = cast("BinaryIO", child.stdin), Answers(cast("BinaryIO", child.stdout))
    try:
        with contextlib.suppress(BrokenPipeError):
            requests.write(text)
            requests.flush()
        yield (requests, answers) if _is_ready(answers) else None
    except KeyboardInterrupt:
        raise KeyboardInterrupt("" if _ended(child) else _left_behind(engine, name)) from None
    except TimeoutError as error:
        left = "" if _ended(child) else _left_behind(engine, name)
        raise EngineFailed(f"container:{name}: the Python of the container does not respond", hint=left) from error
    finally:
        _ended(child)


def _is_ready(answers: Answers) -> bool:
    try:
        return answers.readline(100) == _READY
    except TimeoutError:
        return False


def _ended(child: Child) -> bool:
    """End the program in the container by closing its input; return whether it ended by itself."""
    if child.stdin is not None:
        with contextlib.suppress(BrokenPipeError):
            child.stdin.close()
        child.stdin = None
    return ended(child)


def _left_behind(engine: Engine, name: str) -> str:
    return f"the Python that was started in {name} may still be running; check with: {engine.processes(name)}"


def _tree(location: str, requests: BinaryIO, answers: Answers) -> FileTree | None:
    """Return the listed files, None if some cannot be listed or read from inside the container."""
    entries: dict[str, Entry] = {}
    for path, entry in _rows(location, answers):
        if entry is None:
            return None
        entries[path] = entry
    return FileTree(location=location, entries=entries, reader=_RemoteReader(requests, answers), whole=True)


_Count = Annotated[int, Meta(ge=0, lt=1 << 62)]


class _Row(Struct, frozen=True, array_like=True):
    """One listed path, as the program in the container prints it; ``inode`` is (device, number)."""

    path: str
    size: _Count
    blocks: _Count
    inode: tuple[_Count, _Count] | None
    kind: Literal["file", "symlink", "other", "unreadable"]


def _rows(location: str, answers: Answers) -> Iterator[tuple[str, Entry | None]]:
    """Yield the listed paths; a container is untrusted, so each row is validated."""
    room = Room()
    while (line := answers.readline(_LONGEST_ROW)) != b"null\n":
        room.take(entries=1, text=len(line))
        try:
            row = decode(line, _Row)
        except ValueError as error:
            raise EngineFailed(f"{location}: its Python did not list its files") from error
        # A Python with an ASCII locale represents the other bytes of names as surrogates.
        path = row.path.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
        if row.kind == "unreadable":
            yield path, None
            continue
        entry = Entry(row.size, row.blocks * 512, row.inode, row.kind)
        if ".." not in path.split("/") and path and "\0" not in path and path[0] != "/":
            yield path, entry


class _RemoteReader:
    """Reads files through the program in the container."""

    def __init__(self, requests: BinaryIO, answers: Answers) -> None:
        self._requests, self._answers = requests, answers

    def read(self, path: str, limit: int = _LARGEST_TEXT) -> bytes:
        """Return the first bytes of a file; raises OSError."""
        data = next(self._parts([(path, 0, limit)]))
        if data is None:
            raise OSError(f"cannot read {path}")
        return data

    def heads(self, paths: Iterable[str]) -> Iterator[bytes]:
        """Yield the first 64 bytes of each file, none if it cannot be read."""
        return (data or b"" for data in self._parts((path, 0, HEAD_BYTES) for path in paths))

    def linking(self, paths: Iterable[str]) -> Iterator[Linking | None]:
        """Yield the libraries that each file of native code needs."""
        return (linking(partial(self._part, path)) for path in paths)

    def target(self, path: str) -> str | None:
        """Return None: the program in the container does not report targets."""
        return None

    def _part(self, path: str, offset: int, length: int) -> bytes:
        return next(self._parts([(path, offset, length)])) or b""

    def _parts(self, parts: Iterable[tuple[str, int, int]]) -> Iterator[bytes | None]:
        """Yield the bytes of each (path, offset, length), in order; None if they cannot be read."""
        waiting = iter(parts)
        while batch := list(islice(waiting, _AT_ONCE)):
            try:
                self._requests.write(json.dumps(batch).encode("ascii") + b"\n")
                self._requests.flush()
                yield from [self._answer(length) for _, _, length in batch]
            except (ValueError, BrokenPipeError) as error:
                raise EngineFailed("the container stopped responding") from error

    def _answer(self, length: int) -> bytes | None:
        count = int(self._answers.readline(20))
        if count > length:
            raise ValueError(count)
        data = self._answers.read(count) if count > 0 else b""
        if len(data) < count:
            raise ValueError(count)
        return None if count < 0 else data
