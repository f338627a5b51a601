"""The variants of a measured target → its Dockerfile, the files beside it, and the report on them."""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Literal

from msgspec import Struct
from msgspec.structs import replace

from deadweight.analysis.reporting import report_of as profile_report
from deadweight.dockerfiles.compose import compose_text
from deadweight.dockerfiles.heavy import clusters
from deadweight.dockerfiles.layering import layers_of
from deadweight.dockerfiles.pins import listings_of
from deadweight.dockerfiles.starting.start import start_of
from deadweight.dockerfiles.values import Recipe, Start, Style
from deadweight.dockerfiles.writing import dockerfile_text
from deadweight.errors import BadInput
from deadweight.model.report.dockerfile import DockerfileReport
from deadweight.operations.dockerfile.context import Context
from deadweight.operations.dockerfile.fetching import sources_of
from deadweight.operations.dockerfile.locked import syncs_of
from deadweight.operations.dockerfile.noting import notes_on
from deadweight.operations.dockerfile.project import own_project
from deadweight.operations.dockerfile.reporting import Facts, report_of
from deadweight.operations.dockerfile.variants import DEVELOPMENT, Variants
from deadweight.sources.buildcontext.paths import way_to

if TYPE_CHECKING:
    from deadweight.analysis.measurement import Measurement
    from deadweight.analysis.profile import Profile

LISTS = "docker"  # directory of the lists, beside the Dockerfile


class Building(Struct, frozen=True, kw_only=True):
    """How to build the images of a Dockerfile.

    directory:  of the Dockerfile; "" for that of the target
    base_image: "" for the slim image of the Python that was measured for
    base_bytes: of the base image; None to ask the engines of this machine
    buildkit:   whether the builder understands ``RUN --mount``
    compiled:   whether bytecode is compiled when the image is built
    compose:    whether to write a compose.yaml
    unproven:   whether to write even if production lacks something that the code uses
    installer:  "uv", "pip", or "" for what the settings name, which only requirements are measured with
    """

    directory: str = ""
    base_image: str = ""
    base_bytes: int | None = None
    buildkit: bool = True
    compiled: bool = False
    compose: bool = False
    unproven: bool = False
    installer: Literal["", "uv", "pip"] = ""

    def __post_init__(self) -> None:
        if self.installer not in ("", "uv", "pip"):
            raise BadInput(f"unknown installer {self.installer!r}", hint="available: uv, pip")


class Dockerfile(Struct, frozen=True):
    """A Dockerfile: the report on it, and path → text of the files to write, the Dockerfile itself first."""

    report: DockerfileReport
    files: Mapping[str, str]

    def __repr__(self) -> str:
        return f"<Dockerfile: {', '.join(self.files)}>"


