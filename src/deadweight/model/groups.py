"""What later stages conclude of a distribution."""

from __future__ import annotations

from typing import Literal

from msgspec import Struct
from msgspec.structs import force_setattr

from deadweight.errors import MOST_SHOWN, abridged

Group = Literal["core", "data", "dev", "ml"]
GROUPS: tuple[Group, ...] = ("core", "data", "ml", "dev")


class Evidence(Struct, frozen=True):
    """One reason for a group: the rule, what it saw, the group it speaks for."""

    rule: str
    group: Group
    says: str

    def __post_init__(self) -> None:
        if len(self.says) > MOST_SHOWN:
            force_setattr(self, "says", abridged(self.says))


class Assignment(Struct, frozen=True, kw_only=True):
    """The group of one distribution; the first evidence decided.

    sure: whether the evidence is enough to leave it out for; what is not sure stays in production
    """

    group: Group
    tags: tuple[str, ...]
    evidence: tuple[Evidence, ...]
    sure: bool = True
