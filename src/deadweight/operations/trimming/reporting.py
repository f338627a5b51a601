"""What was measured, and what was done → the TrimReport."""

from __future__ import annotations

import os
from collections.abc import Collection, Sequence
from typing import TYPE_CHECKING, Literal

from msgspec.structs import replace

from deadweight import __version__
from deadweight.model.report.sizes import known_sum
from deadweight.model.report.trim import Checked, KindOfFile, Reason, TrimReport
from deadweight.sources.trim.journal import STORE, Store
from deadweight.trimming import Trimmable, apparent_bytes

if TYPE_CHECKING:
    from deadweight.operations.trimming.applying import Applied
    from deadweight.operations.trimming.measuring import Measured
    from deadweight.sources.trim.restoring import Undone


def shown_report(directory: str, measured: Measured, kinds: Collection[str]) -> TrimReport:
    """Return what could be removed."""
    report = _report("show", directory, measured.possible, measured, kinds)
    return _with_store(report, Store(measured.root), directory)


def applied_report(directory: str, measured: Measured, applied: Applied) -> TrimReport:
    """Return what was removed."""
    done = {part.kind.name: _with_size(part, applied, measured) for part in applied.parts}
    parts = [done.get(part.kind.name, part) for part in measured.parts(applied.before.opened)]
    report = _report("apply", directory, parts, measured, done)
    checked = Checked(
        modules=len(applied.before.worked),
        failing=tuple(Reason(name=trial.module, reason=trial.reason) for trial in applied.before.failed),
        kept_files=applied.kept,
        restored=tuple(Reason(name=key, reason=reason) for key, reason in sorted(applied.restored.items())),
    )
    report = replace(report, checked=checked, warnings=(*report.warnings, *applied.warnings))
    return _with_store(report, Store(measured.root), directory)


def undo_report(directory: str, store: Store, undone: Undone, left: Sequence[str]) -> TrimReport:
    """Return what was restored.

    left: the distributions that were not
    """
    reasons = [Reason(name=name, reason="it was changed after the environment was trimmed") for name in left]
    reasons += [Reason(name=path, reason="another file is in its place") for path in undone.occupied]
    report = TrimReport(
        version=__version__,
        location=directory,
        action="undo",
        files=undone.files,
        apparent_bytes=undone.apparent_bytes,
        left=tuple(reasons),
    )
    return _with_store(report, store, directory)


def discard_report(directory: str, files: int, size: int) -> TrimReport:
    """Return what was deleted."""
    return TrimReport(version=__version__, location=directory, action="discard", files=files, apparent_bytes=size)


def _report(
    action: Literal["show", "apply"],
    directory: str,
    parts: Sequence[Trimmable],
    measured: Measured,
    kinds: Collection[str],
) -> TrimReport:
    selected = [part for part in parts if part.kind.name in kinds]
    return TrimReport(
        version=__version__,
        location=directory,
        action=action,
        environment_bytes=measured.inventory.total.apparent,
        kinds=tuple(_kind(part, selected=part.kind.name in kinds) for part in parts),
        files=sum(len(part.files) + len(part.stripped) for part in selected),
        apparent_bytes=known_sum(part.apparent_bytes for part in selected),
        warnings=tuple(f"{skipped.name}: {skipped.reason}" for skipped in measured.inventory.skipped),
    )


def _kind(part: Trimmable, *, selected: bool) -> KindOfFile:
    return KindOfFile(
        kind=part.kind.name,
        risk=part.kind.risk,
        loses=part.kind.loses,
        selected=selected,
        files=len(part.files) + len(part.stripped),
        apparent_bytes=part.apparent_bytes,
    )


def _with_size(part: Trimmable, applied: Applied, measured: Measured) -> Trimmable:
    """Return a part with the bytes that its removal saved."""
    saved = sum(applied.saved[path] for path in part.stripped)
    return replace(part, apparent_bytes=apparent_bytes(part.files, measured.inventory) + saved)


def _with_store(report: TrimReport, store: Store, directory: str) -> TrimReport:
    if not store.exists():
        return report
    journal = store.read()
    return replace(
        report,
        store=os.path.join(directory, STORE),
        store_bytes=store.bytes(),
        interrupted=journal is not None and journal.state != "trimmed" and report.action == "show",
    )
