"""What to drop and to replace for each level, from a profile alone."""

from __future__ import annotations

from deadweight import Settings
from deadweight.analysis.levels.changes import deduplicating, dropping, lighter_changes, split_change, uses_of
from deadweight.analysis.levels.variant import Variant, lines_of
from deadweight.analysis.profile import Profile
from deadweight.model import Application, Mention
from tests.builders import bare, bare_inventory, profile_of, requirements_file

LINES = "web\npytest\nblack\nxgboost\nopencv-python\nopencv-python-headless\n"


def measured() -> Profile:
    inventory = bare_inventory(
        bare("web", 10, requires=["click"]), bare("pytest", 20, requires=["pluggy"]), bare("pluggy", 5),
        bare("black", 40, requires=["click"]), bare("click", 3), bare("xgboost", 900), bare("opencv-python", 70),
        bare("opencv-python-headless", 60),
    )  # fmt: skip
    return profile_of(inventory, requirements_file(LINES))


def using(feature: str, how: str = "start") -> Application:
    mention = Mention("feature", feature, "main.py", 3, "application", how)  # type: ignore[arg-type]
    return Application(directory=".", features=(mention,))


def test_production__each_step__saves_what_those_before_it_left() -> None:
    change = split_change(measured(), "production")
    assert [(step.name, step.saves_bytes) for step in change.steps] == [("pytest", 25), ("black", 40)]
    assert change.keys == ("pytest", "black")
    assert change.code_lines == 0


def test_production__unsure_steps__save_what_those_before_them_left() -> None:
    inventory = bare_inventory(
        bare("notebook", 10, requires=["jupyterlab"]), bare("jupyterlab", 80, requires=["tornado"]),
        bare("tornado", 5), bare("web", 1),
    )  # fmt: skip
    change = split_change(profile_of(inventory, requirements_file("notebook\njupyterlab\nweb\n")), "production")
    unsure = "perhaps only for development; --drop"
    assert [(step.name, step.saves_bytes, step.reason) for step in change.rejected] == [
        ("notebook", 10, f"{unsure} notebook removes it"),
        ("jupyterlab", 85, f"{unsure} jupyterlab removes it after those above"),
    ]


def test_dropping__shared_dependency__is_saved_by_the_last_that_needs_it() -> None:
    change = dropping(measured(), {"web", "black"})
    assert [(step.name, step.saves_bytes) for step in change.steps] == [("web", 10), ("black", 43)]


def test_deduplicating__build_with_windows__goes_unless_the_code_opens_some() -> None:
    change = deduplicating(measured(), None)
    assert [(step.name, step.saves_bytes) for step in change.steps] == [("opencv-python", 70)]
    other = deduplicating(measured(), using("windows"))
    assert [(step.name, step.saves_bytes) for step in other.steps] == [("opencv-python-headless", 60)]
    assert other.steps[0].reason == "your code uses windows on a screen, which opencv-python-headless lacks"


def test_lighter__code_that_uses_a_gpu__rules_it_out() -> None:
    names = [step.name for change in lighter_changes(measured(), using("gpu")) for step in change.rejected]
    assert names == ["xgboost"]
    taken = {step.name: step.reason for change in lighter_changes(measured(), None) for step in change.steps}
    assert taken["xgboost"] == "it lacks GPU support; check that your code does not use a GPU"


def test_uses__optional_or_in_tests__do_not_count() -> None:
    assert uses_of("gpu", using("gpu"))
    assert not uses_of("gpu", using("gpu", "optional"))
    assert not uses_of("windows", using("gpu"))
    assert not uses_of("gpu", None)


def test_variant__changed__leaves_out_lines_and_adds_builds() -> None:
    file = requirements_file(LINES)
    profile = measured()
    assert profile.requirements
    variant = Variant(settings=Settings(), file=profile.requirements).changed(split_change(profile, "production"))
    assert [each.name for each in variant.requirements.all_requirements()] == [
        "web", "xgboost", "opencv-python", "opencv-python-headless",
    ]  # fmt: skip
    assert lines_of(file, list(file.all_requirements())[:1]) == {(file.path, 1)}
    lighter = variant.changed(next(change for change in lighter_changes(profile, None) if change.swaps))
    assert lighter.settings.request.swap == ("xgboost=xgboost-cpu",)
    assert lighter.without_build("xgboost").settings.request.swap == ()
