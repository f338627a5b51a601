"""A module and its file → the distribution that provides it."""

from __future__ import annotations

import pytest

from deadweight.startup.attribution import APPLICATION, OTHER, STANDARD, Owner, Places, owners, with_failed
from deadweight.startup.importtime import tree
from deadweight.startup.values import Imported
from tests.builders import SITE, dist_files, inventory_of

ENV, APP, LIBRARY = "/app/.venv", "/app", "/usr/lib/python3.11"
INVENTORY = inventory_of(
    dist_files("pandas", files={"pandas/__init__.py": "", "pandas/core.py": ""}),
    dist_files("ns-a", files={"ns/a/__init__.py": ""}),
    dist_files("own-tool", files={"own_tool.py": ""}),
    extra={f"{SITE}/stray.py": ""},
)


def owner_of(name: str, origin: str | None, env: str = ENV, **origins: str) -> Owner:
    known = {**origins, **({} if origin is None else {name: origin})}
    places = Places(environment=env, application=APP, library=(LIBRARY,))
    return owners([name], known, INVENTORY, places)[name]


@pytest.mark.parametrize(
    ("name", "origin", "owner"),
    [
        ("pandas.core", f"{ENV}/{SITE}/pandas/core.py", Owner("distribution", "pandas")),
        ("ns.a", f"{ENV}/{SITE}/ns/a/__init__.py", Owner("distribution", "ns-a")),
        ("stray", f"{ENV}/{SITE}/stray.py", OTHER),
        ("shop.app", f"{APP}/shop/app.py", APPLICATION),
        # A file of the application takes precedence over a distribution of the same name.
        ("pandas", f"{APP}/pandas.py", APPLICATION),
        ("json", f"{LIBRARY}/json/__init__.py", STANDARD),
        ("sys", "built-in", STANDARD),
        ("os", "frozen", STANDARD),
        ("apt", f"{LIBRARY}/dist-packages/apt.py", OTHER),
        ("elsewhere", "/opt/elsewhere.py", OTHER),
    ],
)
def test_owners__module_with_a_file__is_by_its_file(name: str, origin: str, owner: Owner) -> None:
    assert owner_of(name, origin) == owner


@pytest.mark.parametrize(
    ("name", "origin", "owner"),
    [
        ("pandas._made_up", "", Owner("distribution", "pandas")),
        ("pandas._removed", None, Owner("distribution", "pandas")),
        ("ns.a.more", None, Owner("distribution", "ns-a")),
        ("own_tool", "/src/own_tool.py", Owner("distribution", "own-tool")),  # editable
        ("xml.gone", None, STANDARD),
        ("six.moves", "", OTHER),
        ("", None, OTHER),
    ],
)
def test_owners__module_without_a_known_file__is_by_its_name(name: str, origin: str | None, owner: Owner) -> None:
    assert owner_of(name, origin) == owner


def test_owners__module_that_its_package_made__is_as_the_package() -> None:
    assert owner_of("shop.made", "", shop=f"{APP}/shop/__init__.py") == APPLICATION


def test_owners__environment_around_the_application__still_knows_both() -> None:
    assert owner_of("shop", f"{APP}/shop.py", env="/") == APPLICATION
    assert owner_of("pandas", f"/{SITE}/pandas/__init__.py", env="/") == Owner("distribution", "pandas")


def test_with_failed__missing_module__belongs_to_who_tried_it() -> None:
    a = Owner("distribution", "a")
    names = ("org.python", "org", "a", "stray", "gone", "top")
    depths = (2, 1, 0, 0, 1, 0)
    modules = tree(Imported(name, depth, 1) for name, depth in zip(names, depths, strict=True))
    owner = {**dict.fromkeys(names, OTHER), "a": a}
    found = with_failed(owner, {"a": "", "stray": "/stray.py"}, [modules])
    assert found == {**owner, "org": a, "org.python": a}
