"""DockerfileReport → text: the stages and layers with the sizes to expect."""

from __future__ import annotations

import shlex
from collections.abc import Callable, Iterator

from rich.console import Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from deadweight.model.report.dockerfile import DockerfileReport, ExpectedLayer, ExpectedStage
from deadweight.report.text.tables import WIDEST, add_names, hanging, plain_table, render
from deadweight.report.units import counted, hanging_text, human
from deadweight.report.view import DEFAULT, View
from deadweight.untrusted import plain
from deadweight.wording import listed

_MOST = 4  # distributions to name for each layer


def as_text(report: DockerfileReport, view: View = DEFAULT) -> str:
    """Return the report, at most as wide as the view."""
    width = min(view.width, WIDEST)
    parts = [_head(report, width), _stages(report, width), _layers(report, width), *_notes(report, width)]
    padded = [Padding(part, (1 if number else 0, 0, 0, 0)) for number, part in enumerate(parts)]
    return render(Group(*padded), width=width, color=view.color)


def as_json(report: DockerfileReport, view: View = DEFAULT) -> str:
    """Return the report as JSON, whatever the view."""
    return report.to_json()


_RENDERERS: dict[str, Callable[[DockerfileReport, View], str]] = {"text": as_text, "json": as_json}
DOCKERFILE_FORMATS = tuple(_RENDERERS)


def render_dockerfile(report: DockerfileReport, form: str, view: View = DEFAULT) -> str:
    """Return a report in a format of ``DOCKERFILE_FORMATS``."""
    return _RENDERERS[form](report, view)


def _head(report: DockerfileReport, width: int) -> RenderableType:
    path = next(iter(report.files), "Dockerfile")
    head = hanging_text(f"{plain(path)}: {plain(report.base_image)}, {report.installer}", width)
    words = (*report.start.entrypoint, *report.start.command)
    lines = [f"starts {shlex.join(words)} ({report.start.origin})"] if words else []
    lines.append("bytecode compiled when the image is built" if report.bytecode else "without bytecode")
    return Group(Text(head, style="bold"), *(hanging(plain(line), width) for line in lines))


def _stages(report: DockerfileReport, width: int) -> RenderableType:
    table = plain_table(width)
    table.width = None
    add_names(table, "stage", width)
    for title in ("distributions", "size", "base image", "application", "image"):
        table.add_column(title, justify="right", no_wrap=True)
    for stage in report.stages:
        table.add_row(
            stage.name,
            f"{stage.distributions:,}",
            _size(stage, stage.distribution_bytes),
            human(report.base_bytes),
            human(stage.application_bytes),
            _size(stage, stage.total_bytes),
        )
    if any(stage.at_most for stage in report.stages):
        return Group(table, Text("≤: the size of a larger build was measured"))
    return table


def _size(stage: ExpectedStage, size: int | None) -> str:
    if size is None:
        return "?"
    return f"{'≤' if stage.at_most else '~' if stage.estimated else ''}{human(size)}"


def _layers(report: DockerfileReport, width: int) -> RenderableType:
    table = plain_table(width)
    add_names(table, "layer", width)
    table.add_column("size", justify="right", no_wrap=True)
    table.add_column("stages", ratio=1)
    table.add_column("distributions", ratio=2)
    every = {stage.name for stage in report.stages}
    for layer in report.layers:
        about = "~" if layer.estimated and layer.apparent_bytes is not None else ""
        stages = "all" if every == set(layer.stages) else ", ".join(layer.stages)
        table.add_row(plain(layer.name), f"{about}{human(layer.apparent_bytes)}", stages, _contents(layer))
    return table


def _contents(layer: ExpectedLayer) -> str:
    if len(layer.distributions) > _MOST + 1 and not layer.heavy:
        return f"{counted(len(layer.distributions), 'distribution')}, such as {plain(layer.distributions[0].name)}"
    return listed((plain(each.name) for each in layer.distributions), _MOST)


def _notes(report: DockerfileReport, width: int) -> Iterator[RenderableType]:
    notes = [f"{each.name} was not measured: {each.reason}" for each in report.skipped]
    lines = [hanging(plain(f"note: {note}"), width) for note in (*notes, *report.warnings)]
    if lines:
        yield Group(*lines)
