"""A module and its file → the distribution that provides it, the standard library, or the application itself."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

from msgspec import Struct

from deadweight.model import Inventory
from deadweight.startup.importtime import Module
from deadweight.usage.standard import is_standard

Kind = Literal["distribution", "application", "standard library", "other"]
_SITE = ("/site-packages/", "/dist-packages/")


class Owner(NamedTuple):
    """Who provides a module; ``key`` is that of a distribution, else ""."""

    kind: Kind
    key: str = ""


APPLICATION, STANDARD, OTHER = Owner("application"), Owner("standard library"), Owner("other")


class Places(Struct, frozen=True, kw_only=True):
    """Directories without symlinks: of the environment, the application, and the standard library."""

    environment: str
    application: str
    library: tuple[str, ...] = ()


def owners(names: Iterable[str], origins: Mapping[str, str], inventory: Inventory, places: Places) -> dict[str, Owner]:
    """Return module → who provides it, for each of the names.

    origins: module → its file without symlinks, "" if it has none
    """
    keys = [distribution.key for distribution in inventory.distributions]
    provided = {name: each.key for each in inventory.distributions for name in each.import_names}

    def by_file(path: str) -> Owner | None:
        inside = _below(path, places.environment)
        number = inventory.owner.get(inside) if inside else None
        if number is not None:
            return Owner("distribution", keys[number])
        if any(_below(path, each) for each in places.library) and not any(site in path for site in _SITE):
            return STANDARD
        in_application = bool(_below(path, places.application))
        # The environment may be in the application's directory, and the other way round.
        nested = bool(inside) and bool(_below(places.environment, places.application))
        return APPLICATION if in_application and not nested else None

    def by_name(name: str) -> Owner:
        """Return who provides a module that has no file, or one in an unknown place: as for what is around it."""
        parts = name.split(".")
        for length in range(len(parts), 0, -1):
            outer = ".".join(parts[:length])
            if outer in provided:
                return Owner("distribution", provided[outer])
            path = origins.get(outer, "")
            owner = by_file(path) if path else None
            if owner:
                return owner
        return STANDARD if is_standard(parts[0], inventory.environment.python) else OTHER

    found: dict[str, Owner] = {}
    for name in names:
        path = origins.get(name, "")
        if path in ("built-in", "frozen"):
            found[name] = STANDARD
        else:
            found[name] = (by_file(path) if path else None) or by_name(name)
    return found


def with_failed(
    owner: Mapping[str, Owner], origins: Mapping[str, str], trees: Iterable[Sequence[Module]]
) -> dict[str, Owner]:
    """Return the owners, with imports that failed under those who tried them: nobody provides a missing module.

    origins: of the modules that were imported
    """
    result = dict(owner)
    for modules in trees:
        for at in range(len(modules) - 1, -1, -1):  # causes come first in this direction
            name, parent = modules[at].name, modules[at].parent
            if result.get(name) == OTHER and name not in origins and parent >= 0:
                result[name] = result.get(modules[parent].name, OTHER)
    return result


def _below(path: str, directory: str) -> str:
    """Return a path relative to a directory, "" if it is not below it."""
    prefix = f"{directory.rstrip('/')}/"
    return path[len(prefix) :] if path.startswith(prefix) else ""
