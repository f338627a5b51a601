"""A container → its files: listed from the inside by its own Python where it has one, else as ``export`` sends them."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterable, Iterator
from functools import partial
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO, cast

from msgspec.structs import replace

from deadweight.errors import EngineFailed
from deadweight.formats.binaries.elf import linking
from deadweight.formats.binaries.native import HEAD_BYTES
from deadweight.model import Entry, FileTree, Linking
from deadweight.sources.containers import engines
from deadweight.sources.containers import inside as program
from deadweight.sources.containers.answers import Answers
from deadweight.sources.images.image import exported_tree
from deadweight.sources.images.layers import Room
from deadweight.sources.system.processes import Child

_PYTHONS = ("python3", "python", "/usr/local/bin/python3", "/usr/bin/python3", "/opt/venv/bin/python")
# It reads itself from standard input, where requests come after it; "-I -S": nothing of the container's is imported.
_START = "import sys; exec(compile(sys.stdin.buffer.read(int(sys.argv[1])), 'deadweight', 'exec'))"
_READY = b"deadweight\n"
_LONGEST_ROW = 1 << 16
_LARGEST_TEXT = 1 << 26
_AT_ONCE = 64  # requests that are under way: their lines fit into a pipe, so that nobody waits for the other


@contextlib.contextmanager
def opened_container(name: str) -> Iterator[FileTree]:
    """Hand over the files of a container that runs or has stopped, without what is mounted in it.

    raises: EngineFailed, BadInput
    """
    state, location = engines.state_of(name), f"container:{name}"
    for python in _PYTHONS if state.is_running else ():
        with _session(state.engine, name, python) as found:
            if found is None:
                continue
            tree = _tree(location, *found)
            if tree is None:
                break
            yield replace(tree, start=state.start)
            return
    with engines.exported(state.engine, name) as stream:
        tree = exported_tree(stream, location)
    yield replace(tree, start=state.start)


@contextlib.contextmanager
def _session(engine: str, name: str, python: str) -> Iterator[tuple[BinaryIO, Answers] | None]:
    """Hand over (requests, answers) of the program inside; None where the container has no Python that answers."""
    text = f"import sys; sys.stdout.buffer.write({_READY!r}); sys.stdout.flush()\n".encode()
    text += Path(program.__file__).read_bytes()
    # "-B": without it, importing json would write its bytecode into the container.
    child = engines.inside(engine, name, [python, "-I", "-S", "-B", "-c", _START, str(len(text))])
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
        raise EngineFailed(f"container:{name}: its Python does not answer", hint=left) from error
    finally:
        _ended(child)


def _is_ready(answers: Answers) -> bool:
    try:
        return answers.readline(100) == _READY
    except TimeoutError:
        return False


def _ended(child: Child) -> bool:
    """Have the program inside end, by the end of its input; say whether it did so by itself."""
    if child.stdin is not None:
        with contextlib.suppress(BrokenPipeError):
            child.stdin.close()
        child.stdin = None
    return engines.ended(child)


def _left_behind(engine: str, name: str) -> str:
    return f"the Python that was started in {name} may still run there: {engine} top {name} shows it"


def _tree(location: str, requests: BinaryIO, answers: Answers) -> FileTree | None:
    """Return the files that are listed; None where some may not be listed or read from the inside."""
    entries: dict[str, Entry] = {}
    for path, entry in _rows(location, answers):
        if entry is None:
            return None
        entries[path] = entry
    return FileTree(location=location, entries=entries, reader=_Asking(requests, answers), whole=True)


def _rows(location: str, answers: Answers) -> Iterator[tuple[str, Entry | None]]:
    """Yield what is listed; what a container sends is believed to be of this form and nothing else."""
    room = Room()
    while (line := answers.readline(_LONGEST_ROW)) != b"null\n":
        room.take(entries=1, text=len(line))
        try:
            path, size, blocks, inode, kind = json.loads(line)
            if kind == "unreadable":
                yield str(path), None
                continue
            entry = Entry(_count(size), _count(blocks) * 512, _inode(inode), _kind(kind))
            # A Python that takes names for ASCII keeps the bytes of all others as surrogates.
            path = path.encode("utf-8", "surrogateescape").decode("utf-8", "surrogateescape")
        except (ValueError, TypeError, AttributeError, RecursionError) as error:
            raise EngineFailed(f"{location}: its Python did not list its files") from error
        if ".." not in path.split("/") and path and "\0" not in path and path[0] != "/":
            yield path, entry


def _count(value: object) -> int:
    if type(value) is not int or not 0 <= value < 1 << 62:
        raise ValueError(value)
    return value


def _inode(value: object) -> tuple[int, int] | None:
    if value is None:
        return None
    device, number = cast("list[object]", value)
    return _count(device), _count(number)


def _kind(value: object) -> Any:
    if value not in ("file", "symlink", "other"):
        raise ValueError(value)
    return value


class _Asking:
    """Reads files by asking the program inside."""

    def __init__(self, requests: BinaryIO, answers: Answers) -> None:
        self._requests, self._answers = requests, answers

    def read(self, path: str, limit: int = _LARGEST_TEXT) -> bytes:
        """Return a file's first bytes; raises OSError where it cannot be read."""
        data = next(self._asked([(path, 0, limit)]))
        if data is None:
            raise OSError(f"{path} cannot be read")
        return data

    def heads(self, paths: Iterable[str]) -> Iterator[bytes]:
        """Yield each file's first 64 bytes; empty where it cannot be read."""
        return (data or b"" for data in self._asked((path, 0, HEAD_BYTES) for path in paths))

    def linking(self, paths: Iterable[str]) -> Iterator[Linking | None]:
        """Yield what each file of native code needs."""
        return (linking(partial(self._part, path)) for path in paths)

    def target(self, path: str) -> str | None:
        """Return None: the program inside does not tell."""
        return None

    def _part(self, path: str, offset: int, length: int) -> bytes:
        return next(self._asked([(path, offset, length)])) or b""

    def _asked(self, parts: Iterable[tuple[str, int, int]]) -> Iterator[bytes | None]:
        """Yield what is there of each (path, offset, length), in order; None where it cannot be read."""
        waiting = iter(parts)
        while some := list(islice(waiting, _AT_ONCE)):
            try:
                self._requests.write(json.dumps(some).encode("ascii") + b"\n")
                self._requests.flush()
                yield from [self._answer(length) for _, _, length in some]
            except (ValueError, BrokenPipeError) as error:
                raise EngineFailed("the container stopped answering") from error

    def _answer(self, length: int) -> bytes | None:
        count = int(self._answers.readline(20))
        if count > length:
            raise ValueError(count)
        data = self._answers.read(count) if count > 0 else b""
        if len(data) < count:
            raise ValueError(count)
        return None if count < 0 else data
