"""The files of services → image layers, and the bytes that a registry stores: each distinct layer once."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from msgspec import Struct

from deadweight.planning.sharing.layout import Layout
from deadweight.planning.sharing.wanted import Identity

Closure = Callable[[Iterable[Identity]], frozenset[str]]


class Layer(Struct, frozen=True, kw_only=True):
    """What installing one file adds to an image.

    keys:     of the distributions that the layers below it do not have
    services: whose images contain it
    """

    name: str
    keys: frozenset[str]
    services: tuple[str, ...]


def layers_of(layout: Layout, installed: Mapping[str, frozenset[str]], closure: Closure) -> tuple[Layer, ...]:
    """Return a layer for each shared file, then one for each service that installs more than its shared files.

    installed: service → the keys of its distributions
    closure:   returns the keys of everything that some requirements install
    """
    wanted = {file.name: file.wanted for file in layout.shared}
    reached = {
        file.name: closure(each for name in (*file.after, file.name) for each in wanted[name]) for file in layout.shared
    }
    layers = [
        Layer(
            name=file.name,
            keys=reached[file.name] - (reached[file.after[-1]] if file.after else frozenset()),
            services=file.services,
        )
        for file in layout.shared
    ]
    for service, keys in installed.items():
        includes = layout.includes(service)
        own = keys - (reached[includes[-1].name] if includes else frozenset())
        if own:
            layers.append(Layer(name=service, keys=own, services=(service,)))
    return tuple(layers)


def stored(layers: Iterable[Layer], sizes: Mapping[str, int]) -> int:
    """Return the bytes of layers, each of which is stored once.

    sizes: key → bytes
    """
    return sum(sizes[key] for layer in layers for key in layer.keys)
