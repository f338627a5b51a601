"""The evidence for one distribution → the piece that decides, and whether it is enough to leave it out.

This is the one place where rules are weighed against each other (``rules.toml`` has their strengths):

    1. Decisive evidence decides: the user's word (DW001, DW003), then the project's (DW002).
    2. Dev, though its name is known for something else, is a companion of tests that only tests import (DW207), what is
       there for a developers' command of something else (DW212), and what others load in development alone (DW210) and
       nothing else uses (DW206, DW208, DW211).
    3. What is known by strong evidence of name or metadata (DW101 to DW103) is in that group; but what is known as dev
       and used by the application without a condition (DW201, DW203, DW204, DW209) is needed, and so core.
    4. Of the rest, what the application uses in any way (DW201 to DW205, DW209) is not dev, whatever looks like it.
    5. Weak evidence of name or metadata (DW104 to DW109, DW111) tells the group of what is left. It is sure only where
       two rules agree and none speaks against. That only development uses it (DW206), or nothing at all (DW208), can
       be the second, but never decides by itself: most unknown names that only tests import are runtime.
    6. Of names that nothing else is known of, those that only Makefiles, CI and settings of tools name are dev (DW211).
    7. Nothing decides: the graph may (DW303), else it is core (DW304).

What is known as something else than dev, and only tests import it, or another build of it is there (DW306), stays, but
not surely.

The graph stands above all but the user's word: what only requirements for development reach is dev (DW301), what
something else needs is not (DW302). So more evidence of a use can take something out of dev, and never puts it there.
A group that is not sure is no reason to leave anything out.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deadweight.groups.rules import Hint

_NEEDED = ("DW201", "DW203", "DW204", "DW209")


def decide(hints: Sequence[Hint]) -> tuple[Hint | None, bool]:
    """Return the hint that decides, None where none does, and whether its group is sure."""
    if not hints:
        return None, False
    ordered = sorted(hints, key=lambda hint: hint.evidence.rule)
    by_code = {hint.evidence.rule: hint for hint in reversed(ordered)}
    decisive = next((hint for hint in ordered if hint.rule.strength == "decisive"), None) or _for_development(by_code)
    if decisive:
        return decisive, True
    known = next((hint for hint in ordered if _is_own(hint) and hint.rule.strength == "strong"), None)
    if known:
        needed = next((by_code[code] for code in _NEEDED if code in by_code), None)
        is_dev = known.evidence.group == "dev"
        return needed if needed and is_dev else known, is_dev or _IN_DOUBT.isdisjoint(by_code)
    used = next((hint for hint in ordered if hint.evidence.rule[:3] == "DW2" and hint.evidence.group != "dev"), None)
    weak = [hint for hint in ordered if _is_own(hint) and not (used and hint.evidence.group == "dev")]
    if not weak:
        return used or by_code.get("DW211"), used is not None or "DW211" in by_code
    first = weak[0]
    against = any(hint.evidence.group != first.evidence.group for hint in weak)
    return first, not against and _agree(first, ordered)


_IN_DOUBT = frozenset(("DW206", "DW211", "DW306"))
_UNUSED = frozenset(("DW206", "DW208", "DW211"))
# What can be the second rule, where not any can. Nothing confirms what installs and builds (DW107): an image's own
# installer is named nowhere, and tests that import it say nothing of the image.
_CONFIRM: dict[str, frozenset[str]] = {
    "DW107": frozenset(),
    "DW108": frozenset(("DW206", "DW210", "DW211")),
    "DW109": frozenset(("DW206", "DW210", "DW211", "DW213")),
}


def _for_development(by_code: Mapping[str, Hint]) -> Hint | None:
    """Return what makes dev of a name that is known for something else."""
    loaded = by_code.get("DW210") if not _UNUSED.isdisjoint(by_code) else None
    return by_code.get("DW207") or by_code.get("DW212") or loaded


def _is_own(hint: Hint) -> bool:
    """Say whether a hint is about the distribution itself, and not about what uses it."""
    return hint.evidence.rule.startswith("DW1")


def _agree(first: Hint, hints: Sequence[Hint]) -> bool:
    """Say whether a second rule says the same as ``first``, of those that can confirm it."""
    others = {hint.evidence.rule for hint in hints if hint.evidence.group == first.evidence.group}
    others -= {first.evidence.rule, "DW306"}
    return not others.isdisjoint(_CONFIRM.get(first.evidence.rule, others))
