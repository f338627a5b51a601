"""Groups of distributions, and the evidence for them."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct
from msgspec.structs import force_setattr

from deadweight.errors import MOST_SHOWN, abridged

Group = Literal["core", "data", "dev", "ml"]
GROUPS: tuple[Group, ...] = ("core", "data", "ml", "dev")


class Evidence(Struct, frozen=True):
    """One reason for a group: the code of the rule, the group that it argues for, and what it saw."""

    rule: str
    group: Group
    reason: str

    def __post_init__(self) -> None:
        if len(self.reason) > MOST_SHOWN:
            force_setattr(self, "reason", abridged(self.reason))


class Assignment(Struct, frozen=True, kw_only=True):
    """The group of one distribution. The first piece of evidence decided.

    sure: whether the evidence is enough to remove it; if not, it stays in production
    """

    group: Group
    tags: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    sure: bool = True
