"""One distribution → text: where its bytes are, why it is in its group, and what its native code links to."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence

from deadweight.model.details import Details
from deadweight.model.distributions import Largest
from deadweight.model.report import Report, Row
from deadweight.report.units import counted, hanging_text, human, path_in_site, percent
from deadweight.report.view import View
from deadweight.untrusted import plain
from deadweight.wording import listed

_MOST_NAMES = 12
_SIZED = re.compile(r" +[\d.]+ [kMGT]?B ")


def as_details(report: Report, details: Details, view: View) -> str:
    """Return the distribution, at most as wide as the view."""
    row = details.row
    files = row.largest_files if details.files is None else details.files
    sections = [
        _head(row), _sizes(row), _kinds(row), _largest("directories", row.largest_directories),
        _largest("files", files), _libraries(report, details), _evidence(row), _relations(row), _system(report, row),
    ]  # fmt: skip
    blocks = ["\n".join(_wrapped(section, view.width)) for section in sections]
    return "\n\n".join(filter(None, blocks)) + "\n"


def _wrapped(lines: Iterable[str], width: int) -> Iterator[str]:
    """Wrap sentences, but not the lines that begin with a size: a path must stay on one line."""
    return (plain(line) if _SIZED.match(line) else hanging_text(plain(line), width) for line in lines)


def _head(row: Row) -> Iterator[str]:
    uncertain = "" if row.sure else " (uncertain)"
    yield f"{row.name} {row.version or '(version unknown)'}: {human(row.apparent_bytes)}, {row.group}{uncertain}"


def _sizes(row: Row) -> Iterator[str]:
    yield f"own {human(row.apparent_bytes)} in {counted(row.files, 'file')}"
    if row.disk_bytes is not None:
        yield f"on disk {human(row.disk_bytes)}"
    if row.archive:
        about = "estimated from " if row.archive.estimated else ""
        yield f"download {human(row.archive.download_bytes)} ({about}{row.archive.filename})"
    yield f"with dependencies {human(row.closure_bytes)}, retained {human(row.retained_bytes)}"
    if row.freed_bytes is not None:
        yield f"dropping its line frees {human(row.freed_bytes)}"


def _kinds(row: Row) -> Iterator[str]:
    yield "files by kind"
    for kind, size in sorted(row.kinds.items(), key=lambda item: (-item[1], item[0])):
        if size:
            yield f"  {human(size):>9}  {percent(size, row.apparent_bytes):>5}  {kind}"


def _largest(what: str, items: Sequence[Largest]) -> Iterator[str]:
    if items:
        yield f"largest {what}"
    for each in items:
        yield f"  {human(each.apparent_bytes):>9}  {path_in_site(each.path)}"


def _libraries(report: Report, details: Details) -> Iterator[str]:
    if details.libraries:
        yield "native code, and the libraries that it links to"
        for each in details.libraries:
            needed = "cannot be read" if each.needed is None else ", ".join(each.needed) or "no library"
            yield f"  {human(each.apparent_bytes):>9}  {each.path} → {needed}"
    elif details.libraries is None and details.row.native_bytes and report.system is None:
        yield f"native code {human(details.row.native_bytes)}: what it links to is only known of an environment"


def _evidence(row: Row) -> Iterator[str]:
    yield f"evidence for {row.group}"
    for each in row.evidence:
        yield f"  {each.rule} {each.group}: {each.reason}"


def _relations(row: Row) -> Iterator[str]:
    if row.direct:
        yield "a direct requirement"
    for title, names in (
        ("required by", row.required_by),
        ("requires", row.requires),
        ("import packages", row.import_names),
        ("programs", row.programs),
    ):
        if names:
            yield f"{title}: {listed(names, _MOST_NAMES)}"


def _system(report: Report, row: Row) -> Iterator[str]:
    """Yield the layers of the distribution, and the libraries of the system that it needs."""
    if row.layers:
        yield f"layers: {', '.join(str(number) for number in row.layers)}"
    for each in report.system.needs if report.system else ():
        if row.key in each.needed_by:
            yield f"needs {each.library} from {each.provider or 'nowhere: it is missing'}"
