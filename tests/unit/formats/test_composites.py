"""Several requirements files as one."""

from __future__ import annotations

from deadweight.formats.composites import composed
from deadweight.formats.requirements import for_resolver
from tests.builders import requirements_file


def test_composed__files_and_lines__are_read_as_one() -> None:
    one, other = requirements_file("a\n-c limits.txt\n", "x/a.txt"), requirements_file("b>=1\n", "b.txt")
    file = composed("together", [one, other], [(7, "--pre"), (9, "c")])
    assert [(each.name, each.file, each.number) for each in file.all_requirements()] == [
        ("c", "together", 9), ("a", "x/a.txt", 1), ("b", "b.txt", 1),
    ]  # fmt: skip
    lines = for_resolver(file, {}).splitlines()
    assert [line for line in lines if not line.startswith("--constraint")] == ["--pre", "c", "a", "b>=1"]
    assert any(line.endswith("/x/limits.txt") for line in lines)
