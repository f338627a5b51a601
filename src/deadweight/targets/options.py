"""Which options apply to which type of target: one table. Every other combination is refused."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from deadweight.errors import BadInput
from deadweight.settings import Settings
from deadweight.targets.types import (
    IMAGES,
    INSTALLABLE,
    REQUIRING,
    SYSTEMS,
    Environment,
    Lock,
    Names,
    Project,
    RegistryImage,
    Target,
)

_RESOLVED = (*INSTALLABLE, Names)
_INSTALLED = (Environment, *SYSTEMS)
_MEASURED = (*REQUIRING, *_INSTALLED)
_NEVER_INSTALLED = (Lock, Names)

APPLIES: Mapping[str, tuple[type[Target], ...]] = {
    # what to measure
    "python": REQUIRING,
    "platform": (*REQUIRING, *IMAGES),
    "extra": (Project, Lock),
    "group": (Project, Lock),
    "all_groups": (Project, Lock),
    "no_dev": (Lock,),
    "package": (Project, Lock),
    "swap": _RESOLVED,
    "index": _RESOLVED,
    "torch": _RESOLVED,
    "requirements": _INSTALLED,
    "dockerfile": IMAGES,
    "environment": SYSTEMS,
    # how to measure
    "no_install": REQUIRING,
    "installer": REQUIRING,
    "index_url": REQUIRING,
    "extra_index_url": REQUIRING,
    "find_links": REQUIRING,
    "no_build": REQUIRING,
    "keep_env": INSTALLABLE,
    "bytecode": REQUIRING,
    "jobs": _MEASURED,
    "no_cache": (*REQUIRING, *IMAGES),
    "no_lighter": _RESOLVED,
    "tls_verify": (RegistryImage,),
    "no_measure": REQUIRING,
    "offline": REQUIRING,
    # how to judge
    "source": _MEASURED,
    "no_source": _MEASURED,
    "minimal_groups": _MEASURED,
    "keep": _MEASURED,
    "drop": _MEASURED,
    "groups": _MEASURED,
}


def applicable(values: Mapping[str, Any], target: Target) -> dict[str, Any]:
    """Return those of some settings that apply to a target: what a configuration file says is for all targets."""
    fitting = {name: value for name, value in values.items() if isinstance(target, APPLIES[name])}
    if fitting.get("no_install") is False and isinstance(target, _NEVER_INSTALLED):
        del fitting["no_install"]
    return fitting


def check_options(settings: Settings, *targets: Target) -> None:
    """Refuse settings that mean nothing for any of the targets, which are measured alike; raises BadInput."""
    measured = " or ".join(dict.fromkeys(target.noun for target in targets))
    for name in settings.given():
        if not any(isinstance(target, APPLIES[name]) for target in targets):
            *others, last = dict.fromkeys(kind.noun for kind in APPLIES[name])
            nouns = f"{', '.join(others)} or {last}" if others else last
            option = f"--{_option(name)}"
            raise BadInput(f"{option} does not apply to {measured}", hint=f"use {option} only with {nouns}")
    if settings.measuring.no_install is False and all(isinstance(target, _NEVER_INSTALLED) for target in targets):
        raise BadInput(f"--install does not apply to {measured}", hint="remove --install")


def settings_for(target: Target, settings: Settings) -> Settings:
    """Return those of some settings that apply to a target; the others are the default."""
    return Settings.of(**applicable(settings.given(), target))


def _option(name: str) -> str:
    return name.replace("_", "-")
