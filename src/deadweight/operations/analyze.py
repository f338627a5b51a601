"""analyze(): a Measurement and the application's code → the Report."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from deadweight.analysis.measurement import Measurement
    from deadweight.model import Application
    from deadweight.model.report import Report
    from deadweight.settings import Policy


def analyze(measurement: Measurement, application: Application | None = None, policy: Policy | None = None) -> Report:
    """Return the report of what was measured. Nothing is read or fetched.

    application: the application's code, as ``Session.application`` returns it
    policy:      how to judge; None for the settings that it was measured with
    """
    from deadweight.analysis.concluding import conclude
    from deadweight.analysis.reporting import report_of

    return report_of(conclude(measurement, application, policy))
