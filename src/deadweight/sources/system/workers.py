"""Functions of ours and their arguments → their results, computed in child processes: the GIL lets one thread compute.

A worker is a bare interpreter that reads (sys.path, module, function, arguments of each call) from standard input, and
writes each result to standard output, preceded by its length. All are in marshal's format.
"""

from __future__ import annotations

import contextlib
import marshal
import sys
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any

from deadweight.sources.system.processes import BARE_PYTHON, fed

_LENGTH = 8  # bytes of the length before a result
# A worker ends with its parent, even after SIGKILL: large inputs take minutes. It imports only the function's module,
# and collects no garbage: many objects are created and kept, but no cycles.
_PROGRAM = """
import _thread, gc, marshal, os, sys, time

def watch(parent):
    while os.getppid() == parent:
        time.sleep(0.2)
    os._exit(1)

_thread.start_new_thread(watch, (os.getppid(),))
gc.disable()
path, module, name, calls = marshal.loads(sys.stdin.buffer.read())
sys.path[:] = path
__import__(module)
function = getattr(sys.modules[module], name)
for arguments in calls:
    result = marshal.dumps(function(*arguments), 2)
    sys.stdout.buffer.write(len(result).to_bytes(8, "little"))
    sys.stdout.buffer.write(result)
    sys.stdout.buffer.flush()
"""


class Worker:
    """A child process that calls a function several times; a context manager that ends it.

    It blocks until its previous result was read, so at most two results are in memory.

    function: of a module of ours; takes and returns only numbers, strings, bytes, tuples and lists
    calls:    the arguments of each call
    """

    def __init__(self, function: Callable[..., Any], calls: Sequence[tuple[Any, ...]]) -> None:
        self._function, self._calls = function, list(calls)
        command = [*BARE_PYTHON, "-X", f"utf8={sys.flags.utf8_mode}", "-c", _PROGRAM]
        path = [entry for entry in sys.path if entry]  # "" is the working directory, which may hold foreign modules
        self._child = fed(command, marshal.dumps((path, function.__module__, function.__name__, self._calls), 2))

    def __enter__(self) -> Worker:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._child is not None:
            self._child.kill()
            self._child.wait()
            if self._child.stdout:
                self._child.stdout.close()

    def results(self) -> Iterator[Any]:
        """Yield the result of each call, in order. What a failed worker leaves is computed in this process."""
        pipe = self._child.stdout if self._child else None
        for number, arguments in enumerate(self._calls):
            length = int.from_bytes(pipe.read(_LENGTH), "little") if pipe else 0
            result = pipe.read(length) if pipe else b""
            if not length or len(result) < length:
                pipe = None
                yield self._function(*arguments)
            else:
                self._calls[number] = ()  # arguments may be large
                yield marshal.loads(result)  # noqa: S302  our own


def each(function: Callable[..., Any], calls: Sequence[tuple[Any, ...]]) -> Iterator[Any]:
    """Yield the result of each call, in order; each has its own worker, and all start at once."""
    with started(function, [[arguments] for arguments in calls]) as results:
        for result in results:
            yield from result


@contextlib.contextmanager
def started(function: Callable[..., Any], shares: Sequence[Sequence[tuple[Any, ...]]]) -> Iterator[list[Iterator[Any]]]:
    """Start a worker for each share of the calls; yield the results of each."""
    with contextlib.ExitStack() as stack:
        yield [stack.enter_context(Worker(function, calls)).results() for calls in shares]
