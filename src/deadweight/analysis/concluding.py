"""Inventory → Profile: the stages that follow the inventory, in order."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from msgspec.structs import replace

from deadweight.analysis.profile import Profile
from deadweight.codescan.python.newer_python import with_one_note
from deadweight.graph import Graph, Weight, build_graph, weigh
from deadweight.groups import assign_groups
from deadweight.groups.rules import config_names
from deadweight.model import Assignment, ByName, ImageFacts, Inventory, Source, SystemFacts, Wanted
from deadweight.plan.judging import Plan
from deadweight.plan.lines import kept_transitives, wanted_of
from deadweight.plan.splits import Split, make_splits
from deadweight.proof import Candidates, Proof, prove, unmeasured_names
from deadweight.proof.remarks import Remark, Remarks
from deadweight.settings import Settings
from deadweight.targets.types import Target
from deadweight.usage import Usage, provided, usage_of

if TYPE_CHECKING:
    from deadweight.formats.requirements import RequirementsFile


def conclude(
    target: Target,
    inventory: Inventory,
    settings: Settings,
    file: RequirementsFile | None = None,
    *,
    wanted: tuple[Wanted, ...] | None = None,
    declared: Mapping[str, frozenset[str]] | None = None,
    image: ImageFacts | None = None,
    system: SystemFacts | None = None,
    source: Source | None = None,
    not_measured: tuple[Wanted, ...] = (),
) -> Profile:
    """Run the stages that follow the inventory, in order: graph, uses, groups, splits, proofs.

    file:     the requirements, where the target is a file of them
    wanted:   what was asked for by name, where a lock tells
    declared: project → the groups and extras that a lock has it for
    image:    what is known of the layers, where the target is an image
    system:   what a whole system holds beside distributions, where the target is one
    source:   the application's source, where it was read
    not_measured: what a lock holds that could not be measured
    """
    wanted = wanted if file is None else tuple(file.all_wanted())
    graph = build_graph(inventory, wanted)
    weights = weigh(graph)
    usage = None if source is None else _usage(source, inventory)
    uses = usage.uses if usage else None
    config = config_names(settings.groups)
    groups = assign_groups(inventory, graph, config, {**_groups_of(wanted), **(declared or {})}, uses)
    inventory = _with_requested(inventory, {root.key for root in graph.direct})
    plan = Plan(
        wanted=_lines(wanted, inventory, graph, settings),
        graph=graph,
        weights=weights,
        groups=groups,
        config=config,
        settings=settings,
        uses=uses or {},
        with_source=usage is not None,
        by_marks=wanted is None,
        unmeasured=unmeasured_names(inventory.skipped).union(each.name for each in inventory.skipped),
    )
    splits = make_splits(plan)
    return Profile(
        target=target,
        inventory=inventory,
        dependencies=graph,
        weights=ByName(weights),
        groups=ByName(groups),
        splits=splits,
        requirements=file,
        settings=settings,
        image=image,
        system=system,
        source=usage.source if usage else None,
        uses=ByName(uses or {}),
        proofs=_proofs(splits, usage, inventory) if usage else {},
        not_measured=not_measured,
        remarks=_remarks(usage, inventory, graph, weights, groups) if usage else (),
    )


def _usage(source: Source, inventory: Inventory) -> Usage:
    """Return how the application uses what is there, and what was asked for and could not be measured."""
    source = with_one_note(source, inventory.environment.python or "")
    projects = {distribution.name for distribution in inventory.distributions} | unmeasured_names(inventory.skipped)
    return usage_of(source, provided(inventory.distributions, inventory.environment), projects)


def _groups_of(wanted: Collection[Wanted] | None) -> dict[str, frozenset[str]]:
    """Return project → the dependency groups and extras of the user's project that name it."""
    return {want.name: want.groups for want in wanted or () if want.name and want.groups}


def _lines(
    wanted: tuple[Wanted, ...] | None, inventory: Inventory, graph: Graph, settings: Settings
) -> tuple[Wanted, ...]:
    """Return the requirements that splits are made of."""
    lines = wanted_of(inventory, graph) if wanted is None else wanted
    return lines + kept_transitives(settings.keep, lines, inventory)


def _with_requested(inventory: Inventory, direct: Collection[str]) -> Inventory:
    """Have ``requested`` say what was asked for by name: some installers mark all that they install, others nothing."""
    distributions = tuple(
        d if d.requested == (d.key in direct) else replace(d, requested=d.key in direct)
        for d in inventory.distributions
    )
    return replace(inventory, distributions=distributions)


def _proofs(splits: Collection[Split], usage: Usage, inventory: Inventory) -> dict[str, Proof]:
    """Prove each split by the measured files of all, of which it holds a part."""
    names = {d.key: d.name for d in inventory.distributions}
    everything = Candidates(
        projects=frozenset(names.values()), present=frozenset(), unmeasured=unmeasured_names(inventory.skipped)
    )
    return {
        split.name: prove(usage, replace(everything, present=frozenset(names[key] for key in split.distributions)))
        for split in splits
    }


def _remarks(
    usage: Usage,
    inventory: Inventory,
    graph: Graph,
    weights: Mapping[str, Weight],
    groups: Mapping[str, Assignment],
) -> tuple[Remark, ...]:
    return Remarks(usage=usage, inventory=inventory, graph=graph, weights=weights, groups=groups).all()
