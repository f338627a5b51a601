"""Report → a CycloneDX 1.6 SBOM (https://cyclonedx.org/docs/1.6/json/), with sizes and groups as properties."""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID, uuid5

from cyclonedx.model import Property
from cyclonedx.model.bom import Bom
from cyclonedx.model.component import Component, ComponentType
from cyclonedx.output.json import JsonV1Dot6
from packageurl import PackageURL

from deadweight.model.report import Report, Row
from deadweight.report.view import View
from deadweight.untrusted import plain

_PREFIX = "deadweight:"  # of our properties, as the CycloneDX property taxonomy asks for
_NAMESPACE = UUID("6f9b1f0e-3f0e-4d8e-9f0c-6a2b7d3a5c11")  # of serial numbers, random
_LISTED = (
    "direct", "group", "files", "apparent_bytes", "disk_bytes", "native_bytes", "bytecode_bytes", "download_bytes",
    "closure_bytes", "retained_bytes", "freed_bytes",
)  # fmt: skip


def as_cyclonedx(report: Report, view: View) -> str:
    """Return the SBOM of all distributions, whatever the view. The same report gives the same text."""
    subject = Component(
        name=plain(report.target.location), type=ComponentType.APPLICATION, bom_ref=f"{_PREFIX}target",
        properties=list(_totals(report)),
    )  # fmt: skip
    bom = Bom(serial_number=uuid5(_NAMESPACE, report.to_json()))
    bom.metadata.timestamp = None  # type: ignore[assignment]  # optional in the specification
    bom.metadata.component = subject
    components = {row.key: _component(row) for row in report.distributions}
    for component in components.values():
        bom.components.add(component)
    bom.register_dependency(subject, [components[key] for key in report.requested])
    for row in report.distributions:
        required = [components[key] for key in row.requires if key != row.key]
        bom.register_dependency(components[row.key], required)
    return str(JsonV1Dot6(bom).output_as_string(indent=1)) + "\n"


def _component(row: Row) -> Component:
    version = plain(row.version) if row.version else None
    return Component(
        name=plain(row.name),
        version=version,
        # https://github.com/package-url/purl-spec: the name of a PyPI project is normalized.
        purl=PackageURL(type="pypi", name=plain(row.name), version=version),
        bom_ref=plain(row.key),
        properties=list(_properties(row)),
    )


def _properties(row: Row) -> Iterator[Property]:
    columns = row.columns()
    for name in _LISTED:
        value = columns[name]
        if value is not None:
            text = str(value).lower() if isinstance(value, bool) else str(value)
            yield Property(name=f"{_PREFIX}{name}", value=text)


def _totals(report: Report) -> Iterator[Property]:
    totals = report.totals
    yield Property(name=f"{_PREFIX}apparent_bytes", value=str(totals.apparent_bytes))
    yield Property(name=f"{_PREFIX}unowned_bytes", value=str(totals.unowned_bytes))
    if totals.download_bytes is not None:
        yield Property(name=f"{_PREFIX}download_bytes", value=str(totals.download_bytes))
