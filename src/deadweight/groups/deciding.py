"""The evidence for one distribution → the piece that decides, and whether the group is certain.

Only this module weighs rules against each other; ``rules.toml`` has their strengths. The first step that applies wins:

    1. Decisive evidence: the user's decision (DW001, DW003), then the project's (DW002).
    2. Dev, although the name is known for something else: a companion of tests that only tests import (DW207), what a
       development command of another project loads (DW212), and what only development loads on demand (DW210) if
       production does not use it (DW206, DW208, DW211).
    3. Strong evidence of name or metadata (DW101 to DW103, DW110). But if the application uses a known development tool
       unconditionally (DW201, DW203, DW204, DW209), it is needed, and so it is not dev.
    4. Any use by the application (DW201 to DW205, DW209) excludes weak evidence for dev.
    5. Weak evidence of name or metadata (DW104 to DW109, DW111). It is certain only if two rules agree and none
       disagrees. Use only in development (DW206) or no use (DW208) may be the second rule, but never decides alone,
       because most unknown names that only tests import are runtime dependencies.
    6. A name that only Makefiles, CI and the configuration of tools mention (DW211) is dev.
    7. Otherwise the graph may decide (DW303), else the group is core (DW304).

If a distribution is known as something other than dev, but only tests import it or another build of it is installed
(DW306), it stays, but its group is uncertain.

The graph overrides everything except the user's decision: what only development requirements reach is dev (DW301), and
what another distribution needs is not (DW302). So more evidence of use can take a distribution out of dev, but never
put it there. Splits never remove a distribution because of an uncertain group.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from deadweight.groups.rules import Hint

_NEEDED = ("DW201", "DW203", "DW204", "DW209")


def decide(hints: Sequence[Hint]) -> tuple[Hint | None, bool]:
    """Return the hint that decides (None if none does), and whether its group is certain."""
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
# The rules that may confirm a rule, if not every rule may. Nothing confirms installers and build tools (DW107): no file
# names the installer of an image, and tests that import it are no evidence about the image.
_CONFIRM: dict[str, frozenset[str]] = {
    "DW107": frozenset(),
    "DW108": frozenset(("DW206", "DW210", "DW211")),
    "DW109": frozenset(("DW206", "DW210", "DW211", "DW213")),
}


def _for_development(by_code: Mapping[str, Hint]) -> Hint | None:
    """Return the hint that makes a name dev although it is known for something else."""
    loaded = by_code.get("DW210") if not _UNUSED.isdisjoint(by_code) else None
    return by_code.get("DW207") or by_code.get("DW212") or loaded


def _is_own(hint: Hint) -> bool:
    """Return whether a hint is about the distribution itself, not about its uses."""
    return hint.evidence.rule.startswith("DW1")


def _agree(first: Hint, hints: Sequence[Hint]) -> bool:
    """Return whether another rule that may confirm ``first`` argues for the same group."""
    others = {hint.evidence.rule for hint in hints if hint.evidence.group == first.evidence.group}
    others -= {first.evidence.rule, "DW306"}
    return not others.isdisjoint(_CONFIRM.get(first.evidence.rule, others))
