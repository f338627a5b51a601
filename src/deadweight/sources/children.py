"""A function of ours and arguments for it → its results, each worked out by a process of its own.

CPython works on one thing at a time, whatever threads there are. A child is a bare interpreter that is fed through
standard input, in marshal's format: (sys.path, module, function, arguments); it answers with the result in that format.
"""

from __future__ import annotations

import contextlib
import gc
import marshal
import os
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module
from typing import Any

from deadweight.sources.processes import BARE_PYTHON, Child, fed

_MOST = 8
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


def serve(module: str, name: str, arguments: tuple[Any, ...]) -> None:
    """Do what the parent asks for, and answer it."""
    gc.disable()  # much is made and kept, and nothing of it in cycles
    found = getattr(import_module(module), name)(*arguments)
    sys.stdout.buffer.write(marshal.dumps(found, 2))


def _start(function: Callable[..., Any], arguments: tuple[Any, ...]) -> Child | None:
    command = [*BARE_PYTHON, "-X", f"utf8={sys.flags.utf8_mode}", "-c", _SERVE]
    path = [place for place in sys.path if place]  # "" would be whatever folder one stands in
    return fed(command, marshal.dumps((path, function.__module__, function.__name__, arguments), 2))


def _end(child: Child) -> None:
    child.kill()
    child.wait()
    if child.stdout:
        child.stdout.close()
