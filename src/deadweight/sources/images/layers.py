"""The bytes of a layer → its entries, with what is worth keeping of the files; within bounds of memory."""

from __future__ import annotations

import zlib
from collections.abc import Callable, Iterator
from functools import partial

from deadweight.errors import BadInput
from deadweight.formats.archives.tar import Blocks, Malformed, TarEntry, entries, pass_over
from deadweight.formats.binaries.elf import linking
from deadweight.formats.binaries.native import HEAD_BYTES, may_be_native
from deadweight.formats.os_packages.lists import is_package_list
from deadweight.model import Linking
from deadweight.sources.images.blocks import Allowance, Span, TooMuch, is_packed, opened
from deadweight.sources.images.digests import Checked, digest_in, mismatch
from deadweight.sources.images.windows import Passing

_MOST_MEMORY = 5 << 27  # bytes that the entries of one image may take, with their paths and the texts that are kept
_ENTRY = 280  # bytes of a file in the dicts and sets that it ends up in, without its path
_MOST_TEXT = 1 << 31  # bytes of those texts before they are compressed; forty databases of rpm's have as many
_LONG = 1 << 20  # bytes of a text that is kept compressed; databases of packages shrink to a quarter

_NEVER_TELL = (".py", ".pyc", ".so", ".h", ".html", ".js")  # nearly all there is, and soonest found out
_LIST, _HEAD, _SMALL, _EGG, _DATABASE = 1 << 26, 1 << 18, 1 << 16, 1 << 24, 3 << 25
_SCRIPT = 1 << 15  # bytes of a shell's; what starts an image has a few thousand
# The files of a metadata folder whose text is wanted → how much of it
_TELLING = {
    "RECORD": _LIST, "installed-files.txt": _LIST, "METADATA": _HEAD, "PKG-INFO": _HEAD, "requires.txt": _HEAD,
    "entry_points.txt": _HEAD,
    "direct_url.json": _SMALL, "top_level.txt": _SMALL, "INSTALLER": _SMALL,
}  # fmt: skip


class Room:
    """The memory that an image may take: a few bytes that are packed can stand for any number of files.

    allowance: what may come out of its compressed parts
    """

    def __init__(self, allowance: Allowance | None = None) -> None:
        self._left, self._text = _MOST_MEMORY, _MOST_TEXT
        self.allowance = allowance or Allowance()

    def take(self, *, entries: int = 0, text: int = 0, unpacked: int = 0) -> None:
        """Take some of it; raises TooMuch where that is more than is left.

        unpacked: bytes of a text that is kept compressed
        """
        self._left -= entries * _ENTRY + text
        self._text -= unpacked
        if self._left < 0 or self._text < 0:
            raise TooMuch("it has more files than any system, or longer texts")


def layer_on_disk(name: str, blocks: Span, room: Room) -> Iterator[TarEntry]:
    """Yield a layer's entries. One that is not packed is not checked: to read all of it takes thrice the time."""
    front = blocks.read(6)
    blocks.at -= len(front)
    return layer_passing(name, blocks, room) if is_packed(front) else read_layer(blocks, room)


def layer_passing(name: str, blocks: Blocks, room: Room) -> Iterator[TarEntry]:
    """Yield a layer's entries, checked against its digest where it is named by one."""
    expected = digest_in(name)
    if expected is None:
        yield from read_layer(blocks, room)
        return
    with Checked(blocks, expected, mismatch(name)) as checked:
        yield from read_layer(checked, room)


def read_layer(blocks: Blocks, room: Room) -> Iterator[TarEntry]:
    """Yield a layer's entries, with the first bytes of what may be native code and the texts that tell of packages.

    raises: BadInput, at the first or any later entry
    """
    try:
        unpacked = opened(blocks, room.allowance)
        for entry in entries(unpacked):
            yield kept_entry(entry, unpacked, room)
    except Malformed as error:
        raise BadInput(f"a layer is no tar archive: {error}") from error


def kept_entry(entry: TarEntry, blocks: Blocks, room: Room) -> TarEntry:
    """Return a member with what is worth keeping of its content, and move past that."""
    start, read = _start_of(entry, blocks) if entry.kind == "file" and entry.size else (b"", 0)
    if not start:
        room.take(entries=1, text=len(entry.path) + 2 * len(entry.target))
        pass_over(blocks, entry.stored, read)
        return entry
    if len(start) >= _LONG:
        room.take(unpacked=len(start))
        pass_over(blocks, entry.stored, read)
        start = zlib.compress(start, 1)
        room.take(entries=1, text=len(entry.path) + len(start))
        return entry._replace(start=start, packed=True)
    room.take(entries=2, text=len(entry.path) + len(start))  # what is kept makes an entry twice as large
    if start[:4] == b"\x7fELF" and entry.size == entry.stored:
        room.take(entries=1)  # what it tells of its libraries
        return entry._replace(start=start, code=_code(start, blocks, entry.stored, room))
    pass_over(blocks, entry.stored, read)
    return entry._replace(start=start)


def _start_of(entry: TarEntry, blocks: Blocks) -> tuple[bytes, int]:
    """Return a file's first bytes, as many as are worth keeping, and how many were read."""
    wanted = wanted_of(entry.path)
    if wanted:
        start = blocks.read(min(entry.stored, wanted))
        return start, len(start)
    native = may_be_native(entry.path, entry.size)
    if not native and not may_be_started(entry.path):
        return b"", 0
    start = blocks.read(min(entry.stored, HEAD_BYTES))
    is_script = start[:2] == b"#!"
    if entry.path.endswith(".sh") or (is_script and b"sh" in start.split(b"\n", 1)[0]):
        start += blocks.read(min(entry.stored, _SCRIPT) - len(start))
        return start, len(start)
    return start if native or is_script else b"", len(start)


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


def may_be_started(path: str) -> bool:
    """Say whether a file may be a script that an image starts, by its name alone: none of what is installed."""
    name = path.rpartition("/")[2]
    return (path.endswith((".sh", ".py")) or "." not in name) and "-packages/" not in path and "lib/py" not in path


def wanted_of(path: str) -> int:
    """Return how many bytes of a file's text are wanted: metadata of distributions, lists of the system's packages."""
    if path.endswith(_NEVER_TELL):
        return 0
    folder, _, name = path.rpartition("/")
    if name in _TELLING:
        return _TELLING[name] if folder.endswith((".dist-info", ".egg-info", ".egg/EGG-INFO")) else 0
    if name == "pyvenv.cfg":
        return _SMALL
    if path.endswith(".egg-info"):
        return _HEAD
    if path.endswith(".egg"):
        return _EGG
    if name.endswith(".json") and folder.endswith("conda-meta"):
        return _LIST
    return _DATABASE if is_package_list(path) else 0
