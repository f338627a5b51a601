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
    # Without numpy, the layer already has more than four fifths.
    assert clusters(sizes, holding(torch="cudnn cublas")) == (("torch", "cudnn", "cublas"),)


def test_clusters__chain__is_one_layer_of_the_outermost_heavy_one() -> None:
    sizes = {"b": 50 * MB, "c": 40 * MB, "a": 30 * MB}
    assert clusters(sizes, holding(a="b c", b="c")) == (("a", "b", "c"),)
    assert clusters({**sizes, "a": 900_000}, holding(a="b c", b="c")) == (("b", "c"),)


def test_clusters__part_of_a_heavy_one__shares_its_layer_whatever_its_share() -> None:
    sizes = {"torch": 5000 * MB, "nccl": 200 * MB, "nvtx": 90_000, "scipy": 100 * MB}
    assert clusters(sizes, holding(torch="nccl nvtx")) == (("torch", "nccl"),)


def test_clusters__cycle__is_one_layer() -> None:
    assert clusters({"a": 50 * MB, "b": 40 * MB}, holding(a="b", b="a")) == (("a", "b"),)


def test_clusters__many__the_largest_get_layers() -> None:
    sizes = {name: (20 - number) * MB for number, name in enumerate("abcdefg")}
    assert clusters(sizes, holding()) == (("a",), ("b",), ("c",), ("d",))
    assert MOST_LAYERS == 4


def test_clusters__only_small_distributions__none() -> None:
    assert clusters({"a": 900_000, "b": 1}, holding()) == ()
    assert clusters({}, holding()) == ()
