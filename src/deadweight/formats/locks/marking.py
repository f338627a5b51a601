"""Markers and version specifiers in locks → whether they hold for the measured machine."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set

from deadweight.formats.tables import Malformed, outline
from deadweight.formats.versions import OtherPython, admits

# ``extra`` holds one name, but a lock is read for several extras at once. ``extras`` of PEP 751 holds them all.
_EXTRA = re.compile(r"""\bextra\s*(==|!=)\s*("[^"]*"|'[^']*')""")
_EXTRA_LAST = re.compile(r"""("[^"]*"|'[^']*')\s*(==|!=)\s*extra\b""")
_MOST_PATCHES = 100  # patch releases of one minor version of Python; the highest so far is 3.9.25
_AS_MEMBER = {"==": "in", "!=": "not in"}


class Markers:
    """Evaluates markers for one machine and caches the results.

    values: the PEP 508 marker variables; ``python_full_version`` without a patch number means any patch release
    """

    def __init__(self, values: Mapping[str, str]) -> None:
        self._values = dict(values)
        self._any_patch = self.python.count(".") == 1
        if self._any_patch:
            self._set_python(f"{self.python}.0")
        self._known: dict[tuple[str, frozenset[str], frozenset[str]], bool] = {}

    @property
    def python(self) -> str:
        """The measured version of Python, with its patch number."""
        return self._values.get("python_full_version") or self._values["python_version"]

    @property
    def system(self) -> str:
        """``sys_platform`` of the machine, "" if unknown."""
        return self._values.get("sys_platform", "")

    @property
    def processor(self) -> str:
        """``platform_machine`` of the machine, "" if unknown."""
        return self._values.get("platform_machine", "")

    def _set_python(self, version: str) -> None:
        self._values |= {"python_full_version": version, "implementation_version": version}

    def hold(self, marker: str, *, extras: frozenset[str] = frozenset(), groups: frozenset[str] = frozenset()) -> bool:
        """Return whether a marker holds with these extras and dependency groups; an empty marker holds."""
        key = (marker, extras, groups)
        if key not in self._known:
            self._known[key] = not marker.strip() or self._evaluated(marker, extras, groups)
        return self._known[key]

    def _evaluated(self, marker: str, extras: frozenset[str], groups: frozenset[str]) -> bool:
        from packaging.markers import InvalidMarker, Marker, UndefinedComparison, UndefinedEnvironmentName

        several = _EXTRA.sub(lambda match: f"{match[2]} {_AS_MEMBER[match[1]]} extras", marker)
        several = _EXTRA_LAST.sub(lambda match: f"{match[1]} {_AS_MEMBER[match[2]]} extras", several)
        environment: dict[str, str | Set[str]] = {**self._values, "extras": extras, "dependency_groups": groups}
        try:
            return Marker(several).evaluate(environment, context="lock_file")
        except (InvalidMarker, UndefinedComparison, UndefinedEnvironmentName, ValueError, RecursionError) as error:
            raise Malformed(f"invalid marker: {outline(marker)}") from error

    def fits_python(self, requires_python: str) -> bool:
        """Return whether a specifier admits the measured Python; raises Malformed if it is invalid.

        If the Python has no patch number, the first patch release that the specifier admits is used from then on.
        """
        if not requires_python or admits(requires_python, self.python):
            return True
        major, minor = self.python.split(".")[:2]
        for patch in range(_MOST_PATCHES if self._any_patch else 0):
            if admits(requires_python, f"{major}.{minor}.{patch}"):
                self._set_python(f"{major}.{minor}.{patch}")
                self._known.clear()
                return True
        return False

    def check_python(self, *specifiers: str, what: str = "") -> None:
        """Refuse a lock or package that does not support the measured Python.

        specifiers: at least one of them must admit it; empty ones are ignored
        what:       the name of the package in the message, "" for the file itself
        raises:     OtherPython, Malformed
        """
        admitted = tuple(filter(None, specifiers))
        if admitted and not any(map(self.fits_python, admitted)):
            raise OtherPython(what, admitted, self.python)
