"""The tree that is browsed: of a measurement, of a saved report, of an image."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from deadweight.analysis.concluding import conclude
from deadweight.analysis.measurement import Measurement
from deadweight.analysis.reporting import report_of
from deadweight.explore.node import Node
from deadweight.explore.nodes import REST, UNOWNED, tree_of
from deadweight.model import Content, ImageFacts, Inventory, Largest, Layer, SystemFacts, WastedPath
from deadweight.model.report import BreakdownRow, PartSize, Report, SystemReport
from deadweight.settings import Settings
from deadweight.targets.types import Image
from tests.builders import SITE, dist_files, inventory_of
from tests.unit.explore.trees import child, measured, report_from


def inventory() -> Inventory:
    return inventory_of(
        dist_files("app", files={"app/__init__.py": "x" * 20_000, "app/data/big.bin": "y" * 30_000}, requires=["lib"]),
        dist_files("lib", files={"lib.py": "z" * 100}),
        dist_files("pytest", files={"pytest.py": "t"}),
        extra={"notes.txt": "n" * 7},
    )


def everything(node: Node) -> list[Node]:
    return [node, *(each for inner in node.children for each in everything(inner))]


def names(node: Node) -> list[str]:
    return [each.name for each in node.children]


def test_tree_of__groups__hold_their_distributions_and_the_rest_is_unowned() -> None:
    tree = tree_of(report_from(inventory(), "app", "pytest"), inventory())
    groups = tree.views["groups"]
    assert names(groups) == ["core", "dev", UNOWNED]
    assert names(child(groups, "core")) == ["app 1.0", "lib 1.0"]
    assert child(groups, "dev").freed == tree.report["pytest"].apparent_bytes
    assert groups.own == tree.report.totals.apparent_bytes
    assert list(tree.views) == ["groups", "distributions"]


def test_tree_of__distribution__opens_to_all_of_its_files() -> None:
    tree = tree_of(report_from(inventory(), "app"), inventory())
    app = child(tree.views["distributions"], "app 1.0")
    assert names(app) == [f"{SITE}/"]
    code = child(child(app, f"{SITE}/"), "app/")
    assert names(code) == ["__init__.py", "data/"]
    big = child(code, "data/").children[0]
    assert (big.name, big.own, big.path, big.key, big.is_open) == (
        "big.bin", 30_000, f"{SITE}/app/data/big.bin", "app", False,
    )  # fmt: skip


def test_tree_of__saved_report__has_the_largest_files_and_the_rest() -> None:
    saved = Report.from_json(report_from(inventory(), "app").to_json())
    app = child(tree_of(saved).views["distributions"], "app 1.0")
    assert names(app) == ["app/data/", "app/", REST]
    assert names(child(app, "app/data/")) == ["big.bin"]
    assert names(child(app, "app/")) == ["__init__.py"]
    assert child(app, "app/data/").path == f"{SITE}/app/data/"
    assert sum(each.own for each in app.children) == app.own


@pytest.mark.parametrize("saved", [False, True])
def test_children__of_every_node__sum_to_it(saved: bool) -> None:
    tree = tree_of(report_from(inventory(), "app"), None if saved else inventory())
    for node in (each for view in tree.views.values() for each in everything(view)):
        if node.is_open:
            assert sum(each.own for each in node.children) == node.own, node.name


def test_tree_of__report_that_contradicts_itself__shows_the_total_alone() -> None:
    report = report_from(inventory(), "app")
    rows = [replace(row, largest_files=(Largest(path="x", apparent_bytes=10**9),)) for row in report.distributions]
    app = child(tree_of(replace(report, distributions=tuple(rows))).views["distributions"], "app 1.0")
    assert [(each.name, each.own) for each in app.children] == [(REST, app.own)]


def test_tree_of__other_files_than_reported__shows_those_of_the_report() -> None:
    other = inventory_of(dist_files("app", files={"app/__init__.py": "x"}), dist_files("lib"), dist_files("pytest"))
    app = child(tree_of(report_from(inventory(), "app"), other).views["distributions"], "app 1.0")
    assert names(app) == ["app/data/", "app/", REST]


def image() -> Report:
    """An image of two layers; the second deletes 30 bytes of the first."""
    facts = ImageFacts(
        layers=(
            Layer(digest="sha256:0", command="COPY . /app", size=100, files=4, wasted=30),
            Layer(digest="sha256:1", size=50, files=1, hides=30),
        ),
        where={"lib": (0, 1)},
        paths=(WastedPath(path="tmp/cache", size=20, layer=0, by=1),),
    )
    system = SystemFacts(contents=(Content(name="other files", size=7, files=1, largest=(("notes.txt", 7),)),))
    measurement = Measurement(
        target=Image("image.tar"), inventory=inventory(), settings=Settings(), image=facts, system=system
    )
    return report_of(conclude(measurement))


def test_tree_of__image__has_a_view_of_its_breakdown() -> None:
    tree = tree_of(with_breakdown())
    assert list(tree.views) == ["groups", "distributions", "breakdown", "layers"]
    breakdown = tree.views["breakdown"]
    assert [(node.name, node.own) for node in breakdown.children] == [
        ("base image", 90), ("core distributions", tree.report["app"].apparent_bytes), ("waste", 30),
    ]  # fmt: skip
    base, core, waste = breakdown.children
    assert [(node.name, node.own, node.kind) for node in base.children] == [("libc6", 60, "part"), (REST, 30, "rest")]
    assert core.children[0] is tree.views["distributions"].children[0]
    assert not waste.is_open
    assert breakdown.own == sum(node.own for node in breakdown.children)


def test_tree_of__target_without_a_system__has_no_breakdown() -> None:
    assert "breakdown" not in tree_of(report_from(inventory(), "app")).views


def with_breakdown() -> Report:
    report = report_from(inventory_of(dist_files("app", files={"app/__init__.py": "x" * 50})), "app")
    areas = (
        BreakdownRow(
            name="base image", apparent_bytes=90, share=0.5,
            largest=(PartSize(kind="system package", name="libc6", apparent_bytes=60),),
        ),
        BreakdownRow(
            name="core distributions", group="core", apparent_bytes=report["app"].apparent_bytes, share=0.3,
            largest=(PartSize(kind="distribution", name="app", apparent_bytes=50),),
        ),
        BreakdownRow(name="waste", apparent_bytes=30, share=0.2, largest=()),
    )  # fmt: skip
    system = SystemReport(contents=(), packages=(), needs=(), duplicates=(), breakdown=areas)
    return replace(report, system=system, image=image().image)


def test_tree_of__image__has_a_view_of_its_layers() -> None:
    layers = tree_of(image()).views["layers"]
    assert (layers.own, names(layers)) == (150, ["0 COPY . /app", "1 sha256:1"])
    first, second = layers.children
    assert [(each.name, each.own) for each in first.children] == [
        ("(in the image)", 70), ("(deleted or replaced by later layers)", 30),
    ]  # fmt: skip
    assert [(each.name, each.own) for each in first.children[1].children] == [("/tmp/cache", 20), (REST, 10)]
    assert [each.own for each in second.children] == [50]


def test_tree_of__saved_image__has_the_sorts_of_unowned_files() -> None:
    unowned = child(tree_of(image()).views["groups"], UNOWNED)
    assert [(each.name, each.own) for each in unowned.children] == [("other files", 7)]
    assert names(unowned.children[0]) == ["notes.txt/"]


def test_children__of_a_node__are_created_once() -> None:
    top = measured(dist_files("a")).views["groups"]
    assert top.children is top.children
