"""Report → the rows of a fleet that hold it. Projects, versions and layers are still named, not yet numbered."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping
from typing import NamedTuple, TypeVar

from deadweight.fleet.values import storable
from deadweight.model.report import ImageFinding, LayerFacts, LighterBuild, Report, Row

Value = str | int | None
_T = TypeVar("_T")
PRODUCTION = "production"
# The actions of savings, each of which changes one line
DROP_DEV, DROP_UNUSED, LIGHTER, INSTRUCTION = "drop-dev", "drop-unused", "lighter", "instruction"
DUPLICATE = "duplicate-library"  # a finding that a report has as a figure
_MOST_NAMES = 5


class LayerRow(NamedTuple):
    """A layer of an image: its columns of ``layer``, and of ``image_layer``."""

    digest: str
    layer: tuple[Value, ...]
    in_image: tuple[Value, ...]


class InstalledRow(NamedTuple):
    """A distribution; ``layer`` is the number of the highest layer that has files of it, None without layers."""

    name: str
    version: str | None
    layer: int | None
    values: tuple[Value, ...]


class LocatedRow(NamedTuple):
    """A finding or a saving: the values before and after the layer, whose number it has."""

    before: tuple[Value, ...]
    layer: int | None
    after: tuple[Value, ...]


class Rows(NamedTuple):
    """The rows of one report, in the order of their tables' columns."""

    result: tuple[Value, ...]
    layers: tuple[LayerRow, ...]
    installed: tuple[InstalledRow, ...]
    kinds: tuple[tuple[Value, ...], ...]
    splits: tuple[tuple[Value, ...], ...]
    findings: tuple[LocatedRow, ...]
    overlaps: tuple[tuple[Value, ...], ...]
    savings: tuple[LocatedRow, ...]
    skipped: tuple[tuple[Value, ...], ...]
    warnings: tuple[tuple[Value, ...], ...]


def identity_of(report: Report) -> str:
    """Return an identity for a report that has no other: equal reports have equal ones."""
    return f"report:{hashlib.sha256(report.to_json().encode()).hexdigest()}"


def rows_of(report: Report, identity: str) -> Rows:
    """Return the rows of a report."""
    in_production = _production(report)
    layers = report.image.layers if report.image else ()
    highest = {row.key: _highest(row, len(layers)) for row in report.distributions}
    return Rows(
        result=_result(report, storable(identity)),
        layers=tuple(map(_layer, layers)),
        installed=tuple(_installed(row, highest[row.key], in_production(row)) for row in report.distributions),
        kinds=tuple(_kinds(report)),
        splits=tuple(_splits(report)),
        findings=tuple(_findings(report, highest)),
        overlaps=tuple(_overlaps(report)),
        savings=tuple(_savings(report, highest)),
        skipped=tuple((storable(each.name), storable(each.reason), each.exit_code) for each in report.skipped),
        warnings=tuple((storable(warning),) for warning in report.warnings),
    )


def _production(report: Report) -> Callable[[Row], bool]:
    """Return a function that says whether production needs a distribution, as far as the production split knows.

    A split has what requirements of the first environment lead to. Nothing is known of other distributions.
    """
    kept = frozenset(report.splits[PRODUCTION].distributions)
    judged = {None, *(environment.prefix for environment in (report.environments or ())[:1])}
    return lambda row: row.key in kept or row.orphan or row.environment not in judged


def _result(report: Report, identity: str) -> tuple[Value, ...]:
    total, image = report.totals, report.image
    return (
        identity,
        report.target.kind,
        report.target.method,
        storable(report.version),
        _text(report.environment.python),
        _text(report.environment.platform),
        total.distributions,
        max(total.unmeasured, sum(1 for each in report.skipped if each.exit_code)),
        total.files,
        total.apparent_bytes,
        total.disk_bytes,
        total.native_bytes,
        total.bytecode_bytes,
        total.unowned_bytes,
        total.required_bytes,
        total.download_bytes,
        image.shipped_bytes if image else None,
        image.wasted_bytes if image else None,
    )


def _layer(layer: LayerFacts) -> LayerRow:
    digest = storable(layer.digest)
    facts = (digest, storable(layer.command), layer.files, layer.apparent_bytes, layer.compressed_bytes)
    return LayerRow(digest, facts, (layer.wasted_bytes, layer.hides_bytes))


def _highest(row: Row, layers: int) -> int | None:
    """Return the layer that completes a distribution: whoever has that layer has those below it, too."""
    numbers = [number for number in row.layers or () if 0 <= number < layers]
    return max(numbers, default=None)


