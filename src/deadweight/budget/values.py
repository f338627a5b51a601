"""The limits of a run, as ``[tool.deadweight.budget]`` or the options of ``deadweight check`` state them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from msgspec import Meta, Struct

from deadweight.budget.limits import FINDING, FINDING_SIZE, NAME, PERCENT, SIZE, Limit
from deadweight.budget.rules import RULES, Rule
from deadweight.errors import BadConfig, BadInput
from deadweight.model.groups import GROUPS

# Only for the JSON Schema: the readers of the rules check the texts, with better messages.
_SizeText = Annotated[str, Meta(extra_json_schema={"pattern": SIZE, "examples": ["500MB", "1.5GiB"]})]
_GrowthText = Annotated[str, Meta(extra_json_schema={"pattern": rf"{SIZE}|{PERCENT}", "examples": ["5%", "20MB"]})]
_NameText = Annotated[str, Meta(extra_json_schema={"pattern": NAME, "examples": ["torch", "nvidia-*"]})]
_FindingText = Annotated[str, Meta(extra_json_schema={"pattern": FINDING, "examples": ["DW503", "DW5*"]})]
_FindingSizeText = Annotated[str, Meta(extra_json_schema={"pattern": FINDING_SIZE, "examples": ["DW504=50MB"]})]
_GroupText = Annotated[str, Meta(extra_json_schema={"enum": list(GROUPS)})]


class Budget(Struct, frozen=True, kw_only=True, rename="kebab"):
    """What a target may contain at most; None and empty tuples set no limit.

    Sizes are texts with a unit: "500MB", "1.5GiB".

    max:          all files of the target
    max_package:  each distribution alone
    max_download: the archives to download
    max_wasted:   files of an image that later layers remove or replace
    max_growth:   growth since the baseline: a size, or a share of the baseline: "5%"
    baseline:     path of a saved JSON report, or ``REV:PATH``, a file or project in git at a revision
    deny:         names of projects that must not be there, or patterns: "nvidia-*"
    deny_group:   groups of which no distribution must be there
    deny_finding: codes of rules that must find nothing in an image, or patterns: "DW503", "DW5*"
    max_finding:  such codes, each with what its findings may take together: "DW504=50MB"

    raises: BadConfig for a value that is none of that
    """

    max: _SizeText | None = None
    max_package: _SizeText | None = None
    max_download: _SizeText | None = None
    max_wasted: _SizeText | None = None
    max_growth: _GrowthText | None = None
    baseline: str | None = None
    deny: tuple[_NameText, ...] = ()
    deny_group: tuple[_GroupText, ...] = ()
    deny_finding: tuple[_FindingText, ...] = ()
    max_finding: tuple[_FindingSizeText, ...] = ()

    def __post_init__(self) -> None:
        for rule in RULES:
            list(self.limits(rule))
        if self.baseline == "":
            raise BadConfig("baseline: the path is empty", hint="give a saved JSON report")

    def limits(self, rule: Rule) -> Iterator[Limit]:
        """Yield the limits of one rule, each once, in their order; raises BadConfig."""
        value: str | tuple[str, ...] | None = getattr(self, rule.key.replace("-", "_"))
        for text in dict.fromkeys((value,) if isinstance(value, str) else value or ()):
            try:
                yield rule.read(text)
            except BadConfig as error:
                raise BadConfig(f"{rule.key}: {error.cause}", hint=error.hint) from error


def check_budget(budget: Budget) -> None:
    """Refuse a budget that would judge nothing, or that lacks what a rule needs; raises BadInput."""
    if budget.max_growth is not None and budget.baseline is None:
        raise BadInput("max-growth needs a baseline", hint="give a saved JSON report with --baseline FILE")
    if budget.baseline is not None and budget.max_growth is None:
        raise BadInput("a baseline is used only with max-growth", hint="add --max-growth 5%, or leave out the baseline")
    if not any(limit for rule in RULES for limit in budget.limits(rule)):
        raise BadInput(
            "the budget has no rule",
            hint="give limits such as --max 500MB, or set them in [tool.deadweight.budget]; --suggest proposes some",
        )
