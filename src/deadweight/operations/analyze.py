"""analyze(): a Measurement and the application's code → the Report."""

from __future__ import annotations

from typing import TYPE_CHECKING

from msgspec.structs import replace

if TYPE_CHECKING:
    from deadweight.analysis.measurement import Measurement
    from deadweight.model import Source
    from deadweight.model.report import Report
    from deadweight.settings import Settings


def analyze(measurement: Measurement, application: Source | None = None, policy: Settings | None = None) -> Report:
    """Return the report of what was measured. Nothing is read or fetched.

    application: the application's code, as ``Session.application`` returns it
    policy:      ``groups``, ``keep``, ``drop`` and ``minimal_groups`` to judge by; None for those it was measured with
    """
    from deadweight.analysis.concluding import conclude
    from deadweight.analysis.reporting import report_of

    if policy is not None:
        settings = replace(
            measurement.settings,
            groups=policy.groups,
            keep=policy.keep,
            drop=policy.drop,
            minimal_groups=policy.minimal_groups,
        )
        measurement = replace(measurement, settings=settings)
    return report_of(conclude(measurement, application))
