"""explored(): a target → what its screen shows: the report, and the inventory with all files if it is measured now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from deadweight.graph.lines import parse_line
from deadweight.graph.reported import graph_of
from deadweight.operations.measure import measure
from deadweight.operations.profile import read_report
from deadweight.operations.session import Session
from deadweight.progress import Observer, silent
from deadweight.settings import Settings
from deadweight.targets import TargetLike, parse_target
from deadweight.targets.options import check_options
from deadweight.targets.types import SavedReport

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

    from deadweight.analysis.measurement import Measurement
    from deadweight.analysis.profile import Profile
    from deadweight.model import Application, Inventory
    from deadweight.model.report import Report, SplitReport


class Explored(Struct, frozen=True, kw_only=True):
    """A target to explore.

    measurement: None for a saved report, which has no files
    application: the code that was read
    """

    report: Report
    measurement: Measurement | None = None
    application: Application | None = None

    @property
    def inventory(self) -> Inventory | None:
        """All files; None for a saved report."""
        return self.measurement.inventory if self.measurement else None

    def names(self, keys: Iterable[str]) -> tuple[str, ...]:
        """Return the names of distributions as ``--drop`` takes them: those of the environment that splits are of."""
        first = self.report.environments[0].prefix if self.report.environments else None
        rows = (self.report.rows[key] for key in keys)
        return tuple(sorted({row.name for row in rows if row.environment == first}))

    def without(self, keys: Iterable[str]) -> Profile | None:
        """Return the conclusions with more distributions to drop; None for a saved report."""
        if self.measurement is None:
            return None
        from deadweight.analysis.concluding import conclude

        policy = self.measurement.settings.policy
        names = (name for name in self.names(keys) if name not in policy.drop)
        return conclude(self.measurement, self.application, replace(policy, drop=(*policy.drop, *names)))

    def saved_without(self, keys: Iterable[str]) -> Report:
        """Return a saved report whose splits have no requirements for some distributions.

        Nothing else is concluded again: a split still has what only the dropped requirements made it keep.
        """
        marked = set(keys)
        leaving = graph_of(self.report).freed_by_dropping(marked)
        names = self.names(marked)
        splits = {name: _without(split, names, leaving) for name, split in self.report.splits.items()}
        return replace(self.report, splits=splits)


def _without(split: SplitReport, names: Collection[str], leaving: Collection[str]) -> SplitReport:
    return replace(
        split,
        requirements=tuple(line for line in split.requirements if _name_of(line) not in names),
        distributions=tuple(key for key in split.distributions if key not in leaving),
    )


def _name_of(line: str) -> str:
    """Return the normalized name of a requirement; "" for a path or another line without a name."""
    try:
        return parse_line(line).name
    except ValueError:
        return ""


def explored(target: TargetLike = "", settings: Settings | None = None, *, observe: Observer = silent) -> Explored:
    """Measure a target, or read a saved report; raises as ``profile``."""
    from deadweight.analysis.concluding import conclude
    from deadweight.analysis.reporting import report_of

    parsed = parse_target(target)
    if isinstance(parsed, SavedReport):
        check_options(settings or Settings(), parsed)
        return Explored(report=read_report(parsed.location))
    with Session(observe=observe) as session:
        measurement = measure(parsed, settings, session)
        application = session.application(measurement.target, measurement.settings)
    return Explored(
        report=report_of(conclude(measurement, application)), measurement=measurement, application=application
    )
