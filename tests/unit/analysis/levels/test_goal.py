"""The steps to a target size: their costs, and what each of them frees."""

from __future__ import annotations

from deadweight import reaching
from deadweight.analysis.levels.changes import split_change
from deadweight.analysis.levels.goal import Options, apart, cost_of, held_by, problem_of, shared_by, shrinking
from deadweight.analysis.profile import Profile
from deadweight.model.report import Location
from deadweight.model.report.levels import Step
from tests.builders import bare, bare_inventory, profile_of, requirements_file
from tests.unit.analysis.levels.test_changes import measured


def at(line: int) -> Location:
    return Location(
        kind="import", name="x", file="a.py", line=line, cell=None, role="application", how="lazy", condition=None
    )


def step(kind: str, *lines: int) -> Step:
    return Step(kind=kind, name="x", action="", reason="", locations=tuple(map(at, lines)))  # type: ignore[arg-type]


def test_cost__more_code_to_change__is_more_effort() -> None:
    assert cost_of(step("drop")) < cost_of(step("swap")) < cost_of(step("drop", 1)) < cost_of(step("drop", 1, 2))
    assert cost_of(step("drop", 1)) == cost_of(step("drop", 1, 1))
    assert cost_of(step("trim"), "low") < cost_of(step("trim"), "medium") < cost_of(step("trim"), "high")


def test_apart__production__is_one_change_for_each_requirement() -> None:
    profile = measured()
    changes = apart(split_change(profile, "production"), profile)
    assert [(change.keys, [each.name for each in change.drops]) for change in changes] == [
        (("pytest",), ["pytest"]),
        (("black",), ["black"]),
    ]


def of(*sizes: tuple[str, int]) -> Profile:
    return profile_of(bare_inventory(*(bare(name, size) for name, size in sizes)), None)


def test_shrinking__what_the_lighter_build_brings__counts_against_it() -> None:
    before = of(("torch", 900), ("nvidia", 400), ("web", 10))
    after = of(("torch-cpu", 200), ("web", 10))
    assert shrinking(before, after, "torch") == {"torch": 700, "nvidia": 400}


def test_problem__production__is_solved_by_the_cheapest_steps() -> None:
    profile = measured()
    options = Options(drops=apart(split_change(profile, "production"), profile), builds=(), kinds=())
    changes, steps, chunks = problem_of(profile, options)
    assert set(changes) == set(steps) == {"drop pytest", "drop black"}
    assert reaching.solve(steps.values(), chunks, 41).steps == ("drop black", "drop pytest")
    assert reaching.solve(steps.values(), chunks, 30).steps == ("drop black",)
    beyond = reaching.solve(steps.values(), chunks, 66)
    assert (beyond.reached, beyond.most) == (False, 65)


def test_held_by__requirements__the_largest_first() -> None:
    profile = profile_of(bare_inventory(bare("a", 10), bare("b", 30)), requirements_file("a\nb\n"))
    assert [(each.name, each.freed_bytes) for each in held_by(profile)] == [("b", 30), ("a", 10)]


def test_held_by__requirement_of_another__frees_nothing_alone_and_is_named() -> None:
    inventory = bare_inventory(
        bare("a", 10, requires=["b", "c"]), bare("b", 30), bare("c", 5), bare("d", 7, requires=["c"])
    )
    profile = profile_of(inventory, requirements_file("a\nb\nd\n"))
    rows = held_by(profile)
    assert [(row.name, row.freed_bytes, row.own_bytes, row.required_by) for row in rows] == [
        ("b", 0, 30, ("a",)), ("a", 10, 10, ()), ("d", 7, 7, ()),
    ]  # fmt: skip
    assert shared_by(profile, rows) == 5
    left = held_by(profile, {"a"})
    assert [(row.name, row.freed_bytes) for row in left] == [("b", 30), ("d", 12)]
    assert shared_by(profile, left, {"a"}) == 0


def test_held_by__many_requirements__are_all_listed() -> None:
    names = [f"n{number}" for number in range(15)]
    profile = profile_of(bare_inventory(*(bare(name, 1) for name in names)), requirements_file("\n".join(names)))
    assert len(held_by(profile)) == 15
