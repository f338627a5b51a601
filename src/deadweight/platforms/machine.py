"""A Python version and a platform → the tags (PEP 425) and marker values (PEP 508) of that machine.

It need not be this machine. Platforms are written as in wheel tags: ``manylinux_2_28_aarch64``,
``musllinux_1_2_x86_64``, ``macosx_14_0_arm64``, ``win_amd64``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from typing import TYPE_CHECKING

from msgspec import Struct

from deadweight.errors import BadInput
from deadweight.model import Environment
from deadweight.platforms.markers import marker_values

if TYPE_CHECKING:
    from packaging.tags import Tag

# The legacy names of three manylinux platforms (PEP 513, 571, 599), by their glibc version (PEP 600).
_LEGACY_NAMES = {(2, 5): "manylinux1", (2, 12): "manylinux2010", (2, 17): "manylinux2014"}
_NEW_GLIBC = "2_40"  # the newest that resolvers support
_MUSL = "1_2"  # since Alpine 3.13
_GLIBC = re.compile(r"(?:linux|manylinux_\d+_\d+)_([a-z]\w*)\Z")
_LINUX = re.compile(r"(manylinux|musllinux)_(\d+)_(\d+)_([a-z]\w*)\Z")
_MAC = re.compile(r"macosx_(\d+)_(\d+)_(\w+)\Z")
_OTHER = re.compile(r"(?:win32|win_\w+|linux_\w+)\Z")


class Machine(Struct, frozen=True, dict=True):
    """The machine that wheels are chosen for.

    python:   "3.13" or "3.13.2", of CPython
    platform: as in wheel tags; "" for this machine
    raises:   BadInput for an unknown platform
    """

    python: str
    platform: str = ""

    def __post_init__(self) -> None:
        _ = self.platforms

    @property
    def short(self) -> str:
        """Major and minor version: "3.13"."""
        return ".".join(self.python.split(".")[:2])

    @property
    def shown(self) -> str:
        """The platform, as messages show it."""
        return self.platform or _this_platform()

    @cached_property
    def tags(self) -> Mapping[Tag, int]:
        """Every compatible tag with its rank; the lowest rank is the best."""
        from packaging.tags import compatible_tags, cpython_tags

        major, minor = (int(number) for number in self.python.split(".")[:2])
        platforms = self.platforms
        tags = [
            *cpython_tags((major, minor), platforms=platforms),
            *compatible_tags((major, minor), interpreter=f"cp{major}{minor}", platforms=platforms),
        ]
        return {tag: rank for rank, tag in reversed(list(enumerate(tags)))}

    def for_resolving(self) -> Machine:
        """Return the machine to resolve for if nothing resolves for this one: with glibc instead of musl, else itself.

        No marker distinguishes the two, so both need the same projects.
        """
        match = _LINUX.match(self.platform)
        if match is None or match[1] != "musllinux":
            return self
        return Machine(self.python, f"manylinux_{_NEW_GLIBC}_{match[4]}")

    def with_musl(self) -> Machine | None:
        """Return the same machine with musl instead of glibc, as on Alpine; None if it is not Linux with glibc."""
        architecture = _GLIBC.match(self.shown)
        return Machine(self.python, f"musllinux_{_MUSL}_{architecture[1]}") if architecture else None

    @cached_property
    def marker_values(self) -> Mapping[str, str]:
        """The variables of PEP 508."""
        return marker_values(self.environment)

    @property
    def environment(self) -> Environment:
        return Environment(python=self.python, platform=self.platform or _this_platform())

    @cached_property
    def platforms(self) -> tuple[str, ...]:
        """The platform tags of compatible wheels, best first, without "any"."""
        return tuple(self._platforms())

    def _platforms(self) -> Iterator[str]:
        from packaging.tags import mac_platforms, platform_tags

        linux, mac = _LINUX.match(self.platform), _MAC.match(self.platform)
        if not self.platform:
            yield from platform_tags()
        elif linux:
            kind, major, minor, machine = linux[1], int(linux[2]), int(linux[3]), linux[4]
            for older in range(minor, -1 if kind == "musllinux" else 4, -1):
                yield f"{kind}_{major}_{older}_{machine}"
                if kind == "manylinux" and (major, older) in _LEGACY_NAMES:
                    yield f"{_LEGACY_NAMES[major, older]}_{machine}"
            yield f"linux_{machine}"
        elif mac:
            yield from mac_platforms((int(mac[1]), int(mac[2])), mac[3])
        elif _OTHER.match(self.platform):
            yield self.platform
        else:
            raise BadInput(
                f"unknown platform {self.platform!r}",
                hint="use a wheel platform tag, for example manylinux_2_28_x86_64 or musllinux_1_2_x86_64",
            )


def _this_platform() -> str:
    import sysconfig

    return re.sub(r"[^\w]", "_", sysconfig.get_platform())
