"""What to remove → the journal of it, and the new files in the store; nothing in the environment changes."""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Collection, Mapping

from msgspec import Struct
from msgspec.structs import replace

from deadweight.formats.distributions.record import rewritten_record
from deadweight.operations.trimming.measuring import Measured, record_of
from deadweight.progress import Observer, Progress
from deadweight.sources.disk.environment import DiskReader
from deadweight.sources.trim.guarding import check_directories
from deadweight.sources.trim.journal import Item, Journal, Row, Store, digest_of
from deadweight.sources.trim.removing import adopt, changed, directories_of, is_unchanged, write_new
from deadweight.sources.trim.stripping import strip_copy
from deadweight.trimming import Trimmable

Change = tuple[str, str] | bool  # the new hash and size, or whether the row stays


class Prepared(Struct, frozen=True, kw_only=True):
    """What is about to change.

    rows:  index of a distribution → its index in the journal
    saved: path of native code → bytes that its copy without debug symbols saves
    """

    store: Store
    journal: Journal
    rows: Mapping[int, int]
    saved: Mapping[str, int]


class Preparing:
    """Prepares the removal of files from an environment.

    strip: the path of ``strip``; None to strip nothing
    """

    def __init__(self, measured: Measured, parts: Collection[Trimmable], strip: str | None, observe: Observer) -> None:
        self._measured, self._strip, self._observe = measured, strip, observe
        self._inventory = measured.inventory
        self._removed = sorted({path for part in parts for path in part.files})
        self._stripped = sorted({path for part in parts for path in part.stripped}) if strip else []
        owners = {self._inventory.owner[path] for path in (*self._removed, *self._stripped)}
        self._rows = {index: number for number, index in enumerate(sorted(owners))}
        self._records = {index: record_of(self._inventory.distributions[index]) for index in self._rows}
        self._items: list[Item] = []

    def prepare(self, store: Store) -> Prepared:
        """Create the store and write the journal.

        raises: BadInput if a file cannot be moved or changed since it was measured; OSError. The caller removes the
                store
        """
        root = self._measured.root
        paths = [*self._removed, *self._stripped, *self._records.values()]
        directories = directories_of(root, paths)
        check_directories(root, (directory.path for directory in directories))
        store.create()
        store.write(Journal(state="preparing", directories=directories))
        saved, facts = self._strip_all(store)
        changes = self._changes(facts)
        rows = tuple(self._row(index, changes[index], store) for index in self._rows)
        self._items += (self._item(path) for path in self._removed)
        journal = Journal(state="trimming", items=tuple(self._items), rows=rows, directories=directories)
        store.write(journal)
        return Prepared(store=store, journal=journal, rows=self._rows, saved=saved)

    def _item(self, path: str, *, replaced: bool = False) -> Item:
        # As it was measured: whether it is still the same is checked before anything moves.
        status = self._measured.seen.get(path)
        if status is None:
            raise changed(path)
        return Item.of(path, self._rows[self._inventory.owner[path]], status, replaced=replaced)

    def _strip_all(self, store: Store) -> tuple[dict[str, int], dict[str, tuple[str, str]]]:
        """Return path → bytes that stripping saves, and path → hash and size as in RECORD."""
        saved: dict[str, int] = {}
        facts: dict[str, tuple[str, str]] = {}
        for done, path in enumerate(self._stripped):
            self._observe(Progress("stripping", path, done=done, total=len(self._stripped)))
            item, number = self._item(path, replaced=True), len(self._items)
            if strip_copy(self._strip or "", store.in_place(path), store.new(number)):
                adopt(store, number, item)
                size = os.path.getsize(store.new(number))
                saved[path] = item.size - size
                digest = digest_of(store.new(number))
                facts[path] = (_recorded(digest), str(size))
                self._items.append(replace(item, new=digest))
        return saved, facts

    def _row(self, index: int, changes: Mapping[str, Change], store: Store) -> Row:
        """Prepare the RECORD of a distribution."""
        distribution, path = self._inventory.distributions[index], self._records[index]
        item = self._item(path, replaced=True)
        before = DiskReader(self._measured.root).read(path)
        if not is_unchanged(store.in_place(path), item):
            raise changed(path)
        after = rewritten_record(before, lambda line: changes.get(line, True))
        if after != before:
            write_new(store, len(self._items), item, after)
            self._items.append(replace(item, new=_digest(after)))
        return Row(distribution.key, path, _digest(before), _digest(after))

    def _changes(self, facts: Mapping[str, tuple[str, str]]) -> Mapping[int, Mapping[str, Change]]:
        """Return index of a distribution → path as in its RECORD → how its row changes."""
        changes: dict[int, dict[str, Change]] = {index: {} for index in self._rows}
        changes_by_path: dict[str, Change] = dict.fromkeys(self._removed, False)
        changes_by_path.update(facts)
        for path, change in changes_by_path.items():
            if path in self._measured.recorded:
                line, index = self._measured.recorded[path]
                changes[index][line] = change
        return changes


def _digest(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()


def _recorded(digest: str) -> str:
    """Return a hexadecimal SHA-256 as in RECORD (PEP 376): URL-safe base64 without padding."""
    return f"sha256={base64.urlsafe_b64encode(bytes.fromhex(digest)).rstrip(b'=').decode()}"
