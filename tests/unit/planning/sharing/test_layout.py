"""Requirements of services → base.txt, ml.txt and the rest."""

from __future__ import annotations

from collections.abc import Iterable

from deadweight.planning.sharing.layout import Layout, divide
from deadweight.planning.sharing.wanted import Identity, service_file
from tests.builders import requirements_file

SIZES = {"torch": 1000, "transformers": 100, "tensorflow": 800, "sklearn": 50}


def weigh(identities: Iterable[Identity]) -> int:
    return sum(SIZES.get(each.name, 1) for each in identities)


def divided(share: float = 1.0, **services: str) -> Layout:
    files = [service_file(name, requirements_file(text.replace(" ", "\n"))) for name, text in services.items()]
    heavy = [identity for file in files for identity in file.wanted if identity.name in SIZES]
    return divide(files, heavy, weigh, share)


def named(layout: Layout) -> dict[str, tuple[str, ...]]:
    return {file.name: tuple(each.name for each in file.wanted) for file in layout.shared} | {
        service: tuple(each.name for each in own) for service, own in layout.own.items()
    }


def test_divide__all_have_it__is_in_base() -> None:
    assert named(divided(a="web http", b="http")) == {"base": ("http",), "a": ("web",), "b": ()}


def test_divide__different_extras__are_different_requirements() -> None:
    assert named(divided(a="web[x]", b="web")) == {"a": ("web",), "b": ("web",)}


def test_divide__one_service__shares_nothing() -> None:
    assert named(divided(a="web torch")) == {"a": ("web", "torch")}


def test_divide__some_have_ml__is_in_ml() -> None:
    layout = divided(a="web torch", b="web torch", c="web")
    assert named(layout) == {"base": ("web",), "ml": ("torch",), "a": (), "b": (), "c": ()}
    assert [file.name for file in layout.includes("a")] == ["base", "ml"]
    assert [file.name for file in layout.includes("c")] == ["base"]


def test_divide__different_ml__takes_what_saves_most_and_builds_on_it() -> None:
    both = "torch transformers tensorflow"
    layout = divided(a=both, b=f"{both} sklearn", c="torch transformers x", d="y")
    assert named(layout) == {
        "ml": ("torch", "transformers"), "ml-2": ("tensorflow",), "a": (), "b": ("sklearn",), "c": ("x",), "d": ("y",),
    }  # fmt: skip
    assert [file.name for file in layout.includes("b")] == ["ml", "ml-2"]
    assert layout.shared[1].after == ("ml",)


def test_divide__ml_of_two_groups__each_has_its_own_file() -> None:
    layout = divided(a="torch", b="torch", c="tensorflow", d="tensorflow")
    assert {file.name: file.services for file in layout.shared} == {"ml": ("a", "b"), "ml-2": ("c", "d")}
    assert all(file.after == () for file in layout.shared)


def test_divide__little_to_save__is_no_file() -> None:
    assert named(divided(a="torch sklearn x", b="torch tensorflow y", c="sklearn tensorflow"))["ml"] == ("torch",)


def test_divide__share__adds_what_most_have() -> None:
    layout = divided(0.75, a="web", b="web", c="web", d="torch")
    assert named(layout) == {"base": ("web",), "a": (), "b": (), "c": (), "d": ("torch",)}
    assert layout.shared[0].services == ("a", "b", "c", "d")
