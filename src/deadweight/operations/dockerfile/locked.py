"""uv.lock → how ``uv sync`` installs the light layers of variants from it.

Heavy layers are installed from lists, so that they do not change with every change of the lock. The light layers come
from the lock itself, which the build checks to be up to date, and so are the versions in the lists.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from deadweight.dockerfiles.layering import of_variant
from deadweight.dockerfiles.values import Layer, Listing, Sync, Variant
from deadweight.formats.tables import Malformed, parse_toml
from deadweight.operations.dockerfile.requesting import without_development
from deadweight.targets.types import Lock

if TYPE_CHECKING:
    from deadweight.analysis.measurement import Measurement
    from deadweight.operations.dockerfile.context import Context

_LOCK, _PROJECT = "uv.lock", "pyproject.toml"


def syncs_of(
    measurement: Measurement,
    variants: Sequence[Variant],
    layers: Sequence[Layer],
    context: Context,
    listings: Mapping[str, Sequence[Listing]],
) -> dict[str, Sync]:
    """Return name of a layer → how uv installs it; the other layers are installed from lists.

    listings: name of a heavy layer → its lists
    """
    if not _is_alone(measurement, context.texts.get(_PROJECT, "")):
        return {}
    syncs = {}
    for variant in variants:
        own = of_variant(layers, variant.name)
        selected = _selected(measurement, variant.name)
        for layer in own:
            names = {piece.name for piece in layer.pieces}
            if not layer.is_heavy and not layer.own and names <= selected:
                excluded = sorted(selected - names)
                options = [*_choice(measurement, variant.name), *_repeated("--no-install-package", excluded)]
                heavy = [each for each in own if each.is_heavy and not any(p.pin.index for p in each.pieces)]
                lists = tuple(listing.name for each in heavy for listing in listings[each.name])
                syncs[layer.name] = Sync(options=tuple(options), files=(_PROJECT, _LOCK), listings=lists)
    return syncs


def _is_alone(measurement: Measurement, project: str) -> bool:
    """Return whether the lock is uv's, and needs no file but itself and the pyproject.toml beside it."""
    target = measurement.target
    if not isinstance(target, Lock) or os.path.basename(target.location) != _LOCK or not project:
        return False
    lock = measurement.lock
    if lock is None or measurement.settings.request.package or any(each.location for each in lock.packages):
        return False
    try:
        uv = parse_toml(project.encode("utf-8", "surrogateescape")).table("tool").table("uv")
    except Malformed:
        return False
    return "workspace" not in uv.values


def _selected(measurement: Measurement, variant: str) -> set[str]:
    """Return the projects that ``uv sync`` would install for a variant."""
    from deadweight.operations.measuring.reading import read_lock_of

    settings = measurement.settings
    if variant != "development":
        settings = without_development(settings)
    return {package.name for package in read_lock_of(measurement.target, settings).content.packages}


def _choice(measurement: Measurement, variant: str) -> list[str]:
    request = measurement.settings.request
    if variant != "development":
        return ["--no-default-groups", *_repeated("--extra", without_development(measurement.settings).request.extra)]
    options = _repeated("--extra", request.extra)
    if request.no_dev or (request.group and not request.all_groups):
        return ["--no-default-groups", *_repeated("--group", request.group), *options]
    return ["--all-groups", *options]


def _repeated(option: str, values: Sequence[str]) -> list[str]:
    return [word for value in values for word in (option, value)]
