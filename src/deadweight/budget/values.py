"""The limits of a run, as ``[tool.deadweight.budget]`` or the options of ``deadweight check`` state them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta, Struct

from deadweight.budget.limits import NAME, PERCENT, SIZE, Limit
from deadweight.budget.rules import RULES, Rule
from deadweight.errors import BadConfig, BadInput
from deadweight.model.groups import Group

_SizeText = Annotated[str, Meta(pattern=rf"^$|{SIZE}", examples=["500MB", "1.5GiB"])]
_GrowthText = Annotated[str, Meta(pattern=rf"^$|{SIZE}|{PERCENT}", examples=["5%", "20MB"])]
_NameText = Annotated[str, Meta(pattern=NAME, examples=["torch", "nvidia-*"])]


class Budget(Struct, frozen=True, kw_only=True, rename="kebab"):
    """What a target may contain at most; "" and empty tuples set no limit.

    Sizes are texts with a unit: "500MB", "1.5GiB".

    max:          all files of the target
    max_package:  each distribution alone
    max_download: the archives to download
    max_wasted:   files of an image that later layers remove or replace
    max_growth:   growth since the baseline: a size, or a share of the baseline: "5%"
    baseline:     path of a saved JSON report
    deny:         names of projects that must not be there, or patterns: "nvidia-*"
    deny_group:   groups of which no distribution must be there

    raises: BadConfig for a value that is none of that
    """

    max: _SizeText = ""
    max_package: _SizeText = ""
    max_download: _SizeText = ""
    max_wasted: _SizeText = ""
    max_growth: _GrowthText = ""
    baseline: str = ""
    deny: tuple[_NameText, ...] = ()
    deny_group: tuple[Group, ...] = ()

    def __post_init__(self) -> None:
        for rule in RULES:
            list(self.limits(rule))

    def limits(self, rule: Rule) -> Iterator[Limit]:
        """Yield the limits of one rule, each once, in their order; raises BadConfig."""
        value: str | tuple[str, ...] = getattr(self, rule.key.replace("-", "_"))
        for text in dict.fromkeys((value,) if isinstance(value, str) else value):
            if not text and isinstance(value, str):
                continue
            try:
                yield rule.read(text)
            except BadConfig as error:
                raise BadConfig(f"{rule.key}: {error.cause}", hint=error.hint) from error


def check_budget(budget: Budget) -> None:
    """Refuse a budget that would judge nothing, or that lacks what a rule needs; raises BadInput."""
    if budget.max_growth and not budget.baseline:
        raise BadInput("max-growth needs a baseline", hint="give a saved JSON report with --baseline FILE")
    if budget.baseline and not budget.max_growth:
        raise BadInput("a baseline is used only with max-growth", hint="add --max-growth 5%, or leave out the baseline")
    if not any(limit for rule in RULES for limit in budget.limits(rule)):
        raise BadInput(
            "the budget has no rule",
            hint="give limits such as --max 500MB, or set them in [tool.deadweight.budget]; --suggest proposes some",
        )
