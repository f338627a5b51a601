"""Profile → JSON, schema ``deadweight.profile/1``. A key changes only with the schema; sizes are integers in bytes."""

from __future__ import annotations

from collections.abc import Mapping

from deadweight import __version__
from deadweight.findings import Profile, Row
from deadweight.model import ArchiveFacts, Conflict, Environment, ImageFacts, Sizes, SystemFacts
from deadweight.plan.splits import Split, requirement_text
from deadweight.report.json_text import json_text
from deadweight.report.source import place_values, proof_values, remark_values, source_values
from deadweight.report.units import without_credentials

SCHEMA = "deadweight.profile/1"


def as_json(profile: Profile) -> str:
    """Return the whole report; distributions by name, everything in a fixed order, ASCII only."""
    return without_credentials(json_text(as_values(profile))) + "\n"


def as_values(profile: Profile) -> dict[str, object]:
    """Return the report as dicts, lists, integers and strings; URLs in it still have their credentials."""
    inventory = profile.inventory
    return {
        "schema": SCHEMA,
        "version": __version__,
        "target": {
            "kind": profile.target.kind,
            "location": profile.target.path,
            "method": profile.method,
        },
        "environment": {
            "python": inventory.environment.python,
            "platform": inventory.environment.platform,
            "installer": inventory.environment.installer,
        },
        "totals": {
            "distributions": len(inventory.distributions),
            "files": inventory.total.files,
            **_sizes(inventory.total),
            "unowned_bytes": inventory.unowned.apparent,
            "required_distributions": len(profile.required_keys()),
            "required_bytes": profile.required_bytes,
            "unmeasured": len(profile.unmeasured),
            "download_bytes": profile.download_bytes,
            "estimated_bytecode_bytes": profile.estimated_bytecode_bytes,
            "kinds": _kinds(inventory.total),
        },
        "distributions": [_row(row, profile) for row in profile.rows()],
        "groups": {
            group: {"distributions": count, "apparent_bytes": size}
            for group, (count, size) in sorted(profile.group_totals().items())
        },
        "cuda": dict(zip(("distributions", "apparent_bytes"), profile.cuda(), strict=True)),
        "lighter_together_bytes": profile.savings.together,
        "lighter": [
            {
                "name": each.key,
                "apparent_bytes": each.own_bytes,
                "lighter": each.lighter,
                "how": each.how,
                "loses": each.loses,
                "saves_bytes": each.saves_bytes,
                "measured_saving_bytes": each.measured_bytes,
            }
            for each in profile.lighter()
        ],
        "shared": [
            {
                "name": shared.key,
                "apparent_bytes": profile.dependencies.own[shared.key],
                "direct": shared.direct,
                "holders": shared.holders.count,
                "held_by": list(shared.holders.names),
            }
            for shared in profile.shared()
        ],
        "image": _image(profile.image),
        "system": _system(profile.system),
        "source": source_values(profile.source),
        "findings": remark_values(profile.remarks),
        "environments": [_environment(each) for each in inventory.environments] if profile.system else None,
        "splits": {split.name: _split(split, profile) for split in profile.splits},
        "skipped": [
            {"name": skipped.name, "reason": skipped.reason, "impossible": skipped.impossible}
            for skipped in profile.skipped
        ],
        "conflicts": [_conflict(conflict) for conflict in profile.conflicts],
        "warnings": list(profile.warnings),
    }


def _sizes(sizes: Sizes) -> dict[str, int | None]:
    return {
        "apparent_bytes": sizes.apparent,
        "disk_bytes": sizes.disk,
        "native_bytes": sizes.native,
        "bundled_library_bytes": sizes.bundled,
        "bytecode_bytes": sizes.bytecode,
    }


def _kinds(sizes: Sizes) -> Mapping[str, int]:
    return {kind: size for kind, size in sorted(sizes.kinds.items()) if size}


