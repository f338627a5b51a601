"""check_cache(): have a worker try the cache that all workers share, since failures of it later only cost time."""

from __future__ import annotations

import hashlib

import msgspec

from deadweight import __version__
from deadweight.errors import BadInput, FetchFailed
from deadweight.operations.fleet.calls import Calls, Executor, Task
from deadweight.operations.fleet.tasks import Common, Failed, Result
from deadweight.settings import Settings
from deadweight.sources.system.pool import Call

_FUNCTION = "deadweight.operations.fleet.tasks:check_cache"


def check_cache(location: str, executor: Executor) -> None:
    """Have a worker write to a cache and read it back: the client of a cluster may have no access to it.

    raises: BadInput, FetchFailed
    """
    common = msgspec.json.encode(Common(settings=Settings(), version=__version__, cache=location))
    call = Call(f"check_cache-{hashlib.sha256(common).hexdigest()}", _FUNCTION, (common,))
    results: list[Result] = []
    calls = Calls(executor, connections=1)
    calls.add(Task(call, 0, ""), results.append)
    while not results:
        calls.work()
    (result,) = results
    if isinstance(result, Failed):
        if result.exit_code == 1:
            raise RuntimeError(result.reason)
        kind = BadInput if result.exit_code == BadInput.exit_code else FetchFailed
        raise kind(f"the cache {location} does not work: {result.reason}", hint=result.hint)
