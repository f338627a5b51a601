"""Where a whole system lies → its files: an image, a container, the folder of a root."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from deadweight.model import FileTree
from deadweight.progress import Observer, silent
from deadweight.sources.images.image import ANY, Image, Which


@contextlib.contextmanager
def opened_system(
    place: str, which: Which = ANY, *, observe: Observer = silent
) -> Iterator[tuple[FileTree, Image | None]]:
    """Hand over the files of a whole system, which can be read until it is closed, and the image that they are of.

    place:  ``rootfs:DIR``, ``container:NAME``, else an image as in ``opened_image``
    raises: BadInput, EngineFailed, FetchFailed
    """
    scheme, _, name = place.partition(":")
    if scheme == "rootfs":
        from deadweight.sources.disk.environment import Listing

        yield Listing(name, whole=True).finish(), None
    elif scheme == "container":
        from deadweight.sources.containers.container import opened_container

        with opened_container(name) as tree:
            yield tree, None
    else:
        from deadweight.sources.images.image import opened_image, tree_of

        with opened_image(place, which, observe=observe) as image:
            yield tree_of(image, place), image if image.layers else None
