"""A layer with a table of contents → its entries, which are cached for the table, and a warning if it is wrong."""

from __future__ import annotations

from deadweight.formats.archives.tar import TarEntry
from deadweight.formats.images.layer_entries import encoded
from deadweight.formats.images.toc import TocError
from deadweight.sources.images.cache import LayerCache
from deadweight.sources.images.layers import Room
from deadweight.sources.images.manifests import LayerPart
from deadweight.sources.images.tables.partial import FetchSpan, partial_entries
from deadweight.sources.wheels.store import key_of


def by_table(
    layer: LayerPart, size: int, fetch: FetchSpan, cache: LayerCache, room: Room
) -> tuple[list[TarEntry] | None, str]:
    """Return the entries of a layer by its table of contents, None if the layer must be read, and a warning.

    The entries are cached for the table, since only it and the parts that were read match their digests, not the layer.
    What is wrong with the table is kept too, so that every image with the layer has the warning, also from the cache.

    size:   bytes of the layer
    fetch:  returns bytes of the layer; threads may call it at once
    raises: TooMuch, and what ``fetch`` raises
    """
    if layer.toc is None:
        return None, ""
    try:
        entries = partial_entries(fetch, size, layer.toc, room)
    except TocError as error:
        cache.put_note(table_key(layer), str(error))
        return None, _warning(layer, str(error))
    if entries is not None and cache.keeps:
        cache.put((table_key(layer),), encoded(entries))
    return entries, ""


def lie_in(layer: LayerPart, cache: LayerCache) -> str:
    """Return the warning about a wrong table of contents of a layer from the cache, "" for none."""
    lie = cache.note(table_key(layer)) if layer.toc else ""
    return _warning(layer, lie) if lie else ""


def _warning(layer: LayerPart, lie: str) -> str:
    return f"deadweight read all of the layer {layer.digest}, because its table of contents is wrong: {lie}"


def table_key(layer: LayerPart) -> str:
    """Return the key of what a table of contents says of a layer; "" without one."""
    return f"sha256:{key_of(layer.digest, layer.toc.digest)}" if layer.toc else ""
