"""Commands and URL schemes → the projects that provide them."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from functools import lru_cache

from deadweight.formats.distributions.metadata import normalize
from deadweight.shipped import table_beside
from deadweight.usage.names import Match


def of_command(
    program: str,
    projects: frozenset[str],
    installed: Mapping[str, Collection[str]],
    measured: Collection[str],
) -> tuple[Match, ...]:
    """Return the projects that provide a program.

    installed: program → the projects whose measured files include it
    measured:  the projects whose files are known, so that their names are no evidence for a program
    """
    if program in _other_programs():
        return ()
    if program in installed:
        return tuple((project, "files") for project in installed[program])
    listed = tuple(_among(_tables()["commands"].get(program, ""), projects))
    if listed:
        return listed
    name = normalize(program)
    by_name = name in projects and name not in measured
    return ((name, "name"),) if by_name else ()


def of_url(scheme: str, projects: frozenset[str]) -> tuple[Match, ...]:
    """Return the projects for a URL scheme: for ``postgresql+asyncpg`` the driver, else all that support the protocol.

    A driver is an explicit choice, so other projects for the protocol do not count.
    """
    protocol, _, driver = scheme.lower().partition("+")
    tables = _tables()
    drivers = tuple(_among(tables["drivers"].get(driver, normalize(driver)), projects)) if driver else ()
    return drivers or tuple(_among(tables["schemes"].get(protocol, ""), projects))


def _among(names: str, projects: frozenset[str]) -> Iterable[Match]:
    return ((name, "table") for name in names.split() if name in projects)


def may_be_started(project: str) -> bool:
    """Return whether platforms often start the program of a project from configuration outside the code."""
    return project in _started()


@lru_cache(maxsize=1)
def _started() -> frozenset[str]:
    return frozenset(_tables()["started"]["names"].split())


@lru_cache(maxsize=1)
def _other_programs() -> frozenset[str]:
    return frozenset(_tables()["others"]["names"].split())


@lru_cache(maxsize=1)
def _tables() -> dict[str, dict[str, str]]:
    return table_beside(__file__, "programs.toml")
