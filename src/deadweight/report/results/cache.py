"""Contents of the cache → text and JSON."""

from __future__ import annotations

import json

from deadweight.model import CacheUsage
from deadweight.report.units import counted, human
from deadweight.untrusted import plain


def usage_text(usage: CacheUsage) -> str:
    """Return one line about the contents."""
    return f"{_entries(usage)}, {human(usage.size)} in {plain(usage.directory)}\n"


def cleared_text(usage: CacheUsage) -> str:
    """Return one line about what was removed."""
    return f"removed {_entries(usage)}, {human(usage.size)} from {plain(usage.directory)}\n"


def _entries(usage: CacheUsage) -> str:
    return f"{counted(usage.listings, 'file list')} of wheels and {counted(usage.layers, 'image layer')}"


def usage_json(usage: CacheUsage) -> str:
    """Return schema ``deadweight.cache/1``."""
    values = {
        "schema": "deadweight.cache/1",
        "directory": usage.directory,
        "listings": usage.listings,
        "layers": usage.layers,
        "bytes": usage.size,
    }
    return json.dumps(values, indent=1) + "\n"
