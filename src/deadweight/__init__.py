"""deadweight: what Python dependencies weigh, who brought them in, and which can stay behind.

>>> from deadweight import profile
>>> report = profile("requirements.txt")
>>> report.totals.apparent_bytes
"""

from __future__ import annotations

__version__ = "0.1.0"

TYPE_CHECKING = False  # typing would take half of the start of a worker
if TYPE_CHECKING:
    from deadweight.analysis.measurement import Measurement
    from deadweight.analysis.profile import Grouping
    from deadweight.budget import Budget
    from deadweight.errors import DeadweightError
    from deadweight.model.report import Report
    from deadweight.model.report.check import CheckReport
    from deadweight.model.report.diff import Diff
    from deadweight.operations.analyze import analyze
    from deadweight.operations.check import check
    from deadweight.operations.diff import diff
    from deadweight.operations.groups import groups_of
    from deadweight.operations.measure import measure
    from deadweight.operations.profile import profile
    from deadweight.operations.session import Session
    from deadweight.operations.verify import verify
    from deadweight.progress import Progress
    from deadweight.settings import Measuring, Policy, Request, Settings

_HOMES = {
    "Budget": "deadweight.budget",
    "CheckReport": "deadweight.model.report.check",
    "DeadweightError": "deadweight.errors",
    "Grouping": "deadweight.analysis.profile",
    "Policy": "deadweight.settings",
    "Progress": "deadweight.progress",
    "Request": "deadweight.settings",
    "Settings": "deadweight.settings",
    "groups_of": "deadweight.operations.groups",
    "Diff": "deadweight.model.report.diff",
    "Report": "deadweight.model.report",
    "Measurement": "deadweight.analysis.measurement",
    "Measuring": "deadweight.settings",
    "Session": "deadweight.operations.session",
    "analyze": "deadweight.operations.analyze",
    "check": "deadweight.operations.check",
    "diff": "deadweight.operations.diff",
    "measure": "deadweight.operations.measure",
    "profile": "deadweight.operations.profile",
    "verify": "deadweight.operations.verify",
}
__all__ = [
    "Budget",
    "CheckReport",
    "DeadweightError",
    "Diff",
    "Grouping",
    "Measurement",
    "Measuring",
    "Policy",
    "Progress",
    "Report",
    "Request",
    "Session",
    "Settings",
    "__version__",
    "analyze",
    "check",
    "diff",
    "groups_of",
    "measure",
    "profile",
    "verify",
]


def __getattr__(name: str) -> object:
    """Import a public name when it is first asked for, so that importing deadweight costs nothing (PEP 562)."""
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted(__all__)
