"""A module that nothing provides → the project that would most likely bring it."""

from __future__ import annotations

from collections.abc import Collection

from deadweight.groups.rules import knowledge
from deadweight.usage.names import Modules, could_bring


class Bringing:
    """Proposes projects: one that is asked for somewhere, else a well-known one, else the likeliest.

    asked: normalized names
    """

    def __init__(self, asked: Collection[str]) -> None:
        self._asked = Modules({}, asked)
        self._found: dict[str, str] = {}

    def project(self, module: str) -> str:
        """Return the project's normalized name, "" where the module's is nobody's."""
        if module not in self._found:
            self._found[module] = self._look_for(module)
        return self._found[module]

    def _look_for(self, module: str) -> str:
        matches = self._asked.find(module)
        if matches:
            return matches[0][0]
        projects = could_bring(module)
        return next((name for name in projects if name in knowledge().exact), next(iter(projects), ""))
