"""Profile → text for people: the total, the table by size, the groups, what could go and why, the splits."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Iterator, Sized

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.table import Table
from rich.text import Text

from deadweight.findings import Profile, Row
from deadweight.plan.splits import LATER, Split
from deadweight.report.source import about_source, places
from deadweight.report.system import about_system, shipped_text
from deadweight.report.tables import add_names, hanging, listed, plain_table
from deadweight.report.units import counted, human, percent, plain

DEFAULT_ROWS = 20
WIDEST = 120  # a wider table is harder to read, not easier
_MOST_HOLDERS = 6
_WORTH_SHARING = 1_000_000  # bytes
_BAR = "█"
_PARTS = " ▏▎▍▌▋▊▉"
STYLES = {"core": "green", "data": "cyan", "ml": "magenta", "dev": "yellow"}


def as_text(profile: Profile, *, width: int = 80, color: bool = False, rows: int | None = DEFAULT_ROWS) -> str:
    """Return the report, at most ``width`` columns wide.

    rows: of the table, the largest first; None for all
    """
    return render(_report(profile, width=min(width, WIDEST), rows=rows), width=width, color=color)


def render(what: RenderableType, *, width: int, color: bool) -> str:
    """Return what rich makes of it: escape sequences only if ``color``, never wider than ``width``."""
    console = Console(
        file=io.StringIO(), width=width, force_terminal=color, no_color=not color,
        color_system="standard" if color else None, highlight=False, markup=False, emoji=False, legacy_windows=False,
    )  # fmt: skip
    with console.capture() as captured:
        console.print(what)
    return "".join(line.rstrip() + "\n" for line in captured.get().splitlines())


def _report(profile: Profile, *, width: int, rows: int | None) -> RenderableType:
    parts: list[RenderableType] = [_header(profile)]
    if profile.inventory.distributions:
        parts += [_table(profile, width, rows), _groups(profile, width)]
        parts += _subtotals(profile, width)
        parts += _lighter(profile, width)
        parts += _without_wheel(profile, width)
        parts += _could_go(profile, width, rows)
        parts += unsure_table(profile.split("production"), width, rows)
        parts += _shared(profile, width)
        parts += _splits(profile, width)
    parts += about_source(profile, width)
    parts += about_system(profile, width)
    parts += _notes(profile, width)
    return Group(*_apart(parts))


_HOW = {
    "files": "installed by {}",
    "install": "installed by {}",
    "wheels": "as {} would install it, from the archives' own directories",
}


def _apart(parts: Iterable[RenderableType]) -> Iterator[RenderableType]:
    for number, part in enumerate(parts):
        yield Padding(part, (1 if number else 0, 0, 0, 0))


def _header(profile: Profile) -> RenderableType:
    inventory, total = profile.inventory, profile.inventory.total
    environment = inventory.environment
    count = len(inventory.distributions)
    facts = [f"Python {environment.python}" if environment.python else "", environment.platform or ""]
    facts.append(_HOW[profile.method].format(environment.installer) if environment.installer else "")
    text = Text()
    text.append(plain(profile.target.path), style="bold")
    archives = [d.archive for d in inventory.distributions if d.archive]
    about = "at most " if any(archive.at_most for archive in archives) else ""
    about += "~" if any(archive.estimated for archive in archives) else ""
    impossible = [skipped.name for skipped in profile.skipped if skipped.impossible]
    if impossible:
        machine = f"Python {environment.python} on {environment.platform}"
        text.append(f"\nimpossible: {plain(', '.join(impossible))}: no wheel and no sdist for {machine}", style="bold")
    text.append(f"\n{about}{human(total.apparent)}", style="bold")
    missing = len(profile.unmeasured)
    of_all = f" of {count + missing}" if missing else ""
    text.append(f" in {count}{of_all} distribution{'' if count + missing == 1 else 's'}")
    text.append(f", {counted(total.files, 'file')}")
    if total.disk is not None:
        text.append(f"; {human(total.disk)} on disk")
    text.append(shipped_text(profile.image))
    if profile.download_bytes is not None:
        text.append(f"; {human(profile.download_bytes)} to download")
    text.append("\n" + plain(", ".join(fact for fact in facts if fact)))
    if profile.requirements is not None and not any(profile.requirements.all_wanted()):
        text.append("\nthe file names no requirements", style="bold")
    if missing:
        text.append(f"\nincomplete: {counted(missing, 'distribution')} could not be measured, see below", style="bold")
    text.append(f"\nnative code {human(total.native)}")
    text.append(f" (of it bundled libraries {human(total.bundled)})" if total.bundled else "")
    if profile.method != "wheels":
        text.append(f", bytecode {human(total.bytecode)} ({percent(total.bytecode, total.apparent)})")
        text.append(f", owned by no distribution {human(inventory.unowned.apparent)}")
    elif profile.estimated_bytecode_bytes is not None:
        text.append(f"; compiling would add bytecode, about {human(profile.estimated_bytecode_bytes)}")
    return text


def _table(profile: Profile, width: int, most: int | None) -> RenderableType:
    """The distributions by size; what the table cuts off is a row, so that the column still sums to the total."""
    ordered = sorted(profile.rows(), key=lambda row: (-row.distribution.sizes.apparent, row.key))
    shown = ordered if most is None or len(ordered) <= most + 1 else ordered[:most]
    rest = ordered[len(shown) :]
    wide = width >= 100
    further, bytes_of = _further_column(profile)
    table = Table(box=None, padding=(0, 1, 0, 0), pad_edge=False, header_style="bold", width=width)
    table.add_column("distribution", overflow="ellipsis", no_wrap=True, ratio=3)
    if wide:
        table.add_column("version", overflow="ellipsis", no_wrap=True, max_width=14)
    for name in ("own", "native", further, "retained") if wide else ("own", "native", "retained"):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("group", no_wrap=True)
    bar_width = 20 if wide else 12 if width >= 64 else 0
    if bar_width:
        table.add_column("", no_wrap=True, width=bar_width)
    largest = max(row.distribution.sizes.apparent for row in ordered) or 1
    for row in shown:
        sizes = row.distribution.sizes
        star = " *" if row.direct else ""
        cells: list[RenderableType] = [Text(plain(row.distribution.name) + star, style="bold" if row.direct else "")]
        cells += [plain(row.distribution.version or "?")] if wide else []
        about = "~" if row.distribution.archive and row.distribution.archive.estimated else ""
        cells += [about + human(sizes.apparent), human(sizes.native) if sizes.native else ""]
        cells += [_human_or_nothing(bytes_of(row))] if wide else []
        cells += [human(row.weight.retained), group_text(row.assignment.group)]
        if bar_width:
            cells.append(Text(_bar(sizes.apparent / largest, bar_width), style=STYLES[row.assignment.group]))
        table.add_row(*cells)
    if rest:
        further_sum = [_human_or_nothing(sum(bytes_of(row) for row in rest))] if wide else []
        table.add_row(*_sum_row(f"{len(rest)} more (--all shows them)", rest, wide), *further_sum)
    unowned, total = profile.inventory.unowned, profile.inventory.total
    gap = [""] if wide else []
    beside = unowned.bytecode if profile.method != "wheels" else 0  # what nobody owns is not downloaded
    if unowned.apparent:
        further_beside = [_human_or_nothing(beside)] if wide else []
        native = _human_or_nothing(unowned.native)
        table.add_row("owned by no distribution", *gap, human(unowned.apparent), native, *further_beside)
    sums = [_human_or_nothing(sum(map(bytes_of, ordered)) + beside)] if wide else []
    table.add_row(Text("total", style="bold"), *gap, human(total.apparent), human(total.native), *sums)
    legend = Text("* asked for by name. retained: what leaves with it, if it alone is taken out", style="dim")
    return Group(table, legend)


def _further_column(profile: Profile) -> tuple[str, Callable[[Row], int]]:
    """Return name and bytes of the column that there is room for where it is wide."""
    if profile.method == "wheels":
        return "download", lambda row: (row.distribution.archive.size or 0) if row.distribution.archive else 0
    return "bytecode", lambda row: row.distribution.sizes.bytecode


def _human_or_nothing(size: int) -> str:
    return human(size) if size else ""


def _sum_row(name: str, rows: list[Row], wide: bool) -> list[str]:
    sizes = [row.distribution.sizes for row in rows]
    return [name, *([""] if wide else []), human(sum(s.apparent for s in sizes)), human(sum(s.native for s in sizes))]


def _bar(share: float, width: int) -> str:
    eighths = round(share * width * 8)
    return _BAR * (eighths // 8) + (_PARTS[eighths % 8] if eighths % 8 else "")


def group_text(group: str) -> Text:
    """Return a group's name in its colour."""
    return Text(group, style=STYLES[group])


