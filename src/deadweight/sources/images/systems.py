"""Where a whole system lies → its files: an image, a container, the folder of a root."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from deadweight.model import FileTree
from deadweight.progress import Observer, silent
from deadweight.sources.images.image import ANY, Image, Which
from deadweight.targets.types import Container, RootFs, Target


@contextlib.contextmanager
def opened_system(
    target: Target, which: Which = ANY, *, observe: Observer = silent
) -> Iterator[tuple[FileTree, Image | None]]:
    """Hand over the files of a whole system, which can be read until it is closed, and the image that they are of.

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

        with opened_image(target.location, which, observe=observe) as image:
            yield tree_of(image, target.location), image if image.layers else None
