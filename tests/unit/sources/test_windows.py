from __future__ import annotations

import io
from collections.abc import Callable

import pytest

from deadweight.formats.tar import Malformed
from deadweight.sources import windows
from deadweight.sources.blocks import Pipe
from deadweight.sources.windows import Passing

FILE, NEXT = b"0123456789", b"next"


def passing(monkeypatch: pytest.MonkeyPatch, remembered: int) -> tuple[Passing, Pipe]:
    """Return a file of which so many bytes are remembered, two of them read already, and the archive it lies in."""
    monkeypatch.setattr(windows, "_REMEMBERED", remembered)
    blocks = Pipe(io.BytesIO(FILE[2:] + bytes(512 - len(FILE)) + NEXT))
    return Passing(FILE[:2], blocks, len(FILE)), blocks


@pytest.mark.parametrize("remembered", [4, 99])
@pytest.mark.parametrize("at", [(5, 3), (8, 9), (9, 1), (10, 1), (99, 9), (1 << 40, 256)])
def test_passing__any_part__is_of_the_file_and_the_next_one_stays_whole(
    monkeypatch: pytest.MonkeyPatch, remembered: int, at: tuple[int, int]
) -> None:
    found, blocks = passing(monkeypatch, remembered)
    assert found(*at) == FILE[at[0] : sum(at)]
    found.finish()
    assert blocks.read(99) == NEXT


@pytest.mark.parametrize("ask", [lambda found: found(0, 10), lambda found: found(1, 9)])
def test_passing__what_has_passed_by__cannot_be_had(
    monkeypatch: pytest.MonkeyPatch, ask: Callable[[Passing], bytes]
) -> None:
    found, _ = passing(monkeypatch, remembered=4)
    with pytest.raises(LookupError):
        ask(found)


def test_passing__archive_that_is_cut_short__is_malformed() -> None:
    found = Passing(FILE[:2], Pipe(io.BytesIO(FILE[2:5])), len(FILE))
    with pytest.raises(Malformed, match="cut short"):
        found.finish()
