"""Requirements, a project or a lock → its resolution, and the wheels to list; and these wheels → their file lists."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import TYPE_CHECKING

import msgspec

from deadweight.errors import DeadweightError, InstallFailed
from deadweight.model import Archive
from deadweight.sources.net.failures import Retryable

if TYPE_CHECKING:
    from deadweight.operations.session import Session
    from deadweight.settings import Settings
    from deadweight.sources.resolve.uninstalled import Resolved
    from deadweight.targets.types import Target


def resolve(target: Target, settings: Settings, session: Session) -> tuple[bytes, list[Archive]]:
    """Return the resolution of a target, and the archives in it whose file lists are not in the cache.

    The resolution is empty if the target cannot be resolved, or if a URL contains credentials: measuring resolves then.
    raises: BadInput, FetchFailed
    """
    from deadweight.operations.measuring.from_archives import resolve_archives
    from deadweight.sources.resolve.resolutions import reveals

    try:
        resolved, unlisted = resolve_archives(target, settings, session)
    except InstallFailed:
        return b"", []
    if reveals(resolved.lock):
        return b"", []
    return msgspec.msgpack.encode(resolved), unlisted


def resolution_of(data: bytes) -> Resolved | None:
    """Return a resolution from its bytes; None for none."""
    from deadweight.sources.resolve.uninstalled import Resolved

    return msgspec.msgpack.decode(data, type=Resolved) if data else None


def list_archives(archives: Sequence[Archive], settings: Settings, session: Session) -> None:
    """Put the file lists of archives into the cache, as far as possible.

    raises: Retryable
    """
    from deadweight.operations.measuring.installing import install_options
    from deadweight.sources.resolve.index_locations import configured
    from deadweight.sources.system.threads import in_parallel
    from deadweight.sources.wheels.archives import ArchiveReader

    origins = configured(install_options(settings), None, os.environ, "uv").origins
    cache = session.cache(settings.measuring)
    reader = ArchiveReader(lambda: session.client(origins), cache, session.scratch)
    failed: list[Retryable] = []
    missing = [archive for archive in archives if not cache.has(archive)]
    for _, task in in_parallel(reader.contents, missing):
        try:
            task.result()
        except DeadweightError as error:  # measuring says what is wrong
            failed += [error] if isinstance(error, Retryable) else []
    if failed:
        raise failed[0]