def _groups(profile: Profile, width: int) -> RenderableType:
    table = plain_table(width)
    table.add_column("group")
    table.add_column("size", justify="right", no_wrap=True)
    table.add_column("distributions", justify="right", no_wrap=True)
    table.add_column("the largest", ratio=1)
    for group, (count, size) in profile.group_totals().items():
        inside = [row for row in profile.rows() if row.assignment.group == group]
        inside.sort(key=lambda row: (-row.distribution.sizes.apparent, row.key))
        names = listed((plain(row.distribution.name) for row in inside), 5)
        table.add_row(group_text(group), human(size) if count else "", str(count), names)
    return table


_SELDOM_NEEDED = ("tests", "docs", "headers", "stubs", "static libraries", "debug symbols")
_WORTH_A_LINE = 1_000_000  # bytes


def _subtotals(profile: Profile, width: int) -> Iterator[RenderableType]:
    """What cuts across distributions: files that production seldom needs, and what is there for graphics cards."""
    kinds = profile.inventory.total.kinds
    sizes = {kind: kinds.get(kind, 0) for kind in _SELDOM_NEEDED}
    lines = []
    if (total := sum(sizes.values())) >= _WORTH_A_LINE:
        ordered = sorted(sizes.items(), key=lambda item: -item[1])
        parts = ", ".join(f"{kind} {human(size)}" for kind, size in ordered if size)
        lines.append(f"files that production seldom needs: {human(total)} ({parts})")
    count, size = profile.cuda()
    if count:
        lines.append(f"for NVIDIA's graphics cards: {human(size)} in {counted(count, 'distribution')}")
    if lines:
        yield Group(*(hanging(line, width) for line in lines))


