"""The bytes of a layer → its entries, with the content that later stages read, within bounds of memory."""

from __future__ import annotations

import contextlib
import threading
import zlib
from collections.abc import Callable, Iterator
from functools import partial

from deadweight.errors import BadInput
from deadweight.formats.archives.tar import Blocks, Malformed, TarEntry, entries, pass_over
from deadweight.formats.binaries.elf import linking
from deadweight.formats.binaries.native import HEAD_BYTES, NEVER_NATIVE, may_be_native
from deadweight.formats.images.layer_entries import decoded
from deadweight.formats.os_packages.lists import is_package_list
from deadweight.model import Linking
from deadweight.sources.images.blocks import RandomAccess, Span
from deadweight.sources.images.compression import Allowance, TooMuch, is_packed, opened
from deadweight.sources.images.digests import Checked, Digest, digest_in, mismatch
from deadweight.sources.images.windows import Passing

MOST_MEMORY = 5 << 27  # bytes for the entries of one image, with their paths and kept content
_ENTRY = 280  # bytes of memory for a file in all dicts and sets, without its path
_MOST_TEXT = 1 << 31  # bytes of kept content before it is compressed; forty rpm databases have as much
_AT_ONCE = 1000  # entries whose memory is taken together; each at once takes as long as reading its header
_LONG = 1 << 20  # bytes; longer content is kept compressed, which reduces package databases to a quarter

_NEVER_KEPT = (".py", ".pyc", ".so", ".h", ".html", ".js")  # nearly all files, so check for these first
_LIST, _HEAD, _SMALL, _EGG, _DATABASE = 1 << 26, 1 << 18, 1 << 16, 1 << 24, 3 << 25
_WHOLE = 1 << 60  # bytes; more than any layer has
_SCRIPT = 1 << 15  # bytes of a shell script; those that start an image have a few thousand
# The files of a metadata directory that are kept → how many bytes of them
_METADATA = {
    "RECORD": _LIST, "installed-files.txt": _LIST, "METADATA": _HEAD, "PKG-INFO": _HEAD, "requires.txt": _HEAD,
    "entry_points.txt": _HEAD,
    "direct_url.json": _SMALL, "top_level.txt": _SMALL, "INSTALLER": _SMALL,
    "WHEEL": _SMALL,
}  # fmt: skip


# Files with these suffixes are neither metadata nor native code nor scripts.
_PLAIN = frozenset(suffix for suffix in NEVER_NATIVE if "/" not in suffix) - {"py", "txt", "json", "cfg", "sh"}


class Room:
    """The memory that an image may take. A few compressed bytes can expand to any number of files.

    allowance: for what its compressed parts unpack to
    """

    def __init__(self, allowance: Allowance | None = None) -> None:
        self._left, self._text = MOST_MEMORY, _MOST_TEXT
        self.allowance = allowance or Allowance()
        self._lock = threading.Lock()  # several layers of one image are read at once

    def take(self, *, entries: int = 0, text: int = 0, unpacked: int = 0) -> None:
        """Take memory; raises TooMuch if less is left.

        unpacked: bytes of content that is kept compressed
        """
        with self._lock:
            self._left -= entries * _ENTRY + text
            self._text -= unpacked
            is_exceeded = self._left < 0 or self._text < 0
        if is_exceeded:
            raise TooMuch("the image has more or larger files than the limit")


def entries_of(data: bytes | bytearray, room: Room) -> list[TarEntry]:
    """Return the entries of a layer that were encoded; raises ValueError for other bytes, TooMuch."""
    entries = decoded(data)
    room.take(entries=len(entries), text=len(data))
    return entries


def layer_on_disk(name: str, blocks: Span, room: Room) -> Iterator[TarEntry]:
    """Yield the entries of a layer. An uncompressed one is not checked: hashing all of it takes three times as long."""
    front = blocks.read(6)
    blocks.at -= len(front)
    return layer_passing(name, blocks, room) if is_packed(front) else read_layer(blocks, room)


