"""Commands and the schemes of URLs → the projects that bring or speak them."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path

from deadweight.formats.metadata import normalize
from deadweight.usage.names import Match


def of_command(program: str, projects: frozenset[str]) -> tuple[Match, ...]:
    """Return the projects that bring a program: by the table, else the one that is called like it."""
    told = tuple(_among(_tables()["commands"].get(program, ""), projects))
    name = normalize(program)
    return told or (((name, "name"),) if name in projects else ())


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


@lru_cache(maxsize=1)
def _tables() -> dict[str, dict[str, str]]:
    return tomllib.loads(Path(__file__).with_name("programs.toml").read_text("utf-8"))
