"""profile(): a target → its Report, measured now or read from where it was saved."""

from __future__ import annotations

from typing import TYPE_CHECKING

from deadweight.errors import BadInput, BadReport
from deadweight.progress import Observer, silent
from deadweight.settings import Settings
from deadweight.targets import TargetLike, parse_target
from deadweight.targets.options import check_options
from deadweight.targets.types import SavedReport

if TYPE_CHECKING:
    from deadweight.model.report import Report

_LARGEST = 1 << 28  # bytes; 10,000 distributions take 13 MB


def profile(
    target: TargetLike = "",
    settings: Settings | None = None,
    *,
    observe: Observer = silent,
    lighter: bool = True,
) -> Report:
    """Measure a target, or read a saved report.

    target:  path of a requirements file, a ``pyproject.toml``, a lock, an image's archive or directory, a venv, a
             prefix or a site-packages directory; "" for the running interpreter's environment; an image or a container
             of an engine or a registry, as in ``docker:IMAGE``; names of projects; or a report that ``to_json`` wrote.
             Requirements are measured from the wheels' own directories, which runs nothing of them; what only a build
             can tell is installed into a throwaway venv (see ``Measuring.no_install`` and ``no_build``). Locks and
             names are never installed, and nothing of an environment or an image is run
    lighter: whether to measure what lighter builds would save
    returns: sizes in bytes, ``None`` where unknown
    raises:  BadInput (and its kinds) for what cannot be read, InstallFailed where the installer refused, FetchFailed
             where nothing could be fetched; what else could not be measured is in ``skipped``
    """
    from deadweight.analysis.reporting import report_of
    from deadweight.operations.measure import profile as measure

    parsed = parse_target(target)
    if isinstance(parsed, SavedReport):
        check_options(settings or Settings(), parsed)
        return read_report(parsed.location)
    return report_of(measure(parsed, settings, observe=observe, lighter=lighter))


def read_report(path: str) -> Report:
    """Read a saved report; raises BadReport."""
    from deadweight.model.report import Report

    try:
        with open(path, "rb") as file:
            data = file.read(_LARGEST + 1)
    except OSError as error:
        raise BadInput(f"cannot read {path}: {error.strerror}") from error
    if len(data) > _LARGEST:
        raise BadReport(f"{path}: larger than {_LARGEST:,} bytes")
    try:
        return Report.from_json(data)
    except BadReport as error:
        raise BadReport(f"{path}: {error.cause}", hint=error.hint) from error
