"""A function of ours and its arguments → its results, computed in child processes.

The GIL lets only one thread compute. A child is a bare interpreter that reads (sys.path, module, function, arguments)
from standard input and writes the result to standard output, both in marshal's format.
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

_LENGTH = 8  # bytes of the length before a result
# A child ends with its parent, even after SIGKILL: large inputs take minutes.
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
    """Yield the result of ``function`` for each tuple of arguments, in order; all children start at once.

    function: of a module of ours; takes and returns only numbers, strings, bytes, tuples and lists
    """
    with contextlib.ExitStack() as stack:
        children: list[Child | None] = []
        for values in arguments:
            child = _start(function, values)
            children.append(child)
            if child is not None:
                stack.callback(_end, child)
        for values, child in zip(arguments, children, strict=True):
            output = child.communicate()[0] if child else b""
            # Without a child, or after its failure, compute the result in this process.
            is_done = child is not None and child.returncode == 0
            yield marshal.loads(output) if is_done else function(*values)  # noqa: S302  our own


@contextlib.contextmanager
def series(function: Callable[[Any], Any], shares: Sequence[Sequence[Any]]) -> Iterator[list[Iterator[Any]]]:
    """Yield, for each share, an iterator of the results of ``function`` for its items.

    Each share has its own child, which blocks until its previous result was read.
    """
    with contextlib.ExitStack() as stack:
        results: list[Iterator[Any]] = []
        for share in shares:
            child = _start(function, (list(share),), program=_SERVE.replace("serve", "serve_series"))
            if child is not None:
                stack.callback(_end, child)
            results.append(_results(function, share, child))
        yield results


def _results(function: Callable[[Any], Any], share: Sequence[Any], child: Child | None) -> Iterator[Any]:
    pipe = child.stdout if child else None
    for number in range(len(share)):
        length = int.from_bytes(pipe.read(_LENGTH), "little") if pipe else 0
        result = pipe.read(length) if pipe else b""
        if not length or len(result) < length:
            # After a failure of the child, compute the remaining results in this process.
            yield from map(function, share[number:])
            return
        yield marshal.loads(result)  # noqa: S302  our own


def serve_series(module: str, name: str, arguments: tuple[list[Any]]) -> None:
    """Write the result for each item to the parent."""
    gc.disable()
    function = getattr(import_module(module), name)
    for item in arguments[0]:
        result = marshal.dumps(function(item), 2)
        sys.stdout.buffer.write(len(result).to_bytes(_LENGTH, "little"))
        sys.stdout.buffer.write(result)
        sys.stdout.buffer.flush()


def serve(module: str, name: str, arguments: tuple[Any, ...]) -> None:
    """Write the result to the parent."""
    gc.disable()  # many objects are created and kept, but no cycles
    result = getattr(import_module(module), name)(*arguments)
    sys.stdout.buffer.write(marshal.dumps(result, 2))


def _start(function: Callable[..., Any], arguments: tuple[Any, ...], *, program: str | None = None) -> Child | None:
    command = [*BARE_PYTHON, "-X", f"utf8={sys.flags.utf8_mode}", "-c", program or _SERVE]
    path = [entry for entry in sys.path if entry]  # "" is the working directory, which may hold foreign modules
    return fed(command, marshal.dumps((path, function.__module__, function.__name__, arguments), 2))


def _end(child: Child) -> None:
    child.kill()
    child.wait()
    if child.stdout:
        child.stdout.close()
