"""Which of the user's lines each split keeps, and what that saves."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from deadweight.analysis.profile import Profile
from deadweight.model import Application, Distribution, Mention, Skipped
from deadweight.report.splits import split_files
from deadweight.settings import Settings
from tests.builders import bare, bare_inventory, dist_files, inventory_of, profile_of, requirements_file

CONFIG = {"dev": ("tester", "linter"), "data": ("frame",), "ml": ("brain",)}


def measured(*distributions: Distribution, lines: tuple[str, ...], settings: Settings | None = None) -> Profile:
    file = requirements_file("\n".join(lines))
    return profile_of(bare_inventory(*distributions), file, settings or Settings.of(groups=CONFIG))


def kept(profile: Profile, split: str) -> list[str]:
    return [want.name or want.url for want in profile.split(split).kept]


def dropped(profile: Profile, split: str) -> dict[str, int | None]:
    return {found.name: found.freed_bytes for found in profile.split(split).dropped}


def test_splits__plain_file__each_keeps_its_groups() -> None:
    names = ("app", "frame", "brain", "tester")
    settings = Settings.of(groups=CONFIG, minimal_groups=("core", "data"))
    found = measured(*(bare(n, 10**i) for i, n in enumerate(names)), lines=names, settings=settings)
    assert kept(found, "production") == ["app", "frame", "brain"]
    assert kept(found, "minimal") == ["app", "frame"]
    assert dropped(found, "production") == {"tester": 1000}
    assert dropped(found, "minimal") == {"brain": 100, "tester": 1000}


def test_split__sizes__are_those_of_what_is_kept_and_removed() -> None:
    found = measured(
        bare("app", 1, requires=["shared"]), bare("tester", 10, requires=["shared", "helper"]), bare("shared", 100),
        bare("helper", 1000), lines=("app", "tester"),
    ).split("production")  # fmt: skip
    assert found.distributions == ("app", "shared")
    assert (found.apparent_bytes, found.saved_bytes) == (101, 1010)


def test_split__line_that_production_needs__stays() -> None:
    found = measured(bare("app", requires=["linter"]), bare("linter"), lines=("app", "linter"), settings=Settings())
    assert kept(found, "production") == ["app", "linter"]


def test_split__config_says_dev_but_production_needs_it__stays_too() -> None:
    found = measured(bare("app", requires=["linter"]), bare("linter"), lines=("app", "linter"))
    assert kept(found, "production") == ["app", "linter"]


def test_split__full_freeze__transitive_dev_lines_are_removed_and_shared_ones_kept() -> None:
    found = measured(
        bare("app", requires=["shared"]), bare("shared"), bare("tester", requires=["helper", "shared"]),
        bare("helper", requires=["below"]), bare("below"),
        lines=("app==1.0", "below==1.0", "helper==1.0", "shared==1.0", "tester==1.0"),
    )  # fmt: skip
    assert found.dependencies.frozen
    assert kept(found, "production") == ["app", "shared"]
    assert any("freeze" in warning for warning in found.warnings)


def test_split__line_whose_marker_is_false_here__is_judged_by_its_name_alone() -> None:
    found = measured(bare("app"), lines=("app", "tester ; sys_platform == 'win32'", "other ; sys_platform == 'win32'"))
    assert kept(found, "production") == ["app", "other"]
    assert dropped(found, "production") == {"tester": None}


def test_split__two_lines_of_one_project__are_removed_or_kept_together() -> None:
    lines = ("app==1.0 ; python_version >= '3'", "app==0.9 ; python_version < '3'", "tester ; python_version >= '3'",
             "tester==0.1 ; python_version < '3'")  # fmt: skip
    found = measured(bare("app"), bare("tester"), lines=lines)
    assert kept(found, "production") == ["app", "app"]


def test_split__extra_of_a_line_that_is_removed__does_not_count_in_what_stays() -> None:
    lib = bare("lib", 1, requires=["speed ; extra == 'fast'"])
    found = measured(
        lib, bare("app", 10, requires=["lib"]), bare("tester", 100, requires=["lib[fast]"]), bare("speed", 1000),
        lines=("app", "tester"),
    ).split("production")  # fmt: skip
    assert found.distributions == ("app", "lib")
    assert found.saved_bytes == 1100


@pytest.mark.parametrize(
    ("settings", "production"),
    [
        (Settings.of(groups=CONFIG), ["app"]),
        (Settings.of(groups=CONFIG, keep=("tester",)), ["app", "tester"]),
        (Settings.of(groups=CONFIG, drop=("app",)), []),
        (Settings.of(groups=CONFIG, keep=("app",), drop=("app",)), []),
        (Settings.of(groups={"core": ("tester",)}), ["app", "tester"]),
    ],
    ids=["as-it-is", "keep", "drop", "drop-beats-keep", "config"],
)
def test_split__keep_and_drop__have_the_last_word(settings: Settings, production: list[str]) -> None:
    found = measured(bare("app"), bare("tester"), lines=("app", "tester"), settings=settings)
    assert kept(found, "production") == production


def test_split__kept_line__brings_what_it_needs() -> None:
    found = measured(
        bare("tester", requires=["helper"]), bare("helper"), lines=("tester",),
        settings=Settings.of(groups=CONFIG, keep=("tester",)),
    )  # fmt: skip
    assert found.split("production").distributions == ("helper", "tester")


def test_split__dropped_but_needed__warns_and_counts_it_still() -> None:
    found = measured(
        bare("app", requires=["lib"]), bare("lib"), lines=("app", "lib"), settings=Settings.of(drop=("lib",))
    )
    split = found.split("production")
    assert kept(found, "production") == ["app"]
    assert split.distributions == ("app", "lib")
    assert split.saved_bytes == 0
    assert any("lib" in warning and "app" in warning for warning in split.warnings)


@pytest.mark.parametrize(
    ("groups", "minimal"),
    [(("core",), ["app"]), (("core", "ml"), ["app", "brain"]), (("core", "dev"), ["app", "tester"]), ((), [])],
)
def test_minimal__groups_of_the_settings(groups: tuple[str, ...], minimal: list[str]) -> None:
    names = ("app", "frame", "brain", "tester")
    settings = Settings.of(groups=CONFIG, minimal_groups=groups)
    found = measured(*map(bare, names), lines=names, settings=settings)
    assert kept(found, "minimal") == minimal
    assert kept(found, "production") == ["app", "frame", "brain"]


def test_minimal__without_source__keeps_ml_and_says_why() -> None:
    """An application that is nothing but its model would be left with nothing."""
    lines = ("app", "brain", "tester")
    found = measured(*map(bare, lines), lines=lines)
    assert kept(found, "minimal") == ["app", "brain"]
    (warning,) = found.split("minimal").warnings
    assert "brain" in warning
    assert "--minimal-groups core,data" in warning


def test_minimal__keeps_many_of_ml__names_three_and_counts_the_rest() -> None:
    lines = ("brain-a", "brain-b", "brain-c", "brain-d")
    settings = Settings.of(groups={"ml": ("brain-*",)})
    some = measured(*map(bare, lines[:3]), lines=lines[:3], settings=settings)
    (warning,) = some.split("minimal").warnings
    assert warning == (
        "minimal keeps brain-a, brain-b, brain-c (ml): without your code, it is unknown whether the application"
        " needs them; use --source DIR to read your code, or --minimal-groups core,data to remove them"
    )
    all_four = measured(*map(bare, lines), lines=lines, settings=settings)
    assert "keeps brain-a, brain-b, brain-c and 1 more (ml)" in all_four.split("minimal").warnings[0]


@pytest.mark.parametrize("groups", [None, ("core", "data")])
def test_minimal__with_source_or_when_requested__removes_ml(groups: tuple[str, ...] | None) -> None:
    application = Application(directory="", mentions=()) if groups is None else None
    lines = requirements_file("app\nbrain\n")
    settings = Settings.of(groups=CONFIG, minimal_groups=groups, keep=("app",))
    found = profile_of(bare_inventory(bare("app"), bare("brain")), lines, settings, application=application)
    assert kept(found, "minimal") == ["app"]
    assert found.split("minimal").warnings == ()


def test_split__saved_groups__sum_to_what_is_saved() -> None:
    found = measured(
        bare("app", 1), bare("tester", 10, requires=["frame", "helper"]), bare("frame", 100), bare("helper", 1000),
        lines=("app", "tester"),
    ).split("production")  # fmt: skip
    assert found.saved_groups == {"dev": 1010, "data": 100}
    assert sum(found.saved_groups.values()) == found.saved_bytes


def test_split__of_an_environment__holds_the_roots_at_their_versions() -> None:
    app = bare("app", version="2.1", requested=True, requires=["lib"])
    found = profile_of(
        bare_inventory(app, bare("lib"), bare("tester", requested=True)), None, Settings.of(groups=CONFIG)
    )
    assert [(want.name, want.specifier) for want in found.split("production").kept] == [("app", "==2.1")]
    assert dropped(found, "production") == {"tester": 1}


def test_split__nothing_installed__is_empty_and_saves_nothing() -> None:
    split = profile_of(bare_inventory(), requirements_file("")).split("production")
    assert (split.kept, split.dropped, split.distributions, split.saved_bytes) == ((), (), (), 0)


def test_dropped__evidence__is_that_of_its_group() -> None:
    (found,) = measured(bare("app"), bare("tester"), lines=("app", "tester")).split("production").dropped
    assert (found.group, found.evidence.rule) == ("dev", "DW001")


def unsure(profile: Profile, split: str) -> dict[str, tuple[str, int | None]]:
    return {found.name: (found.group, found.freed_bytes) for found in profile.split(split).unsure}


def test_split__looks_like_dev_by_weak_evidence__stays_and_is_listed() -> None:
    found = measured(bare("app"), bare("acme-debugger", 100), lines=("app", "acme-debugger"), settings=Settings())
    assert kept(found, "production") == ["app", "acme-debugger"]
    assert unsure(found, "production") == {"acme-debugger": ("dev", 100)}
    assert unsure(found, "minimal") == {"acme-debugger": ("dev", 100)}


def test_split__unsure_and_not_installed__stays_and_is_listed_too() -> None:
    lines = ("app", "acme-debugger ; sys_platform == 'win32'")
    found = measured(bare("app"), lines=lines, settings=Settings())
    assert kept(found, "production") == ["app", "acme-debugger"]
    assert unsure(found, "production") == {"acme-debugger": ("dev", None)}


def test_split__unsure_but_the_user_said_so__is_not_reported() -> None:
    lines = ("app", "acme-debugger")
    for settings in (Settings.of(keep=("acme-debugger",)), Settings.of(drop=("acme-debugger",))):
        assert not unsure(measured(*map(bare, lines), lines=lines, settings=settings), "production")


def test_split__name_that_is_unknown__is_not_listed_as_uncertain() -> None:
    assert unsure(measured(bare("x-unheard-of"), lines=("x-unheard-of",), settings=Settings()), "production") == {}


def test_split__source_imports_what_looks_like_dev__stays_by_the_measured_files() -> None:
    inventory = inventory_of(dist_files("app"), dist_files("faker", files={"made_up_module/__init__.py": ""}))
    application = Application(
        directory="", mentions=(Mention("import", "made_up_module.x", "main.py", 2, "application"),)
    )
    for given, lines in (None, ["app"]), (application, ["app", "faker"]):
        found = profile_of(inventory, requirements_file("app\nfaker\n"), application=given)
        assert kept(found, "production") == lines
    assert [use.by for use in found.uses["faker"]] == ["files"]


def test_split__transitive_that_the_user_keeps__gets_a_line_of_its_own() -> None:
    settings = Settings.of(groups=CONFIG, keep=("helper",))
    found = measured(
        bare("app"), bare("tester", requires=["helper"]), bare("helper"), lines=("app", "tester"), settings=settings
    )
    assert kept(found, "production") == ["app", "helper"]
    assert found.warnings == ()
    text = split_files(found, ".", pin=False)["./requirements-production.txt"]
    assert text.endswith("app\n\n# kept by your settings\nhelper\n")


def test_split__transitive_that_the_user_keeps__is_pinned_where_every_line_is() -> None:
    settings = Settings.of(groups=CONFIG, keep=("helper",))
    found = measured(
        bare("app"), bare("tester", requires=["helper"]), bare("helper"), lines=("app==1.0", "tester==1.0"),
        settings=settings,
    )  # fmt: skip
    assert [w.specifier for w in found.split("production").kept] == ["==1.0", "==1.0"]


def test_split__requirement_that_could_not_be_measured__stays() -> None:
    file = requirements_file("app\npytest @ git+https://h.example/pytest\ntester\n")
    inventory = replace(bare_inventory(bare("app"), bare("tester")), skipped=(Skipped("pytest", "in a repository"),))
    found = profile_of(inventory, file, Settings.of(groups=CONFIG))
    assert kept(found, "production") == ["app", "pytest"]
    assert kept(profile_of(inventory, file, Settings.of(groups=CONFIG, drop=("pytest",))), "production") == ["app"]


def test_split__keeps_a_name_that_is_nowhere__warns() -> None:
    found = measured(bare("app"), lines=("app",), settings=Settings.of(keep=("nowhere",)))
    assert [w for w in found.warnings if "nowhere" in w]
