"""The folders of a whole system that names are imported from → the Python environments that they belong to."""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from deadweight.formats.metadata import python_of_pyvenv_cfg
from deadweight.formats.native import platform_of
from deadweight.inventory.discover import Claim
from deadweight.model import Environment, FileTree

_PYTHON_FOLDER = re.compile(r"(?:^|/)lib(?:64)?/(python|pypy)(\d+\.\d+)t?/")
_SITE = re.compile(r"(?:(?P<prefix>.*)/)?(?:lib|lib64|Lib)/(?:(?:python|pypy)[^/]*/)?(?P<kind>site|dist)-packages\Z")


def prefix_of(site: str) -> str:
    """Return the prefix of the environment whose Python imports from a folder; the folder itself where none is known.

    source: Debian's Python policy, 2.5: its Python has ``dist-packages`` below /usr and /usr/local alike
    """
    match = _SITE.match(site)
    if match is None:
        return site
    prefix = match["prefix"] or ""
    return "usr" if match["kind"] == "dist" and prefix in ("usr", "usr/local") else prefix


def ranked(prefixes: Collection[str], search: Sequence[str]) -> list[str]:
    """Return the different prefixes: first those that PATH finds first, then those of which there are most."""
    counted = Counter(prefixes)
    folders = [f"/{folder.strip('/')}".removesuffix("/bin")[1:] for folder in search]
    places = {folder: number for number, folder in reversed(list(enumerate(folders)))}
    return sorted(counted, key=lambda prefix: (places.get(prefix, len(places)), -counted[prefix], prefix))


def environment_of(prefix: str, claims: Sequence[Claim], tree: FileTree, native: Mapping[str, bytes]) -> Environment:
    """Return what the files tell of the Python that an environment's distributions belong to; nothing of it is run."""
    start = f"{prefix}/" if prefix else ""
    # Launchers for Windows lie in every environment: pip and setuptools carry them.
    heads = (head for path, head in native.items() if path.startswith(start) and not path.endswith(".exe"))
    platforms = Counter(filter(None, map(platform_of, heads)))
    installers = Counter(claim.installer for claim in claims if claim.installer)
    python, implementation = _python(start, (f"{claim.folder}/" for claim in claims), tree)
    return Environment(
        prefix=prefix,
        python=python,
        implementation=implementation,
        platform=tree.platform or (platforms.most_common(1)[0][0] if platforms else None),
        installer=installers.most_common(1)[0][0] if installers else None,
    )


def _python(start: str, folders: Iterable[str], tree: FileTree) -> tuple[str | None, str]:
    """Return (version, implementation) of the Python below a prefix."""
    python = tree.python
    if f"{start}pyvenv.cfg" in tree.entries and python is None:
        with contextlib.suppress(OSError):
            python = python_of_pyvenv_cfg(tree.reader.read(f"{start}pyvenv.cfg", 1 << 16))
    match = next(filter(None, map(_PYTHON_FOLDER.search, folders)), None)
    if match is None and tree.whole and python is None:
        # Debian's "lib/python3" names no version; the standard library beside it does.
        libraries = (path for path in tree.entries if path.startswith(start) and path.endswith("/os.py"))
        match = next(filter(None, map(_PYTHON_FOLDER.search, libraries)), None)
    if match is None:
        return python, "cpython"
    return python or match[2], "pypy" if match[1] == "pypy" else "cpython"
