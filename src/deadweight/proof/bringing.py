"""A module that nothing provides → the project that would bring it.

A guessed name is how typosquatters get installed. So a project is named only where a requirement, or the listing of a
wheel that the index has, shows that it provides the module.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from deadweight.usage.names import Modules, could_bring


class Bringing:
    """Names projects for modules.

    asked: normalized names of what the requirements ask for
    shown: project → import names, of projects that were looked up in an index
    """

    def __init__(self, asked: Collection[str], shown: Mapping[str, Collection[str]] | None = None) -> None:
        self._asked = Modules({}, asked)
        by_module: dict[str, list[str]] = {}
        for project, modules in (shown or {}).items():
            for module in modules:
                by_module.setdefault(module, []).append(project)
        self._shown = Modules(by_module, ())
        self._known: dict[str, str] = {}

    def project(self, module: str) -> str:
        """Return a project's normalized name; "" where none is known to provide the module."""
        if module not in self._known:
            matches = self._asked.find(module) or self._shown.find(module)
            names = [name for name, _ in matches]
            # Several may provide it. The likeliest is the one that tables know for it.
            self._known[module] = next((name for name in could_bring(module) if name in names), next(iter(names), ""))
        return self._known[module]
