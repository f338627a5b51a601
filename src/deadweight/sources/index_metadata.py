"""Names that are asked for → what an index says of them: the METADATA of the newest version, and nothing else of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING

from deadweight.errors import DeadweightError
from deadweight.formats.metadata import parse_metadata
from deadweight.formats.requirements import RequirementsFile
from deadweight.machine import Machine
from deadweight.model import Metadata, Wanted
from deadweight.progress import Observer, Progress
from deadweight.selection import best_wheel
from deadweight.sources.archives import ArchiveReader
from deadweight.sources.indexes import Indexes
from deadweight.sources.parallel import in_parallel
from deadweight.sources.stand_ins import newest_first

if TYPE_CHECKING:
    from deadweight.formats.simple_index import Link


def metadata_of(
    file: RequirementsFile, machine: Machine, indexes: Indexes, reader: ArchiveReader, observe: Observer
) -> tuple[Mapping[str, Metadata], tuple[str, ...]]:
    """Return name → what the index says of the newest version that is allowed, and a sentence for each without."""
    wanted = {want.name: want for want in file.all_wanted() if want.name and not want.url}
    known: dict[str, Metadata] = {}
    lacking: dict[str, str] = {}

    def ask(want: Wanted) -> Metadata | None:
        return _ask(want.name or "", want.specifier, machine, indexes.links, reader)

    for done, (want, task) in enumerate(in_parallel(ask, wanted.values()), 1):
        name = want.name or ""
        observe(Progress("listing", f"{name} ({done} of {len(wanted)} names)"))
        try:
            found = task.result()
        except DeadweightError as error:
            lacking[name] = error.cause
            continue
        if found is None:
            lacking[name] = "the index has no archive of it that tells"
        else:
            known[name] = found
    return known, tuple(f"{name} is judged by its name alone: {lacking[name]}" for name in sorted(lacking))


def _ask(
    name: str, specifier: str, machine: Machine, links: Callable[[str], Iterable[Link]], reader: ArchiveReader
) -> Metadata | None:
    for version, files in newest_first(links(name), name, specifier, machine):
        archives = [link.archive for link in files]
        wheels = [archive for archive in archives if archive.filename.endswith(".whl")]
        # What is said of a project is the same in all its wheels; an sdist would have to be fetched whole.
        wheel = best_wheel(wheels, machine) or next(iter(wheels), None)
        if wheel is not None:
            return parse_metadata(reader.metadata(wheel), f"{name}-{version}.dist-info")
    return None
