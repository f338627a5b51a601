from __future__ import annotations

import io

import pytest

from deadweight.formats.archives.tar import Malformed
from deadweight.sources.images import windows
from deadweight.sources.images.blocks import Pipe
from deadweight.sources.images.windows import Passing

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


@pytest.mark.parametrize("remembered", [4, 99])
def test_passing__names_on_either_side_of_what_was_read__can_be_had(
    monkeypatch: pytest.MonkeyPatch, remembered: int
) -> None:
    found, _ = passing(monkeypatch, remembered)
    monkeypatch.setattr(windows, "_BEHIND", 2)
    assert found(8, 1) == b"8"
    assert (found(6, 2), found(9, 1), found(7, 3), found(0, 4)) == (b"67", b"9", b"789", b"0123")


def test_passing__what_has_passed_by__cannot_be_had(monkeypatch: pytest.MonkeyPatch) -> None:
    found, _ = passing(monkeypatch, remembered=4)
    monkeypatch.setattr(windows, "_BEHIND", 2)
    assert found(9, 1) == b"9"
    for ask in ((6, 1), (4, 9), (3, 2)):
        with pytest.raises(LookupError):
            found(*ask)


def test_passing__archive_that_is_cut_short__is_malformed() -> None:
    found = Passing(FILE[:2], Pipe(io.BytesIO(FILE[2:5])), len(FILE))
    with pytest.raises(Malformed, match="truncated"):
        found.finish()
