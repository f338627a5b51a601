"""A variant of a target: its requirements without some, with other builds, or for another platform."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from deadweight.formats.builds import Wishes, read_wishes, swap_of
from deadweight.formats.requirement_changes import without
from deadweight.formats.requirements import RequirementsFile
from deadweight.model import Requirement
from deadweight.settings import Settings

if TYPE_CHECKING:
    from deadweight.analysis.levels.changes import Change


class Variant(Struct, frozen=True, kw_only=True):
    """What a level installs.

    file:     all requirements of the target; None if they cannot be resolved again
    gone:     (path of the file, line number) of the requirements that are left out
    dropped:  keys of the distributions that these requirements name
    settings: with other builds and another platform
    """

    settings: Settings
    file: RequirementsFile | None = None
    gone: frozenset[tuple[str, int]] = frozenset()
    dropped: frozenset[str] = frozenset()

    @property
    def requirements(self) -> RequirementsFile:
        """The requirements that stay; only for what can be resolved again."""
        assert self.file is not None
        return without(self.file, self.gone)

    @property
    def builds(self) -> Wishes:
        """The builds that replace others."""
        request = self.settings.request
        return read_wishes(request.swap, request.index, request.torch)

    def without_build(self, swap: str) -> Variant:
        """Return the variant without the build that replaces a project; without that of PyTorch if ``swap`` is ""."""
        if not swap:
            return replace(self, settings=self.settings.replacing(torch=""))
        swaps = tuple(each for each in self.settings.request.swap if swap_of(each)[0] != swap)
        return replace(self, settings=self.settings.replacing(swap=swaps))

    def changed(self, change: Change) -> Variant:
        """Return the variant after one more change."""
        request = self.settings.request
        return replace(
            self,
            gone=self.gone | (lines_of(self.file, change.drops) if self.file else frozenset()),
            dropped=self.dropped | frozenset(change.keys),
            settings=self.settings.replacing(
                swap=(*request.swap, *change.swaps),
                torch=change.torch or request.torch,
                platform=change.platform or request.platform,
            ),
        )


def lines_of(file: RequirementsFile, requirements: Iterable[Requirement]) -> frozenset[tuple[str, int]]:
    """Return the (path, line number) of requirements in a file and its includes.

    A requirement that a swap has replaced stands on the line of the original one.
    """
    named: Collection[Requirement] = set(requirements)
    lines = {(requirement.file, requirement.number) for requirement in named}
    return frozenset(line for line, requirement in file.located() if requirement in named or line in lines)
