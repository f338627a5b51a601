"""trim(), trim_undo(), trim_discard(): an environment → what it can do without, or the same one with less or more.

measuring.py   what could be removed        preparing.py   the journal and the new files
checking.py    imports, before and after    applying.py    removes, checks, and restores what is needed after all
reporting.py   the result
"""

from __future__ import annotations

import shlex

from msgspec import Struct

from deadweight.arguments import check_limits
from deadweight.errors import BadInput
from deadweight.model.report.trim import TrimReport
from deadweight.operations.session import Session
from deadweight.operations.trimming.reporting import applied_report, discard_report, shown_report, undo_report
from deadweight.progress import Observer, Progress, silent
from deadweight.sources.trim import restoring
from deadweight.sources.trim.guarding import locked, root_of
from deadweight.sources.trim.journal import STORE, Store
from deadweight.trimming.kinds import DEFAULT, NAMES


class Trimming(Struct, frozen=True, kw_only=True):
    """What to trim, and how.

    kinds:   of files; those of low risk by default
    apply:   whether to change the environment
    discard: whether to delete the removed files for good
    source:  directory of code that must keep working; "" for none
    seconds: the time limit of each import
    """

    kinds: tuple[str, ...] = DEFAULT
    apply: bool = False
    discard: bool = False
    source: str = ""
    seconds: float = 60

    def __post_init__(self) -> None:
        check_limits(seconds=self.seconds)
        available = f"choose from {', '.join(NAMES)}"
        if not self.kinds:
            raise BadInput(f"no kind is given ({available})")
        for kind in self.kinds:
            if kind not in NAMES:
                raise BadInput(f"unknown kind {kind!r} ({available})")


def trim(directory: str, trimming: Trimming | None = None, *, observe: Observer = silent) -> TrimReport:
    """Show what a virtual environment can do without, or remove it.

    Nothing is changed and no code is run, unless ``apply`` is set. Removing imports the modules of every distribution
    of the environment, before and afterwards.

    trimming: what to remove; by default, nothing is removed
    raises: BadInput if it is no virtual environment, cannot be changed, is being trimmed, or was trimmed already
    """
    from deadweight.operations.trimming.measuring import measure
    from deadweight.sources.codebase.application import read_application

    trimming, root = trimming or Trimming(), root_of(directory)
    application = read_application(trimming.source, observe=observe) if trimming.source else None
    if not trimming.apply:
        observe(Progress("measuring", directory))
        return shown_report(directory, measure(root, application), trimming.kinds)
    from deadweight.operations.trimming.applying import apply

    with locked(root), Session(observe=observe) as session:
        _clear(Store(root), directory)
        observe(Progress("measuring", directory))
        measured = measure(root, application)
        applied = apply(measured, trimming.kinds, trimming.seconds, session)
        store = Store(root)
        if trimming.discard and store.exists():
            store.delete()
        return applied_report(directory, measured, applied)


def trim_undo(directory: str) -> TrimReport:
    """Restore every file that was removed, with its mode and time, also after a run that was killed.

    Distributions that were updated or uninstalled since are left alone, and so is what others put in the place of a
    file; the originals stay in the store.

    raises: BadInput if there is nothing to restore; OSError, after which it can be run again
    """
    root = root_of(directory)
    with locked(root):
        store = _existing(root, directory)
        journal = store.read()
        undone = restoring.undo(store)
        names = [journal.rows[row].name for row in undone.left] if journal else []
        return undo_report(directory, store, undone, names)


def trim_discard(directory: str) -> TrimReport:
    """Delete the files that were removed before, so that they take no space; they cannot be restored any more.

    raises: BadInput if there is nothing to delete, or if trimming was interrupted
    """
    root = root_of(directory)
    with locked(root):
        store = _existing(root, directory)
        journal = store.read()
        if journal is not None and journal.state in ("preparing", "trimming"):
            raise _interrupted(directory)
        size = store.bytes()
        files = len(store.held(journal) & journal.trimmed()) if journal else 0
        store.delete()
        return discard_report(directory, files, size)


def _existing(root: str, directory: str) -> Store:
    store = Store(root)
    store.sweep()
    if not store.exists():
        raise BadInput(f"{directory} has no {STORE}: it is not trimmed, or the removed files were deleted")
    return store


def _clear(store: Store, directory: str) -> None:
    """Check that an environment is not trimmed yet; complete what a run left behind that was killed."""
    store.sweep()
    if not store.exists():
        return
    journal = store.read()
    if journal is None:
        store.remove()
    elif journal.state == "trimmed":
        raise BadInput(
            f"{directory} is trimmed already",
            hint=f"restore the removed files with {_command(directory)} --undo, or delete them with --discard",
        )
    else:
        raise _interrupted(directory)


def _interrupted(directory: str) -> BadInput:
    return BadInput(
        f"trimming {directory} was interrupted", hint=f"restore its files with {_command(directory)} --undo"
    )


def _command(directory: str) -> str:
    return f"deadweight trim {shlex.quote(directory)}"
