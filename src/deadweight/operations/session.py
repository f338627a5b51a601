"""What several measurements share: the HTTP client, the cache, the scratch directory, and the code that was read."""

from __future__ import annotations

import contextlib
import threading
from types import TracebackType
from typing import TYPE_CHECKING

from deadweight.operations.application import application_directory
from deadweight.progress import Observer, silent

if TYPE_CHECKING:
    from deadweight.model import Application
    from deadweight.settings import Measuring, Settings
    from deadweight.sources.net.http import Client
    from deadweight.sources.resolve.uninstalled import Resolved
    from deadweight.sources.system.scratch import Scratch
    from deadweight.sources.wheels.cache import Cache
    from deadweight.targets.types import Target

HURRIED_SECONDS = 6.0


class Session:
    """Owns what several measurements share. Use it in a ``with`` statement.

    Everything is created when it is first needed: a warm run imports no HTTP client, and a run that installs nothing
    creates no directory.

    observe:  receives the progress of every measurement
    cache:    of archives, layers, pages and resolutions; None for the user's own
    resolved: the resolution of the only target, if it is known
    """

    def __init__(
        self, *, observe: Observer = silent, cache: Cache | None = None, resolved: Resolved | None = None
    ) -> None:
        self.observe, self.resolved, self._cache = observe, resolved, cache
        self._stack = contextlib.ExitStack()
        self._lock = threading.Lock()
        self._clients: dict[tuple[tuple[str, ...], bool], Client] = {}
        self._caches: dict[bool, Cache] = {}
        self._applications: dict[str, Application] = {}
        self._scratch: Scratch | None = None

    def __enter__(self) -> Session:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        try:
            for client in self._clients.values():
                client.close()
            for cache in self._caches.values():
                cache.trim()
        finally:
            self._stack.close()

    @property
    def scratch(self) -> Scratch:
        """A directory that is removed when the session ends."""
        if self._scratch is None:
            from deadweight.sources.system.scratch import scratch_directory

            self._scratch = self._stack.enter_context(scratch_directory())
        return self._scratch

    def cache(self, measuring: Measuring) -> Cache:
        """Return the cache of archives, pages and resolutions; one that keeps nothing with ``no_cache``."""
        if measuring.no_cache not in self._caches:
            from deadweight.sources.wheels.cache import Cache, NoCache

            self._caches[measuring.no_cache] = NoCache() if measuring.no_cache else self._cache or Cache()
        return self._caches[measuring.no_cache]

    def client(self, origins: tuple[str, ...], hurried: bool = False) -> Client:
        """Return the HTTP client for some indexes. Threads may ask at once.

        origins: URLs of the indexes, which may carry credentials
        hurried: whether to give up on a server that does not answer soon, since its answer is not essential
        """
        with self._lock:
            if (origins, hurried) not in self._clients:
                from deadweight.sources.net.http import Client

                self._clients[origins, hurried] = (
                    Client(origins=origins, timeout=HURRIED_SECONDS, deadline=HURRIED_SECONDS, attempts=1)
                    if hurried
                    else Client(origins=origins)
                )
            return self._clients[origins, hurried]

    def application(self, target: Target, settings: Settings) -> Application | None:
        """Return what the application's code names, None where the target has no code; each directory is read once."""
        directory = application_directory(target, settings)
        if not directory:
            return None
        if directory not in self._applications:
            from deadweight.sources.codebase.application import read_application

            self._applications[directory] = read_application(directory, observe=self.observe)
        return self._applications[directory]
