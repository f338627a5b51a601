"""A target that is a whole system → its files: an image, a container, the directory of a root file system."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from deadweight.model import FileTree
from deadweight.progress import Observer, silent
from deadweight.sources.images.cache import LayerCache
from deadweight.sources.images.image import DEFAULT_IMAGE, Image, Selection
from deadweight.targets.types import Container, RootFs, Target


@contextlib.contextmanager
def opened_system(
    target: Target,
    selection: Selection = DEFAULT_IMAGE,
    *,
    cache: LayerCache | None = None,
    observe: Observer = silent,
) -> Iterator[tuple[FileTree, Image | None]]:
    """Yield the files of a whole system, readable until the context ends, and their image.

    cache:  of the layers of images; None for none
    raises: BadInput, EngineFailed, FetchFailed
    """
    if isinstance(target, RootFs):
        from deadweight.sources.disk.environment import Listing

        yield Listing(target.directory, whole=True).finish(), None
    elif isinstance(target, Container):
        from deadweight.sources.containers.container import opened_container

        with opened_container(target.name) as tree:
            yield tree, None
    else:
        from deadweight.sources.images.image import opened_image, tree_of

        with opened_image(target, selection, cache=cache, observe=observe) as image:
            yield tree_of(image, target.location), image if image.layers else None
