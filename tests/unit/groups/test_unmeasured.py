"""Groups of requirements of which nothing was measured."""

from __future__ import annotations

from deadweight.groups.rules import config_names
from deadweight.groups.unmeasured import groups_of_requirements
from deadweight.model import Mention, Metadata, Source
from tests.builders import wants


def test_requirements__names_alone__are_known_or_core_by_default() -> None:
    found = groups_of_requirements(wants("Django>=4", "pytest", "x-unheard-of", "pytest"), config_names({}))
    assert {name: (a.group, a.sure) for name, a in found.items()} == {
        "django": ("core", True),
        "pytest": ("dev", True),
        "x-unheard-of": ("core", False),
    }


def test_requirements__what_an_index_says__is_heard() -> None:
    known = {"x-unheard-of": Metadata(name="x-unheard-of", version="1", classifiers=("Framework :: Pytest",))}
    found = groups_of_requirements(wants("x-unheard-of"), config_names({}), known=known)
    assert found["x-unheard-of"].evidence[0].rule == "DW103"


def test_requirements__index_says_what_needs_what__the_graph_is_heard() -> None:
    known = {"app-of-acme": Metadata(name="app-of-acme", version="1", requires=("faker",))}
    found = groups_of_requirements(wants("app-of-acme", "faker"), config_names({}), known=known)
    assert (found["faker"].group, found["faker"].evidence[0].rule) == ("core", "DW302")


def test_requirements__source__is_heard() -> None:
    source = Source(folder="", mentions=(Mention("import", "faker", "app.py", 1, "application"),))
    found = groups_of_requirements(wants("Faker"), config_names({}), source=source)
    assert found["faker"].evidence[0].rule == "DW201"


def test_requirements__marker_is_false_or_no_name__are_judged_or_left_out() -> None:
    lines = wants("pytest ; sys_platform == 'nowhere'", "https://example.org/x.whl", "pkg @ https://example.org/y.whl")
    found = groups_of_requirements(lines, config_names({}))
    assert sorted(found) == ["pkg", "pytest"]
    assert found["pytest"].group == "dev"


def test_requirements__users_word__decides() -> None:
    found = groups_of_requirements(wants("pytest"), config_names({"core": ("pytest",)}))
    assert (found["pytest"].group, found["pytest"].evidence[0].rule) == ("core", "DW001")
