"""A Dockerfile and the sizes to expect: a plain value whose fields are the keys of schema ``deadweight.dockerfile/1``.

Sizes are apparent bytes; ``None`` is unknown. ``docs/reference/json.md`` explains the keys.
"""

from __future__ import annotations

from typing import Literal

from msgspec import Struct, field

from deadweight.errors import BadReport
from deadweight.model.documents import Published
from deadweight.model.report import TargetFacts
from deadweight.model.report.sizes import Size, known_sum
from deadweight.model.tree import Skipped

DockerfileSchema = Literal["deadweight.dockerfile/1"]
DOCKERFILE_SCHEMA: DockerfileSchema = "deadweight.dockerfile/1"


class LayerDistribution(Struct, frozen=True, kw_only=True):
    """A distribution of a layer; ``apparent_bytes`` includes bytecode if the image has it."""

    name: str
    version: str | None
    apparent_bytes: Size | None
    estimated: bool


class ExpectedLayer(Struct, frozen=True, kw_only=True):
    """A layer of distributions, the largest first.

    heavy:  whether it has distributions of its own; else it has all the others of a stage
    stages: that have it
    """

    name: str
    heavy: bool
    distributions: tuple[LayerDistribution, ...]
    apparent_bytes: Size | None
    estimated: bool
    stages: tuple[str, ...]


class ExpectedStage(Struct, frozen=True, kw_only=True):
    """A stage of the Dockerfile.

    application_bytes:  of the files of the build context that it copies; 0 if it has only what is installed
    layers:             names of its layers of distributions, the lowest first
    distribution_bytes: of these layers
    total_bytes:        of the image: the base image, the distributions and the application
    at_most:            whether it is the size of larger builds than those that are installed
    """

    name: str
    purpose: str
    layers: tuple[str, ...]
    distributions: Size
    distribution_bytes: Size | None
    application_bytes: Size | None
    total_bytes: Size | None
    estimated: bool
    at_most: bool


class ImageStart(Struct, frozen=True, kw_only=True):
    """What the image starts; ``origin`` is where that was read, None if nothing was found."""

    entrypoint: tuple[str, ...]
    command: tuple[str, ...]
    origin: str | None


class DockerfileReport(Published, frozen=True, kw_only=True):
    """A Dockerfile that was written, and the sizes that its images will have.

    base_bytes:        of the base image
    application_bytes: of what ``COPY . .`` copies, without what a .dockerignore leaves out
    bytecode:          whether bytecode is compiled when the image is built
    stages:            the default one first
    files:             that were written
    """

    schema: DockerfileSchema = field(default=DOCKERFILE_SCHEMA)
    version: str
    target: TargetFacts
    base_image: str
    base_bytes: Size | None
    installer: Literal["pip", "uv"]
    bytecode: bool
    application_bytes: Size | None
    stages: tuple[ExpectedStage, ...]
    layers: tuple[ExpectedLayer, ...]
    start: ImageStart
    files: tuple[str, ...]
    skipped: tuple[Skipped, ...]
    warnings: tuple[str, ...]

    def __repr__(self) -> str:
        return f"<DockerfileReport: {len(self.stages)} stages, {len(self.layers)} layers>"

    @property
    def exit_code(self) -> int:
        """The exit code of the run: 0, or 4 or 5 if something could not be measured."""
        return max((skipped.exit_code for skipped in self.skipped), default=0)

    def validate(self) -> None:
        """Raise BadReport if sizes do not add up."""
        layers = {layer.name: layer for layer in self.layers}
        for layer in self.layers:
            if known_sum(each.apparent_bytes for each in layer.distributions) != layer.apparent_bytes:
                raise BadReport(f"the distributions of {layer.name!r} do not add up to its size")
        for stage in self.stages:
            if not layers.keys() >= set(stage.layers):
                raise BadReport(f"the stage {stage.name!r} has a layer that is not listed")
            if known_sum(layers[name].apparent_bytes for name in stage.layers) != stage.distribution_bytes:
                raise BadReport(f"the layers of {stage.name!r} do not add up to its size")
            parts = (self.base_bytes, stage.distribution_bytes, stage.application_bytes)
            if known_sum(parts) != stage.total_bytes:
                raise BadReport(f"the parts of {stage.name!r} do not add up to its total")
