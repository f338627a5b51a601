"""Files of services → image layers."""

from __future__ import annotations

from collections.abc import Iterable

from deadweight.planning.sharing.layers import layers_of, stored
from deadweight.planning.sharing.layout import Layout, SharedFile
from deadweight.planning.sharing.wanted import Identity

BELOW = {"web": {"http"}, "torch": {"http", "cuda"}, "own": {"http"}}


def closure(identities: Iterable[Identity]) -> frozenset[str]:
    names = {each.name for each in identities}
    return frozenset(names.union(*(BELOW[name] for name in names)))


def test_layers_of__chain__each_adds_what_those_below_do_not_have() -> None:
    web, torch = Identity("web"), Identity("torch")
    base = SharedFile(name="base", wanted=(web,), services=("a", "b"))
    ml = SharedFile(name="ml", wanted=(torch,), services=("a",), after=("base",))
    layout = Layout(shared=(base, ml), own={"a": (Identity("own"),), "b": ()})
    installed = {"a": closure([web, torch, Identity("own")]), "b": closure([web])}
    layers = layers_of(layout, installed, closure)
    assert [(layer.name, set(layer.keys), layer.services) for layer in layers] == [
        ("base", {"web", "http"}, ("a", "b")), ("ml", {"torch", "cuda"}, ("a",)), ("a", {"own"}, ("a",)),
    ]  # fmt: skip
    assert stored(layers, {"web": 1, "http": 2, "torch": 4, "cuda": 8, "own": 16}) == 31
