"""The claims of a tree by prefix → its Python environments."""

from __future__ import annotations

import contextlib
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence

from deadweight.formats.binaries.native import platform_of
from deadweight.formats.distributions.metadata import python_of_pyvenv_cfg
from deadweight.inventory.claims import Claim
from deadweight.model import Environment, FileTree

_PYTHON_DIRECTORY = re.compile(r"(?:^|/)lib(?:64)?/(python|pypy)(\d+\.\d+)t?/")


def ranked(prefixes: Collection[str], search: Sequence[str], first: str | None = None) -> list[str]:
    """Return the distinct prefixes: ``first``, then those on PATH, then those with the most distributions."""
    counted = Counter(prefixes)
    directories = [f"/{directory.strip('/')}".removesuffix("/bin")[1:] for directory in search]
    position = {directory: number for number, directory in reversed(list(enumerate(directories)))}
    return sorted(
        counted,
        key=lambda prefix: (prefix != first, position.get(prefix, len(position)), -counted[prefix], prefix),
    )


def environments_of(
    apart: Mapping[str, Sequence[Claim]], tree: FileTree, native: Mapping[str, bytes]
) -> tuple[Environment, ...]:
    """Return the environments, as far as their files describe them; no Python is run.

    apart: prefix → the claims of its distributions
    """
    # Every environment contains Windows launchers, which are part of pip and setuptools.
    code = _by_prefix((path for path in native if not path.endswith(".exe")), apart.keys())
    # Debian's "lib/python3" names no version, but the path of its standard library does.
    library = _by_prefix((path for path in tree.entries if path.endswith("/os.py")) if tree.whole else (), apart.keys())
    return tuple(
        _environment(prefix, claims, tree, [native[path] for path in code[prefix]], library[prefix])
        for prefix, claims in apart.items()
    )


def _by_prefix(paths: Iterable[str], prefixes: Collection[str]) -> Mapping[str, list[str]]:
    """Return prefix → the paths below it."""
    below: dict[str, list[str]] = {prefix: [] for prefix in prefixes}
    for path in paths:
        directory = path
        while directory:
            directory = directory.rpartition("/")[0]
            if directory in below:
                below[directory].append(path)
    return below


def _environment(
    prefix: str, claims: Sequence[Claim], tree: FileTree, heads: Iterable[bytes], library: Iterable[str]
) -> Environment:
    platforms = Counter(filter(None, map(platform_of, heads)))
    installers = Counter(claim.installer for claim in claims if claim.installer)
    directories = (f"{claim.directory}/" for claim in claims)
    python, implementation = _python(f"{prefix}/" if prefix else "", directories, library, tree)
    return Environment(
        prefix=prefix,
        python=python,
        implementation=implementation,
        platform=tree.platform or (platforms.most_common(1)[0][0] if platforms else None),
        installer=installers.most_common(1)[0][0] if installers else None,
    )


def _python(start: str, directories: Iterable[str], library: Iterable[str], tree: FileTree) -> tuple[str | None, str]:
    """Return (version, implementation) of the Python below a prefix."""
    python = tree.python
    if f"{start}pyvenv.cfg" in tree.entries and python is None:
        with contextlib.suppress(OSError):
            python = python_of_pyvenv_cfg(tree.reader.read(f"{start}pyvenv.cfg", 1 << 16))
    match = next(filter(None, map(_PYTHON_DIRECTORY.search, directories)), None)
    if match is None and python is None:
        # The standard library of /usr/local is also below /usr, but not below /usr/lib.
        own = (path for path in library if path.startswith(f"{start}lib"))
        match = next(filter(None, map(_PYTHON_DIRECTORY.search, own)), None)
    if match is None:
        return python, "cpython"
    return python or match[2], "pypy" if match[1] == "pypy" else "cpython"
