"""A site directory → the prefix of its environment, and the installed paths of the files in a RECORD.

source: sysconfig's install schemes; Debian's Python policy, 2.5, for ``dist-packages`` in /usr and /usr/local
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from posixpath import normpath

from deadweight.formats.distributions.metadata import parse_pyvenv_cfg
from deadweight.model import FileTree

_SITE = re.compile(r"(?:(?P<prefix>.*)/)?(?:lib|lib64|Lib)/(?:(?:python|pypy)[^/]*/)?(?P<kind>site|dist)-packages\Z")
_LARGEST_CONFIG = 1 << 16
_NAMES = ("site-packages", "dist-packages")


def is_site(directory: str) -> bool:
    """Return whether a directory is named site-packages or dist-packages."""
    return directory.rpartition("/")[2] in _NAMES


def prefix_of(site: str) -> str:
    """Return the prefix of the environment with a site directory; the directory itself if the layout is unknown."""
    match = _SITE.match(site)
    if match is None:
        return site
    prefix = match["prefix"] or ""
    return "usr" if match["kind"] == "dist" and prefix in ("usr", "usr/local") else prefix


def installed_path(site: str, recorded: str) -> str | None:
    """Return the path in the tree of a path in a RECORD; None if no installer would put a file there.

    site:     the directory that the path is relative to
    recorded: the path as in RECORD
    """
    if not recorded or recorded[0] == "/" or "\0" in recorded:
        return None
    joined = normpath(f"{site}/{recorded}" if site else recorded)
    limit = _limit_of(site)
    if joined == limit or is_below(joined, limit):
        return joined if joined != ".." and not joined.startswith(("../", "/")) else None
    if limit == site and recorded.startswith("../../"):
        # ``pip install --target`` installs with the "home" scheme (lib/python, bin) and then moves both into one
        # directory, without changing RECORD.
        moved = normpath(recorded.removeprefix("../../"))
        if moved != ".." and not moved.startswith(("../", "/")):
            return f"{site}/{moved}" if site else moved
    return None


def is_below(path: str, directory: str) -> bool:
    """Return whether a path is below a directory ("" is the root)."""
    return path.startswith(f"{directory}/") if directory else not path.startswith("../") and path != ".."


def _limit_of(site: str) -> str:
    """Return the directory that contains all files of an installation into ``site``."""
    prefix = prefix_of(site)
    if prefix != site or not is_site(site):
        return prefix
    return site.rpartition("/")[0]  # "pypy/site-packages", which has its programs in "pypy/bin"


def venv_settings(tree: FileTree, prefix: str) -> Mapping[str, str] | None:
    """Return the settings in a prefix's pyvenv.cfg; None if it is not a venv."""
    path = f"{prefix}/pyvenv.cfg" if prefix else "pyvenv.cfg"
    if path not in tree.entries:
        return None
    try:
        return parse_pyvenv_cfg(tree.reader.read(path, _LARGEST_CONFIG))
    except OSError:
        return {}


def sees_system(settings: Mapping[str, str]) -> bool:
    """Return whether a venv imports from the site-packages of its base Python."""
    return settings.get("include-system-site-packages", "").lower() == "true"
