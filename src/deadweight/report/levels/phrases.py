"""What the formats of a plan say alike: the cells of its table, and a sentence for each step."""

from __future__ import annotations

from collections.abc import Iterator

from deadweight.model.report.levels import Goal, Holding, Level, LevelReport, Step
from deadweight.report.units import counted, human, percent, signed
from deadweight.report.view import cut
from deadweight.untrusted import plain
from deadweight.wording import listed

COLUMNS = ("level", "size", "saves", "of today", "download", "lines", "risk", "verified")
NUMBERS = ("size", "saves", "of today", "download")
_TITLES = {
    "today": "what the target installs today",
    "what-if": "your changes",
    "production": "without dev",
    "deduplicated": "no library twice",
    "lighter": "CPU-only and headless builds",
    "alpine": "wheels for musl, on Alpine",
    "minimal": "core and data only, without what the code does not import at start",
    "trimmed": "without files that no code needs",
}
_MOST_LOCATIONS = 3
_MOST_NAMED = 3


def cells(level: Level, report: LevelReport) -> tuple[str, ...]:
    """Return the cells of a level's row, in the order of ``COLUMNS``."""
    if level.apparent_bytes is None:
        return (level.name, "-", "", "", "", "", "", "")
    base, whole = report.base_bytes or 0, report.levels[0].apparent_bytes or 0
    size, saved = level.apparent_bytes, level.saved_bytes
    return (
        level.name,
        f"{'≤' if level.at_most else ''}{human(size + base)}",
        "" if not saved else human(saved) if saved > 0 else signed(saved),
        percent(size + base, whole + base),
        human(level.download_bytes) if level.download_bytes is not None else "?",
        _lines_to_change(level),
        level.risk if level.changes else "",
        _verified(level),
    )


def title(level: Level) -> str:
    """Return a short description of a level."""
    return _TITLES[level.name]


def _lines_to_change(level: Level) -> str:
    """Return the lines that differ from the level before: of requirements, and of code."""
    lines, code = level.effort.requirement_lines, level.effort.code_lines
    return f"{lines}, {code} code" if code else str(lines or "")


def _verified(level: Level) -> str:
    if level.verified is None or not (level.changes or level.name == "today"):
        return ""
    return "yes" if level.verified else f"lacks {len(level.lacking)}"


def step_text(step: Step) -> str:
    """Return a step with what it saves and why: "drop pytest (6.10 MB): dev: a test runner"."""
    saved = f" ({human(step.saves_bytes)})" if step.saves_bytes else ""
    return f"{plain(step.action)}{saved}: {plain(step.reason)}{_at(step)}"


def _at(step: Step) -> str:
    first = step.locations[0] if step.locations else None
    if first is None or f"{first.file}:{first.line}" in step.reason:
        return ""
    named = [f"{plain(each.file)}:{each.line}" for each in step.locations[:_MOST_LOCATIONS]]
    more = len(step.locations) - len(named)
    return f" ({', '.join(named)}{f' and {more} more' if more else ''})"


def lacking_lines(level: Level, before: Level) -> Iterator[str]:
    """Yield what a level does not provide and the one before it does, with the code that uses it."""
    for each in level.lacking:
        if each in before.lacking:
            continue
        named = [f"{plain(at.file)}:{at.line}" for at in each.locations[:_MOST_LOCATIONS]]
        more = len(each.locations) - len(named)
        rest = f" and {more} more" if more else ""
        yield f"{plain(each.name or each.what)}: used in {', '.join(named)}{rest}"


def goal_lines(goal: Goal, report: LevelReport, most: int | None = None) -> Iterator[str]:
    """Yield the way to the target size, or the floor and what holds it up.

    most: the number of requirements to name; None for all
    """
    size, target = human(goal.apparent_bytes), human(goal.target_bytes)
    if not goal.reached:
        yield f"{target} cannot be reached. The floor is {size}, after {counted(len(goal.steps), 'step')}."
        if (report.base_bytes or 0) >= goal.target_bytes:
            base = human(report.base_bytes or 0)
            yield f"The base alone takes {base}. Use a smaller base image, or a larger --target-size."
        yield from (f"  {step_text(step)}" for step in goal.steps)
        yield from _remaining(goal, most, has_code=report.levels[0].verified is not None)
        return
    if not goal.steps:
        yield f"{target} is reached already: {size}."
        return
    proof = "the cheapest set of steps" if goal.optimal else "perhaps not the cheapest"
    how = "measured" if goal.measured else "counted"
    yield f"{target} is reached with {counted(len(goal.steps), 'step')}, {proof}: {size} ({how})."
    yield from (f"  {step_text(step)}" for step in goal.steps)


def _remaining(goal: Goal, most: int | None, *, has_code: bool) -> Iterator[str]:
    """Yield what each requirement would free, and what several of them share."""
    if not goal.held_by:
        return
    trimmed = " before trimming" if any(step.kind == "trim" for step in goal.steps) else ""
    yield f"What remains{trimmed}, and what each requirement would free:"
    shown, rest = cut(goal.held_by, most)
    for each in shown:
        used = [f"{plain(at.file)}:{at.line}" for at in each.locations[:_MOST_LOCATIONS]]
        where = f", used in {', '.join(used)}" if used else ", which your code does not name" if has_code else ""
        yield f"  {plain(each.name)}: {human(each.freed_bytes or each.own_bytes)}{where}{_required(each)}"
    if rest:
        size = human(sum(each.freed_bytes or each.own_bytes for each in rest))
        yield f"  and {len(rest)} more: {size} (use --all)"
    if goal.shared_bytes:
        yield f"  what none of them frees alone: {human(goal.shared_bytes)}"


def _required(holding: Holding) -> str:
    """Return why a requirement frees nothing: ", frees nothing alone: a and b require it"."""
    if holding.freed_bytes:
        return ""
    if not holding.required_by:
        return ", frees nothing alone"
    verb = "requires" if len(holding.required_by) == 1 else "require"
    return f", frees nothing alone: {listed([*map(plain, holding.required_by)], _MOST_NAMED)} {verb} it"
