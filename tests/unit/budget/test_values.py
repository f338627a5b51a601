"""A budget, and what is wrong with one."""

from __future__ import annotations

import pytest

from deadweight.budget import Budget, check_budget
from deadweight.budget.rules import RULES
from deadweight.errors import BadConfig, BadInput


def test_rules__keys_and_codes__are_fields_of_the_budget_and_unique() -> None:
    fields = {field.replace("_", "-") for field in Budget.__struct_fields__}
    assert {rule.key for rule in RULES} == fields - {"baseline"}
    assert len({rule.code for rule in RULES}) == len(RULES)
    assert all(rule.help.endswith(".") and not rule.title.endswith(".") for rule in RULES)


def test_limits__repeated_name__is_one_limit() -> None:
    (deny,) = (rule for rule in RULES if rule.key == "deny")
    assert [limit.text for limit in Budget(deny=("a", "b", "a")).limits(deny)] == ["a", "b"]


@pytest.mark.parametrize(
    ("budget", "message"),
    [
        ({"max": "5XB"}, "max: '5XB' is not a size"),
        ({"max": ""}, "max: '' is not a size"),  # as --max "$LIMIT" gives it if LIMIT is not set
        ({"max_package": "-1MB"}, "max-package: '-1MB' is not a size"),
        ({"max_growth": "x%"}, "max-growth: 'x%' is not a percentage"),
        ({"deny": ("a b",)}, "deny: 'a b' is not the name of a project"),
        ({"deny_group": ("qa",)}, "deny-group: no group 'qa'"),
        ({"baseline": ""}, "baseline: the path is empty"),
    ],
)
def test_budget__wrong_limit__is_named_with_its_rule(budget: dict[str, str], message: str) -> None:
    with pytest.raises(BadConfig) as caught:
        Budget(**budget)  # type: ignore[arg-type]
    assert caught.value.cause == message
    assert caught.value.hint


@pytest.mark.parametrize(
    ("budget", "message"),
    [
        (Budget(), "the budget has no rule"),
        (Budget(max_growth="5%"), "max-growth needs a baseline"),
        (Budget(baseline="b.json", max="1MB"), "a baseline is used only with max-growth"),
    ],
)
def test_check_budget__useless__is_refused(budget: Budget, message: str) -> None:
    with pytest.raises(BadInput, match=message):
        check_budget(budget)


def test_check_budget__a_limit_of_nothing__is_a_rule() -> None:
    check_budget(Budget(max="0B"))
    check_budget(Budget(max_growth="0%", baseline="b.json"))
