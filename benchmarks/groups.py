"""Groups against what authors of real applications say: requirements that they split themselves, in fixtures/groups.

The label is the author's: runtime or dev. Counted is what a split would leave out (dev, and sure of it): its precision
and recall, and the dangerous errors, runtime that would be missing in production. A second line counts also what is
called dev and not sure. Disputed are labels that the data itself doubts: well-known dev tools in a production list.

Leave-one-project-out is what the tables know without the benchmark's own help: each project is judged without the
exact names that no other project here has, since some of them stand in a table because of it. What is left are names of
other projects, patterns, words and source. It is a lower bound: names that come from elsewhere are hidden too.

    benchmarks/groups.py [--projects] [--halves N] [DIRECTORY]
"""

from __future__ import annotations

import argparse
import csv
import json
import random
import re
import statistics
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from unittest.mock import patch

from msgspec import Struct
from msgspec.structs import replace

from deadweight.codescan.roles import role_of
from deadweight.formats.requirements import logical_lines, pep508
from deadweight.groups import code as groups_code
from deadweight.groups import rules
from deadweight.groups.rules import config_names
from deadweight.groups.unmeasured import groups_of_requirements
from deadweight.model import Application, Assignment, Mention, Requirement
from deadweight.model.application import How, Naming

_CONFIGURING = frozenset(("conf", "config", "settings", "urls"))
FIXTURES = Path(__file__).parent.parent / "fixtures/groups"
Chosen = Callable[[Assignment], bool]


class Project(Struct, frozen=True):
    """One application with its author's labels; ``application`` is None where only requirements are known."""

    name: str
    labels: Mapping[str, str]
    disputed: frozenset[str]
    requirements: tuple[Requirement, ...]
    application: Application | None


class Counts(Struct):
    """How many were left out rightly, wrongly (dangerous), and how many of dev were not."""

    right: int = 0
    dangerous: int = 0
    missed: int = 0

    def __add__(self, other: Counts) -> Counts:
        return Counts(self.right + other.right, self.dangerous + other.dangerous, self.missed + other.missed)

    @property
    def precision(self) -> float:
        return self.right / (self.right + self.dangerous) if self.right + self.dangerous else 1.0

    @property
    def recall(self) -> float:
        return self.right / (self.right + self.missed) if self.right + self.missed else 1.0

    @property
    def f1(self) -> float:
        return 2 * self.right / (2 * self.right + self.dangerous + self.missed) if self.right else 0.0

    def __str__(self) -> str:
        scores = f"precision {self.precision:.3f}  recall {self.recall:.3f}  F1 {self.f1:.3f}"
        return f"{scores}  dangerous {self.dangerous:3}  missed {self.missed:3}"


def read_projects(path: Path) -> list[Project]:
    return [_project(json.loads(line)) for line in path.read_text("utf-8").splitlines()]


def _project(facts: Mapping[str, Any]) -> Project:
    text = "\n".join(facts["requirements"])
    lines = [line for line in logical_lines(text, "requirements.txt") if line.kind == "requirement"]
    return Project(
        name=facts["id"],
        labels=facts["labels"],
        disputed=frozenset(facts["disputed"]),
        requirements=tuple(filter(None, (pep508(line, "requirements.txt") for line in lines))),
        application=Application(directory="", mentions=tuple(_mentions(facts))) if "imports" in facts else None,
    )


def _mentions(facts: Mapping[str, Any]) -> Iterator[Mention]:
    kinds: tuple[tuple[str, Naming], ...] = (("imports", "import"), ("strings", "string"), ("commands", "command"))
    packages = {file.removesuffix("/__init__.py") for file in facts["imports"] if file.endswith("/__init__.py")}
    for key, kind in kinds:
        for file, names in facts[key].items():
            role, how = role_of(file, packages), _how(kind, file)
            yield from (Mention(kind, name, file, 1, role, how) for name in names)


def _how(kind: Naming, file: str) -> How:
    """Return how a file names something, as far as the data show it.

    They do not show conditions. Of files that configure an application, and of what merely occurs in a string, a
    Dockerfile or YAML, nothing says that it is used without one.
    """
    configures = not _CONFIGURING.isdisjoint(re.findall(r"[^\W_]+", file.lower()))
    return "conditional" if kind != "import" or configures else "start"


def assigned(project: Project) -> dict[str, Assignment]:
    return groups_of_requirements(project.requirements, config_names({}), application=project.application)


def assigned_without(project: Project, hidden: Collection[str]) -> dict[str, Assignment]:
    """Return a project's groups, judged with tables that lack exact names."""
    known = rules.knowledge()
    exact = {name: entry for name, entry in known.exact.items() if name not in hidden}
    companions = rules.companions() - frozenset(hidden)
    with (
        patch.object(rules, "knowledge", lambda: replace(known, exact=exact)),
        patch.object(groups_code, "companions", lambda: companions),
    ):
        return assigned(project)


def own_names(projects: Iterable[Project]) -> dict[str, frozenset[str]]:
    """Return project → the names that no other one of ``projects`` has."""
    listed = list(projects)
    counts = Counter(name for project in listed for name in project.labels)
    return {project.name: frozenset(n for n in project.labels if counts[n] == 1) for project in listed}