def _lighter(profile: Profile, width: int) -> Iterator[RenderableType]:
    """Builds that do the same with less."""
    found = profile.lighter()
    if not found:
        return
    table = plain_table(width)
    add_names(table, "lighter build", width)
    table.add_column("own", justify="right", no_wrap=True)
    table.add_column("saves", justify="right", no_wrap=True)
    table.add_column("what is lighter, and what measures it", ratio=1)
    for each in found:
        saves = "?" if each.saves_bytes is None else f">{human(each.saves_bytes)}"
        if each.measured_bytes is not None:
            saves = human(each.measured_bytes)
        text = f"{each.lighter}, without {each.loses}: {each.how}"
        table.add_row(plain(each.key), human(each.own_bytes), saves, text)
    yield table
    if profile.savings.together is not None:
        yield Text(f"all measured lighter builds together save {human(profile.savings.together)}")


def _without_wheel(profile: Profile, width: int) -> Iterator[RenderableType]:
    """What has no wheel for the machine: what would have to be built, and what cannot be had or told at all."""
    built = [row for row in profile.rows() if row.distribution.archive and row.distribution.archive.reason]
    table = plain_table(width)
    table.add_column("no wheel", overflow="fold", ratio=1)
    table.add_column("own", justify="right", no_wrap=True)
    table.add_column("why", ratio=1)
    guessed: dict[str, list[Row]] = {}
    for row in sorted(built, key=lambda row: (-row.distribution.sizes.apparent, row.key)):
        guessed.setdefault(row.distribution.archive.reason if row.distribution.archive else "", []).append(row)
    for reason, rows in guessed.items():
        size = sum(row.distribution.sizes.apparent for row in rows)
        table.add_row(", ".join(plain(row.distribution.name) for row in rows), f"~{human(size)}", plain(reason))
    for reason, names in _answers(profile).items():
        table.add_row(plain(", ".join(names)), "?", plain(reason))
    if table.row_count:
        yield table


def _answers(profile: Profile) -> dict[str, list[str]]:
    """Return reason → names of what is not measured though nothing went wrong."""
    found: dict[str, list[str]] = {}
    for skipped in profile.skipped if profile.method == "wheels" else ():
        if not skipped.exit_code:
            found.setdefault(skipped.reason, []).append(skipped.name)
    return found


def _could_go(profile: Profile, width: int, most: int | None) -> Iterator[RenderableType]:
    """What production does not need, and what nobody asks for, each with its reason."""
    production = profile.split("production")
    # Where something could not be measured, it may be that which asks for them.
    strays = {root.key for root in profile.dependencies.strays} if not profile.skipped else set()
    if not production.dropped and not strays:
        return
    table = left_out_table("could go", production, width, most)
    unasked = sorted((row for row in profile.rows() if row.key in strays), key=lambda row: -(row.weight.freed or 0))
    for row in unasked[:most]:
        table.add_row(plain(row.distribution.name), human(row.weight.freed), "nothing here asks for it")
    if len(unasked) > len(unasked[:most]):
        table.add_row(*_more(unasked[most:], sum(row.weight.freed or 0 for row in unasked[most:])))
    yield table


def _more(left: Sized, size: int) -> tuple[str, str, str]:
    return f"{len(left)} more", human(size), "(--all shows them)"


