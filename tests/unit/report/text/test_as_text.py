"""The report for people: its width, its safety, and how it looks."""

from __future__ import annotations

import re

import pytest
from msgspec.structs import replace
from rich.cells import cell_len

from deadweight.analysis.profile import Profile
from deadweight.analysis.reporting import report_of
from deadweight.model import Conflict, Skipped
from deadweight.model.report import LighterBuild
from deadweight.report.text.as_text import as_text
from deadweight.report.view import View
from deadweight.settings import Settings
from tests.builders import ELF_X86_64, bare, bare_inventory, dist_files, inventory_of, profile_of, requirements_file
from tests.conftest import Golden

CONFIG = {"data": ("frame*",), "dev": ("tester",), "ml": ("brain",)}


def service() -> Profile:
    """A small service: data, tests, native code, bytecode, a stray file, a conflict."""
    inventory = inventory_of(
        dist_files("app", "2.0", files={"app/__init__.py": "x" * 12_000}, requires=["frame>=3", "shared"]),
        dist_files(
            "frame",
            files={"frame/_core.so": ELF_X86_64 + bytes(4_200_000), "frame.libs/libz.so": ELF_X86_64 + bytes(900_000)},
            requires=["shared"],
        ),
        dist_files("shared", files={"shared.py": "y" * 1_500_000, "__pycache__/shared.cpython-311.pyc": "z" * 80_000}),
        dist_files("tester", files={"tester/__init__.py": "t" * 640_000}, requires=["helper", "shared"]),
        dist_files("helper", files={"helper.py": "h" * 55_000}),
        extra={"share/left-over.bin": "l" * 2_345},
    )
    file = requirements_file("app\nframe\ntester\n")
    return profile_of(inventory, file, Settings.of(groups=CONFIG))


def long_names() -> Profile:
    """Names, versions and texts longer than any column, wide characters among them."""
    name = "a-very-long-name-of-a-distribution-that-somebody-thought-was-a-good-idea-to-publish"
    found = [
        bare(f"{name}-{n}", 10**n, version="1.0.0.dev20260101+local.build.number", requires=["s"]) for n in range(9)
    ]
    inventory = bare_inventory(*found, bare("s", 5_000_000))
    inventory = replace(
        inventory,
        conflicts=(Conflict(kind="path", names=("a", "b"), reason="both claim " + "x/" * 100),),
        skipped=(Skipped("日本語" * 40, "not read"),),
        warnings=("w" * 300,),
    )
    config = {"dev": (f"{name}-[0-4]*", f"{name}-1", f"{name}-2")}
    lines = "\n".join(d.key for d in found)
    return profile_of(inventory, requirements_file(lines), Settings.of(groups=config), path="some/" * 30 + "file.txt")


def test_text__small_service__looks_like_this(golden: Golden) -> None:
    text = as_text(report_of(service()), View(width=80))
    assert text == golden("profile.txt", text)


def test_text__wide_terminal__has_more_columns(golden: Golden) -> None:
    text = as_text(report_of(service()), View(width=120))
    assert text == golden("profile-120.txt", text)


@pytest.mark.parametrize("width", [60, 80, 120, 200])
@pytest.mark.parametrize("profile", [service, long_names])
@pytest.mark.parametrize("color", [False, True])
def test_text__any_width__is_never_exceeded(profile: object, width: int, color: bool) -> None:
    assert callable(profile)
    text = re.sub(r"\x1b\[[\d;]*m", "", as_text(report_of(profile()), View(width=width, color=color, rows=None)))
    assert "\x1b" not in text
    assert max(map(cell_len, text.splitlines())) <= width


def test_text__color__only_where_it_is_requested() -> None:
    assert "\x1b[" not in as_text(report_of(service()))
    assert "\x1b[" in as_text(report_of(service()), View(color=True))


def test_text__color__adds_nothing_but_color() -> None:
    uncolored = re.sub(r"\x1b\[[\d;]*m", "", as_text(report_of(service()), View(color=True)))
    assert [line.rstrip() for line in uncolored.splitlines()] == as_text(report_of(service())).splitlines()


def test_text__hostile_texts__are_spelled_out() -> None:
    evil = "\x1b[2J\x07\u202eevil\udcff"
    inventory = replace(
        bare_inventory(bare("a", version="[red]1[/red]", requires=["[red]gone[/red]"])),
        skipped=(Skipped(evil, evil), Skipped("[link=http://evil]y[/link]", "[/]")),
        warnings=(evil, "[red]x[/red]"),
        conflicts=(Conflict(kind="path", names=(evil,), reason=evil),),
    )
    text = as_text(report_of(profile_of(inventory, path=f"{evil}/env")), View(width=120))
    assert "[red]1[/red]" in text
    assert "[red]gone[/red]" in text
    assert "[red]x[/red]" in text
    assert "[link=http://evil]y[/link]" in text
    assert "\\x1b[2J\\x07\\u202eevil\\udcff" in text
    assert set(text) & {"\x1b", "\x07", "\u202e", "\udcff"} == set()


def test_text__emoji_code_in_a_name__stays_as_it_is() -> None:
    assert ":smile:" in as_text(report_of(replace(service(), target=replace(service().target, location=":smile:"))))


@pytest.mark.parametrize(("rows", "shown"), [(3, 3), (None, 30), (29, 30), (28, 28)])
def test_text__more_rows_than_requested__are_summed_up_in_one(rows: int | None, shown: int) -> None:
    inventory = bare_inventory(*(bare(f"dist-{n:02}", 1000 + n, requested=True) for n in range(30)))
    table = as_text(report_of(profile_of(inventory)), View(rows=rows)).partition("\ngroup ")[0]
    assert len(re.findall(r"^dist-\d\d", table, re.M)) == shown
    assert (f"{30 - shown} more" in table) == (shown < 30)


def test_text__empty_environment__says_so_without_a_table() -> None:
    text = as_text(report_of(profile_of(bare_inventory(), path="env")))
    assert text.startswith("env\n")
    assert "0 distributions" in text
    assert "retained" not in text


def test_text__disk_bytes__only_where_they_are_known() -> None:
    found = service()
    assert "on disk" not in as_text(report_of(found))
    on_disk = replace(found.inventory, total=replace(found.inventory.total, disk=4096))
    assert "4.10 kB on disk" in as_text(report_of(replace(found, inventory=on_disk)))


def test_text__everything_that_went_wrong__is_reported() -> None:
    inventory = replace(
        bare_inventory(bare("a", requires=["gone"])), skipped=(Skipped("the/place", "locked"),), warnings=("beware",)
    )
    text = as_text(report_of(profile_of(inventory, requirements_file("a\n"))))
    assert all(said in text for said in ("gone", "the/place", "locked", "beware"))


def test_text__credentials_in_the_requirements__are_blotted_out() -> None:
    file = requirements_file("tester @ https://user:secret@host/t.whl\n")
    text = as_text(report_of(profile_of(bare_inventory(bare("tester")), file, Settings.of(groups=CONFIG))))
    assert "secret" not in text


def test_text__least_that_a_lighter_build_saves__is_explained() -> None:
    lighter = LighterBuild(
        name="frame", apparent_bytes=5_000_000, lighter="frame-light", how="--swap frame=frame-light", loses="plots",
        saves_bytes=4_000_000,
    )  # fmt: skip
    report = replace(report_of(service()), lighter=(lighter,))
    text = as_text(report, View(width=80))
    assert ">4.00 MB" in text
    assert "\n> at least; " in text
    measured = replace(report, lighter=(replace(lighter, measured_saving_bytes=4_500_000),))
    assert "> at least" not in as_text(measured, View(width=80))
