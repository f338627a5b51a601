"""A measured environment → the same without what is to be removed, checked by importing its modules."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from msgspec import Struct
from msgspec.structs import replace

from deadweight.errors import BadInput
from deadweight.model import Trial
from deadweight.operations.session import Session
from deadweight.operations.trimming.checking import Checks, Imported, causes, modules_of
from deadweight.operations.trimming.measuring import Measured
from deadweight.operations.trimming.preparing import Prepared, Preparing
from deadweight.sources.trim.guarding import python_of
from deadweight.sources.trim.journal import Store
from deadweight.sources.trim.removing import changed, remove
from deadweight.sources.trim.restoring import abandon, changed_rows, finish, restore
from deadweight.sources.trim.stripping import find_strip
from deadweight.trimming import Trimmable


class Applied(Struct, frozen=True, kw_only=True):
    """What was done.

    before:   the imports before
    parts:    of the selected kinds, what was removed or stripped, and not restored
    saved:    path of native code → bytes that stripping saved
    restored: key of a distribution → the reason why its files were restored
    kept:     how many files stay because imports opened them
    """

    before: Imported
    parts: tuple[Trimmable, ...] = ()
    saved: dict[str, int] = {}
    restored: dict[str, str] = {}
    kept: int = 0
    warnings: tuple[str, ...] = ()


def apply(measured: Measured, kinds: Collection[str], seconds: float, session: Session) -> Applied:
    """Remove files of some kinds; on any failure, restore everything.

    seconds: the time limit of each import
    raises:  BadInput if the environment cannot be changed, or is changed by others meanwhile; OSError
    """
    python_of(measured.root)
    checks = Checks(measured.root, seconds, session)
    before = checks.run(modules_of(measured.inventory))
    if before.failed and not before.worked:
        first = before.failed[0]
        raise BadInput(
            f"no module of {measured.root} can be imported, so that nothing can be checked:"
            f" {first.module}: {first.reason}",
            hint="repair the environment first; its Python must be 3.8 or newer",
        )
    possible = [part for part in measured.possible if part.kind.name in kinds]
    parts = tuple(part for part in measured.parts(before.opened) if part.kind.name in kinds)
    strip = find_strip()
    warnings = []
    if strip is None and any(part.stripped for part in parts):
        warnings.append("no native code was stripped: strip, which is part of binutils, was not found")
    applied = Applied(
        before=before,
        kept=sum(len(part.files) for part in possible) - sum(len(part.files) for part in parts),
        warnings=tuple(warnings),
    )
    if not any(part.files or (part.stripped and strip) for part in parts):
        return replace(applied, parts=tuple(replace(part, stripped=()) for part in parts))
    store = Store(measured.root)
    try:
        prepared = Preparing(measured, parts, strip, session.observe).prepare(store)
        remove(store, prepared.journal, session.observe)
        restored = _checked(prepared, measured, before, checks)
        for row in changed_rows(store, prepared.journal):
            raise changed(prepared.journal.rows[row].record)
        if len(restored) < len(prepared.rows) or store.held(prepared.journal):
            store.write(replace(prepared.journal, state="trimmed"))
        else:
            finish(store, prepared.journal)
    except BaseException as error:
        abandon(store)
        if isinstance(error, KeyboardInterrupt):
            raise KeyboardInterrupt("everything was restored") from error
        raise
    parts = tuple(_without(part, prepared, measured, restored) for part in parts)
    return replace(applied, parts=parts, saved=dict(prepared.saved), restored=restored)


def _checked(prepared: Prepared, measured: Measured, before: Imported, checks: Checks) -> dict[str, str]:
    """Import again what worked before; restore the distributions that no longer do, or all if that does not help."""
    distributions = measured.inventory.distributions
    touched = {distributions[index].key: number for index, number in prepared.rows.items()}
    failed: Sequence[Trial] = checks.run(before.worked).failed
    restored: dict[str, str] = {}
    for everything in (False, True):
        if not failed:
            return restored
        blamed = causes(failed, distributions)
        if everything:
            reason = f"{failed[0].module} could not be imported: {failed[0].reason}"
            blamed = dict.fromkeys(touched, reason) | blamed
        blamed = {key: reason for key, reason in blamed.items() if key in touched and key not in restored}
        if not blamed:
            continue
        restore(prepared.store, prepared.journal, {touched[key] for key in blamed})
        restored |= blamed
        failed = checks.run(trial.module for trial in failed).failed
    if failed:
        raise BadInput(
            f"{failed[0].module} could be imported before, and cannot be imported now that every file is restored:"
            f" {failed[0].reason}",
            hint="nothing was trimmed; import it yourself to find out why its result varies",
        )
    return restored


def _without(part: Trimmable, prepared: Prepared, measured: Measured, restored: Collection[str]) -> Trimmable:
    """Return what of a part was removed and is not restored."""
    inventory = measured.inventory
    gone = {index for index in prepared.rows if inventory.distributions[index].key not in restored}

    def is_gone(path: str) -> bool:
        return inventory.owner[path] in gone

    stripped = tuple(path for path in part.stripped if path in prepared.saved and is_gone(path))
    return replace(part, files=tuple(filter(is_gone, part.files)), stripped=stripped)
