"""Report of a whole system → text: environments, contents and libraries."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from deadweight.model.report import (
    CopiedDistribution,
    DirectorySize,
    ImageReport,
    NeededLibrary,
    Report,
    SystemReport,
)
from deadweight.report.text.layers import about_layers
from deadweight.report.text.tables import plain_table
from deadweight.report.units import counted, human, percent
from deadweight.untrusted import plain
from deadweight.wording import listed

_WIDE = 90  # columns; narrower tables have no room for directories
_MOST_NAMES = 4
_MOST_LIBRARIES = 8
_MOST_DUPLICATES = 8


def about_system(report: Report, width: int) -> Iterator[RenderableType]:
    """Yield the tables about an image, a container or a root file system; nothing for other targets."""
    if report.system is None:
        return
    yield from _environments(report, width)
    yield _contents(report, report.system, width)
    if report.image is not None and report.image.layers:
        yield from about_layers(report.image, width)
    yield from _needs(report.system.needs, width)
    yield from _duplicates(report, report.system, width)


def _environments(report: Report, width: int) -> Iterator[RenderableType]:
    """Yield the environments if there are several."""
    if report.environments is None or len(report.environments) < 2:
        return
    table = plain_table(width, "environment", "Python", "size", "distributions", numbers=("size", "distributions"))
    table.add_column("largest", ratio=1)
    for environment in report.environments:
        inside = [row for row in report.distributions if row.environment == environment.prefix]
        inside.sort(key=lambda row: (-row.apparent_bytes, row.key))
        names = ", ".join(plain(row.name) for row in inside[:_MOST_NAMES]) + (
            ", …" if len(inside) > _MOST_NAMES else ""
        )
        size = human(sum(row.apparent_bytes for row in inside))
        table.add_row(plain(environment.prefix), environment.python or "?", size, str(len(inside)), names)
    yield Group(table, Text("splits use the first environment; choose another with --environment PREFIX", style="dim"))


def _contents(report: Report, system: SystemReport, width: int) -> RenderableType:
    """Return the contents, with all distributions as one row, so that the column adds up to the total."""
    total = report.totals
    rows = [
        (content.name, content.apparent_bytes, content.files, _directories(content.largest))
        for content in system.contents
    ]
    owned, files = total.apparent_bytes - sum(row[1] for row in rows), total.files - sum(row[2] for row in rows)
    count = total.distributions
    rows.append((f"{count} distribution{'' if count == 1 else 's'}", owned, files, ""))
    table = plain_table(width, "contents", "size", "", "files", numbers=("size", "", "files"))
    wide = width >= _WIDE
    if wide:
        table.add_column("largest directories", ratio=1, no_wrap=True, overflow="ellipsis")
    for name, size, count, mostly in sorted(rows, key=lambda row: -row[1]):
        table.add_row(name, human(size), percent(size, total.apparent_bytes), f"{count:,}", *([mostly] if wide else []))
    if not system.packages:
        return table
    names = ", ".join(f"{plain(package.name)} {human(package.apparent_bytes)}" for package in system.packages[:8])
    return Group(table, Text(f"{counted(len(system.packages), 'system package')}; largest: {names}", style="dim"))


def _directories(largest: tuple[DirectorySize, ...]) -> str:
    return ", ".join(f"/{plain(each.directory)} {human(each.apparent_bytes)}" for each in largest)


def shipped_text(facts: ImageReport | None) -> str:
    """Return the total size of the layers and what of it is wasted; "" for other targets."""
    if facts is None or not facts.layers:
        return ""
    count = len(facts.layers)
    share = percent(facts.wasted_bytes, facts.shipped_bytes)
    wasted = f", of which {human(facts.wasted_bytes)} ({share}) is wasted" if facts.wasted_bytes else ""
    packed = "" if facts.compressed_bytes is None else f" ({human(facts.compressed_bytes)} compressed)"
    return f"\nships {human(facts.shipped_bytes)}{packed} in {count} layer{'' if count == 1 else 's'}{wasted}"


def _needs(needs: tuple[NeededLibrary, ...], width: int) -> Iterator[RenderableType]:
    """Yield the libraries that native code needs from the system, by provider; missing ones first."""
    if not needs:
        return
    table = plain_table(width)
    table.add_column("system libraries", overflow="fold", ratio=3)
    table.add_column("provided by", overflow="fold", ratio=2)
    table.add_column("required by", ratio=3)
    providers: dict[str | None, list[NeededLibrary]] = {}
    for need in needs:
        providers.setdefault(need.provider, []).append(need)
    for provider, provided in list(providers.items())[:_MOST_LIBRARIES]:
        users = sorted({key for need in provided for key in need.needed_by})
        libraries = _some([need.library for need in provided])
        table.add_row(libraries, "missing" if provider is None else plain(provider), _some(users))
    yield table
    if len(providers) > _MOST_LIBRARIES:
        yield Text(f"{len(providers) - _MOST_LIBRARIES} more providers: see the JSON report", style="dim")


def _duplicates(report: Report, system: SystemReport, width: int) -> Iterator[RenderableType]:
    """Yield distributions with several copies, and libraries that different distributions contain."""
    rows = [_copies_row(each, report) for each in system.copies]
    rows += [
        (each.extra_bytes, plain(each.library), each.apparent_bytes, _some([one.name for one in each.carried_by]))
        for each in system.duplicates
    ]
    if not rows:
        return
    rows.sort(key=lambda row: -row[0])
    table = plain_table(width)
    table.add_column("duplicated", overflow="fold", ratio=3)
    for name in ("size", "extra"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("contained in", ratio=2)
    for extra, name, size, location in rows[:_MOST_DUPLICATES]:
        table.add_row(name, human(size), human(extra), location)
    yield table
    if rest := rows[_MOST_DUPLICATES:]:
        yield Text(f"{len(rest)} more, {human(sum(row[0] for row in rest))} extra: see the JSON report", style="dim")


def _copies_row(copies: CopiedDistribution, report: Report) -> tuple[int, str, int, str]:
    environments = dict.fromkeys(report.rows[key].environment or "/" for key in copies.copies)
    name = f"{plain(copies.name)} {plain(copies.version or '?')} ×{len(copies.copies)}"
    return copies.extra_bytes, name, copies.apparent_bytes, _some(list(environments))


def _some(names: list[str]) -> str:
    return listed(map(plain, names), _MOST_NAMES)
