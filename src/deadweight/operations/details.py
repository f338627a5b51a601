"""details(): one distribution of a report, with the files and libraries that its environment still has."""

from __future__ import annotations

import os
from collections.abc import Iterator

from deadweight.errors import BadInput
from deadweight.model.details import Details, NativeLibrary
from deadweight.model.distributions import Largest
from deadweight.model.report import Report, Row

_MOST = 20  # files, and libraries
_LARGEST_RECORD = 1 << 26  # bytes


def details(report: Report, name: str) -> Details:
    """Return a distribution; its files and libraries only if the target is an environment that still exists.

    name:   in any spelling
    raises: BadInput if the report does not have the distribution
    """
    try:
        row = report[name]
    except KeyError:
        raise BadInput(f"{name} is not in {report.target.location}", hint=similar(name, report)) from None
    try:
        files = sorted(_files(row), key=lambda file: (-file.apparent_bytes, file.path))
    except LookupError:
        return Details(row=row)
    return Details(row=row, files=tuple(files[:_MOST]), libraries=_libraries(row, files))


def similar(name: str, report: Report) -> str:
    """Return a hint with the names that are spelled like one that a report does not have; "" without any."""
    from difflib import get_close_matches

    close = get_close_matches(name, report.rows, 3)
    return f"did you mean {' or '.join(close)}?" if close else ""


def _files(row: Row) -> Iterator[Largest]:
    """Yield the files that RECORD names, relative to its directory, as far as they are below the prefix.

    raises: LookupError if the environment is gone, or the target was none
    """
    from deadweight.formats.distributions.record import below, record_paths

    if not row.metadata_path or not os.path.isdir(row.metadata_path):
        raise LookupError(row.name)
    try:
        with open(os.path.join(row.metadata_path, "RECORD"), "rb") as file:
            paths = record_paths(file.read(_LARGEST_RECORD))
    except OSError as error:
        raise LookupError(row.name) from error
    for path in paths:
        inside = below("", path)
        if inside is None:
            continue
        try:
            status = os.lstat(os.path.join(_base(row), inside))
        except (OSError, ValueError):
            continue  # removed since
        yield Largest(path=inside, apparent_bytes=status.st_size)


def _libraries(row: Row, files: list[Largest]) -> tuple[NativeLibrary, ...]:
    """Return the native code among the files, with what it links to."""
    from deadweight.formats.binaries.native import is_native, may_be_native
    from deadweight.sources.disk.environment import DiskReader

    reader = DiskReader(_base(row))
    candidates = [file for file in files if may_be_native(file.path, file.apparent_bytes)]
    heads = reader.heads(file.path for file in candidates)
    native = [file for file, head in zip(candidates, heads, strict=True) if is_native(head)][:_MOST]
    links = reader.linking(file.path for file in native)
    return tuple(
        NativeLibrary(path=file.path, apparent_bytes=file.apparent_bytes, needed=link.needed if link else None)
        for file, link in zip(native, links, strict=True)
    )


def _base(row: Row) -> str:
    return os.path.dirname(row.metadata_path or "")
