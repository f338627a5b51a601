"""The rules of a budget: one table. The order is that of every output."""

from __future__ import annotations

from collections.abc import Callable

from msgspec import Struct

from deadweight.budget.contents import denied, denied_group
from deadweight.budget.findings import denied_finding, size_of_findings
from deadweight.budget.growth import growth
from deadweight.budget.limits import (
    Limit,
    finding_limit,
    finding_size_limit,
    group_limit,
    growth_limit,
    name_limit,
    size_limit,
)
from deadweight.budget.outcomes import Judge
from deadweight.budget.sizes import download, largest_distribution, total, wasted


class Rule(Struct, frozen=True, kw_only=True):
    """One rule.

    key:     in ``[tool.deadweight.budget]``; the option without its dashes
    title:   what it requires, as a phrase
    help:    what it measures and what to do about a failure, as sentences
    read:    text → limit
    judge:   whether a report complies
    each:    whether each cause breaches it alone; else they do so together, and only the largest are listed
    partial: whether what could not be measured does not matter
    """

    code: str
    key: str
    title: str
    help: str
    read: Callable[[str], Limit]
    judge: Judge
    each: bool = False
    partial: bool = False


RULES = (
    Rule(
        code="DW401", key="max", read=size_limit, judge=total,
        title="The target is not larger than its limit",
        help="The sum of the sizes of all files of the target. Run `deadweight TARGET` to see what takes the space.",
    ),
    Rule(
        code="DW402", key="max-package", read=size_limit, judge=largest_distribution, each=True,
        title="No distribution is larger than the limit",
        help="The files of each distribution, without those it requires. Run `deadweight why NAME TARGET` to see why"
        " it is installed.",
    ),
    Rule(
        code="DW403", key="max-download", read=size_limit, judge=download,
        title="The archives to download are not larger than the limit",
        help="The sum of the sizes of the wheels and sdists. It is known if the target is measured from archives.",
    ),
    Rule(
        code="DW404", key="max-wasted", read=size_limit, judge=wasted, partial=True,
        title="The layers of the image do not ship more removed files than the limit",
        help="Files that a layer adds and a later layer removes or replaces are still part of the image. Remove them"
        " in the instruction that creates them, or copy the result from another build stage.",
    ),
    Rule(
        code="DW405", key="max-growth", read=growth_limit, judge=growth,
        title="The target has not grown by more than the limit",
        help="The size of all files, compared with the baseline. If the growth is intended, save a new baseline.",
    ),
    Rule(
        code="DW406", key="deny", read=name_limit, judge=denied, each=True,
        title="The project is not in the target",
        help="The rule names a project, or a pattern. Run `deadweight why NAME TARGET` to see what requires it.",
    ),
    Rule(
        code="DW407", key="deny-group", read=group_limit, judge=denied_group, each=True,
        title="No distribution of the group is in the target",
        help="Distributions count if their evidence is certain. Run `deadweight split TARGET` to write requirements"
        " without dev, or put names into other groups with [tool.deadweight.groups].",
    ),
    Rule(
        code="DW408", key="deny-finding", read=finding_limit, judge=denied_finding, each=True,
        title="The rule for images finds nothing",
        help="The rule names a rule for images, such as DW503, or a pattern. Each finding names the instruction of the"
        " Dockerfile to change, with --dockerfile also its line.",
    ),
    Rule(
        code="DW409", key="max-finding", read=finding_size_limit, judge=size_of_findings,
        title="The findings of a rule for images do not take more than the limit",
        help="The sum of the sizes of all findings of a rule for images, such as DW504=50MB, or of those that match a"
        " pattern. Each byte counts once.",
    ),
)  # fmt: skip
