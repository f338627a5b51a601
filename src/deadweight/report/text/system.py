"""Report of a whole system → text: environments, contents, layers and libraries."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from deadweight.model.report import DirectorySize, DuplicateLibrary, ImageReport, NeededLibrary, Report, SystemReport
from deadweight.report.text.tables import plain_table
from deadweight.report.units import counted, human, percent
from deadweight.untrusted import plain
from deadweight.wording import listed

_WIDE = 90  # columns; narrower tables have no room for directories
_MOST_NAMES = 4
_MOST_OWNERS = 5
_MOST_LIBRARIES = 8


def about_system(report: Report, width: int) -> Iterator[RenderableType]:
    """Yield the tables about an image, a container or a root file system; nothing for other targets."""
    if report.system is None:
        return
    yield from _environments(report, width)
    yield _contents(report, report.system, width)
    if report.image is not None and report.image.layers:
        yield _layers(report.image, width)
        yield from _wasted_paths(report.image, width)
    yield from _needs(report.system.needs, width)
    yield from _duplicates(report.system.duplicates, width)


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
    return f"\nships {human(facts.shipped_bytes)} in {count} layer{'' if count == 1 else 's'}{wasted}"


def _layers(facts: ImageReport, width: int) -> RenderableType:
    """Return the layers, with what is wasted in each and what each hides (deletes or replaces)."""
    table = plain_table(width, "layer", "size", "wasted", "hides", numbers=("layer", "size", "wasted", "hides"))
    table.add_column("command", no_wrap=True, overflow="ellipsis", ratio=1)
    for number, layer in enumerate(facts.layers):
        wasted, hides = (human(size) if size else "" for size in (layer.wasted_bytes, layer.hides_bytes))
        table.add_row(str(number), human(layer.apparent_bytes), wasted, hides, plain(layer.command or layer.digest))
    if not facts.wasted_bytes:
        return Group(
            table, Text("nothing is wasted: no layer deletes or replaces files of an earlier one", style="dim")
        )
    names = ", ".join(f"{name} {human(size)}" for name, size in _largest_waste(facts))
    efficiency = f"efficiency {facts.efficiency:.1%}: " if facts.efficiency is not None else ""
    share = f"{human(facts.wasted_bytes)} of {human(facts.shipped_bytes)}"
    summary = f"{efficiency}{share} is wasted (deleted or replaced by a later layer)"
    return Group(table, Text(f"{summary}: {names}", style="dim"))


def _largest_waste(facts: ImageReport) -> list[tuple[str, int]]:
    """Return the owners of the wasted bytes, the largest first."""
    owners = [(plain(each.name or "other files"), each.wasted_bytes) for each in facts.wasted]
    owners += [(f"{plain(each.name or '')} (system package)", each.wasted_bytes) for each in facts.wasted_packages]
    return sorted(owners, key=lambda each: -each[1])[:_MOST_OWNERS]


def _wasted_paths(facts: ImageReport, width: int) -> Iterator[RenderableType]:
    """Yield the wasted paths, the largest first, with the layer that contains and the layer that hides each."""
    if not facts.wasted_paths:
        return
    table = plain_table(width, "wasted", "in", "by", numbers=("wasted", "in", "by"))
    table.add_column("path", overflow="fold", ratio=1)
    for each in facts.wasted_paths:
        table.add_row(human(each.wasted_bytes), str(each.layer), str(each.hidden_by), f"/{plain(each.path)}")
    yield table


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


def _duplicates(duplicates: tuple[DuplicateLibrary, ...], width: int) -> Iterator[RenderableType]:
    """Yield the libraries that several distributions contain."""
    if not duplicates:
        return
    table = plain_table(width)
    table.add_column("duplicated", overflow="fold", ratio=3)
    for name in ("size", "extra"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("contained in", ratio=2)
    for each in duplicates[:_MOST_LIBRARIES]:
        carriers = _some([carrier.name for carrier in each.carried_by])
        table.add_row(plain(each.library), human(each.apparent_bytes), human(each.extra_bytes), carriers)
    yield table


def _some(names: list[str]) -> str:
    return listed(map(plain, names), _MOST_NAMES)