def count(project: Project, groups: Mapping[str, Assignment], chosen: Chosen, *, disputed: bool) -> Counts:
    found = Counts()
    for name, label in project.labels.items():
        if name in project.disputed and not disputed:
            continue
        dev = name in groups and chosen(groups[name])
        found.right += dev and label == "dev"
        found.dangerous += dev and label != "dev"
        found.missed += not dev and label == "dev"
    return found


def left_out(found: Assignment) -> bool:
    return found.group == "dev" and found.sure


def called_dev(found: Assignment) -> bool:
    return found.group == "dev"


def report(
    title: str, projects: Iterable[Project], *, each: bool, halves: int, own: Mapping[str, frozenset[str]]
) -> None:
    """Print the figures of some projects; ``own`` has the names that are hidden for leave-one-project-out."""
    print(f"\n{title}")
    groups = {project.name: assigned(project) for project in projects}
    listed = list(projects)
    for disputed in (False, True):
        for what, chosen in (("left out", left_out), ("called dev", called_dev)):
            found = [count(p, groups[p.name], chosen, disputed=disputed) for p in listed]
            total = sum(found, Counts())
            macro = statistics.mean(c.f1 for c in found if c.right + c.missed + c.dangerous)
            print(f"  disputed {'in ' if disputed else 'out'}  {what:10}  {total}  macro F1 {macro:.3f}")
    if own:
        unknown = (count(p, assigned_without(p, own[p.name]), left_out, disputed=False) for p in listed)
        print(f"  leave one project out     {sum(unknown, Counts())}")
    if halves:
        _report_halves(listed, groups, halves)
    if each:
        for project in listed:
            print(f"  {project.name[:40]:40}  {count(project, groups[project.name], left_out, disputed=False)}")
    for project in listed:
        for name, label in project.labels.items():
            reported = groups[project.name].get(name)
            if reported and label != "dev" and left_out(reported) and name not in project.disputed:
                evidence = "; ".join(f"{e.rule} {e.reason}" for e in reported.evidence)
                print(f"  dangerous: {name} of {project.name}: {evidence}")
            elif each and reported and label == "dev" and not left_out(reported):
                rules = "; ".join(each.rule for each in reported.evidence)
                print(f"  missed: {name} of {project.name}: {reported.group}, {rules}")


def _report_halves(projects: list[Project], groups: Mapping[str, Mapping[str, Assignment]], halves: int) -> None:
    """Print how far the figures of random halves of the projects lie apart."""
    chance = random.Random(5)
    found = []
    for _ in range(halves):
        half = chance.sample(projects, len(projects) // 2)
        found.append(sum((count(p, groups[p.name], left_out, disputed=False) for p in half), Counts()))
    scores, errors = sorted(c.f1 for c in found), sorted(c.dangerous for c in found)
    low, high = halves // 20, halves - halves // 20 - 1
    print(
        f"  {halves} random halves: F1 {scores[low]:.3f} to {scores[high]:.3f} (median {scores[halves // 2]:.3f}),",
        end="",
    )
    print(f" dangerous {errors[low]} to {errors[high]} (9 of 10)")


def report_categories(path: Path, *, each: bool) -> None:
    """Print how many well-known names are in the group that a person put them into; one family of stubs counts once."""
    rows = list(csv.DictReader(path.read_text("utf-8").splitlines()))
    rows = [row for row in rows if not row["name"].startswith("mypy-boto3-")]
    groups = groups_of_requirements([Requirement(name=row["name"]) for row in rows], config_names({}))
    strict = lenient = 0
    print(f"\ncategories ({len(rows)})")
    for row in rows:
        group = groups[row["name"]].group
        strict += group == row["category"]
        lenient += group in {row["category"], *row["also_acceptable"].split("|")}
        if each and group != row["category"]:
            print(f"  {row['name']}: {group}, not {row['category']} {row['also_acceptable']}")
    print(f"  strict {strict / len(rows):.3f}  lenient {lenient / len(rows):.3f}")


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    options.add_argument("directory", nargs="?", type=Path, default=FIXTURES)
    options.add_argument("--projects", action="store_true", help="each project, and what was missed")
    options.add_argument("--halves", type=int, default=200, metavar="N", help="random halves to compare (0: none)")
    given = options.parse_args()
    files = {"with source": "with_source.jsonl", "requirements only": "requirements_only.jsonl"}
    shared = {title: read_projects(given.directory / file) for title, file in files.items()}
    own = own_names(project for projects in shared.values() for project in projects)
    held_out = given.directory / "held_out.jsonl"
    if held_out.exists():
        shared["held out"] = read_projects(held_out)
    for title, projects in shared.items():
        labels = sum(len(p.labels) for p in projects)
        hidden = own if title in files else {}
        title = f"{title} ({len(projects)} projects, {labels} labels)"
        report(title, projects, each=given.projects, halves=given.halves, own=hidden)
        if any(project.application for project in projects):
            blind = [replace(project, application=None) for project in projects]
            report("the same without their source", blind, each=False, halves=0, own=hidden)
    report_categories(given.directory / "categories.csv", each=given.projects)


if __name__ == "__main__":
    main()
