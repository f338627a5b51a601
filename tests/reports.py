"""Builds the reports that tests of budgets judge, in sight."""

from __future__ import annotations

from collections.abc import Iterable

from msgspec.structs import replace

from deadweight.analysis.reporting import report_of
from deadweight.model import ArchiveFacts, Distribution
from deadweight.model.report import Report
from deadweight.model.tree import Skipped
from deadweight.settings import Settings
from tests.builders import bare, bare_inventory, profile_of, requirements_file

MB = 10**6


def measured(
    text: str, *distributions: Distribution, skipped: Iterable[Skipped] = (), settings: Settings | None = None
) -> Report:
    """Return the report of a requirements file, without an installation."""
    inventory = replace(bare_inventory(*distributions), skipped=tuple(skipped))
    return report_of(profile_of(inventory, requirements_file(text), settings or Settings.of(no_install=True)))


def archived(name: str, size: int, download: int | None, *, requires: Iterable[str] = ()) -> Distribution:
    """Return a distribution that was measured from a wheel of ``download`` bytes."""
    facts = ArchiveFacts(filename=f"{name}-1.0-py3-none-any.whl", size=download)
    return replace(bare(name, size, requires=requires), archive=facts)
