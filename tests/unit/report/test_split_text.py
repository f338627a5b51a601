"""What ``deadweight split`` writes and tells."""

from __future__ import annotations

from pathlib import Path

import pytest

from deadweight.analysis.profile import Profile
from deadweight.analysis.reporting import report_of
from deadweight.report.splits import split_files, split_text
from deadweight.settings import Settings
from tests.builders import bare, bare_inventory, profile_of, requirements_file, wants
from tests.conftest import Golden

CONFIG = {"dev": ("tester",), "ml": ("brain",)}
PATHS = ["requirements-production.txt", "requirements-minimal.txt"]


def service(text: str = "app\nbrain>=1  # thinks\ntester\n") -> Profile:
    found = bare_inventory(bare("app", 4_000), bare("brain", 50_000_000, version="3.1"), bare("tester", 600_000))
    return profile_of(found, requirements_file(text), Settings.of(groups=CONFIG, minimal_groups=("core", "data")))


def test_split_files__names_and_lines() -> None:
    files = split_files(service(), "out", pin=False)
    production, minimal = files["out/requirements-production.txt"], files["out/requirements-minimal.txt"]
    assert [w.name for w in wants(*production.splitlines())] == ["app", "brain"]
    assert "brain>=1  # thinks\n" in production
    assert [w.name for w in wants(*minimal.splitlines())] == ["app"]


def test_split_files__pin__writes_measured_versions() -> None:
    files = split_files(service(), "", pin=True)
    assert "\nbrain==3.1  # thinks\n" in files["requirements-production.txt"]


def test_split_files__of_an_environment__hold_pinned_roots() -> None:
    inventory = bare_inventory(bare("app", requested=True), bare("tester", requested=True, version="2"))
    files = split_files(profile_of(inventory, None, Settings.of(groups=CONFIG), path="\x1b[31menv\n"), "", pin=False)
    text = files["requirements-production.txt"]
    assert [(w.name, w.specifier) for w in wants(*text.splitlines())] == [("app", "==1.0")]
    assert "\x1b" not in text


def test_split_text__looks_like_this(golden: Golden) -> None:
    text = split_text(report_of(service()), PATHS, width=80, color=False)
    assert text == golden("split.txt", text)


@pytest.mark.parametrize("width", [60, 80, 120])
def test_split_text__any_width__is_never_exceeded(width: int) -> None:
    name = "tester-" + "x" * 150
    found = profile_of(
        bare_inventory(bare(name), bare("app", requires=["gone" * 50])), requirements_file(f"app\n{name}\n"),
        Settings.of(groups={"dev": (name,)}),
    )  # fmt: skip
    text = split_text(report_of(found), [str(Path("some") / ("f" * 150)), "b"], width=width, color=False)
    assert max(map(len, text.splitlines())) <= width


def test_split_text__nothing_removed__says_so_and_saves_nothing() -> None:
    text = split_text(report_of(service("app\n")), PATHS, width=80, color=False)
    assert "saves 0 B (0 %)" in text
    assert "nothing" in text


def test_split_text__unsure__is_listed_with_its_reason() -> None:
    found = profile_of(
        bare_inventory(bare("app"), bare("acme-debugger", 2_000_000)),
        requirements_file("app\nacme-debugger\n"),
        Settings(),
    )
    text = split_text(report_of(found), PATHS, width=80, color=False)
    assert "kept: uncertain" in text
    assert 'dev? name contains "debugger"' in text
    assert "2.00 MB" in text
