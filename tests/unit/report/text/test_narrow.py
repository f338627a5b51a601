"""Reports in 80 columns: names that do not break, lists that end, lines that keep their indent."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from deadweight.analysis.profile import Profile
from deadweight.analysis.reporting import report_of
from deadweight.model.report import ApplicationFacts, Finding, Location
from deadweight.report.results import why
from deadweight.report.splits import split_text
from deadweight.report.text.as_text import as_text
from deadweight.report.text.tables import hanging
from deadweight.report.units import counted, hanging_text
from deadweight.report.view import View
from deadweight.settings import Settings
from deadweight.targets.types import Requirements
from tests.builders import bare, bare_inventory, profile_of, requirements_file

LONG = "opencv-python-headless-with-a-name"


def tools(count: int) -> Profile:
    """Return an application with many tools, the later ones larger."""
    names = [f"tool-{number:02}" for number in range(count)]
    distributions = [bare(name, 1000 * (number + 1), requires=["shared"]) for number, name in enumerate(names)]
    inventory = bare_inventory(bare("app", 10), *distributions, bare("shared", 5_000_000))
    return profile_of(
        inventory, requirements_file("\n".join(["app", *names])), Settings.of(groups={"dev": ("tool-*",)})
    )


@pytest.mark.parametrize("width", [72, 80, 100])
def test_text__long_names__do_not_break_inside(width: int) -> None:
    inventory = bare_inventory(bare("app", requires=[LONG]), bare(LONG, 5_000_000), bare(f"{LONG}-2", requires=[LONG]))
    file = requirements_file(f"app\n{LONG}\n{LONG}-2\n")
    found = profile_of(inventory, file, Settings.of(groups={"dev": (f"{LONG}-2",)}))
    for text in (
        as_text(report_of(found), View(width=width)),
        split_text(report_of(found), ["a.txt", "b.txt"], width=width, color=False),
    ):
        assert max(map(len, text.splitlines())) <= width
        parts = [line for line in text.splitlines() if "opencv" in line]
        assert parts
        assert all(LONG in line or "…" in line for line in parts)  # whole or cut off, never on two lines
        assert LONG in text


def test_text__many_removable__are_cut_off_with_their_number() -> None:
    text = as_text(report_of(tools(50)), View(rows=20))
    could_go = text[text.index("can be removed") : text.index("\ntotal  ", text.index("can be removed"))].splitlines()[
        1:
    ]
    assert len(could_go) == 21
    assert could_go[0].startswith("tool-49")
    assert could_go[-1].split() == ["30", "more", "(use", "--all)"]
    assert "tool-00" in as_text(report_of(tools(50)), View(rows=None))


def test_text__many_that_nothing_requires__are_cut_off_too() -> None:
    found = profile_of(
        bare_inventory(bare("app"), *(bare(f"left-{n:02}", n) for n in range(40))), requirements_file("app")
    )
    text = as_text(report_of(found), View(rows=5))
    assert sum(line.startswith("left-") for line in text[text.index("can be removed") :].splitlines()) == 5
    assert "35 more" in text


def test_text__names_that_do_not_fit__are_counted() -> None:
    text = as_text(report_of(tools(50)))
    assert "shared, tool-49, tool-48, tool-47, tool-46 and 46 more" in " ".join(text.split())
    assert "…" not in text


def test_text__holders__those_with_the_largest_closure_first() -> None:
    text = as_text(report_of(tools(50)))
    row = text[text.index("required by") :].splitlines()[1]
    assert row.split()[3] == "tool-49,"


def test_text__one_file__is_one_file() -> None:
    assert "1 distribution, 1 file\n" in as_text(report_of(profile_of(bare_inventory(bare("a")), path="env")))
    assert (counted(1, "file"), counted(0, "file"), counted(2000, "file")) == ("1 file", "0 files", "2,000 files")


def test_text__requirements_file_that_names_nothing__says_so() -> None:
    assert "the file contains no requirements" in as_text(
        report_of(profile_of(bare_inventory(), requirements_file("# none\n")))
    )
    assert "names no requirements" not in as_text(
        report_of(profile_of(bare_inventory(bare("a")), requirements_file("a\n")))
    )


def test_text__standard_input__is_named() -> None:
    file = requirements_file("a\n", path="-")
    assert as_text(report_of(profile_of(bare_inventory(bare("a")), file))).startswith("standard input\n")
    assert Requirements("-").label == "standard input"
    assert Requirements("a.txt").label == "a.txt"


def test_text__group_without_distributions__has_no_row() -> None:
    text = as_text(report_of(profile_of(bare_inventory(bare("a")), requirements_file("a\n"))))
    assert "\ncore" in text
    assert "\nml " not in text


def test_text__environment__has_no_lines() -> None:
    a, b = bare("a", requires=["b"], requested=True), bare("b", 5_000_000, requested=True)
    text = as_text(report_of(profile_of(bare_inventory(a, b, bare("c")))))
    assert "your requirements, a" in text
    assert "own line" not in text


def test_hanging__further_lines__are_indented() -> None:
    lines = hanging("note: " + "word " * 40, 40).plain.splitlines()
    assert len(lines) > 4
    assert all(line.startswith("  word") for line in lines[1:])
    assert max(map(len, lines)) <= 40


def test_hanging__path_longer_than_the_line__is_not_broken() -> None:
    path = "shop/" + "long_" * 20 + "name.py"
    assert hanging_text(f"note: {path} cannot be read", 40).splitlines() == ["note:", f"  {path}", "  cannot be read"]


@pytest.mark.parametrize("width", [50, 80])
def test_text__findings__wrap_with_a_hanging_indent_and_the_path_stands_alone(width: int) -> None:
    location = Location(
        kind="import", name="heavy", file="shop/a_module_with_a_long_name.py", line=3, cell=None, role="application",
        how="start", condition=None,
    )  # fmt: skip
    finding = Finding(
        kind="dev-in-production", name="heavy-tool", reason="is a development tool, but the application uses it",
        freed_bytes=5_000_000, locations=(location,),
    )  # fmt: skip
    code = ApplicationFacts(directory=".", files=1, mentions=1, skipped=())
    report = report_of(profile_of(bare_inventory(bare("heavy-tool")), requirements_file("heavy-tool\n")))
    text = as_text(replace(report, source=code, findings=(finding,)), View(width=width))
    first, *others = text[text.index("\nfindings\n") + 10 :].split("\n\n")[0].splitlines()
    assert first.startswith("  heavy-tool is a development tool")
    assert all(line.startswith("    ") for line in others)
    assert others[-1].strip() == "shop/a_module_with_a_long_name.py:3"


def test_why__leaves_and_holders__the_heaviest_first() -> None:
    names = [f"leaf-{number:02}" for number in range(20)]
    leaves = [bare(name, number + 1) for number, name in enumerate(names)]
    holders = [bare(f"holder-{number:02}", number + 1, requires=["top"]) for number in range(20)]
    inventory = bare_inventory(bare("top", requires=names), *leaves, *holders)
    found = profile_of(inventory, requirements_file("\n".join(h.key for h in holders)))
    reason = why.why(report_of(found), "top")
    assert reason.leaves[:2] == ("leaf-19", "leaf-18")
    assert reason.holders[:2] == ("holder-19", "holder-18")
    text = why.why_text(report_of(found), reason, width=1000)
    assert "including leaf-19, leaf-18, leaf-17, leaf-16, leaf-15, leaf-14 and 14 more" in text
    assert "Removing holder-19, holder-18," in text
