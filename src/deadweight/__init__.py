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
    from deadweight.analysis.services.files import service_files
    from deadweight.budget import Budget
    from deadweight.errors import DeadweightError
    from deadweight.model.report import Report
    from deadweight.model.report.builds.dockerignore import DockerignoreReport
    from deadweight.model.report.check import CheckReport
    from deadweight.model.report.diff import Diff
    from deadweight.model.report.dockerfile import DockerfileReport
    from deadweight.model.report.fleet import FleetReport
    from deadweight.model.report.fleet.check import FleetCheckReport
    from deadweight.model.report.imports import ImportsReport
    from deadweight.model.report.levels import LevelReport
    from deadweight.model.report.services import ServicesReport
    from deadweight.model.report.trim import TrimReport
    from deadweight.operations.analyze import analyze
    from deadweight.operations.check import check
    from deadweight.operations.diff import diff
    from deadweight.operations.dockerfile import Building, Dockerfile, dockerfile
    from deadweight.operations.dockerignore import Ignoring, dockerignore
    from deadweight.operations.fleet.adding import fleet_add
    from deadweight.operations.fleet.checking import fleet_check
    from deadweight.operations.fleet.reporting import FleetScope, fleet_report
    from deadweight.operations.fleet.running import FleetMeasuring, fleet_measure
    from deadweight.operations.groups import groups_of
    from deadweight.operations.imports import Starts, imports
    from deadweight.operations.measure import measure
    from deadweight.operations.planning.plan import Aims, Planned, plan
    from deadweight.operations.profile import profile
    from deadweight.operations.services import Sharing, services
    from deadweight.operations.session import Session
    from deadweight.operations.trimming import Trimming, trim, trim_discard, trim_undo
    from deadweight.operations.verify import Checks, verify
    from deadweight.progress import Progress
    from deadweight.settings import Measuring, Policy, Request, Settings

_HOMES = {
    "Aims": "deadweight.operations.planning.plan",
    "Budget": "deadweight.budget",
    "Building": "deadweight.operations.dockerfile",
    "CheckReport": "deadweight.model.report.check",
    "Checks": "deadweight.operations.verify",
    "DeadweightError": "deadweight.errors",
    "Diff": "deadweight.model.report.diff",
    "Dockerfile": "deadweight.operations.dockerfile",
    "DockerfileReport": "deadweight.model.report.dockerfile",
    "DockerignoreReport": "deadweight.model.report.builds.dockerignore",
    "FleetCheckReport": "deadweight.model.report.fleet.check",
    "FleetMeasuring": "deadweight.operations.fleet.running",
    "FleetReport": "deadweight.model.report.fleet",
    "FleetScope": "deadweight.operations.fleet.reporting",
    "Grouping": "deadweight.analysis.profile",
    "Ignoring": "deadweight.operations.dockerignore",
    "ImportsReport": "deadweight.model.report.imports",
    "LevelReport": "deadweight.model.report.levels",
    "Measurement": "deadweight.analysis.measurement",
    "Measuring": "deadweight.settings",
    "Planned": "deadweight.operations.planning.plan",
    "Policy": "deadweight.settings",
    "Progress": "deadweight.progress",
    "Report": "deadweight.model.report",
    "Request": "deadweight.settings",
    "ServicesReport": "deadweight.model.report.services",
    "Session": "deadweight.operations.session",
    "Settings": "deadweight.settings",
    "Sharing": "deadweight.operations.services",
    "Starts": "deadweight.operations.imports",
    "TrimReport": "deadweight.model.report.trim",
    "Trimming": "deadweight.operations.trimming",
    "analyze": "deadweight.operations.analyze",
    "check": "deadweight.operations.check",
    "diff": "deadweight.operations.diff",
    "dockerfile": "deadweight.operations.dockerfile",
    "dockerignore": "deadweight.operations.dockerignore",
    "fleet_add": "deadweight.operations.fleet.adding",
    "fleet_check": "deadweight.operations.fleet.checking",
    "fleet_measure": "deadweight.operations.fleet.running",
    "fleet_report": "deadweight.operations.fleet.reporting",
    "groups_of": "deadweight.operations.groups",
    "imports": "deadweight.operations.imports",
    "measure": "deadweight.operations.measure",
    "plan": "deadweight.operations.planning.plan",
    "profile": "deadweight.operations.profile",
    "service_files": "deadweight.analysis.services.files",
    "services": "deadweight.operations.services",
    "trim": "deadweight.operations.trimming",
    "trim_discard": "deadweight.operations.trimming",
    "trim_undo": "deadweight.operations.trimming",
    "verify": "deadweight.operations.verify",
}
__all__ = [
    "Aims",
    "Budget",
    "Building",
    "CheckReport",
    "Checks",
    "DeadweightError",
    "Diff",
    "Dockerfile",
    "DockerfileReport",
    "DockerignoreReport",
    "FleetCheckReport",
    "FleetMeasuring",
    "FleetReport",
    "FleetScope",
    "Grouping",
    "Ignoring",
    "ImportsReport",
    "LevelReport",
    "Measurement",
    "Measuring",
    "Planned",
    "Policy",
    "Progress",
    "Report",
    "Request",
    "ServicesReport",
    "Session",
    "Settings",
    "Sharing",
    "Starts",
    "TrimReport",
    "Trimming",
    "__version__",
    "analyze",
    "check",
    "diff",
    "dockerfile",
    "dockerignore",
    "fleet_add",
    "fleet_check",
    "fleet_measure",
    "fleet_report",
    "groups_of",
    "imports",
    "measure",
    "plan",
    "profile",
    "service_files",
    "services",
    "trim",
    "trim_discard",
    "trim_undo",
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
