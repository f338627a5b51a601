"""The bytes of a layer → its entries, with what is worth keeping of the files; within bounds of memory."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial

from deadweight.errors import BadInput
from deadweight.formats.elf import linking
from deadweight.formats.native import HEAD_BYTES, may_be_native
from deadweight.formats.system import is_package_list
from deadweight.formats.tar import Blocks, Malformed, TarEntry, entries, pass_over
from deadweight.model import Linking
from deadweight.sources.blocks import GZIP, ZSTD, Span, opened
from deadweight.sources.digests import Checked, digest_in, mismatch
from deadweight.sources.windows import Passing

_LARGEST_TEXT = 1 << 26
_MOST_ENTRIES = 1 << 23  # of one image, counted when they are read, and when they are laid over each other
_MOST_TEXT = 1 << 29  # bytes of all paths and texts that are kept of one image
_MOST_UNPACKED = 1 << 38  # of one layer

_NEVER_TELL = (".py", ".pyc", ".so", ".h", ".html", ".js")  # nearly all there is, and soonest found out
_TELLING_NAMES = frozenset(
    (
        "METADATA PKG-INFO RECORD INSTALLER direct_url.json top_level.txt requires.txt installed-files.txt"
        " entry_points.txt"
    ).split()
)


class Room:
    """The memory that an image may take: a few bytes that are packed can stand for any number of files."""

    def __init__(self) -> None:
        self._entries, self._text = _MOST_ENTRIES, _MOST_TEXT

    def take(self, *, entries: int = 0, text: int = 0) -> None:
        """Take some of it; raises BadInput where that is more than is left."""
        self._entries, self._text = self._entries - entries, self._text - text
        if self._entries < 0 or self._text < 0:
            raise BadInput("it has more files than any system, or longer texts")


def layer_on_disk(name: str, blocks: Span, room: Room) -> list[TarEntry]:
    """Return a layer's entries. One that is not packed is not checked: to read all of it takes thrice the time."""
    front = blocks.read(len(GZIP) + len(ZSTD))
    blocks.at -= len(front)
    return layer_passing(name, blocks, room) if front.startswith((GZIP, ZSTD)) else read_layer(blocks, room)


def layer_passing(name: str, blocks: Blocks, room: Room) -> list[TarEntry]:
    """Return a layer's entries, checked against its digest where it is named by one."""
    expected = digest_in(name)
    if expected is None:
        return read_layer(blocks, room)
    with Checked(blocks, expected, mismatch(name)) as checked:
        return read_layer(checked, room)


def read_layer(blocks: Blocks, room: Room) -> list[TarEntry]:
    """Return a layer's entries, with the first bytes of what may be native code and the texts that tell of packages."""
    try:
        return list(_kept(opened(blocks, _MOST_UNPACKED), room))
    except Malformed as error:
        raise BadInput(f"a layer is no tar archive: {error}") from error


def _kept(blocks: Blocks, room: Room) -> Iterator[TarEntry]:
    for entry in entries(blocks):
        length = 0
        if entry.kind == "file" and entry.size:
            if tells(entry.path):
                length = min(entry.stored, _LARGEST_TEXT)
            elif may_be_native(entry.path, entry.size):
                length = HEAD_BYTES
        room.take(entries=1, text=len(entry.path) + len(entry.target) + length)
        if not length:
            pass_over(blocks, entry.stored)
            yield entry
            continue
        start = blocks.read(min(length, entry.stored))
        if start[:4] == b"\x7fELF" and entry.size == entry.stored:
            yield entry._replace(start=start, code=_code(start, blocks, entry.stored, room))
        else:
            pass_over(blocks, entry.stored, len(start))
            yield entry._replace(start=start)


def _code(front: bytes, blocks: Blocks, stored: int, room: Room) -> Callable[[], Linking | None]:
    """Return what tells the needs of an ELF file, and move past it; of one on the disk, when it is asked for."""
    if isinstance(blocks, Span):
        within = blocks.stored(stored, len(front))
        pass_over(blocks, stored, len(front))
        return partial(linking, within)
    passing = Passing(front, blocks, stored)
    found = linking(passing)
    room.take(text=sum(map(len, found.needed)) if found else 0)
    passing.finish()
    return lambda: found


def tells(path: str) -> bool:
    """Say whether the whole text of a file is wanted: metadata of distributions, lists of the system's packages."""
    if path.endswith(_NEVER_TELL):
        return False
    folder, _, name = path.rpartition("/")
    if name in _TELLING_NAMES:
        return folder.endswith((".dist-info", ".egg-info"))
    return (
        name == "pyvenv.cfg"
        or path.endswith((".egg-info", ".egg"))
        or (name.endswith(".json") and folder.endswith("conda-meta"))
        or is_package_list(path)
    )
