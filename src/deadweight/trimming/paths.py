"""The paths of an inventory → the kind of each file that could be removed."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator
from functools import cached_property

from deadweight.formats.distributions.metadata import normalize
from deadweight.model import Distribution, Inventory
from deadweight.trimming.kinds import BYTECODE, KINDS, NEVER, STUBS, TESTS

_NAME = re.compile(r"\s*([A-Za-z0-9][\w.-]*)")
_TESTS = next(kind.pattern for kind in KINDS if kind.name == TESTS)
_OTHERS = [kind for kind in KINDS if kind.name != TESTS and kind.pattern.pattern]
# Most files are of no kind, which one search tells.
_ANY = re.compile("|".join(f"(?:{kind.pattern.pattern})" for kind in _OTHERS), re.VERBOSE)


class Paths:
    """Judges the paths of one inventory.

    imported: dotted names of modules; directories of tests that contain one of them stay
    opened:   paths; directories of tests that contain one of them stay
    """

    def __init__(self, inventory: Inventory, *, imported: Collection[str] = (), opened: Collection[str] = ()) -> None:
        self._inventory, self._entries = inventory, inventory.entries
        self._rows = [_Row(distribution, inventory) for distribution in inventory.distributions]
        self._system = {path for _, paths in inventory.packages for path in paths}
        self._imported = frozenset(prefix for name in (*NEVER.importable, *imported) for prefix in _prefixes(name))
        self._used = {
            directory for path in opened if (row := self._row(path)) and (directory := row.tests_directory(path))
        }

    def may_go(self, path: str) -> bool:
        """Return whether a file may be removed or replaced, whatever its kind."""
        entry = self._entries.get(path)
        row = self._row(path)
        return (
            entry is not None
            and entry.kind == "file"
            and row is not None
            and row.recorded
            and path not in self._inventory.shared
            and path not in self._system
            and not NEVER.pattern.search(path)
        )

    def is_test(self, path: str) -> bool:
        """Return whether a file is in a directory of tests that could be removed."""
        row = self._row(path)
        return row is not None and self._is_test(path, row)

    def kind_of(self, path: str) -> str:
        """Return the kind under which a file could be removed, "" if it stays."""
        row = self._row(path)
        if row is None:
            return ""
        # Most files are of no kind, and this is cheaper than ``may_go``.
        name = TESTS if self._is_test(path, row) else self._by_pattern(path)
        if not name or not self.may_go(path):
            return ""
        if name == BYTECODE and not self.is_bytecode(path):
            return ""  # it is the module
        return "" if name == STUBS and row.reads_stubs else name

    def is_bytecode(self, path: str) -> bool:
        """Return whether a file is bytecode whose source exists (PEP 3147); without it, the bytecode is the module."""
        if not path.endswith(".pyc"):
            return False
        directory, _, name = path.rpartition("/")
        above = directory.removesuffix("__pycache__")
        return (f"{above}{name.partition('.')[0]}.py" if above != directory else path[:-1]) in self._entries

    def _row(self, path: str) -> _Row | None:
        index = self._inventory.owner.get(path)
        return None if index is None else self._rows[index]

    def _by_pattern(self, path: str) -> str:
        return next((kind.name for kind in _OTHERS if kind.pattern.search(path)), "") if _ANY.search(path) else ""

    def _is_test(self, path: str, row: _Row) -> bool:
        directory = row.tests_directory(path)
        return bool(directory) and directory not in self._used and row.dotted(directory) not in self._imported


class _Row:
    """A distribution, and what its metadata says about its files."""

    def __init__(self, distribution: Distribution, inventory: Inventory) -> None:
        self._distribution = distribution
        path = distribution.metadata_path
        self.recorded = path.endswith(".dist-info") and f"{path}/RECORD" in inventory.entries
        self._start = path.rpartition("/")[0] + "/" if "/" in path else ""
        self._tests: dict[str, str] = {}

    @cached_property
    def reads_stubs(self) -> bool:
        requires = self._distribution.metadata.requires
        return any((match := _NAME.match(line)) and normalize(match[1]) in NEVER.stub_readers for line in requires)

    @cached_property
    def _has_package(self) -> bool:
        """Return whether it provides more than directories of tests at the top level."""
        return any(not _TESTS.search(f"{name.partition('.')[0]}/") for name in self._distribution.import_names)

    def tests_directory(self, path: str) -> str:
        """Return the outermost directory of tests that contains a file, "" for none."""
        directory = path.rpartition("/")[0]
        known = self._tests.get(directory)
        if known is None:
            known = self._tests[directory] = self._outermost(f"{directory}/")
        return known

    def _outermost(self, path: str) -> str:
        # From the slash before the first name, which the pattern requires
        match = _TESTS.search(path, max(len(self._start) - 1, 0)) if path.startswith(self._start) else None
        if match is None or (match.start(1) == len(self._start) and not self._has_package):
            return ""
        return path[: match.end(1)]

    def dotted(self, directory: str) -> str:
        return directory[len(self._start) :].replace("/", ".")


def _prefixes(name: str) -> Iterator[str]:
    parts = name.split(".")
    return (".".join(parts[:length]) for length in range(1, len(parts) + 1))
