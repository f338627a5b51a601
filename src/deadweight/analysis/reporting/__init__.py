"""Profile → Report, the public value."""

from __future__ import annotations

from typing import cast

from deadweight import __version__
from deadweight.analysis.profile import Profile
from deadweight.analysis.reporting.judgement import (
    application_facts,
    findings,
    group_totals,
    lighter_report,
    shared_report,
    split_report,
)
from deadweight.analysis.reporting.rows import direct_requirements, rows_of, sizes_of
from deadweight.analysis.reporting.systems import image_report, system_report
from deadweight.model import Environment
from deadweight.model import report as document
from deadweight.planning.lines import requirement_text
from deadweight.untrusted import without_credentials


def report_of(profile: Profile) -> document.Report:
    """Return the report of a target."""
    inventory = profile.inventory
    return document.Report(
        version=__version__,
        target=document.TargetFacts(
            kind=cast("document.TargetKind", profile.target.kind),  # a saved report is never measured
            location=without_credentials(profile.target.location),
            method=profile.method,
            form=profile.target.form,
            requirements=None
            if profile.requirements is None
            else sum(1 for _ in profile.requirements.all_requirements()),
        ),
        environment=environment_facts(inventory.environment),
        totals=_totals(profile),
        unowned=document.Measured(**sizes_of(inventory.unowned)),
        distributions=tuple(rows_of(profile)),
        groups=group_totals(profile),
        cuda=document.Cuda(**dict(zip(("distributions", "apparent_bytes"), profile.cuda(), strict=True))),
        lighter_together_bytes=profile.savings.together,
        lighter=lighter_report(profile),
        shared=shared_report(profile),
        image=image_report(profile.image),
        system=system_report(profile),
        source=application_facts(profile.application),
        findings=findings(profile.remarks),
        environments=tuple(map(environment_facts, inventory.environments)) if profile.system else None,
        splits={split.name: split_report(split, profile) for split in profile.splits},
        not_measured=tuple(without_credentials(requirement_text(requirement)) for requirement in profile.not_measured),
        skipped=profile.skipped,
        conflicts=profile.conflicts,
        warnings=tuple(map(without_credentials, profile.warnings)),
        direct_requirements=tuple(direct_requirements(profile)),
    )


def environment_facts(environment: Environment) -> document.EnvironmentFacts:
    """Return the facts about an environment."""
    return document.EnvironmentFacts(
        prefix=f"/{environment.prefix}",
        python=environment.python,
        platform=environment.platform,
        installer=environment.installer,
    )


def _totals(profile: Profile) -> document.Totals:
    inventory = profile.inventory
    return document.Totals(
        **sizes_of(inventory.total),
        distributions=len(inventory.distributions),
        unowned_bytes=inventory.unowned.apparent,
        required_distributions=len(profile.required_keys()),
        required_bytes=profile.required_bytes,
        unmeasured=len(profile.unmeasured),
        download_bytes=profile.download_bytes,
        estimated_bytecode_bytes=profile.estimated_bytecode_bytes,
    )
