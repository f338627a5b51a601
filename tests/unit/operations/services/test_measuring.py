"""Versions of services → inventories, each version of a distribution measured once."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import cast

from deadweight.inventory import take_inventory
from deadweight.model import Inventory, Lock, Pinned
from deadweight.operations.services.measuring import Measuring
from deadweight.sources.resolve.uninstalled import Resolved, Uninstalled, Uninstalling
from deadweight.sources.wheels.layout import Measured
from tests.builders import dist_files, inventory_of, site_tree

FILES = {
    ("web", "1.0"): {"web/a.py": "w" * 10},
    ("web", "2.0"): {"web/a.py": "w" * 20},
    ("http", "1.0"): {"http/a.py": "h" * 5},
    # Two distributions with a file in common: which of them owns it depends on which are installed.
    ("headless", "1.0"): {"cv2/a.py": "c" * 7},
    ("opencv", "1.0"): {"cv2/a.py": "c" * 7, "cv2/gui.py": "g" * 3},
}


def distribution(name: str, version: str) -> Mapping[str, bytes]:
    return dist_files(name, version, files=FILES[name, version])


class Run:
    """Measures locks from the files above, and records what it measured."""

    def __init__(self) -> None:
        self.measured_names: list[str] = []

    def measured(self, resolved: Resolved, *, compiled: bool) -> Uninstalled:
        assert not compiled
        packages = [(each.name, each.version or "") for each in resolved.lock.packages]
        self.measured_names.append(" ".join(f"{name}=={version}" for name, version in packages))
        tree = site_tree(*(distribution(*package) for package in packages))
        return Uninstalled(lock=resolved.lock, measured=Measured(tree=tree, facts={}), swaps={})


def locked(*pins: str) -> Resolved:
    pairs = sorted(pin.split("==") for pin in pins)
    return Resolved(lock=Lock(packages=tuple(Pinned(name=name, version=version) for name, version in pairs)))


def measured(sets: Mapping[str, Resolved], run: Run) -> dict[str, Inventory]:
    return Measuring({"": cast("Uninstalling", run)}).inventories(sets, dict.fromkeys(sets, ""))


def sizes(inventory: Inventory) -> dict[str, int]:
    return {each.name: each.sizes.apparent for each in inventory.distributions}


def expected(pins: Iterable[str]) -> dict[str, int]:
    names = [pin.split("==") for pin in pins]
    return sizes(inventory_of(*(distribution(name, version) for name, version in names)))


def test_inventories__same_versions__are_measured_once() -> None:
    run = Run()
    pins = {"a": ("web==1.0", "http==1.0"), "b": ("web==1.0",), "c": ("http==1.0",)}
    found = measured({name: locked(*each) for name, each in pins.items()}, run)
    assert run.measured_names == ["http==1.0 web==1.0"]
    assert {name: sizes(each) for name, each in found.items()} == {name: expected(each) for name, each in pins.items()}


def test_inventories__two_versions__are_measured_apart() -> None:
    run = Run()
    pins = {"a": ("web==1.0", "http==1.0"), "b": ("web==2.0", "http==1.0")}
    found = measured({name: locked(*each) for name, each in pins.items()}, run)
    assert run.measured_names == ["http==1.0 web==1.0", "web==2.0"]
    assert {name: sizes(each) for name, each in found.items()} == {name: expected(each) for name, each in pins.items()}


def test_inventories__file_of_several_distributions__is_owned_as_if_the_service_was_measured_alone() -> None:
    pins = {"a": ("headless==1.0", "opencv==1.0"), "b": ("opencv==1.0",), "c": ("headless==1.0", "web==1.0")}
    found = measured({name: locked(*each) for name, each in pins.items()}, Run())
    assert {name: sizes(each) for name, each in found.items()} == {name: expected(each) for name, each in pins.items()}


def test_inventories__no_distributions__is_empty() -> None:
    (found,) = measured({"a": locked()}, Run()).values()
    assert found.distributions == ()
    assert found == take_inventory(site_tree())


def test_inventories__second_call__measures_only_what_is_new() -> None:
    run = Run()
    measuring = Measuring({"": cast("Uninstalling", run)})
    measuring.inventories({"a": locked("web==1.0")}, {"a": ""})
    found = measuring.inventories({"b": locked("web==1.0", "http==1.0")}, {"b": ""})
    assert run.measured_names == ["web==1.0", "http==1.0"]
    assert sizes(found["b"]) == expected(("web==1.0", "http==1.0"))
