"""Budgets by pattern → the limits of a target."""

from __future__ import annotations

from deadweight.fleet.patterns import Patterns

PATTERNS: dict[str, dict[str, object]] = {
    "registry:*/team-a/big:*": {"max": "6GB"},
    "*": {"max": "1GB", "deny": ("torch",)},
    "registry:*/team-a/*": {"max": "500MB", "max_package": "100MB"},
    "docker:*": {"max": "1MB"},
}


def test_limits__several_patterns__most_specific_one_of_each_key_counts() -> None:
    patterns = Patterns(PATTERNS, {})
    assert patterns.limits_of("requirements.txt") == {"max": "1GB", "deny": ("torch",)}
    assert patterns.limits_of("registry:host/team-a/app:1") == {
        "max": "500MB", "max_package": "100MB", "deny": ("torch",),
    }  # fmt: skip
    assert patterns.limits_of("registry:host/team-a/big:1")["max"] == "6GB"
    assert patterns.unmatched == ["docker:*"]


def test_limits__options__replace_those_of_all_patterns() -> None:
    patterns = Patterns(PATTERNS, {"max": "9GB"})
    assert patterns.limits_of("docker:app") == {"max": "9GB", "deny": ("torch",)}
    assert not patterns.has_growth
    assert Patterns({}, {"max_growth": "5%"}).has_growth


def test_limits__no_pattern__are_none() -> None:
    assert Patterns({"docker:*": {"max": "1MB"}}, {}).limits_of("requirements.txt") == {}
