"""Uses of a project in the application → evidence for its group: DW201 to DW213.

Uses are classified by where they are: what the application needs at start, what it may need, and what only development
needs. Each rule gives one piece of evidence, however many uses support it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import NamedTuple

from deadweight.groups.rules import Hint, companions
from deadweight.model import Evidence, Group, Mention, Use
from deadweight.usage import Engine
from deadweight.usage.locations import DEVELOPMENT


class Loaders(NamedTuple):
    """The projects that load a project on demand, in production and only in development."""

    production: tuple[Engine, ...] = ()
    development: tuple[Engine, ...] = ()


_VERBS = {"import": "imports", "command": "starts", "string": "names", "url": "names"}


def from_code(
    name: str, uses: Sequence[Use], loaders: Loaders, group: Group, *, starts: bool = False
) -> tuple[Hint, ...]:
    """Return the hints for the uses of a project, by rule code; ``uses`` may be empty.

    group:  its own group if it is needed at run time
    starts: whether files define what production starts; see ``declares_processes``
    """
    by_code: dict[str, list[Mention]] = {}
    for use in uses:
        if code := _code(use.mention):
            by_code.setdefault(code, []).append(use.mention)
    needed = [code for code in sorted(by_code) if code != "DW206"]
    hints = [Hint(Evidence(code, group, _description(by_code[code]))) for code in needed]
    hints += [Hint(Evidence("DW205", group, engine.reason)) for engine in loaders.production][:1]
    if hints:
        return tuple(hints)
    unused = [Hint(Evidence("DW208", "dev", "not used in your code"))] if not uses else []
    if unused and starts:
        unused.append(Hint(Evidence("DW213", "dev", "not among the commands that run in production")))
    return (*_in_development(name, by_code.get("DW206", ())), *unused, *from_loaders(loaders))


def declares_processes(uses: Iterable[Sequence[Use]]) -> bool:
    """Return whether a Dockerfile, a Procfile or a similar file starts a project in production.

    Such a file then names everything that production starts.
    """
    mentions = (use.mention for each in uses for use in each)
    return any(m.kind == "command" and m.role == "application" and not m.file.endswith(".py") for m in mentions)


def from_loaders(loaders: Loaders) -> tuple[Hint, ...]:
    """Return the hint for a project that only development loads on demand."""
    if loaders.production or not loaders.development:
        return ()
    first = min(loaders.development, key=lambda engine: engine.when != "alone")
    code = "DW212" if first.when == "alone" else "DW210"
    return (Hint(Evidence(code, "dev", first.reason)),)


def _in_development(name: str, mentions: Sequence[Mention]) -> tuple[Hint, ...]:
    imports = [mention for mention in mentions if mention.kind == "import"]
    if not imports:
        # In other files the name may mean something else: in a string of a test, a module that the test replaces.
        unclear = not mentions or any(mention.role not in ("build", "docs") for mention in mentions)
        return (
            () if unclear else (Hint(Evidence("DW211", "dev", f"used only in development: {_description(mentions)}")),)
        )
    reason = f"used only in development: {_description(imports)}"
    companion = Hint(Evidence("DW207", "dev", f"often needed only for tests, and {reason}"))
    in_tests = any(mention.role == "tests" for mention in imports)
    return (Hint(Evidence("DW206", "dev", reason)), *([companion] if in_tests and name in companions() else []))


def _code(mention: Mention) -> str:
    """Return the code of the rule that a mention supports; "" for an import that only type checkers run."""
    if mention.how == "types":
        return ""
    if mention.role in DEVELOPMENT:
        return "DW206"
    if mention.role == "application" and mention.kind == "import" and mention.how == "lazy":
        return "DW209"
    if mention.role != "application" or mention.how != "start":
        return "DW202"
    return {"import": "DW201", "command": "DW203"}.get(mention.kind, "DW204")


def _description(mentions: Sequence[Mention]) -> str:
    first = mentions[0]
    others = len(mentions) - 1
    more = f" (and {others} more)" if others else ""
    condition = f" if {first.condition}" if first.condition else ""
    return f"{first.file}:{first.line} {_VERBS[first.kind]} {first.name}{condition}{more}"