class Writing(Struct, frozen=True):
    """Writes what was measured."""

    measurement: Measurement
    profile: Profile
    building: Building
    context: Context

    def written(self, variants: Variants, path: str) -> Dockerfile:
        """Return the report and the texts.

        path: of the Dockerfile in the build context
        """
        recipe = self._recipe(variants, path)
        texts = self._texts(recipe)
        directory = path.removesuffix("Dockerfile")
        in_context = {
            f"{directory}{os.path.relpath(each, self.building.directory or '.')}": t for each, t in texts.items()
        }
        warnings = [*variants.notes, *notes_on(recipe, self.context, in_context)]
        base_bytes = self._base_bytes(recipe.style.base_image)
        if base_bytes is None:
            warnings.append(f"no engine here has {recipe.style.base_image}; use --base-size to include its size")
        facts = Facts(
            target=profile_report(self.profile).target,
            base_bytes=base_bytes,
            application_bytes=self.context.size(in_context),
            files=tuple(texts),
            skipped=self.profile.skipped,
            warnings=(*warnings, *self._warnings(variants)),
        )
        return Dockerfile(report_of(recipe, facts), texts)

    def _recipe(self, variants: Variants, path: str) -> Recipe:
        context = self.context
        start, variants = self._with_project(variants)
        sources = sources_of(self.measurement, context.location, context.texts.get("pyproject.toml", ""))
        if any(piece.needs_netrc for variant in variants.every for piece in variant.pieces):
            sources = replace(sources, netrc=True)
        if sources.netrc and not self.building.buildkit:
            raise BadInput(
                "a URL needs credentials, which a build without BuildKit would keep in the image",
                hint="remove --no-buildkit, or the credentials from the URL",
            )
        style, origin = self._style(), os.path.basename(self.measurement.target.label) or self.measurement.target.label
        layers = layers_of(variants.every, self._heavy(variants))
        heavy = {layer.name: listings_of(layer, sources, origin) for layer in layers if layer.is_heavy}
        syncs = syncs_of(self.measurement, variants.every, layers, context, heavy) if style.uv else {}
        light = [layer for layer in layers if not layer.is_heavy and layer.name not in syncs]
        return Recipe(
            origin=origin,
            path=path,
            lists=f"{path.removesuffix('Dockerfile')}{LISTS}",
            style=style,
            variants=variants.every,
            layers=layers,
            sources=sources,
            start=start,
            listings=heavy | {layer.name: listings_of(layer, sources, origin) for layer in light},
            syncs=syncs,
            packages=_packages(self.profile),
        )

    def _with_project(self, variants: Variants) -> tuple[Start, Variants]:
        """Return what the image starts, and the variants with the user's own project if it is a distribution."""
        context, own = self.context, own_project(self.measurement, self.context)
        start = start_of(context.texts, context.modules, self.measurement.start, installed=own is not None)
        if own is None:
            return start, variants
        python = self.profile.inventory.environment.python or "3.11"
        wheel, editable = own.piece(python), own.editable_piece(start.directory, python)
        has_code = not own.suffices(start, context)
        every = (
            replace(variant, pieces=(*variant.pieces, editable))
            if variant.name == DEVELOPMENT
            else replace(variant, pieces=(*variant.pieces, wheel), has_code=has_code)
            for variant in variants.every
        )
        return start, replace(variants, every=tuple(every))

    def _heavy(self, variants: Variants) -> tuple[tuple[str, ...], ...]:
        """Return the distributions of production in layers of their own, the largest layer first."""
        profile = self.profile
        keys = {
            d.name: d.key for d in profile.inventory.distributions if d.prefix == profile.inventory.environment.prefix
        }
        names = {key: name for name, key in keys.items()}
        sizes = {piece.name: piece.apparent_bytes or 0 for piece in variants.every[-1].pieces if not piece.pin.is_own}

        def retained(name: str) -> set[str]:
            return {names[key] for key in profile.dependencies.retained_by(keys[name]) if key in names}

        return clusters(sizes, retained)

    def _style(self) -> Style:
        python = self.profile.inventory.environment.python
        minor = ".".join((python or "3").split(".")[:2])
        return Style(
            base_image=self.building.base_image or f"python:{minor}-slim",
            buildkit=self.building.buildkit,
            uv=self._uv(),
            compiled=self.building.compiled,
        )

    def _uv(self) -> str:
        """Return the version of uv to install with; "" for pip."""
        from deadweight.sources.install.installer import Uv, find_installer
        from deadweight.sources.system.processes import answer_of

        installer = find_installer(self.building.installer or self.measurement.settings.measuring.installer)
        if not isinstance(installer, Uv):
            return ""
        words = (answer_of([installer.executable, "--version"], seconds=10) or b"").split()
        return words[1].decode("ascii", "replace") if len(words) > 1 else ""

    def _base_bytes(self, base_image: str) -> int | None:
        from deadweight.sources.containers.engines import local_size

        return local_size(base_image) if self.building.base_bytes is None else self.building.base_bytes

    def _texts(self, recipe: Recipe) -> dict[str, str]:
        """Return path → text of the files to write."""
        directory = self.building.directory
        texts = {os.path.join(directory, "Dockerfile"): dockerfile_text(recipe)}
        for listings in recipe.listings.values():
            for listing in listings:
                path = os.path.join(directory, LISTS, listing.name)
                texts[path] = "".join(f"{line}\n" for line in listing.lines)
        if self.building.compose:
            up = way_to(self.context.location, directory or ".")
            texts[os.path.join(directory, "compose.yaml")] = compose_text(recipe, up, recipe.path)
        return texts

    def _warnings(self, variants: Variants) -> list[str]:
        """Return the warnings about the target, without those about a split that no stage installs."""
        names = {variant.name for variant in variants.every}
        of_others = {warning for split in self.profile.splits if split.name not in names for warning in split.warnings}
        # The lists are installed without dependencies, so an installer does not notice what is missing.
        conflicts = [conflict.reason for conflict in self.profile.conflicts if conflict.kind in ("missing", "version")]
        return [*conflicts, *(warning for warning in self.profile.warnings if warning not in of_others)]


def _packages(profile: Profile) -> tuple[str, ...]:
    """Return the system packages that native code of a measured system needs; requirements do not tell."""
    if profile.system is None:
        return ()
    own = {d.key for d in profile.inventory.distributions}
    needed = {need.provider for need in profile.system.needs if need.provider and own & set(need.by)}
    return tuple(sorted(name for name in needed - _IN_EVERY_PYTHON if _PACKAGE.match(name)))


# A library that no package contains is named by its path
_PACKAGE = re.compile(r"[a-z0-9][a-z0-9.+-]+\Z")
# Packages of Debian's libraries that Python itself needs, so that every base image has them
_IN_EVERY_PYTHON = frozenset(
    "libc6 libgcc-s1 libstdc++6 zlib1g libssl3 libssl3t64 libssl1.1 libffi8 libffi7 libbz2-1.0 liblzma5 libsqlite3-0"
    " libncursesw6 libtinfo6 libreadline8 libreadline8t64 libuuid1 libexpat1 libcrypt1 libdb5.3 libdb5.3t64".split()
)
