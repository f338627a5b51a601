"""The paths of a tree → the caches of installers, which contain distributions that no Python imports.

They are recognized by their layout, because UV_CACHE_DIR, CONDA_PKGS_DIRS and the like can move them.
source: uv's "Cache" documentation (versioned buckets); conda's "Package specification" (info/index.json of an unpacked
        package); virtualenv's app-data; pdm's ``install.cache``
"""

from __future__ import annotations

import re
from collections.abc import Iterable

UV, CONDA, OTHERS = "uv's cache", "conda's cache", "caches of other installers"

# "archive-v0/Vpgk3YYOLNz_-o1gYtHDc/numpy-2.1.0.dist-info/METADATA"
_UV = re.compile(r"(?:\A|(.*?)/)archive-v\d+/[A-Za-z0-9_-]{16,}/")
_OTHERS = re.compile(r"(?:\A|.*?/)(?:virtualenv/wheel/[^/]+/image|pdm/packages)(?=/)")
_CONDA = ("/info/index.json", "/info/repodata_record.json")


def cache_directories(paths: Iterable[str]) -> dict[str, str]:
    """Return directory → the name of the cache in it."""
    directories: dict[str, str] = {}
    for path in paths:
        if "archive-v" in path:
            match = _UV.match(path)
            if match and match[1]:
                directories[match[1]] = UV
        elif path.endswith(_CONDA):
            directory = path[: path.rindex("/info/")].rpartition("/")[0]
            if directory:
                directories[directory] = CONDA
        elif "virtualenv/wheel/" in path or "pdm/packages/" in path:
            match = _OTHERS.match(path)
            if match:
                directories[match[0]] = OTHERS
    return directories
