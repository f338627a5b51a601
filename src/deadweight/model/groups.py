"""What later stages conclude of a distribution."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from deadweight.errors import MOST_SHOWN, abridged

Group = Literal["core", "data", "dev", "ml"]
GROUPS: tuple[Group, ...] = ("core", "data", "ml", "dev")


@dataclass(frozen=True, slots=True)
class Evidence:
    """One reason for a group: the rule, what it saw, the group it speaks for."""

    rule: str
    group: Group
    says: str

    def __post_init__(self) -> None:
        if len(self.says) > MOST_SHOWN:
            object.__setattr__(self, "says", abridged(self.says))


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    """The group of one distribution; the first evidence decided.

    sure: whether the evidence is enough to leave it out for; what is not sure stays in production
    """

    group: Group
    tags: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    sure: bool = True
