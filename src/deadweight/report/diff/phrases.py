"""Parts of a difference → the words and signs that text and Markdown share; names are not escaped."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence

from deadweight.model.report.diff import Diff, Difference, DistributionDifference
from deadweight.model.report.sizes import known_sum
from deadweight.report.units import counted, human, percent, signed
from deadweight.wording import listed

# In place of colors, which not every reader sees.
SIGNS = {"added": "+", "removed": "-", "changed": "~", "resized": "~", "moved": "~", "unmeasured": "?"}
_UNKNOWN = "(unknown)"
_MANY_TIMES = 10


def summary_of(diff: Diff) -> str:
    """Return how many distributions were added, removed, changed and so on."""
    counts = Counter(map(_counted_as, diff.distributions))
    parts = [f"{counts[word]} {word}" for word in dict.fromkeys(_WORDS.values()) if counts[word]]
    same = f"{diff.unchanged} unchanged"
    return f"{', '.join(parts)}; {same}" if parts else f"no distribution differs; {same}"


_WORDS = {
    "added": "added", "removed": "removed", "changed": "changed version", "grew": "grew", "shrank": "shrank",
    "resized": "with another download size", "moved": "in another group", "unmeasured": "not measured on one side",
}  # fmt: skip


def _counted_as(each: DistributionDifference) -> str:
    if each.status == "resized" and each.change_bytes:
        return "grew" if each.change_bytes > 0 else "shrank"
    return _WORDS[each.status]


def figures(diff: Diff) -> Iterator[tuple[str, Difference]]:
    """Yield (name, bytes) of the totals that are known, or at least of one report."""
    totals = diff.totals
    named = {
        "installed": totals.apparent_bytes,
        "download": totals.download_bytes,
        "shipped": totals.shipped_bytes,
        "wasted": totals.wasted_bytes,
    }
    for name, size in named.items():
        if size is not None and (size.old is not None or size.new is not None):
            yield name, size


def change_of(size: Difference) -> str:
    """Return the change of a total with its share: "+1.2 MB (+3 %)". A share of many times the total says little."""
    if size.change is None:
        return "?"
    if size.change == 0:
        return "no change"
    if not size.old or abs(size.change) > _MANY_TIMES * size.old:
        return signed(size.change)
    share = percent(abs(size.change), size.old)
    sign = "" if share.startswith(("<", ">")) else "+" if size.change > 0 else "-"
    return f"{signed(size.change)} ({sign}{share})"


def from_to(size: Difference) -> str:
    """Return both sizes of a total."""
    return f"{human(size.old)} → {human(size.new)}"


def versions_of(each: DistributionDifference) -> str:
    """Return the version, or both if they differ."""
    versions = [copy.version or _UNKNOWN for copy in (each.old, each.new) if copy]
    return " → ".join(dict.fromkeys(versions))


def change_text(each: DistributionDifference) -> str:
    """Return the change of the installed size; "~" marks an estimate."""
    estimated = any(copy.estimated for copy in (each.old, each.new) if copy)
    return f"{'~' if estimated and each.change_bytes else ''}{signed(each.change_bytes)}"


def reason_of(each: DistributionDifference, names: Sequence[str]) -> str:
    """Return why a distribution differs.

    names: of its causes, escaped
    """
    if each.status == "moved" and each.old and each.new:
        return f"group {each.old.group} → {each.new.group}"
    if each.status == "resized":
        return "same version, other files"
    if each.status == "unmeasured":
        return f"could not be measured in {'OLD' if each.old is None else 'NEW'}"
    if not names:
        return "not required by anything"
    if each.because[0].key == each.key:
        return "direct requirement" if each.because[0].change == each.status else _OWN[each.because[0].change]
    # What did not change itself did not cause this alone: the index offers other versions, or a constraint changed.
    suffix = {"added": " (added)", "removed": " (removed)", "changed": " (changed)", "unchanged": ""}
    causes = (f"{name}{suffix[cause.change]}" for name, cause in zip(names, each.because, strict=True))
    return f"via {listed(causes, 2)}"


_OWN = {
    "added": "now a direct requirement",
    "removed": "no longer a direct requirement",
    "changed": "direct requirement",
    "unchanged": "direct requirement",
}


def rest_text(rest: Sequence[DistributionDifference]) -> str:
    """Return the name of the row that sums what is not shown."""
    return f"{counted(len(rest), 'more change')}"


def download_sum(rest: Sequence[DistributionDifference]) -> int | None:
    """Return the sum of the download changes; None if one is unknown."""
    return known_sum(each.download_change_bytes for each in rest)


def notes_of(diff: Diff) -> Iterator[str]:
    """Yield what differs besides the requirements, and what only one of the reports could not measure; untrusted text.

    The warnings of a report are about its groups and splits, too. They belong to ``profile``, and are in the JSON.
    """
    yield from diff.warnings
    for name, side, other in (("OLD", diff.old, diff.new), ("NEW", diff.new, diff.old)):
        yield from (f"{name}: {s.name} was not measured: {s.reason}" for s in side.skipped if s not in other.skipped)