def _installed(row: Row, layer: int | None, in_production: bool) -> InstalledRow:
    return InstalledRow(
        storable(row.name),
        _text(row.version),
        layer,
        (
            row.group,
            row.sure,
            row.direct,
            in_production,
            row.files,
            row.apparent_bytes,
            row.native_bytes,
            row.bytecode_bytes,
            row.download_bytes,
            row.retained_bytes,
            row.freed_bytes,
        ),
    )


def _kinds(report: Report) -> Iterator[tuple[Value, ...]]:
    for name, sizes in _by_stored_name(report.totals.kinds):
        yield name, sum(sizes)


def _splits(report: Report) -> Iterator[tuple[Value, ...]]:
    for name, splits in _by_stored_name(report.splits):
        proofs = [split.proof.holds if split.proof else None for split in splits]
        yield (
            name,
            sum(len(split.distributions) for split in splits),
            sum(split.apparent_bytes for split in splits),
            sum(split.saved_bytes for split in splits),
            None if None in proofs else all(proofs),
        )


def _by_stored_name(named: Mapping[str, _T]) -> Iterator[tuple[str, list[_T]]]:
    """Yield each name as it is stored, with its values: names that differ in credentials alone are stored as one."""
    values: dict[str, list[_T]] = {}
    for name, value in named.items():
        values.setdefault(storable(name), []).append(value)
    yield from values.items()


def _findings(report: Report, highest: Mapping[str, int | None]) -> Iterator[LocatedRow]:
    for each in report.findings:
        first = each.locations[0] if each.locations else None
        at = (_text(first.file), first.line) if first else (None, None)
        rule = storable(each.kind)
        yield LocatedRow(
            (rule, rule, storable(each.name), True),
            highest.get(each.name),
            (each.freed_bytes, storable(each.reason), None, *at),
        )
    for _, finding, layer in _image_findings(report):
        names = storable(", ".join(finding.names[:_MOST_NAMES]) or finding.command)
        yield LocatedRow(
            (storable(finding.rule), storable(finding.name), names, finding.sure),
            layer,
            (finding.apparent_bytes, storable(finding.reason), storable(finding.change), None, finding.line),
        )
    for twins in report.system.duplicates if report.system else ():
        reason = f"the same file in {len(twins.carried_by)} distributions"
        name = storable(twins.library)
        yield LocatedRow((DUPLICATE, DUPLICATE, name, True), None, (twins.extra_bytes, reason, None, None, None))


def _image_findings(report: Report) -> Iterator[tuple[int, ImageFinding, int]]:
    """Yield the findings in an image, with their number in the report and that of their layer."""
    if report.image:
        for number, finding in enumerate(report.image.findings):
            if finding.layer < len(report.image.layers):
                yield number, finding, finding.layer


def _overlaps(report: Report) -> Iterator[tuple[Value, ...]]:
    """Yield which bytes of findings earlier ones have, too, by the numbers of the rows of ``_findings``."""
    found = list(_image_findings(report))
    stored = {number: row for row, (number, _, _) in enumerate(found, len(report.findings))}
    every = [(stored[number], overlap) for number, finding, _ in found for overlap in finding.overlaps]
    for number, (row, overlap) in enumerate(every):
        for earlier in sorted(set(overlap.findings)):
            if earlier in stored:
                yield number, row, stored[earlier], overlap.apparent_bytes


def _savings(report: Report, highest: Mapping[str, int | None]) -> Iterator[LocatedRow]:
    """Yield the changes of one line that save something, each requirement once."""
    dropped = set()
    for drop in report.splits[PRODUCTION].dropped:
        dropped.add(drop.name)
        if drop.freed_bytes:
            yield LocatedRow((DROP_DEV, storable(drop.name), drop.rule), highest.get(drop.name), (drop.freed_bytes,))
    for finding in report.findings:
        if finding.kind == "unused" and finding.freed_bytes and finding.name not in dropped:
            yield LocatedRow(
                (DROP_UNUSED, storable(finding.name), ""), highest.get(finding.name), (finding.freed_bytes,)
            )
    for each in report.lighter:
        if (saved := _lighter_saving(each)) and saved > 0:
            yield LocatedRow((LIGHTER, storable(each.name), storable(each.lighter)), highest.get(each.name), (saved,))
    for _, fault, layer in _image_findings(report):
        # What the change of another line saves is not saved twice.
        if fault.sure and fault.saves_bytes:
            yield LocatedRow((INSTRUCTION, storable(fault.name), storable(fault.change)), layer, (fault.saves_bytes,))


def _lighter_saving(each: LighterBuild) -> int | None:
    return each.saves_bytes if each.measured_saving_bytes is None else each.measured_saving_bytes


def _text(text: str | None) -> str | None:
    return None if text is None else storable(text)
