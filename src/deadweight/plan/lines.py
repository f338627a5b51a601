"""The requirements that splits are made of, where the user's own lines are not all or not there; their spelling."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from deadweight.graph import Graph
from deadweight.model import Inventory, Wanted


def kept_transitives(names: Iterable[str], wanted: Sequence[Wanted], inventory: Inventory) -> tuple[Wanted, ...]:
    """Return requirements for transitive distributions that the user keeps by name, so that splits can hold them.

    names: normalized; those that the requirements name already, and those that are not there, are left out
    """
    named = {want.name for want in wanted}
    there = {d.name: d for d in inventory.distributions if d.prefix == inventory.environment.prefix}
    # In a file of pins every line is one.
    pins = bool(wanted) and all(want.url or want.specifier.startswith("==") for want in wanted)
    found = [there[name] for name in dict.fromkeys(names) if name in there and name not in named]
    return tuple(Wanted(name=d.name, specifier=f"=={d.version}" if pins and d.version else "") for d in found)


def wanted_of(inventory: Inventory, graph: Graph) -> tuple[Wanted, ...]:
    """Return the requirements that the first environment's direct distributions amount to, at the versions there."""
    there = {d.key: d for d in inventory.distributions if d.prefix == inventory.environment.prefix}
    return tuple(
        Wanted(
            name=there[root.key].name,
            extras=root.extras,
            specifier=f"=={there[root.key].version}" if there[root.key].version else "",
            number=number,
        )
        for number, root in enumerate((root for root in graph.direct if root.key in there), 1)
    )


def requirement_text(wanted: Wanted) -> str:
    """Return the PEP 508 spelling of a requirement, for a file that is written anew."""
    extras = f"[{','.join(sorted(wanted.extras))}]" if wanted.extras else ""
    marker = f" ; {wanted.marker}" if wanted.marker else ""
    if wanted.editable:
        return f"-e {wanted.url}{extras}"
    if wanted.url:
        return f"{wanted.name}{extras} @ {wanted.url}{marker}" if wanted.name else f"{wanted.url}{marker}"
    return f"{wanted.name}{extras}{wanted.specifier}{marker}"
