"""The folder that names are imported from → the prefix of its environment, and where its installer puts files.

source: sysconfig's install schemes; Debian's Python policy, 2.5: its Python has ``dist-packages`` below /usr and
/usr/local alike
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


def is_site(folder: str) -> bool:
    """Say whether a folder bears a name that installers give to folders that names are imported from."""
    return folder.rpartition("/")[2] in _NAMES


def prefix_of(site: str) -> str:
    """Return the prefix of the environment that imports from a folder; the folder itself where none is known."""
    match = _SITE.match(site)
    if match is None:
        return site
    prefix = match["prefix"] or ""
    return "usr" if match["kind"] == "dist" and prefix in ("usr", "usr/local") else prefix


def installed_path(site: str, recorded: str) -> str | None:
    """Return where a path of a RECORD lies in the tree; None where no installer would put it there.

    site:     the folder that the path is relative to
    recorded: as RECORD has it
    """
    if not recorded or recorded[0] == "/" or "\0" in recorded:
        return None
    joined = normpath(f"{site}/{recorded}" if site else recorded)
    limit = _limit_of(site)
    if joined == limit or is_below(joined, limit):
        return joined if joined != ".." and not joined.startswith(("../", "/")) else None
    if limit == site and recorded.startswith("../../"):
        # ``pip install --target`` installs by the "home" scheme (lib/python, bin) and moves both into one folder, but
        # leaves RECORD as it was.
        moved = normpath(recorded.removeprefix("../../"))
        if moved != ".." and not moved.startswith(("../", "/")):
            return f"{site}/{moved}" if site else moved
    return None


def is_below(path: str, folder: str) -> bool:
    """Say whether a path lies below a folder ("" is the root)."""
    return path.startswith(f"{folder}/") if folder else not path.startswith("../") and path != ".."


def _limit_of(site: str) -> str:
    """Return the folder that an installation into ``site`` does not leave."""
    prefix = prefix_of(site)
    if prefix != site or not is_site(site):
        return prefix
    return site.rpartition("/")[0]  # "pypy/site-packages", with its programs in "pypy/bin"


def venv_settings(tree: FileTree, prefix: str) -> Mapping[str, str] | None:
    """Return the keys of a prefix's pyvenv.cfg; None where it is no venv."""
    path = f"{prefix}/pyvenv.cfg" if prefix else "pyvenv.cfg"
    if path not in tree.entries:
        return None
    try:
        return parse_pyvenv_cfg(tree.reader.read(path, _LARGEST_CONFIG))
    except OSError:
        return {}


def sees_system(settings: Mapping[str, str]) -> bool:
    """Say whether a venv imports from the site-packages of the Python that it was made with."""
    return settings.get("include-system-site-packages", "").lower() == "true"
