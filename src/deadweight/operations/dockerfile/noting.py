"""A recipe → sentences about what its Dockerfile cannot do, and what the user has to do."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from deadweight.dockerfiles.values import Recipe
from deadweight.dockerfiles.writing import VERSION
from deadweight.operations.dockerfile.context import Context
from deadweight.wording import listed


def notes_on(recipe: Recipe, context: Context, written: Iterable[str]) -> list[str]:
    """Return the notes.

    written: paths of the written files in the build context
    """
    notes = [*recipe.start.notes, *_on_code(recipe, context, written)]
    if any(variant.name == "minimal" for variant in recipe.variants):
        notes.append("minimal works only after the code changes that `deadweight split` lists")
    if recipe.packages:
        notes.append(f"the sizes do not include the system packages {listed(recipe.packages, 5)}")
    built = sorted({p.name for layer in recipe.layers for p in layer.pieces if p.compiles})
    if built:
        notes.append(f"{listed(built, 5)} must be built, so the size is an estimate")
    return notes


def _on_code(recipe: Recipe, context: Context, written: Iterable[str]) -> Iterator[str]:
    if not (recipe.start.command or recipe.start.entrypoint):
        yield "nothing states what starts the application: write CMD into the stage runtime"
    copying = [variant.name for variant in recipe.variants if variant.has_code]
    if copying and not context.ignoring:
        images = "the images contain" if len(copying) == len(recipe.variants) else f"{listed(copying, 3)} contains"
        yield f"{context.location} has no .dockerignore, so {images} all of it; `deadweight dockerignore` proposes one"
    lists = (path for path in written if path.startswith(f"{recipe.lists}/"))
    synced = (path for sync in recipe.syncs.values() for path in sync.files)
    if lacking := context.left_out(dict.fromkeys((*lists, *synced, *recipe.sources.directories))):
        yield f"{context.ignoring} leaves out {listed(lacking, 3)}, which the Dockerfile copies"
    yield from _on_project(recipe)


def _on_project(recipe: Recipe) -> Iterator[str]:
    own = next((piece for variant in recipe.variants for piece in variant.pieces if piece.pin.is_own), None)
    if own is None:
        return
    installed = [variant.name for variant in reversed(recipe.variants) if not variant.has_code]
    if installed:
        contain = f"stage {installed[0]} contains" if len(installed) == 1 else f"stages {listed(installed, 3)} contain"
        others = "if the application reads others, add COPY for them"
        yield f"the {contain} only those of your files that are in the wheel of {own.name}; {others}"
    if own.version_variable:
        yield f"git states the version of {own.name}: build with --build-arg {VERSION}=1.2.3"
