"""The requirements of splits beyond the user's own lines, and the text of a requirement."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from deadweight.graph import Graph
from deadweight.model import Inventory, Requirement


def kept_transitives(
    names: Iterable[str], requirements: Sequence[Requirement], inventory: Inventory
) -> tuple[Requirement, ...]:
    """Return requirements for transitive distributions that the user keeps, so that splits can contain them.

    names: normalized; names that the requirements contain, and unknown names, are left out
    """
    named = {requirement.name for requirement in requirements}
    distributions = {d.name: d for d in inventory.distributions if d.prefix == inventory.environment.prefix}
    # If all lines are pins, the new lines are pins too.
    pins = bool(requirements) and all(
        requirement.url or requirement.specifier.startswith("==") for requirement in requirements
    )
    kept = [distributions[name] for name in dict.fromkeys(names) if name in distributions and name not in named]
    return tuple(Requirement(name=d.name, specifier=f"=={d.version}" if pins and d.version else "") for d in kept)


def requirements_of(inventory: Inventory, graph: Graph) -> tuple[Requirement, ...]:
    """Return requirements for the direct distributions of the first environment, at the measured versions."""
    distributions = {d.key: d for d in inventory.distributions if d.prefix == inventory.environment.prefix}
    return tuple(
        Requirement(
            name=distributions[root.key].name,
            extras=root.extras,
            specifier=f"=={distributions[root.key].version}" if distributions[root.key].version else "",
            number=number,
        )
        for number, root in enumerate((root for root in graph.direct if root.key in distributions), 1)
    )


def requirement_text(requirement: Requirement) -> str:
    """Return the PEP 508 line of a requirement, for a new file."""
    extras = f"[{','.join(sorted(requirement.extras))}]" if requirement.extras else ""
    marker = f" ; {requirement.marker}" if requirement.marker else ""
    if requirement.editable:
        return f"-e {requirement.url}{extras}"
    if requirement.url:
        return (
            f"{requirement.name}{extras} @ {requirement.url}{marker}"
            if requirement.name
            else f"{requirement.url}{marker}"
        )
    return f"{requirement.name}{extras}{requirement.specifier}{marker}"
