"""Mentions of all files → the files that production loads, and the scripts that are run by hand.

The role from a file's name is only a presumption: ``settings/local.py`` and ``factories.py`` are for development unless
code that runs in production imports or names them. If files such as a Procfile show what production starts, a script
that none of them starts is run by hand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from deadweight.codescan.local_modules import LocalModules
from deadweight.model import Mention

_PRODUCTION = ("production", "prod")
# Names of scripts that are usually started directly, so that no file needs to mention them.
_MAIN = frozenset("__main__ app application asgi cli main manage run runserver server serve start wsgi worker".split())


def reached(mentions: Iterable[Mention], presumed: Collection[str], modules: LocalModules) -> frozenset[str]:
    """Return the files among ``presumed`` that files of the application load, directly or indirectly.

    mentions: of all files, including relative imports
    presumed: the files that are for development according to their names
    """
    by_file: Mapping[str, list[Mention]] = defaultdict(list)
    pending: list[Mention] = []
    for mention in mentions if presumed else ():
        if mention.file in presumed:
            by_file[mention.file].append(mention)
        elif mention.role == "application":
            pending.append(mention)
    loaded: set[str] = set()
    while pending:
        mention = pending.pop()
        file = _loaded(mention, modules)
        if file is None or file not in presumed or file in loaded:
            continue
        if not (_selects(mention) and _has_production(file, modules)):
            loaded.add(file)
            pending += by_file[file]
    return frozenset(loaded)


def run_by_hand(mentions: Iterable[Mention], modules: LocalModules) -> frozenset[str]:
    """Return the scripts of the application that nothing loads or starts; empty if no file shows what is started.

    mentions: of all files, with their final roles
    """
    own = [mention for mention in mentions if mention.role == "application"]
    if not any(mention.kind == "command" and not mention.file.endswith((".py", ".sh")) for mention in own):
        return frozenset()  # no file shows what production starts
    scripts = {m.file for m in own if m.file.endswith(".sh") or (m.kind == "root" and m.name == ".")}
    scripts = {file for file in scripts if "/" in file and file.rpartition("/")[2].partition(".")[0] not in _MAIN}
    named = {m.name.rpartition("/")[2] for m in own if m.kind == "file"}
    loaded = {file for mention in own if (file := _loaded(mention, modules)) and file != mention.file}
    started = {modules.file_of(m.name.removeprefix("python -m "), m.file) for m in own if m.kind == "command"}
    return frozenset(file for file in scripts - loaded - started if file.rpartition("/")[2] not in named)


def _loaded(mention: Mention, modules: LocalModules) -> str | None:
    if mention.how not in ("start", "lazy") or mention.kind not in ("import", "string"):
        return None
    return modules.file_of(mention.name, mention.file)


def _selects(mention: Mention) -> bool:
    """Return whether code names a module in a string: usually a default that the environment can override."""
    return mention.kind == "string" and mention.file.endswith(".py")


def _has_production(file: str, modules: LocalModules) -> bool:
    """Return whether a settings module has a sibling for production, which may be used instead."""
    directory = file.rpartition("/")[0]
    return any(modules.file_of(f".{name}", f"{directory}/x.py".lstrip("/")) for name in _PRODUCTION)
