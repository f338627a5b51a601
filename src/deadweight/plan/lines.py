"""The requirements of splits beyond the user's own lines, and the text of a requirement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from deadweight.graph import Graph
from deadweight.model import Inventory, Wanted


def kept_transitives(names: Iterable[str], wanted: Sequence[Wanted], inventory: Inventory) -> tuple[Wanted, ...]:
    """Return requirements for transitive distributions that the user keeps, so that splits can contain them.

    names: normalized; names that the requirements contain, and unknown names, are left out
    """
    named = {want.name for want in wanted}
    distributions = {d.name: d for d in inventory.distributions if d.prefix == inventory.environment.prefix}
    # If all lines are pins, the new lines are pins too.
    pins = bool(wanted) and all(want.url or want.specifier.startswith("==") for want in wanted)
    kept = [distributions[name] for name in dict.fromkeys(names) if name in distributions and name not in named]
    return tuple(Wanted(name=d.name, specifier=f"=={d.version}" if pins and d.version else "") for d in kept)


def wanted_of(inventory: Inventory, graph: Graph) -> tuple[Wanted, ...]:
    """Return requirements for the direct distributions of the first environment, at the measured versions."""
    distributions = {d.key: d for d in inventory.distributions if d.prefix == inventory.environment.prefix}
    return tuple(
        Wanted(
            name=distributions[root.key].name,
            extras=root.extras,
            specifier=f"=={distributions[root.key].version}" if distributions[root.key].version else "",
            number=number,
        )
        for number, root in enumerate((root for root in graph.direct if root.key in distributions), 1)
    )


def requirement_text(wanted: Wanted) -> str:
    """Return the PEP 508 line of a requirement, for a new file."""
    extras = f"[{','.join(sorted(wanted.extras))}]" if wanted.extras else ""
    marker = f" ; {wanted.marker}" if wanted.marker else ""
    if wanted.editable:
        return f"-e {wanted.url}{extras}"
    if wanted.url:
        return f"{wanted.name}{extras} @ {wanted.url}{marker}" if wanted.name else f"{wanted.url}{marker}"
    return f"{wanted.name}{extras}{wanted.specifier}{marker}"
