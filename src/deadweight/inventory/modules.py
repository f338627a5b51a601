"""The paths that a distribution owns → the names that ``import`` finds in it."""

from __future__ import annotations

import re
from collections.abc import Container, Iterable

from deadweight.inventory.discover import Claim

_MODULE = re.compile(r"([A-Za-z_]\w*)(?:\.(?:cpython|abi3|cp3|pypy)[\w.-]*)?\.(?:py|so|pyd)\Z")


def import_names(claim: Claim, there: Container[str]) -> tuple[str, ...]:
    """Return the import packages and modules, sorted; of a namespace package the dotted names below it.

    PEP 794's Import-Name is believed; else the files tell. ``top_level.txt`` counts only where no file does.

    there: the paths that exist; what a RECORD lists besides cannot be imported
    """
    if claim.conda:
        return ()
    if claim.metadata.import_names:
        return tuple(sorted(set(claim.metadata.import_names)))
    start = len(claim.folder) + 1 if claim.folder else 0
    folder = f"{claim.folder}/"
    packages: set[str] = set()
    modules: set[str] = set()
    inner: list[str] = []
    for path in claim.paths:
        if (start and not path.startswith(folder)) or path not in there:
            continue  # a script, data: nothing that import finds
        if path.endswith("/__init__.py"):
            packages.add(path[start:-12])
        elif path.find("/", start) < 0:
            match = _MODULE.match(path, start)
            if match and match.group(1) != "__init__":
                modules.add(match.group(1))
        elif path.endswith((".py", ".so", ".pyd")):
            inner.append(path[start:])
    modules.update(_outermost(p for p in packages if _importable(p)))
    if not modules:
        # Folders without __init__.py (PEP 420): the top folder is all one can say.
        modules.update(top for top in (p.partition("/")[0] for p in inner) if top.isidentifier())
    return tuple(sorted(modules or (n for n in claim.top_level if n.isidentifier())))


def _importable(folder: str) -> bool:
    return all(part.isidentifier() for part in folder.split("/"))


def _outermost(folders: Iterable[str]) -> Iterable[str]:
    kept: set[str] = set()
    for folder in sorted(folders, key=len):
        parts = folder.split("/")
        if not any("/".join(parts[:n]) in kept for n in range(1, len(parts))):
            kept.add(folder)
    return (folder.replace("/", ".") for folder in kept)
