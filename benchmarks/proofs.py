"""Proofs and findings on real applications: false refusals, removals that are caught, findings judged by hand.

Refusals: the production list of each author is checked as ``verify`` checks it. A refusal is false if a person who read
the code found that production needs none of what is reported (``fixtures/proofs/gaps.csv``).
Removals: each requirement of production that the application imports at start, and nothing else requires, is taken out
once. It is caught if something that it provides is reported.
Findings, judged by a person (``fixtures/proofs/findings.csv``), beside deptry, which sees the
same imports and, unlike deadweight, the author's own split.

    benchmarks/proofs.py [--each] [--no-deptry]
"""

from __future__ import annotations

import argparse
import csv
from collections import Counter
from collections.abc import Iterable, Iterator

from applications import FIXTURES, LabelledApplication, read_applications
from deadweight.graph import build_graph, weigh
from deadweight.groups import assign_groups
from deadweight.groups.rules import config_names
from deadweight.model import Distribution, Requirement
from deadweight.proof import Candidates, Gap, Proof, prove
from deadweight.proof.bringing import Providers
from deadweight.proof.remarks import Kind, Remark, Remarks
from deadweight.usage import Usage, provided, usage_of
from skeleton import deptry_findings

_COMPARED: tuple[tuple[Kind, str], ...] = (("missing", "DEP001"), ("unused", "DEP002"), ("transitive", "DEP003"))


def verified(application: LabelledApplication, production: Iterable[str]) -> Proof:
    """Check a production list as ``verify`` does."""
    present = application.closure(production)
    names = present.union(application.labels, application.unmeasured)
    usage = _usage(application, application.inventory(present).distributions, names)
    candidates = Candidates(
        projects=present.union(application.labels),
        present=present,
        unmeasured=application.unmeasured,
        providers=Providers(application.labels),
    )
    return prove(usage, candidates)


def _usage(application: LabelledApplication, measured: Iterable[Distribution], names: Iterable[str]) -> Usage:
    return usage_of(application.code, provided(measured, application.environment), frozenset(names))


def production_of(application: LabelledApplication) -> tuple[str, ...]:
    return tuple(name for name, label in application.labels.items() if label == "runtime")


def failing(proof: Proof) -> Iterator[Gap]:
    return (gap for gap in proof.gaps if not gap.excused)


def surely_used(application: LabelledApplication) -> Iterator[str]:
    """Yield the requirements of production that code imports at start, and that nothing else provides."""
    names = {d.name for d in application.distributions}
    used = {
        matches[0][0]
        for mention, matches in _usage(application, application.distributions, names).matches
        if (mention.kind, mention.role, mention.how) == ("import", "application", "start") and len(matches) == 1
    }
    production = production_of(application)
    for name in sorted(used.intersection(production, names)):
        if name not in application.closure(other for other in production if other != name):
            yield name


def is_caught(application: LabelledApplication, removed: str) -> bool:
    modules = next(d.import_names for d in application.distributions if d.name == removed)
    rest = (name for name in production_of(application) if name != removed)
    return any(
        gap.name == removed or any(f"{gap.what}.".startswith(f"{module}.") for module in modules)
        for gap in failing(verified(application, rest))
    )


def findings(application: LabelledApplication) -> tuple[Remark, ...]:
    """Return the findings with everything installed."""
    inventory = application.inventory(d.name for d in application.distributions)
    graph = build_graph(inventory, tuple(Requirement(name=name, direct=True) for name in application.labels))
    usage = _usage(application, inventory.distributions, (d.name for d in inventory.distributions))
    groups = assign_groups(inventory, graph, config_names({}), None, usage.uses)
    return Remarks(usage=usage, inventory=inventory, graph=graph, weights=weigh(graph), groups=groups).all()


def judged(name: str) -> dict[tuple[str, str], bool]:
    """Return (application, what) → whether a person found it right."""
    rows = csv.DictReader((FIXTURES / name).read_text("utf-8").splitlines())
    return {(row["application"], f"{row['kind']} {row['name']}"): row["right"] == "yes" for row in rows}


def report_refusals(applications: list[LabelledApplication], *, each: bool) -> None:
    verdicts = judged("gaps.csv")
    refused, wrong, unjudged = 0, 0, 0
    for application in applications:
        gaps = sorted(
            {
                f"gap {gap.name or gap.what.partition('.')[0]}"
                for gap in failing(verified(application, production_of(application)))
            }
        )
        known = [verdicts[application.name, gap] for gap in gaps if (application.name, gap) in verdicts]
        refused += bool(gaps)
        unjudged += len(gaps) - len(known)
        wrong += bool(gaps) and not any(known)
        if each and gaps:
            print(f"  {application.name[:40]:40} {', '.join(gaps)}")
    lists = f"production lists: {len(applications)}, refused {refused}, of these wrongly {wrong}"
    print(f"{lists}; gaps not judged {unjudged}")


def report_removals(applications: list[LabelledApplication], *, each: bool) -> None:
    tried, caught = 0, 0
    for application in applications:
        for name in surely_used(application):
            tried += 1
            found = is_caught(application, name)
            caught += found
            if each and not found:
                print(f"  not caught: {name} of {application.name}")
    print(f"removals: {tried}, caught {caught} ({caught / tried:.1%})")


def report_findings(applications: list[LabelledApplication], *, each: bool, deptry: bool) -> None:
    verdicts = judged("findings.csv")
    right: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    other: Counter[str] = Counter()
    compared: Counter[tuple[str, str]] = Counter()
    for application in applications:
        ours = {(remark.kind, remark.name) for remark in findings(application)}
        for kind, name in sorted(ours):
            verdict = verdicts.get((application.name, f"{kind} {name}"))
            (other if verdict is None else right if verdict else wrong)[kind] += 1
            if each and not verdict:
                print(f"  {'not judged' if verdict is None else 'false'}: {kind} {name} of {application.name}")
        theirs = deptry_findings(application) if deptry else frozenset()
        for kind, rule in _COMPARED:
            own, their = ({name for k, name in ours if k == kind}, {name for r, name in theirs if r == rule})
            compared[kind, "both"] += len(own & their)
            compared[kind, "ours alone"] += len(own - their)
            compared[kind, "deptry's alone"] += len(their - own)
    total = right.total() + wrong.total()
    share = wrong.total() / max(1, total)
    print(f"findings judged: {total}, false {wrong.total()} ({share:.1%}); not judged {other.total()}")
    for seen in sorted({*right, *wrong, *other}):
        print(f"  {seen:18} right {right[seen]:4}  false {wrong[seen]:3}  not judged {other[seen]:4}")
    for kind, rule in _COMPARED if deptry else ():
        counts = ", ".join(f"{who} {compared[kind, who]}" for who in ("both", "ours alone", "deptry's alone"))
        print(f"  {kind} beside deptry's {rule}: {counts}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("--each", action="store_true", help="every refusal, missed removal and false finding")
    options.add_argument("--no-deptry", action="store_true", help="leave the comparison with deptry out")
    given = options.parse_args()
    applications = read_applications()
    report_refusals(applications, each=given.each)
    report_removals(applications, each=given.each)
    report_findings(applications, each=given.each, deptry=not given.no_deptry)


if __name__ == "__main__":
    main()
