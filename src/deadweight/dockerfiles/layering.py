"""Variants → the layers that their stages consist of: shared heavy ones, and one with the rest of each variant."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from deadweight.dockerfiles.heavy import Cluster
from deadweight.dockerfiles.values import Layer, Piece, Variant


def layers_of(variants: Sequence[Variant], heavy: Iterable[Cluster]) -> tuple[Layer, ...]:
    """Return the layers: every distribution of a variant is in exactly one of those that the variant has.

    Variants with the same pins of a heavy layer share it.
    heavy: the names in each heavy layer; variants may lack some of them
    """
    clusters, names = tuple(heavy), _Names()
    layers = []
    for cluster in clusters:
        for pieces, users in _shared(variants, cluster):
            name = names.new(pieces[0].name, users[0])
            layers.append(Layer(name=name, is_heavy=True, pieces=pieces, variants=users))
    apart = {name for cluster in clusters for name in cluster}
    for variant in reversed(variants):
        rest = tuple(piece for piece in variant.pieces if piece.name not in apart and not piece.pin.is_own)
        if rest:
            layers.append(
                Layer(name=names.new(variant.name, "others"), is_heavy=False, pieces=rest, variants=(variant.name,))
            )
    # The user's own project changes more often than all others, so it comes last.
    for piece, users in _own(variants):
        name = names.new(piece.name, users[0])
        layers.append(Layer(name=name, is_heavy=False, pieces=(piece,), variants=users))
    return tuple(layers)


def of_variant(layers: Iterable[Layer], variant: str) -> tuple[Layer, ...]:
    """Return the layers that a stage has, the lowest first."""
    return tuple(layer for layer in layers if variant in layer.variants)


def _shared(variants: Sequence[Variant], names: Cluster) -> Iterator[tuple[tuple[Piece, ...], tuple[str, ...]]]:
    """Yield (pieces, variants) for each different version of a heavy layer; that of the last variant comes first."""
    users: dict[tuple[Piece, ...], list[str]] = {}
    for variant in reversed(variants):
        own = {piece.name: piece for piece in variant.pieces}
        pieces = tuple(own[name] for name in names if name in own)
        if pieces:
            users.setdefault(pieces, []).append(variant.name)
    yield from ((pieces, tuple(each)) for pieces, each in users.items())


def _own(variants: Sequence[Variant]) -> Iterator[tuple[Piece, tuple[str, ...]]]:
    """Yield (the user's own project, variants) for each way to install it."""
    users: dict[Piece, list[str]] = {}
    for variant in reversed(variants):
        for piece in variant.pieces:
            if piece.pin.is_own:
                users.setdefault(piece, []).append(variant.name)
    yield from ((piece, tuple(each)) for piece, each in users.items())


class _Names:
    """Gives each layer a name of its own."""

    def __init__(self) -> None:
        self._used: set[str] = set()

    def new(self, name: str, suffix: str) -> str:
        """Return a name that no other layer has; ``suffix`` tells it from another one."""
        number, chosen = 1, name
        while chosen in self._used:
            chosen = f"{name}-{suffix}{'' if number == 1 else number}"
            number += 1
        self._used.add(chosen)
        return chosen
