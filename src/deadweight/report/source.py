"""What the source tells, as text and as values for JSON: the proof of the splits, and what is worth a look beside."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING

from deadweight.findings import Profile
from deadweight.model import Mention, Source
from deadweight.proof import Gap, Proof
from deadweight.proof.remarks import Remark
from deadweight.report.units import human, plain

if TYPE_CHECKING:
    from rich.console import RenderableType

_MOST_REMARKS = 12
_MOST_PLACES = 3
VERBS = {"import": "imports", "command": "starts", "string": "names", "url": "speaks"}


def place(mention: Mention) -> str:
    """Return where a mention stands, as editors take it; of a notebook with its cell."""
    cell = f", cell {mention.cell}, line {mention.line}" if mention.cell else f":{mention.line}"
    return plain(mention.file) + cell


def places(mentions: Sequence[Mention], most: int = 1) -> str:
    """Return the first places, and how many more there are."""
    more = f" and {len(mentions) - most} more" if len(mentions) > most else ""
    return ", ".join(place(mention) for mention in mentions[:most]) + more


def about_source(profile: Profile, width: int) -> Iterator[RenderableType]:
    """Yield what is worth a look, and whether the splits are proven; nothing without source."""
    from rich.text import Text

    if profile.source is None:
        return
    if profile.remarks:
        yield _remarks(profile.remarks, width)
    yield Text("\n".join(proof_lines(profile)))


def _remarks(remarks: Sequence[Remark], width: int) -> RenderableType:
    from deadweight.report.tables import plain_table

    table = plain_table(width)
    table.add_column("worth a look", overflow="fold")
    table.add_column("saves", justify="right", no_wrap=True)
    table.add_column("why", ratio=1)
    table.add_column("where", overflow="fold", ratio=1)
    for remark in remarks[:_MOST_REMARKS]:
        saves = human(remark.freed_bytes) if remark.freed_bytes else ""
        table.add_row(plain(remark.name), saves, plain(remark.says), places(remark.places) if remark.places else "")
    if len(remarks) > _MOST_REMARKS:
        table.add_row(f"{len(remarks) - _MOST_REMARKS} more", "", "in the JSON report", "")
    return table


def proof_lines(profile: Profile) -> Iterator[str]:
    """Yield a line for each split: whether it provides what the application names; and what it does not."""
    source = profile.source
    for split in profile.splits if source else ():
        proof = profile.proofs[split.name]
        if split.name == "production":
            count = f"{proof.checked:,} places in {source.files:,} files of {plain(source.folder)}" if source else ""
            yield f"production {'provides' if proof.holds else 'does not provide'} all that {count} name"
            yield from gap_lines(proof)
        elif proof.gaps:
            told = len({mention.file for gap in proof.gaps for mention in gap.places})
            yield f"{split.name} needs changes in {told} file{'' if told == 1 else 's'}: see what it leaves out"


def gap_lines(proof: Proof) -> Iterator[str]:
    """Yield a line for each gap."""
    for gap in proof.gaps:
        verb = VERBS[gap.places[0].kind]
        what = gap.name or gap.what
        named = f" ({plain(gap.what)})" if gap.what != what else ""
        yield f"  {places(gap.places, _MOST_PLACES)} {verb} {plain(what)}{named}{excuse(gap)}"


def excuse(gap: Gap) -> str:
    """Return why a gap does not fail the check, as the end of a sentence; "" for one that does."""
    if gap.excuse == "conditional":
        return f", a development tool, only if {plain(gap.places[0].condition)}"
    if gap.excuse == "subproject":
        return ", in a project with requirements of its own"
    if gap.excuse == "unmeasured":
        return ", which may be in a requirement that could not be measured"
    return ", on other machines only" if gap.excuse == "elsewhere" else ""


# --- for JSON --------------------------------------------------------------------------------------


def source_values(source: Source | None) -> Mapping[str, object] | None:
    """Return the source that was read: its folder, how many files, and what was not read."""
    if source is None:
        return None
    skipped = [{"name": each.name, "reason": each.reason} for each in source.skipped]
    return {"folder": source.folder, "files": source.files, "mentions": len(source.mentions), "skipped": skipped}


def place_values(mentions: Sequence[Mention]) -> list[Mapping[str, object]]:
    """Return each place: what it names, file, line, cell, role and how."""
    return [
        {
            "kind": mention.kind,
            "name": mention.name,
            "file": mention.file,
            "line": mention.line,
            "cell": mention.cell or None,
            "role": mention.role,
            "how": mention.how,
            "condition": mention.condition or None,
        }
        for mention in mentions
    ]


def remark_values(remarks: Sequence[Remark]) -> list[Mapping[str, object]]:
    """Return each remark with its places."""
    return [
        {
            "kind": remark.kind,
            "name": remark.name,
            "says": remark.says,
            "freed_bytes": remark.freed_bytes,
            "places": place_values(remark.places),
        }
        for remark in remarks
    ]


def proof_values(proof: Proof | None) -> Mapping[str, object] | None:
    """Return whether a set is proven, and what it lacks."""
    if proof is None:
        return None
    return {"holds": proof.holds, "checked": proof.checked, "gaps": [_gap(gap) for gap in proof.gaps]}


def _gap(gap: Gap) -> Mapping[str, object]:
    return {
        "name": gap.name or None,
        "what": gap.what,
        "excused": gap.excused,
        "excuse": gap.excuse or None,
        "places": place_values(gap.places),
    }
