"""An image or another whole system → its parts of the report other than distributions."""

from __future__ import annotations

from collections.abc import Iterable

from deadweight.analysis.profile import Profile
from deadweight.analysis.reporting.breakdown import breakdown, part_size
from deadweight.image_rules import rules
from deadweight.model import ImageFacts, ImageFinding, Part
from deadweight.model import report as document
from deadweight.model.report.sizes import known_sum
from deadweight.untrusted import without_credentials


def image_report(facts: ImageFacts | None) -> document.ImageReport | None:
    """Return the layers of an image; None for other targets."""
    if facts is None:
        return None
    return document.ImageReport(
        layers=tuple(
            document.LayerFacts(
                digest=layer.digest,
                command=without_credentials(layer.command),
                files=layer.files,
                apparent_bytes=layer.size,
                wasted_bytes=layer.wasted,
                hides_bytes=layer.hides,
                line=layer.line,
                compressed_bytes=layer.compressed,
                largest=_parts(layer.largest),
                hides=_parts(layer.hidden),
                hidden_by=tuple(
                    document.HidingLayer(layer=number, wasted_bytes=size) for number, size in layer.hidden_by
                ),
            )
            for layer in facts.layers
        ),
        shipped_bytes=facts.shipped,
        wasted_bytes=facts.wasted_size,
        efficiency=facts.efficiency,
        wasted=tuple(document.Wasted(name=name or None, wasted_bytes=size) for name, size in facts.wasted.items()),
        wasted_packages=tuple(
            document.Wasted(name=name, wasted_bytes=size) for name, size in facts.wasted_packages.items()
        ),
        wasted_paths=tuple(
            document.WastedFile(path=each.path, wasted_bytes=each.size, layer=each.layer, hidden_by=each.by)
            for each in facts.paths
        ),
        dockerfile=facts.dockerfile or None,
        findings=tuple(_finding(each, facts) for each in facts.findings),
        base_layers=facts.base,
        compressed_bytes=known_sum(layer.compressed for layer in facts.layers),
    )


def _finding(finding: ImageFinding, facts: ImageFacts) -> document.ImageFinding:
    return document.ImageFinding(
        rule=finding.rule,
        name=rules()[finding.rule].name,
        layer=finding.layer,
        command=without_credentials(facts.layers[finding.layer].command),
        line=facts.layers[finding.layer].line,
        base=finding.base,
        hidden_by=finding.by,
        others=finding.others,
        apparent_bytes=finding.size,
        files=finding.files,
        names=finding.names,
        paths=tuple(document.PathSize(path=path, apparent_bytes=size) for path, size in finding.paths),
        reason=finding.reason,
        change=finding.change,
        sure=finding.sure,
        saves_bytes=finding.saves,
        overlaps=tuple(
            document.Overlap(finding=first, also=tuple(also), apparent_bytes=size)
            for (first, *also), size in finding.overlaps
        ),
    )


def system_report(profile: Profile) -> document.SystemReport | None:
    """Return the other contents of a whole system; None for other targets."""
    facts = profile.system
    if facts is None:
        return None
    return document.SystemReport(
        contents=tuple(
            document.SystemContent(
                name=content.name,
                apparent_bytes=content.size,
                files=content.files,
                largest=tuple(
                    document.DirectorySize(directory=directory, apparent_bytes=size)
                    for directory, size in content.largest
                ),
            )
            for content in facts.contents
        ),
        packages=tuple(document.PackageSize(name=each.name, apparent_bytes=each.size) for each in facts.packages),
        needs=tuple(
            document.NeededLibrary(library=need.library, needed_by=need.by, provider=need.provider)
            for need in facts.needs
        ),
        duplicates=tuple(
            document.DuplicateLibrary(
                library=twins.library,
                apparent_bytes=twins.size,
                extra_bytes=twins.extra,
                carried_by=tuple(document.Carrier(name=key, path=path) for key, path in twins.locations),
            )
            for twins in facts.twins
        ),
        breakdown=tuple(breakdown(profile)),
        copies=tuple(
            document.CopiedDistribution(
                name=copies.name,
                version=copies.version,
                copies=copies.keys,
                apparent_bytes=copies.size,
                extra_bytes=copies.extra,
            )
            for copies in facts.copies
        ),
    )


def _parts(parts: Iterable[Part]) -> tuple[document.PartSize, ...]:
    return tuple(map(part_size, parts))
