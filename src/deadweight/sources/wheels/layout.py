"""Chosen archives → the FileTree of the environment that an installer would create, without installing."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from itertools import repeat

from msgspec import Struct

from deadweight.errors import DeadweightError, MalformedArchive
from deadweight.formats.binaries.native import head_by_name
from deadweight.formats.distributions.wheel import (
    Contents,
    Installed,
    Scheme,
    bytecode_bytes,
    direct_url_json,
    lay_out,
)
from deadweight.model import ArchiveFacts, Entry, FileTree, Linking, Skipped
from deadweight.platforms.selection import Chosen
from deadweight.progress import Observer, Progress
from deadweight.sources.system.threads import in_parallel
from deadweight.sources.wheels.archives import ArchiveReader


class Measured(Struct, frozen=True, kw_only=True):
    """An environment that does not exist.

    tree:  the files that it would have; ``tree.skipped`` lists the projects that could not be measured
    facts: project → facts about its archive
    """

    tree: FileTree
    facts: Mapping[str, ArchiveFacts]


def read_wheels(
    choices: Collection[Chosen],
    scheme: Scheme,
    reader: ArchiveReader,
    requested: Collection[str],
    observe: Observer,
) -> Measured:
    """Read the contents of all archives in parallel, and lay them out as the installer would.

    scheme:    of the installer; if it compiles, the bytecode is estimated
    requested: the directly required projects
    raises:    FetchFailed or MalformedArchive if none could be read
    """
    read, failed = _read_all(choices, reader, observe)
    installed: dict[str, Installed] = {}
    facts: dict[str, ArchiveFacts] = {}
    for choice in choices:
        name, contents = choice.package.name, read.get(choice.package.name)
        if contents is None or choice.archive is None:
            continue
        try:
            installed[name] = _lay_out(choice, contents, scheme, requested)
        except MalformedArchive as error:
            failed[name] = error
            continue
        facts[name] = ArchiveFacts(
            filename=choice.archive.filename,
            size=contents.size if contents.size is not None else choice.archive.size,
            estimated=choice.estimated,
            reason=choice.reason,
            bytecode=bytecode_bytes(installed[name].files, scheme.python) if scheme.compiles else None,
        )
    if failed and not facts:
        raise next(iter(failed.values()))
    return Measured(tree=_tree(installed, scheme, _skipped(choices, failed)), facts=facts)


def _skipped(choices: Collection[Chosen], failed: Mapping[str, DeadweightError]) -> tuple[Skipped, ...]:
    skipped = [Skipped(name, error.cause, error.exit_code) for name, error in failed.items()]
    skipped += [
        Skipped(choice.package.name, choice.reason, choice.exit_code, choice.impossible)
        for choice in choices
        if choice.archive is None
    ]
    return tuple(sorted(skipped))


def _read_all(
    choices: Collection[Chosen], reader: ArchiveReader, observe: Observer
) -> tuple[dict[str, Contents], dict[str, DeadweightError]]:
    archives = {choice.package.name: choice.archive for choice in choices if choice.archive is not None}
    known = {name: reader.known(archive) for name, archive in archives.items()}
    read = {name: contents for name, contents in known.items() if contents is not None}
    failed: dict[str, DeadweightError] = {}
    missing = [name for name in archives if name not in read]
    for done, (name, task) in enumerate(in_parallel(lambda name: reader.contents(archives[name]), missing), 1):
        observe(Progress("listing", f"the archive of {name}", done=done, total=len(missing)))
        try:
            read[name] = task.result()
        except DeadweightError as error:
            failed[name] = error
    return read, failed


def _lay_out(choice: Chosen, contents: Contents, scheme: Scheme, requested: Collection[str]) -> Installed:
    archive, origin = choice.archive, choice.package.origin
    assert archive is not None
    return lay_out(
        contents,
        archive.filename,
        scheme,
        requested=choice.package.name in requested,
        direct_url=direct_url_json(origin, archive.sha256, scheme.installer) if origin else b"",
    )


def _tree(installed: Mapping[str, Installed], scheme: Scheme, skipped: tuple[Skipped, ...]) -> FileTree:
    entries: dict[str, Entry] = {}
    for each in installed.values():
        # Thousands of entries: the constructor of tuple is faster.
        values = zip(each.files.values(), repeat(None), repeat(None), repeat("file"), strict=False)
        entries.update(zip(each.files, map(tuple.__new__, repeat(Entry), values), strict=False))
    return FileTree(
        location=scheme.prefix,
        entries=entries,
        reader=_Reader(installed, entries, scheme.platform),
        skipped=skipped,
        python=scheme.python,
        platform=scheme.platform,
        lists={each.info: each.files.keys() for each in installed.values()},
    )


class _Reader:
    """Reads the fetched files of archives, and those that the installer would write."""

    def __init__(self, installed: Mapping[str, Installed], entries: Mapping[str, Entry], platform: str) -> None:
        self._texts: dict[str, bytes] = {}
        self._programs: set[str] = set()
        for each in installed.values():
            self._texts.update(each.texts)
            self._programs |= each.programs
        self._entries, self._platform = entries, platform

    def read(self, path: str, limit: int = 1 << 26) -> bytes:
        """Return the first bytes of a file, none if they were not fetched; raises FileNotFoundError."""
        if path not in self._entries:
            raise FileNotFoundError(path)
        return self._texts.get(path, b"")[:limit]

    def heads(self, paths: Iterable[str]) -> Iterator[bytes]:
        """Yield the probable first bytes of files, of which only names and sizes are known."""
        for path in paths:
            program = path in self._programs
            yield head_by_name(path, self._entries[path].size, self._platform, program=program)

    def linking(self, paths: Iterable[str]) -> Iterator[Linking | None]:
        """Yield None for each file: native code in archives is not read."""
        return (None for _ in paths)

    def target(self, path: str) -> str | None:
        """Return None: wheels have no symlinks."""
        return None