def left_out_table(title: str, split: Split, width: int, most: int | None = None) -> Table:
    """Return what a split leaves out, the heaviest first: what each brings of what leaves, and why it goes.

    most: rows to show, None for all
    """
    table = plain_table(width)
    add_names(table, title, width)
    table.add_column("brings", justify="right", no_wrap=True)
    table.add_column("why", ratio=1)
    ordered = sorted(split.dropped, key=lambda d: (-(d.brought_bytes or 0), d.name))
    for found in ordered[:most]:
        brings = "not here" if found.brought_bytes is None else human(found.brought_bytes)
        told = f"; used by {places(found.places)}" if found.places and found.evidence.rule != LATER else ""
        table.add_row(plain(found.name), brings, f"{found.group}: {plain(found.evidence.says)}{told}")
    if len(ordered) > len(ordered[:most]):
        table.add_row(f"{len(ordered[most:])} more", "", "(--all shows them)")
    if len(split.dropped) > 1 or len(split.saved_groups) > 1:
        table.add_row("together", human(split.saved_bytes), _of_which(split))
    return table


def _of_which(split: Split) -> str:
    """Say to which groups belongs what leaves; what only a dropped line needs leaves with it, whatever its group."""
    sizes = sorted(split.saved_groups.items(), key=lambda item: (-item[1], item[0]))
    groups = ", ".join(f"{group} {human(size)}" for group, size in sizes)
    once = "what several of them bring counts once" if len(split.dropped) > 1 else ""
    return "; ".join(filter(None, (once, groups if len(sizes) > 1 else "")))


def unsure_table(split: Split, width: int, most: int | None = None) -> Iterator[Table]:
    """Yield what stays in a split for want of certainty, for a person to judge; nothing where all is sure."""
    if not split.unsure:
        return
    table = plain_table(width)
    add_names(table, "unsure, stays", width)
    table.add_column("frees", justify="right", no_wrap=True)
    table.add_column("why", ratio=1)
    ordered = sorted(split.unsure, key=lambda u: (-(u.freed_bytes or 0), u.name))
    for found in ordered[:most]:
        frees = "not here" if found.freed_bytes is None else human(found.freed_bytes)
        table.add_row(plain(found.name), frees, f"{found.group}? {plain(found.evidence.says)}")
    if len(ordered) > len(ordered[:most]):
        table.add_row(*_more(ordered[most:], sum(found.freed_bytes or 0 for found in ordered[most:])))
    yield table


def _shared(profile: Profile, width: int) -> Iterator[RenderableType]:
    """What several direct requirements hold up together: dropping one of them does not free it."""
    own = profile.dependencies.own
    shared = sorted(
        (each for each in profile.shared() if own[each.key] >= _WORTH_SHARING), key=lambda each: -own[each.key]
    )
    if not shared:
        return
    own_line = "itself" if profile.target.kind != "requirements" and not profile.requirements else "its own line"
    table = plain_table(width)
    add_names(table, "shared", width)
    table.add_column("own", justify="right", no_wrap=True)
    table.add_column("held up by", ratio=1)
    for each in shared[:5]:
        names = [*([own_line] if each.direct else []), *map(plain, each.holders.names)]
        others = each.holders.count - len(each.holders.names)
        table.add_row(plain(each.key), human(own[each.key]), listed(names, _MOST_HOLDERS, others=others))
    yield table


def _splits(profile: Profile, width: int) -> Iterator[RenderableType]:
    table = plain_table(width)
    table.add_column("split")
    for name in ("size", "saves", ""):
        table.add_column(name, justify="right", no_wrap=True)
    table.add_column("distributions", justify="right", no_wrap=True)
    table.add_column("groups", ratio=1)
    whole = profile.required_bytes
    table.add_row("required", human(whole), "", "", str(len(profile.required_keys())), "")
    for split in profile.splits:
        table.add_row(*_split_row(split, whole))
    guessed = any(d.archive and d.archive.estimated for d in profile.inventory.distributions)
    how = " --no-install" if guessed and profile.settings.no_install else ""
    legend = ""
    total = human(profile.inventory.total.apparent)
    if human(whole) != total:
        legend = f"required: what the requirements bring in, of {total} in all\n"
    yield Group(table, Text(f"{legend}deadweight split {plain(profile.target.path)}{how} writes them", style="dim"))


def _split_row(split: Split, whole: int) -> list[str]:
    saved = split.saved_bytes
    return [
        split.name,
        human(split.apparent_bytes),
        human(saved),
        percent(saved, whole),
        str(len(split.distributions)),
        ", ".join(split.groups),
    ]


def _notes(profile: Profile, width: int) -> Iterator[RenderableType]:
    notes = [f"conflict: {conflict.says}" for conflict in profile.conflicts]
    told = profile.method == "wheels"  # the table of what has no wheel names the others
    notes += [f"skipped: {s.name}: {s.reason}" for s in profile.skipped if s.exit_code or not told]
    notes += [f"note: {warning}" for warning in profile.warnings]
    if notes:
        yield Group(*(hanging(plain(note), width) for note in notes))
