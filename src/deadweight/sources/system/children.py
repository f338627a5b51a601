"""A function of ours and arguments for it → its results, each worked out by a process of its own.

CPython works on one thing at a time, whatever threads there are. A child is a bare interpreter that is fed through
standard input, in marshal's format: (sys.path, module, function, arguments); it answers with the result in that format.
"""

from __future__ import annotations

import contextlib
import gc
import marshal
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any

from deadweight.sources.system.processes import BARE_PYTHON, Child, fed

_LENGTH = 8  # bytes that tell how long an answer is
# It ends with its parent, whatever ends that: a large source takes minutes to read.
_SERVE = """
import _thread, marshal, os, sys, time

def watch(parent):
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(1)

_thread.start_new_thread(watch, (os.getppid(),))
path, *work = marshal.loads(sys.stdin.buffer.read())
sys.path[:] = path
from deadweight.sources.system.children import serve
serve(*work)
"""


def each(function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> Iterator[Any]:
    """Yield ``function(*them)`` for each of the arguments, in order; all are begun at once.

    function: of a module of ours; what it takes and returns is made of numbers, strings, bytes, tuples and lists
    """
    with contextlib.ExitStack() as stack:
        children: list[Child | None] = []
        for them in arguments:
            children.append(child := _start(function, them))
            if child is not None:
                stack.callback(_end, child)
        for them, child in zip(arguments, children, strict=True):
            output = child.communicate()[0] if child else b""
            # What no child has done is done here.
            is_done = child is not None and child.returncode == 0
            yield marshal.loads(output) if is_done else function(*them)  # noqa: S302  our own


@contextlib.contextmanager
def series(function: Callable[[Any], Any], shares: Sequence[Sequence[Any]]) -> Iterator[list[Iterator[Any]]]:
    """Hand over, for each share, what ``function`` returns for each item of it, as a child comes to it.

    A child waits with a result until the one before was taken.
    """
    with contextlib.ExitStack() as stack:
        answers: list[Iterator[Any]] = []
        for share in shares:
            child = _start(function, (list(share),), program=_SERVE.replace("serve", "serve_series"))
            if child is not None:
                stack.callback(_end, child)
            answers.append(_answers(function, share, child))
        yield answers


def _answers(function: Callable[[Any], Any], share: Sequence[Any], child: Child | None) -> Iterator[Any]:
    pipe = child.stdout if child else None
    for number in range(len(share)):
        length = int.from_bytes(pipe.read(_LENGTH), "little") if pipe else 0
        answer = pipe.read(length) if pipe else b""
        if not length or len(answer) < length:
            # Where a child came to nothing, what is left of its work is done here.
            yield from map(function, share[number:])
            return
        yield marshal.loads(answer)  # noqa: S302  our own


def serve_series(module: str, name: str, arguments: tuple[list[Any]]) -> None:
    """Do what the parent asks for, item by item, and answer each."""
    gc.disable()
    function = getattr(import_module(module), name)
    for item in arguments[0]:
        answer = marshal.dumps(function(item), 2)
        sys.stdout.buffer.write(len(answer).to_bytes(_LENGTH, "little"))
        sys.stdout.buffer.write(answer)
        sys.stdout.buffer.flush()


def serve(module: str, name: str, arguments: tuple[Any, ...]) -> None:
    """Do what the parent asks for, and answer it."""
    gc.disable()  # much is made and kept, and nothing of it in cycles
    found = getattr(import_module(module), name)(*arguments)
    sys.stdout.buffer.write(marshal.dumps(found, 2))


def _start(function: Callable[..., Any], arguments: tuple[Any, ...], *, program: str | None = None) -> Child | None:
    command = [*BARE_PYTHON, "-X", f"utf8={sys.flags.utf8_mode}", "-c", program or _SERVE]
    path = [place for place in sys.path if place]  # "" would be whatever folder one stands in
    return fed(command, marshal.dumps((path, function.__module__, function.__name__, arguments), 2))


def _end(child: Child) -> None:
    child.kill()
    child.wait()
    if child.stdout:
        child.stdout.close()
