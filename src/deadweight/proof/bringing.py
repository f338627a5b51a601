"""A missing module → the project that provides it.

A guessed name may install a typosquatter's project. So a project is named only if a requirement, or the file list of a
wheel on the index, shows that it provides the module.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from deadweight.usage.names import Modules, projects_listed_for


class Providers:
    """Finds the projects of modules.

    required: normalized names of the requirements
    indexed:  project → import names, for projects that were looked up on an index
    """

    def __init__(self, required: Collection[str], indexed: Mapping[str, Collection[str]] | None = None) -> None:
        self._required = Modules({}, required)
        by_module: dict[str, list[str]] = {}
        for project, modules in (indexed or {}).items():
            for module in modules:
                by_module.setdefault(module, []).append(project)
        self._indexed = Modules(by_module, ())
        self._known: dict[str, str] = {}

    def project(self, module: str) -> str:
        """Return the normalized name of a project; "" if none is known to provide the module."""
        if module not in self._known:
            matches = self._required.find(module) or self._indexed.find(module)
            names = [name for name, _ in matches]
            # Several may provide it. The likeliest is the one that the tables list.
            self._known[module] = next(
                (name for name in projects_listed_for(module) if name in names), next(iter(names), "")
            )
        return self._known[module]
