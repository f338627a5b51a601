"""A function of ours and arguments for it → its results, each worked out by a process of its own.

CPython works on one thing at a time, whatever threads there are. A child is a bare interpreter that is fed through
standard input, in marshal's format: (sys.path, module, function, arguments); it answers with the result in that format.
"""

from __future__ import annotations

import contextlib
import gc
import marshal
import os
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any

_MOST = 8
_SERVE = """
import marshal, sys
path, *work = marshal.loads(sys.stdin.buffer.read())
sys.path[:] = path
from deadweight.sources.children import serve
serve(*work)
"""


def processors() -> int:
    """Return how many children are worth while; 1 where there can be none."""
    return min(os.cpu_count() or 1, _MOST) if sys.executable else 1


def each(function: Callable[..., Any], arguments: Sequence[tuple[Any, ...]]) -> Iterator[Any]:
    """Yield ``function(*them)`` for each of the arguments, in order; all are begun at once.

    function: of a module of ours; what it takes and returns is made of numbers, strings, bytes, tuples and lists
    """
    with contextlib.ExitStack() as stack:
        children = []
        for them in arguments:
            children.append(child := _start(function, them))
            stack.callback(_end, child)
        for them, child in zip(arguments, children, strict=True):
            output, _ = child.communicate()
            # Where a child came to nothing, its work is done here.
            yield marshal.loads(output) if child.returncode == 0 else function(*them)  # noqa: S302  our own


def serve(module: str, name: str, arguments: tuple[Any, ...]) -> None:
    """Do what the parent asks for, and answer it."""
    gc.disable()  # much is made and kept, and nothing of it in cycles
    found = getattr(import_module(module), name)(*arguments)
    sys.stdout.buffer.write(marshal.dumps(found, 2))


def _start(function: Callable[..., Any], arguments: tuple[Any, ...]) -> subprocess.Popen[bytes]:
    child = subprocess.Popen(
        [sys.executable, "-I", "-S", "-X", f"utf8={sys.flags.utf8_mode}", "-c", _SERVE],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
    )
    assert child.stdin is not None
    with contextlib.suppress(BrokenPipeError):
        path = [place for place in sys.path if place]  # "" would be whatever folder one stands in
        child.stdin.write(marshal.dumps((path, function.__module__, function.__name__, arguments), 2))
        child.stdin.close()
    child.stdin = None  # communicate() would flush it
    return child


def _end(child: subprocess.Popen[bytes]) -> None:
    child.kill()
    child.wait()
    if child.stdout:
        child.stdout.close()
