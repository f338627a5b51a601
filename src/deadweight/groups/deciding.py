"""The evidence for one distribution → the piece that decides, and whether it is enough to leave it out.

This is the one place where rules are weighed against each other (``rules.toml`` has their strengths):

    1. Decisive evidence decides: the user's word (DW001, DW003), then the project's (DW002).
    2. A companion of tests that only tests import is dev (DW207), though its name is known for something else.
    3. What is known by strong evidence of name or metadata (DW101 to DW103) is in that group; but what is known as dev
       and imported by the application at start (DW201) is needed, and so core.
    4. Of the rest, what the application uses in any way (DW201 to DW205) is not dev, whatever looks like it.
    5. Weak evidence of name or metadata (DW104 to DW107) tells the group of what is left. It is sure only where two
       rules agree and none speaks against. That only development uses it (DW206), or nothing at all (DW208), is such a
       rule for dev, but none by itself: of unknown names, most that only tests import are runtime all the same.
    6. Nothing decides: the graph may (DW303), else it is core (DW304).

The graph stands above all but the user's word: what only requirements for development reach is dev (DW301), what
something else needs is not (DW302). So more evidence of a use can take something out of dev, and never puts it there.
A group that is not sure is no reason to leave anything out.
"""

from __future__ import annotations

from collections.abc import Sequence

from deadweight.groups.rules import Hint


def decide(hints: Sequence[Hint]) -> tuple[Hint | None, bool]:
    """Return the hint that decides, None where none does, and whether its group is sure."""
    ordered = sorted(hints, key=lambda hint: hint.evidence.rule)
    by_code = {hint.evidence.rule: hint for hint in reversed(ordered)}
    decisive = next((hint for hint in ordered if hint.rule.strength == "decisive"), by_code.get("DW207"))
    if decisive:
        return decisive, True
    known = next((hint for hint in ordered if _is_own(hint) and hint.rule.strength == "strong"), None)
    if known:
        needed = by_code.get("DW201") if known.evidence.group == "dev" else None
        return needed or known, True
    used = next((hint for hint in ordered if not _is_own(hint) and hint.evidence.group != "dev"), None)
    weak = [hint for hint in ordered if _is_own(hint) and not (used and hint.evidence.group == "dev")]
    if not weak:
        return used, used is not None
    first = weak[0]
    against = any(hint.evidence.group != first.evidence.group for hint in weak)
    return first, not against and _agree(first, ordered)


def _is_own(hint: Hint) -> bool:
    """Say whether a hint is about the distribution itself, and not about what uses it."""
    return hint.evidence.rule.startswith("DW1")


def _agree(first: Hint, hints: Sequence[Hint]) -> bool:
    """Say whether a second rule says the same as ``first``.

    That nothing names it says nothing of machinery (DW107): an image's own installer is named nowhere.
    """
    others = {hint.evidence.rule for hint in hints if hint.evidence.group == first.evidence.group}
    others -= {first.evidence.rule} | ({"DW208"} if first.evidence.rule == "DW107" else set())
    return bool(others)
