"""Measurement and application → Profile: the stages that follow the inventory, in order."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec.structs import replace

from deadweight.analysis.measurement import Measurement
from deadweight.analysis.profile import Profile
from deadweight.codescan.python.newer_python import with_one_note
from deadweight.graph import Graph, Weight, build_graph, weigh
from deadweight.groups import assign_groups
from deadweight.groups.rules import config_names
from deadweight.model import Application, Assignment, ByName, ImageFacts, Inventory, Requirement
from deadweight.planning.judging import Plan
from deadweight.planning.lines import kept_transitives, requirements_of
from deadweight.planning.splits import Split, make_splits
from deadweight.proof import Candidates, Proof, prove, unmeasured_names
from deadweight.proof.remarks import Remark, Remarks
from deadweight.settings import Policy
from deadweight.usage import Usage, provided, usage_of


def conclude(measurement: Measurement, application: Application | None = None, policy: Policy | None = None) -> Profile:
    """Run the stages that follow the inventory, in order: graph, uses, groups, splits, proofs.

    application: the mentions in the code of the application; None if it was not read
    policy:      how to judge; None for the settings that it was measured with
    """
    inventory, file = measurement.inventory, measurement.file
    policy = policy or measurement.settings.policy
    requirements = measurement.requirements if file is None else tuple(file.all_requirements())
    graph = build_graph(inventory, requirements)
    weights = weigh(graph)
    usage = None if application is None else _usage(application, inventory)
    uses = usage.uses if usage else None
    config = config_names(policy.groups)
    groups = assign_groups(inventory, graph, config, {**_groups_of(requirements), **measurement.declared}, uses)
    inventory = _with_requested(inventory, {root.key for root in graph.direct})
    plan = Plan(
        requirements=_lines(requirements, inventory, graph, policy),
        graph=graph,
        weights=weights,
        groups=groups,
        config=config,
        policy=policy,
        uses=uses or {},
        with_code=usage is not None,
        by_marks=requirements is None,
        unmeasured=unmeasured_names(inventory.skipped).union(each.name for each in inventory.skipped),
    )
    splits = make_splits(plan)
    return Profile(
        target=measurement.target,
        inventory=inventory,
        dependencies=graph,
        weights=ByName(weights),
        groups=ByName(groups),
        splits=splits,
        requirements=file,
        settings=measurement.settings,
        image=_image(measurement.image, inventory, plan, splits[0], usage),
        system=measurement.system,
        application=usage.application if usage else None,
        uses=ByName(uses or {}),
        proofs=_proofs(splits, usage, inventory) if usage else {},
        not_measured=measurement.not_measured,
        remarks=_remarks(usage, inventory, graph, weights, groups) if usage else (),
    )


def _image(
    facts: ImageFacts | None, inventory: Inventory, plan: Plan, production: Split, usage: Usage | None
) -> ImageFacts | None:
    """Return the facts about an image with the findings about its distributions."""
    if facts is None:
        return None
    # Only images need these.
    from deadweight.advice.judging import Judgement, distribution_findings
    from deadweight.advice.ranking import ranked

    judgement = Judgement(
        inventory=inventory,
        facts=facts,
        graph=plan.graph,
        groups=plan.groups,
        production=frozenset(production.distributions),
        with_requirements=not plan.by_marks,
        application=usage.application if usage else None,
        uses=plan.uses,
    )
    return replace(facts, findings=ranked((*facts.findings, *distribution_findings(judgement)), facts.base or 0))


def _usage(application: Application, inventory: Inventory) -> Usage:
    """Return how the application uses the measured distributions, and requirements that could not be measured."""
    application = with_one_note(application, inventory.environment.python or "")
    projects = {distribution.name for distribution in inventory.distributions} | unmeasured_names(inventory.skipped)
    return usage_of(application, provided(inventory.distributions, inventory.environment), projects)


def _groups_of(requirements: Collection[Requirement] | None) -> dict[str, frozenset[str]]:
    """Return project → the dependency groups and extras of the user's project that name it."""
    return {
        requirement.name: requirement.groups
        for requirement in requirements or ()
        if requirement.name and requirement.groups
    }


def _lines(
    requirements: tuple[Requirement, ...] | None, inventory: Inventory, graph: Graph, policy: Policy
) -> tuple[Requirement, ...]:
    """Return the requirements to split."""
    lines = requirements_of(inventory, graph) if requirements is None else requirements
    return lines + kept_transitives(policy.keep, lines, inventory)


def _with_requested(inventory: Inventory, direct: Collection[str]) -> Inventory:
    """Set ``requested`` for direct distributions only, because some installers mark everything and others nothing."""
    distributions = tuple(
        d if d.requested == (d.key in direct) else replace(d, requested=d.key in direct)
        for d in inventory.distributions
    )
    return replace(inventory, distributions=distributions)


def _proofs(splits: Collection[Split], usage: Usage, inventory: Inventory) -> dict[str, Proof]:
    """Prove each split against the measured files of all distributions."""
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
