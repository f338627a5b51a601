"""Marker and version texts of locks + the machine that is measured → whether they hold."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set

from deadweight.formats.tables import Malformed, outline

# ``extra`` holds one name; a lock is read for several extras at a time, and PEP 751's ``extras`` holds them all.
_EXTRA = re.compile(r"""\bextra\s*(==|!=)\s*("[^"]*"|'[^']*')""")
_EXTRA_LAST = re.compile(r"""("[^"]*"|'[^']*')\s*(==|!=)\s*extra\b""")
_AS_MEMBER = {"==": "in", "!=": "not in"}


class Markers:
    """Evaluates markers for one machine, each once.

    values: the variables of PEP 508
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)
        self._known: dict[tuple[str, frozenset[str], frozenset[str]], bool] = {}

    @property
    def python(self) -> str:
        """The Python that is measured, with its patch number."""
        return self._values.get("python_full_version") or self._values["python_version"]

    def hold(self, marker: str, *, extras: frozenset[str] = frozenset(), groups: frozenset[str] = frozenset()) -> bool:
        """Say whether a marker holds with these extras and dependency groups; an empty one does."""
        key = (marker, extras, groups)
        if key not in self._known:
            self._known[key] = not marker.strip() or self._evaluated(marker, extras, groups)
        return self._known[key]

    def _evaluated(self, marker: str, extras: frozenset[str], groups: frozenset[str]) -> bool:
        from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName

        several = _EXTRA.sub(lambda found: f"{found[2]} {_AS_MEMBER[found[1]]} extras", marker)
        several = _EXTRA_LAST.sub(lambda found: f"{found[1]} {_AS_MEMBER[found[2]]} extras", several)
        environment: dict[str, str | Set[str]] = {**self._values, "extras": extras, "dependency_groups": groups}
        try:
            return Marker(several).evaluate(environment, context="lock_file")
        except (InvalidMarker, UndefinedComparison, UndefinedEnvironmentName, ValueError, RecursionError) as error:
            raise Malformed(f"no marker: {outline(marker)}") from error

    def check_python(self, requires_python: str, what: str = "it") -> None:
        """Refuse what is for other versions of Python; raises Malformed."""
        if requires_python and not admits(requires_python, self.python):
            raise Malformed(
                f"{what} is for Python {outline(requires_python)}, not for {self.python}",
                hint="choose a Python that the lock is for",
            )


def admits(specifier: str, version: str) -> bool:
    """Say whether a PEP 440 specifier admits a version; raises Malformed where either is none."""
    from packaging.specifiers import InvalidSpecifier, SpecifierSet
    from packaging.version import InvalidVersion

    try:
        return SpecifierSet(specifier).contains(version, prereleases=True)
    except (InvalidSpecifier, InvalidVersion, ValueError) as error:
        raise Malformed(f"no version specifier: {outline(specifier)}") from error
