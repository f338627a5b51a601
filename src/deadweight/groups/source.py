"""Where source uses a project → what that says of its group: evidence DW201 to DW212.

Uses are told apart by where they stand: what the application needs when it starts, what it may need, and what only
those need who work on it. One piece of evidence for each rule, however many places there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from deadweight.groups.rules import Hint, companions
from deadweight.model import Evidence, Group, Mention, Use
from deadweight.usage import Engine
from deadweight.usage.places import DEVELOPMENT


class Loaders(NamedTuple):
    """What loads a project on demand: in production, and in development alone."""

    production: tuple[Engine, ...] = ()
    development: tuple[Engine, ...] = ()


_VERBS = {"import": "imports", "command": "starts", "string": "names", "url": "names"}


def from_source(
    name: str, uses: Sequence[Use], loaders: Loaders, group: Group, *, starts: bool = False
) -> tuple[Hint, ...]:
    """Return what the places say that use a project, by the rules' codes; ``uses`` may be empty.

    group:  the one it has by itself where it is needed at run time
    starts: whether files say what production starts, as ``says_what_starts`` tells
    """
    found: dict[str, list[Mention]] = {}
    for use in uses:
        if code := _code(use.mention):
            found.setdefault(code, []).append(use.mention)
    needed = [code for code in sorted(found) if code != "DW206"]
    hints = [Hint(Evidence(code, group, _says(found[code]))) for code in needed]
    hints += [Hint(Evidence("DW205", group, engine.says)) for engine in loaders.production][:1]
    if hints:
        return tuple(hints)
    unused = [Hint(Evidence("DW208", "dev", "not used in your code"))] if not uses else []
    if unused and starts:
        unused.append(Hint(Evidence("DW213", "dev", "not among the commands that run in production")))
    return (*_in_development(name, found.get("DW206", ())), *unused, *from_loaders(loaders))


def says_what_starts(uses: Iterable[Sequence[Use]]) -> bool:
    """Say whether a Dockerfile, a Procfile or the like starts some project in production, so that it names them all."""
    mentions = (use.mention for each in uses for use in each)
    return any(m.kind == "command" and m.role == "application" and not m.file.endswith(".py") for m in mentions)


def from_loaders(loaders: Loaders) -> tuple[Hint, ...]:
    """Return what it says of a project that nothing in production loads it, and something in development does."""
    if loaders.production or not loaders.development:
        return ()
    first = min(loaders.development, key=lambda engine: engine.when != "alone")
    code = "DW212" if first.when == "alone" else "DW210"
    return (Hint(Evidence(code, "dev", first.says)),)


def _in_development(name: str, mentions: Sequence[Mention]) -> tuple[Hint, ...]:
    imports = [mention for mention in mentions if mention.kind == "import"]
    if not imports:
        # Elsewhere a name may mean another thing: in a test's string, a module that the test replaces.
        unclear = not mentions or any(mention.role not in ("build", "docs") for mention in mentions)
        return () if unclear else (Hint(Evidence("DW211", "dev", f"used only in development: {_says(mentions)}")),)
    says = f"used only in development: {_says(imports)}"
    companion = Hint(Evidence("DW207", "dev", f"often needed only for tests, and {says}"))
    in_tests = any(mention.role == "tests" for mention in imports)
    return (Hint(Evidence("DW206", "dev", says)), *([companion] if in_tests and name in companions() else []))


def _code(mention: Mention) -> str:
    """Return the rule that a place supports; "" for none: type checkers alone run that import."""
    if mention.how == "types":
        return ""
    if mention.role in DEVELOPMENT:
        return "DW206"
    if mention.role == "application" and mention.kind == "import" and mention.how == "lazy":
        return "DW209"
    if mention.role != "application" or mention.how != "start":
        return "DW202"
    return {"import": "DW201", "command": "DW203"}.get(mention.kind, "DW204")


def _says(mentions: Sequence[Mention]) -> str:
    first = mentions[0]
    others = len(mentions) - 1
    more = f" (and {others} more)" if others else ""
    condition = f" if {first.condition}" if first.condition else ""
    return f"{first.file}:{first.line} {_VERBS[first.kind]} {first.name}{condition}{more}"
