"""Trees to browse, from distributions in sight."""

from __future__ import annotations

from collections.abc import Mapping

from deadweight.analysis.reporting import report_of
from deadweight.explore.node import Node
from deadweight.explore.nodes import Tree, tree_of
from deadweight.model import Inventory
from deadweight.model.report import Report
from tests.builders import inventory_of, profile_of, requirements_file


def report_from(inventory: Inventory, *lines: str) -> Report:
    """Return the report of an inventory with the lines of a requirements file."""
    return report_of(profile_of(inventory, requirements_file("\n".join(lines)) if lines else None))


def measured(*distributions: Mapping[str, bytes], lines: tuple[str, ...] = ()) -> Tree:
    """Return the tree of distributions that were measured now, with all files."""
    inventory = inventory_of(*distributions)
    return tree_of(report_from(inventory, *lines), inventory)


def child(node: Node, name: str) -> Node:
    """Return the child of a name."""
    return {each.name: each for each in node.children}[name]