def _row(row: Row, profile: Profile) -> dict[str, object]:
    distribution, assignment = row.distribution, row.assignment
    return {
        "name": distribution.name,
        "version": distribution.version,
        "direct": row.direct,
        "group": assignment.group,
        "sure": assignment.sure,
        "tags": list(assignment.tags),
        "evidence": [{"rule": e.rule, "group": e.group, "says": e.says} for e in assignment.evidence],
        **_sizes(distribution.sizes),
        "files": distribution.sizes.files,
        "kinds": _kinds(distribution.sizes),
        "closure_bytes": row.weight.closure,
        "retained_bytes": row.weight.retained,
        "freed_bytes": row.weight.freed,
        "requires": list(row.requires),
        "required_by": list(row.required_by),
        "import_names": list(distribution.import_names),
        "programs": list(distribution.programs),
        "editable": distribution.editable,
        "archive": _archive(distribution.archive),
        "environment": f"/{distribution.prefix}" if profile.system else None,
        "layers": None if profile.image is None else list(profile.image.where.get(row.key, ())),
    }


def _image(facts: ImageFacts | None) -> dict[str, object] | None:
    if facts is None:
        return None
    return {
        "layers": [
            {
                "digest": layer.digest,
                "command": layer.command,
                "files": layer.files,
                "apparent_bytes": layer.size,
                "wasted_bytes": layer.wasted,
                "hides_bytes": layer.hides,
            }
            for layer in facts.layers
        ],
        "shipped_bytes": facts.shipped,
        "wasted_bytes": facts.in_vain,
        "efficiency": facts.efficiency,
        "wasted": [{"name": name or None, "wasted_bytes": size} for name, size in facts.wasted.items()],
        "wasted_paths": [
            {"path": each.path, "wasted_bytes": each.size, "layer": each.layer, "hidden_by": each.by}
            for each in facts.paths
        ],
    }


def _system(facts: SystemFacts | None) -> dict[str, object] | None:
    if facts is None:
        return None
    return {
        "contents": [
            {
                "name": content.name,
                "apparent_bytes": content.size,
                "files": content.files,
                "largest": [{"folder": folder, "apparent_bytes": size} for folder, size in content.largest],
            }
            for content in facts.contents
        ],
        "packages": [{"name": package.name, "apparent_bytes": package.size} for package in facts.packages],
        "needs": [
            {"library": need.library, "needed_by": list(need.by), "provider": need.provider} for need in facts.needs
        ],
        "duplicates": [
            {
                "library": twins.library,
                "apparent_bytes": twins.size,
                "extra_bytes": twins.extra,
                "carried_by": [{"name": key, "path": path} for key, path in twins.places],
            }
            for twins in facts.twins
        ],
    }


def _environment(environment: Environment) -> dict[str, object]:
    return {
        "prefix": f"/{environment.prefix}",
        "python": environment.python,
        "platform": environment.platform,
        "installer": environment.installer,
    }


def _archive(facts: ArchiveFacts | None) -> dict[str, object] | None:
    if facts is None:
        return None
    return {
        "filename": facts.filename,
        "download_bytes": facts.size,
        "estimated": facts.estimated,
        "at_most": facts.at_most,
        "says": facts.reason,
        "estimated_bytecode_bytes": facts.bytecode,
    }


def _split(split: Split, profile: Profile) -> dict[str, object]:
    return {
        "groups": list(split.groups),
        "requirements": [requirement_text(wanted) for wanted in split.kept],
        "dropped": [
            {
                "name": d.name,
                "group": d.group,
                "says": d.evidence.says,
                "brought_bytes": d.brought_bytes,
                "freed_bytes": d.freed_bytes,
                "places": place_values(d.places),
            }
            for d in split.dropped
        ],
        "proof": proof_values(profile.proofs.get(split.name)),
        "unsure": [
            {"name": u.name, "group": u.group, "says": u.evidence.says, "freed_bytes": u.freed_bytes}
            for u in split.unsure
        ],
        "distributions": list(split.distributions),
        "apparent_bytes": split.apparent_bytes,
        "saved_bytes": split.saved_bytes,
        "saved_groups": dict(sorted(split.saved_groups.items())),
    }


def _conflict(conflict: Conflict) -> dict[str, object]:
    return {"kind": conflict.kind, "names": list(conflict.names), "says": conflict.says}
