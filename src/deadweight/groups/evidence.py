"""Evidence → the rule behind it, for the stages that judge what to remove; and the evidence that they add."""

from __future__ import annotations

from collections.abc import Iterable

from deadweight.groups.rules import Rule, rules
from deadweight.model import Evidence, Group


def rule_of(evidence: Evidence) -> Rule:
    """Return the rule of a piece of evidence."""
    return rules()[evidence.rule]


def rules_of(evidence: Iterable[Evidence]) -> tuple[Rule, ...]:
    """Return the rule of each piece of evidence."""
    return tuple(map(rule_of, evidence))


def is_known_as_dev(evidence: Iterable[Evidence]) -> bool:
    """Return whether a well-known name or a classifier makes a distribution a development tool."""
    return any(each.group == "dev" and rule_of(each).known for each in evidence)


def dropped(group: Group) -> Evidence:
    """Return the evidence for a requirement that the user drops."""
    return Evidence("DW003", group, "you asked to drop it")


def in_every_environment() -> Evidence:
    """Return the evidence for a distribution that every new environment contains, such as pip."""
    return Evidence("DW107", "dev", "part of every new environment")


def never_at_start(group: Group, uses: str) -> Evidence:
    """Return the evidence for a distribution that the application never imports at start.

    uses: where the application imports it instead
    """
    return Evidence("DW305", group, f"never imported at start, only in {uses}")
