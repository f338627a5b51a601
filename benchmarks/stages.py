"""Prints what each stage of one run takes: ``stages.py ENVIRONMENT``. Imports are timed where the program does them."""

from __future__ import annotations

import gc
import sys
import time

gc.disable()
began = last = time.perf_counter()


def done(stage: str) -> None:
    """Print the milliseconds since the stage before."""
    global last
    now = time.perf_counter()
    print(f"  {stage:28} {1000 * (now - last):7.1f} ms")
    last = now


import click  # noqa: E402, F401

done("import click")
import deadweight.cli.commands.profile  # noqa: E402
import deadweight.operations.measure  # noqa: E402

done("import what listing needs")
from deadweight.sources.disk.environment import Listing  # noqa: E402

listing = Listing(sys.argv[1])
done("start listing")
import packaging.requirements  # noqa: E402, F401

import deadweight.analysis.profile  # noqa: E402
from deadweight.analysis.reporting import report_of  # noqa: E402
from deadweight.graph import build_graph, weigh  # noqa: E402
from deadweight.groups import assign_groups  # noqa: E402
from deadweight.groups.rules import config_names  # noqa: E402
from deadweight.inventory import take_inventory  # noqa: E402
from deadweight.planning.judging import Plan  # noqa: E402
from deadweight.planning.lines import requirements_of  # noqa: E402
from deadweight.planning.splits import make_splits  # noqa: E402
from deadweight.settings import Policy, Settings  # noqa: E402
from deadweight.targets.types import Environment  # noqa: E402

done("import the stages, meanwhile")
tree = listing.finish()
done("wait for the listing")
inventory = take_inventory(tree)
done("inventory")
graph = build_graph(inventory)
done("graph")
weights = weigh(graph)
done("closure, retained, freed")
config = config_names({})
groups = assign_groups(inventory, graph, config)
done("groups")
lines = requirements_of(inventory, graph)
plan = Plan(requirements=lines, graph=graph, weights=weights, groups=groups, config=config, policy=Policy())
splits = make_splits(plan)
done("splits")
found = deadweight.analysis.profile.Profile(
    target=Environment(sys.argv[1]),
    inventory=inventory,
    dependencies=graph,
    weights=weights,
    groups=groups,
    splits=splits,
    requirements=None,
    settings=Settings(),
)
report_of(found).to_json()
done("JSON")
print(f"  {'all':28} {1000 * (last - began):7.1f} ms, and the interpreter's own start")
