"""Groups of requirements of which nothing was measured."""

from __future__ import annotations

from deadweight.groups.rules import config_names
from deadweight.groups.unmeasured import groups_of_lock, groups_of_requirements
from deadweight.model import Application, Environment, Lock, Mention, Metadata, Pinned
from tests.builders import wants


def test_requirements__names_alone__are_known_or_core_by_default() -> None:
    found = groups_of_requirements(wants("Django>=4", "pytest", "x-unheard-of", "pytest"), config_names({}))
    assert {name: (a.group, a.sure) for name, a in found.items()} == {
        "django": ("core", True),
        "pytest": ("dev", True),
        "x-unheard-of": ("core", False),
    }


def test_requirements__what_an_index_says__counts() -> None:
    known = {"x-unheard-of": Metadata(name="x-unheard-of", version="1", classifiers=("Framework :: Pytest",))}
    found = groups_of_requirements(wants("x-unheard-of"), config_names({}), known=known)
    assert found["x-unheard-of"].evidence[0].rule == "DW103"


def test_requirements__index_says_what_needs_what__the_graph_counts() -> None:
    known = {"app-of-acme": Metadata(name="app-of-acme", version="1", requires=("faker",))}
    found = groups_of_requirements(wants("app-of-acme", "faker"), config_names({}), known=known)
    assert (found["faker"].group, found["faker"].evidence[0].rule) == ("core", "DW302")


def test_requirements__source__counts() -> None:
    application = Application(directory="", mentions=(Mention("import", "faker", "app.py", 1, "application"),))
    found = groups_of_requirements(wants("Faker"), config_names({}), application=application)
    assert found["faker"].evidence[0].rule == "DW201"


def test_requirements__marker_is_false_or_no_name__are_judged_or_left_out() -> None:
    lines = wants("pytest ; sys_platform == 'nowhere'", "https://example.org/x.whl", "pkg @ https://example.org/y.whl")
    found = groups_of_requirements(lines, config_names({}))
    assert sorted(found) == ["pkg", "pytest"]
    assert found["pytest"].group == "dev"


def test_requirements__users_word__decides() -> None:
    found = groups_of_requirements(wants("pytest"), config_names({"core": ("pytest",)}))
    assert (found["pytest"].group, found["pytest"].evidence[0].rule) == ("core", "DW001")


def needing(**requires: str) -> dict[str, Metadata]:
    return {name: Metadata(name=name, version="1", requires=tuple(lines.split())) for name, lines in requires.items()}


def test_requirements__pinned_and_much_that_they_need_is_not_named__are_all_requested() -> None:
    known = needing(aaa="bbb ccc", bbb="", pytest="aaa responses pluggy", responses="aaa bbb yaml")
    found = groups_of_requirements(wants(*(f"{name}==1" for name in known)), config_names({}), known=known)
    assert {name for name, each in found.items() if each.group == "dev"} == {"pytest", "responses"}


def test_requirements__a_real_freeze__what_dev_alone_brings_is_dev() -> None:
    known = needing(aaa="bbb", bbb="", ccc="", ddd="ccc bbb", pytest="ccc ddd")
    found = groups_of_requirements(wants(*(f"{name}==1" for name in known)), config_names({}), known=known)
    assert {name for name, each in found.items() if each.group == "dev"} == {"pytest", "ccc", "ddd"}


def test_requirements__marker_of_what_needs_it__is_that_of_the_environment() -> None:
    known = needing(aaa="faker;python_version<'3.9'")
    old, new = (
        groups_of_requirements(
            wants("aaa", "faker"), config_names({}), known=known, environment=Environment(python=python)
        )
        for python in ("3.8", "3.12")
    )
    assert (old["faker"].group, new["faker"].group) == ("core", "dev")


def test_lock__what_is_not_requested__takes_the_group_of_what_needs_it() -> None:
    packages = (Pinned(name="pytest", version="1"), Pinned(name="aaa", version="1"))
    lock = Lock(packages=packages, requirements=wants("pytest"))
    found = groups_of_lock(lock, config_names({}), known=needing(pytest="aaa"))
    assert (found["aaa"].group, found["aaa"].evidence[0].rule) == ("dev", "DW301")