def layer_passing(name: str, blocks: Blocks, room: Room) -> Iterator[TarEntry]:
    """Yield the entries of a layer, checked against the digest in its name, if any."""
    expected = digest_in(name)
    if expected is None:
        yield from read_layer(blocks, room)
        return
    with Checked(blocks, expected, mismatch(name)) as checked:
        yield from read_layer(checked, room)


def read_layer(blocks: Blocks, room: Room, diff_id: Digest | None = None) -> Iterator[TarEntry]:
    """Yield the entries of a layer, with the start of possible native code and the content of package metadata.

    diff_id: receives the content of a compressed layer, to its end
    raises:  BadInput, at the first or any later entry
    """
    try:
        unpacked = opened(blocks, room.allowance, digest=diff_id)
        plain = names = 0
        for entry in entries(unpacked):
            if entry.size and not holds_nothing(entry.path):
                yield kept_entry(entry, unpacked, room)
                continue
            pass_over(unpacked, entry.stored)
            plain, names = plain + 1, names + len(entry.path) + 2 * len(entry.target)
            if plain == _AT_ONCE:
                room.take(entries=plain, text=names)
                plain = names = 0
            yield entry
        room.take(entries=plain, text=names)
        if diff_id is not None:
            with contextlib.suppress(BadInput):  # nobody reads what follows the end of the archive
                unpacked.skip(_WHOLE)
    except Malformed as error:
        raise BadInput(f"a layer is not a valid tar archive: {error}") from error


def kept_entry(entry: TarEntry, blocks: Blocks, room: Room) -> TarEntry:
    """Return a member with the content that later stages read, and skip the rest of it."""
    start, read = _start_of(entry, blocks) if entry.size and not holds_nothing(entry.path) else (b"", 0)
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
    room.take(entries=2, text=len(entry.path) + len(start))  # content makes an entry twice as large
    if start[:4] == b"\x7fELF" and entry.size == entry.stored:
        room.take(entries=1)  # for the libraries that it needs
        return entry._replace(start=start, code=_code(start, blocks, entry.stored, room))
    pass_over(blocks, entry.stored, read)
    return entry._replace(start=start)


def _start_of(entry: TarEntry, blocks: Blocks) -> tuple[bytes, int]:
    """Return the first bytes of a file, as many as later stages read, and how many were read."""
    kept = kept_bytes(entry.path)
    if kept:
        start = blocks.read(min(entry.stored, kept))
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
    """Return a function that reads the libraries an ELF file needs, and skip the file. On the disk, it reads later."""
    if isinstance(blocks, RandomAccess):
        within = blocks.stored(stored, len(front))
        pass_over(blocks, stored, len(front))
        return partial(linking, within)
    passing = Passing(front, blocks, stored)
    code = linking(passing)
    room.take(text=sum(map(len, code.needed)) if code else 0)
    passing.finish()
    return lambda: code


def holds_nothing(path: str) -> bool:
    """Return whether later stages read nothing of a file, by its suffix alone, which suffices for nearly all files."""
    _, dot, suffix = path.rpartition(".")
    return bool(dot) and (suffix in _PLAIN or (suffix == "py" and "-packages/" in path))


def may_be_started(path: str) -> bool:
    """Return whether a file may be a script that starts an image, by its path; installed modules are not."""
    name = path.rpartition("/")[2]
    return (path.endswith((".sh", ".py")) or "." not in name) and "-packages/" not in path and "lib/py" not in path


def kept_bytes(path: str) -> int:
    """Return how many bytes of a file to keep: metadata of distributions, lists of system packages."""
    if path.endswith(_NEVER_KEPT):
        return 0
    directory, _, name = path.rpartition("/")
    if name in _METADATA:
        return _METADATA[name] if directory.endswith((".dist-info", ".egg-info", ".egg/EGG-INFO")) else 0
    if name == "pyvenv.cfg":
        return _SMALL
    if path.endswith(".egg-info"):
        return _HEAD
    if path.endswith(".egg"):
        return _EGG
    if name.endswith(".json") and directory.endswith("conda-meta"):
        return _LIST
    return _DATABASE if is_package_list(path) else 0
