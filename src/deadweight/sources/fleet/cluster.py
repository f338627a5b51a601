"""An existing Dask cluster as the executor of a fleet's tasks.

A task has the same key for all clients of the cluster, so what two of them ask for at once is done once. Dask logs the
arguments of a task that raises, so tasks raise nothing, and no credentials are among their arguments.
"""

from __future__ import annotations

import queue
import time
from collections import Counter
from typing import TYPE_CHECKING, Any

from deadweight.errors import BadInput, FetchFailed
from deadweight.sources.system.pool import Call, Finished, result_of

if TYPE_CHECKING:
    from distributed import Future

_CONNECT_SECONDS = 10
_WORKER_SECONDS = 60  # to wait for the first worker
_COUNT_SECONDS = 5.0  # after which workers are counted again
_POLL_SECONDS = 1.0  # how often to look whether the scheduler is there
_AHEAD = 2  # tasks for each thread of a worker, so that none waits for the client


class Cluster:
    """The workers of a Dask cluster. Use it in a ``with`` statement, which gives up what they have not done."""

    is_remote = True

    def __init__(self, address: str) -> None:
        self._address = address
        self._ended: queue.SimpleQueue[tuple[str, Future]] = queue.SimpleQueue()
        self._futures: dict[str, Future] = {}
        self._submitted: Counter[str] = Counter()
        self._counted, self._threads = -_COUNT_SECONDS, dict[str, int]()  # worker → its threads

    def __enter__(self) -> Cluster:
        self._client = _connected(self._address)
        try:
            self._client.wait_for_workers(1, timeout=_WORKER_SECONDS)
        except TimeoutError as error:
            self._client.close()
            raise FetchFailed(f"the scheduler at {self._address} has no workers", hint="start dask worker") from error
        return self

    def __exit__(self, *_: object) -> None:
        for future in self._futures.values():
            future.release()
        self._client.close(timeout=_CONNECT_SECONDS)

    @property
    def size(self) -> int:
        """The tasks to give to the workers that are there now."""
        return max(1, sum(self._counts().values())) * _AHEAD

    @property
    def workers(self) -> int:
        """The workers that are there now, each of which is a process."""
        return max(1, len(self._counts()))

    def _counts(self) -> dict[str, int]:
        """Return worker → its threads, as of the last seconds."""
        now = time.monotonic()
        if now > self._counted + _COUNT_SECONDS:
            self._check()
            self._counted, self._threads = now, dict(self._client.nthreads())
        return self._threads

    def submit(self, call: Call) -> None:
        """Have a call made by a worker."""
        # The scheduler may still know the result of an earlier attempt by its key.
        self._submitted[call.key] += 1
        attempt = self._submitted[call.key]
        key = call.key if attempt == 1 else f"{call.key}-{attempt}"
        future = self._client.submit(result_of, call, key=key, pure=True)
        self._futures[call.key] = future
        future.add_done_callback(lambda ended, key=call.key: self._ended.put((key, ended)))

    def next(self, seconds: float | None) -> Finished | None:
        """Return a call that ended, None if none did within some seconds.

        raises: FetchFailed if the scheduler is gone
        """
        while True:
            try:
                pause = _POLL_SECONDS if seconds is None else min(seconds, _POLL_SECONDS)
                key, future = self._ended.get(timeout=pause)
            except queue.Empty:
                self._check()
                if seconds is None:
                    continue
                seconds -= pause
                if seconds <= 0:
                    return None
                continue
            if self._futures.get(key) is future:
                return self._finished(key, future)

    def _finished(self, key: str, future: Future) -> Finished:
        if future.status in ("cancelled", "lost"):
            raise self._gone()
        try:
            result: bytes = future.result(timeout=_CONNECT_SECONDS)
        except Exception as error:  # noqa: BLE001  whatever Dask raises, and what a worker of another version does
            self._check()
            finished = Finished(key, None, f"the cluster failed: {type(error).__name__}")
        else:
            finished = Finished(key, result)
        del self._futures[key]
        future.release()
        return finished

    def _check(self) -> None:
        if self._client.status != "running":
            raise self._gone()

    def _gone(self) -> FetchFailed:
        hint = "run the same command again when the scheduler is back; what was measured is recorded"
        return FetchFailed(f"lost the connection to the scheduler at {self._address}", hint=hint)


def _connected(address: str) -> Any:
    try:
        from distributed import Client
    except ImportError as error:
        raise BadInput("--scheduler needs Dask", hint='install it: pip install "deadweight[fleet]"') from error
    try:
        return Client(address, timeout=_CONNECT_SECONDS, name="deadweight", set_as_default=False)
    except (OSError, TimeoutError) as error:
        raise FetchFailed(f"no Dask scheduler answers at {address}", hint="check the address") from error
    except ValueError as error:
        raise BadInput(f"--scheduler {address}: {error}", hint="use tcp://HOST:PORT") from error
