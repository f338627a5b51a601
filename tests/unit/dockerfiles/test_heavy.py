from __future__ import annotations

from collections.abc import Callable, Collection

from deadweight.dockerfiles.heavy import MOST_LAYERS, clusters

MB = 1_000_000


def holding(**below: str) -> Callable[[str], Collection[str]]:
    return lambda name: {name, *below.get(name, "").split()}


def test_clusters__one_large_distribution__gets_a_layer() -> None:
    assert clusters({"numpy": 57 * MB, "flask": MB, "click": MB // 2}, holding()) == (("numpy",),)


def test_clusters__what_only_one_needs__shares_its_layer_behind_it() -> None:
    sizes = {"torch": 900 * MB, "cudnn": 1000 * MB, "cublas": 600 * MB, "numpy": 100 * MB}
    assert clusters(sizes, holding(torch="cudnn cublas")) == (("torch", "cudnn", "cublas"),)


def test_clusters__chain__is_one_layer_of_the_outermost() -> None:
    sizes = {"b": 50 * MB, "c": 40 * MB, "a": 30 * MB}
    assert clusters(sizes, holding(a="b c", b="c")) == (("a", "b", "c"),)
    assert clusters({**sizes, "a": 20 * MB}, holding(a="b c", b="c")) == (("b", "c"),)


def test_clusters__cycle__is_one_layer() -> None:
    assert clusters({"a": 50 * MB, "b": 40 * MB}, holding(a="b", b="a")) == (("a", "b"),)


def test_clusters__many__share_the_last_layer() -> None:
    sizes = {name: (20 - number) * MB for number, name in enumerate("abcdefg")}
    found = clusters(sizes, holding())
    assert len(found) == MOST_LAYERS
    assert found[-3:] == (("a",), ("b",), ("c",))
    assert found[0] == ("d", "e", "f")


def test_clusters__only_small_distributions__none() -> None:
    assert clusters({"a": 900_000, "b": 1}, holding()) == ()
    assert clusters({}, holding()) == ()
