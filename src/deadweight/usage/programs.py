"""Commands and the schemes of URLs → the projects that bring or speak them."""

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
    """Return the projects that bring a program.

    installed: program → the projects whose measured files include it
    measured:  the projects whose files are known, so that their names alone say nothing of a program
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
    """Return the projects that speak a scheme: of ``postgresql+asyncpg`` the driver, else all that know the first part.

    A driver is a choice, so that what else speaks the protocol is not meant.
    """
    protocol, _, driver = scheme.lower().partition("+")
    tables = _tables()
    found = tuple(_among(tables["drivers"].get(driver, normalize(driver)), projects)) if driver else ()
    return found or tuple(_among(tables["schemes"].get(protocol, ""), projects))


def _among(names: str, projects: frozenset[str]) -> Iterable[Match]:
    return ((name, "table") for name in names.split() if name in projects)


def may_be_started(project: str) -> bool:
    """Say whether platforms often start a project's program from configuration outside of the code."""
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
