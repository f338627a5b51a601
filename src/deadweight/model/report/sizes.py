"""What a report says of sizes. They are bytes and end in ``_bytes``; ``None`` is unknown, never 0."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Annotated

from msgspec import Meta, Struct

LARGEST = 1 << 62
Size = Annotated[int, Meta(ge=0, le=LARGEST)]  # bytes, or how many


def known_sum(sizes: Iterable[int | None]) -> int | None:
    """Return the sum of sizes; None if one of them is unknown."""
    total = 0
    for size in sizes:
        if size is None:
            return None
        total += size
    return total


class Measured(Struct, frozen=True, kw_only=True):
    """Sizes of a set of files, each inode once.

    disk_bytes: allocated blocks; None where the files are on no disk
    kinds:      kind of file → apparent bytes; the values sum to ``apparent_bytes``
    """

    files: Size
    apparent_bytes: Size
    disk_bytes: Size | None
    native_bytes: Size
    bundled_library_bytes: Size
    bytecode_bytes: Size
    kinds: Mapping[str, Size]


class Totals(Measured, frozen=True, kw_only=True):
    """The sums over the target.

    required_bytes: of what the requirements bring in, which the splits are parts of
    unmeasured:     how many distributions are asked for and could not be measured
    """

    distributions: Size
    unowned_bytes: Size
    required_distributions: int
    required_bytes: Size
    unmeasured: Size
    download_bytes: Size | None
    estimated_bytecode_bytes: Size | None
