"""The table ``trim.toml``: kinds of files that an environment can do without, and what is never removed."""

from __future__ import annotations

import re
from typing import Literal

from msgspec import Struct

from deadweight.shipped import table_beside

Risk = Literal["low", "medium", "high"]
TESTS, BYTECODE, STUBS, SYMBOLS = "tests", "bytecode", "stubs", "debug-symbols"
_TABLE = table_beside(__file__, "trim.toml")


class Kind(Struct, frozen=True):
    """A kind of files.

    risk:    that an application fails or changes without them
    loses:   what no longer works without them
    pattern: of the paths, relative to the prefix
    """

    name: str
    risk: Risk
    loses: str
    pattern: re.Pattern[str]


class Never(Struct, frozen=True):
    """What is never removed.

    pattern:      of paths
    importable:   dotted names of directories that look like tests but are imported
    stub_readers: projects that read stubs at run time, for the distributions that require them
    """

    pattern: re.Pattern[str]
    importable: tuple[str, ...]
    stub_readers: frozenset[str]


KINDS = tuple(
    Kind(row["name"], row["risk"], row["loses"], re.compile(row["pattern"], re.VERBOSE)) for row in _TABLE["kinds"]
)
NEVER = Never(
    re.compile(_TABLE["never"]["pattern"], re.VERBOSE | re.IGNORECASE),
    tuple(_TABLE["never"]["importable"]),
    frozenset(_TABLE["never"]["stub_readers"]),
)
NAMES = tuple(kind.name for kind in KINDS)
DEFAULT = tuple(kind.name for kind in KINDS if kind.risk == "low")
