"""The tables that deadweight ships beside its modules."""

from __future__ import annotations

import os
import tomllib
from typing import Any


def table_beside(module: str, name: str) -> dict[str, Any]:
    """Return a TOML file that is in the directory of a module.

    module: its ``__file__``; ``pathlib`` would be imported for nothing else on many runs
    """
    with open(os.path.join(os.path.dirname(module), name), "rb") as file:
        return tomllib.load(file)
