"""Two reports → sentences about what differs between them besides the requirements."""

from __future__ import annotations

from collections.abc import Iterator

from deadweight.model.report import Report

_METHODS = {
    "files": "from its files",
    "install": "by installing it",
    "wheels": "from the file lists of wheels, which contain no bytecode",
}


def condition_notes(old: Report, new: Report) -> Iterator[str]:
    """Yield a sentence for each condition that differs, and that may be why sizes differ."""
    if old.target.method != new.target.method:
        yield f"OLD was measured {_METHODS[old.target.method]}, NEW {_METHODS[new.target.method]}"
    elif old.target.method != "wheels" and (old.totals.bytecode_bytes == 0) != (new.totals.bytecode_bytes == 0):
        yield f"only {'NEW' if new.totals.bytecode_bytes else 'OLD'} contains bytecode"
    if old.environment.python and new.environment.python and old.environment.python != new.environment.python:
        yield f"OLD is for Python {old.environment.python}, NEW for Python {new.environment.python}"
    if old.environment.platform and new.environment.platform and old.environment.platform != new.environment.platform:
        yield f"OLD is for {old.environment.platform}, NEW for {new.environment.platform}"
    if old.version != new.version:
        yield f"OLD was measured by deadweight {old.version}, NEW by deadweight {new.version}"
    for name, report in (("OLD", old), ("NEW", new)):
        if missing := report.totals.unmeasured:
            noun = "distribution" if missing == 1 else "distributions"
            yield f"{name} is incomplete: {missing} {noun} could not be measured"
