"""The layers of an image → text: what each holds and hides, and what is wasted."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.text import Text

from deadweight.formats.images.history import command_text
from deadweight.model.report import ImageReport, LayerFacts
from deadweight.report.images import base_text, efficiency_text, hiding
from deadweight.report.text.breakdown import parts_text
from deadweight.report.text.tables import plain_table
from deadweight.report.units import human
from deadweight.untrusted import plain

_MOST_OWNERS = 5


def about_layers(image: ImageReport, width: int) -> Iterator[RenderableType]:
    """Yield the layers, and the largest wasted paths."""
    yield _layers(image, width)
    yield from _wasted_paths(image, width)


def _layers(image: ImageReport, width: int) -> RenderableType:
    is_compressed = any(layer.compressed_bytes is not None for layer in image.layers)
    columns = ("layer", "size", *(["compressed"] if is_compressed else []))
    table = plain_table(width, *columns, numbers=columns)
    table.add_column("command, largest contents, and what is hidden", ratio=1)
    # A number of layers and a size take at most five and eight columns.
    room = width - (30 if is_compressed else 18)
    for number, layer in enumerate(image.layers):
        compressed = [human(layer.compressed_bytes)] if is_compressed else []
        table.add_row(str(number), human(layer.apparent_bytes), *compressed, Group(*_about(layer, room)))
    return Group(table, *(Text(line, style="dim") for line in _summary(image)))


def _about(layer: LayerFacts, room: int) -> Iterator[Text]:
    """Yield the command of a layer, what it holds, what later layers hide of it, and what it hides."""
    yield Text(plain(command_text(layer.command) or layer.digest), no_wrap=True, overflow="ellipsis")
    if layer.largest:
        yield Text(parts_text(layer.largest, room), style="dim", no_wrap=True, overflow="ellipsis")
    if layer.wasted_bytes:
        by = hiding(layer)
        yield Text(f"{human(layer.wasted_bytes)} wasted{': hidden by ' if by else ''}{by}", style="yellow")
    if layer.hides_bytes:
        start = f"hides {human(layer.hides_bytes)}"
        what = f": {parts_text(layer.hides, room - len(start) - 2)}" if layer.hides else ""
        yield Text(f"{start}{what}", style="yellow", no_wrap=True, overflow="ellipsis")


def _summary(image: ImageReport) -> Iterator[str]:
    """Yield which layers are the base image, and what is wasted."""
    if base := base_text(image.base_layers):
        yield base
    if not image.wasted_bytes:
        yield "nothing is wasted: no layer deletes or replaces files of an earlier one"
        return
    names = ", ".join(f"{name} {human(size)}" for name, size in _largest_waste(image))
    efficiency = f"efficiency {efficiency_text(image)}: " if image.efficiency is not None else ""
    share = f"{human(image.wasted_bytes)} of {human(image.shipped_bytes)}"
    yield f"{efficiency}{share} is wasted (deleted or replaced by a later layer): {names}"


def _largest_waste(image: ImageReport) -> list[tuple[str, int]]:
    """Return the owners of the wasted bytes, the largest first."""
    owners = [(plain(each.name or "other files"), each.wasted_bytes) for each in image.wasted]
    owners += [(f"{plain(each.name or '')} (system package)", each.wasted_bytes) for each in image.wasted_packages]
    return sorted(owners, key=lambda each: -each[1])[:_MOST_OWNERS]


def _wasted_paths(image: ImageReport, width: int) -> Iterator[RenderableType]:
    """Yield the wasted paths, the largest first, with the layer that contains and the layer that hides each."""
    if not image.wasted_paths:
        return
    table = plain_table(width, "wasted", "in", "by", numbers=("wasted", "in", "by"))
    table.add_column("path", overflow="fold", ratio=1)
    for each in image.wasted_paths:
        table.add_row(human(each.wasted_bytes), str(each.layer), str(each.hidden_by), f"/{plain(each.path)}")
    yield table
