"""Files, by what loads and starts them → whether production runs them.

What a file is called is only a presumption: ``settings/local.py`` and ``factories.py`` are for developers unless
something that runs in production imports or names them. And where files say what production starts, a script that none
of them starts is run by hand.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from deadweight.codescan.local_modules import LocalModules
from deadweight.model import Mention

_PRODUCTION = ("production", "prod")
# What is run by its name alone, so that nothing need mention it.
_MAIN = frozenset("__main__ app application asgi cli main manage run runserver server serve start wsgi worker".split())


def reached(mentions: Iterable[Mention], presumed: Collection[str], modules: LocalModules) -> frozenset[str]:
    """Return the files among ``presumed`` that files of the application load, directly or through each other.

    mentions: of all files, with relative imports
    presumed: the files whose names say that they are for development
    """
    by_file: Mapping[str, list[Mention]] = defaultdict(list)
    pending: list[Mention] = []
    for mention in mentions if presumed else ():
        if mention.file in presumed:
            by_file[mention.file].append(mention)
        elif mention.role == "application":
            pending.append(mention)
    found: set[str] = set()
    while pending:
        mention = pending.pop()
        file = _loaded(mention, modules)
        if file is None or file not in presumed or file in found:
            continue
        if not (_selects(mention) and _has_production(file, modules)):
            found.add(file)
            pending += by_file[file]
    return frozenset(found)


def run_by_hand(mentions: Iterable[Mention], modules: LocalModules) -> frozenset[str]:
    """Return the scripts of the application that nothing loads or starts, where files say what production starts.

    mentions: of all files, with their final roles
    """
    own = [mention for mention in mentions if mention.role == "application"]
    if not any(mention.kind == "command" and not mention.file.endswith((".py", ".sh")) for mention in own):
        return frozenset()  # nothing tells what production starts
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
    """Say whether it is code that names a module by string: a default, which the environment may replace."""
    return mention.kind == "string" and mention.file.endswith(".py")


def _has_production(file: str, modules: LocalModules) -> bool:
    """Say whether a settings module has a sibling for production, so that it need not be the one in use."""
    folder = file.rpartition("/")[0]
    return any(modules.file_of(f".{name}", f"{folder}/x.py".lstrip("/")) for name in _PRODUCTION)
