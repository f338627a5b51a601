"""What the places that use a distribution say of its group, and how that is weighed."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from deadweight.graph import build_graph
from deadweight.groups import assign_groups
from deadweight.groups.code import Loaders, declares_processes, from_loaders
from deadweight.groups.rules import config_names
from deadweight.groups.unmeasured import groups_of_requirements
from deadweight.model import Assignment, Evidence, Mention, Requirement, Use
from deadweight.model.application import How, Naming, Role
from deadweight.usage import Engine
from tests.builders import bare, bare_inventory, wants


def use(role: Role, file: str = "app/main.py", *, kind: Naming = "import", how: How = "start") -> Use:
    return Use(Mention(kind, "it", file, 7, role, how), "name")


def assigned(
    name: str, *uses: Use, others: tuple[str, ...] = (), used: Mapping[str, tuple[Use, ...]] | None = None
) -> Assignment:
    inventory = bare_inventory(*map(bare, (name, *others)))
    graph = build_graph(inventory, wants(name, *others))
    found = assign_groups(inventory, graph, config_names({}), None, {name: uses, **(used or {})})
    return found[name]


def decided(found: Assignment) -> tuple[str, str, bool]:
    return found.evidence[0].rule, found.group, found.sure


APP, TESTS = use("application"), use("tests", "tests/test_it.py")
UNKNOWN = "x-unheard-of"


def test_known_dev_tool__imported_at_start__is_needed() -> None:
    found = assigned("faker", APP, TESTS)
    assert decided(found) == ("DW201", "core", True)
    assert "app/main.py:7" in found.evidence[0].reason
    assert [e.rule for e in found.evidence] == ["DW201", "DW101"]


@pytest.mark.parametrize(
    ("reported", "rule"),
    [
        (use("application", "site/urls.py"), "DW201"),
        (use("application", "site/settings.py"), "DW201"),
        (use("application", "Procfile", kind="command"), "DW203"),
        (use("application", "site/settings.py", kind="string"), "DW204"),
        (use("application", how="lazy"), "DW209"),
    ],
)
def test_known_dev_tool__used_without_a_condition__is_needed(reported: Use, rule: str) -> None:
    assert decided(assigned("django-debug-toolbar", reported)) == (rule, "core", True)


def test_known_dev_tool__used_under_a_condition__shows_it() -> None:
    mention = Mention("import", "it", "urls.py", 7, "application", "conditional", condition="settings.DEBUG")
    found = assigned("django-debug-toolbar", Use(mention, "name"))
    assert "urls.py:7 imports it if settings.DEBUG" in [e.reason for e in found.evidence]


@pytest.mark.parametrize(
    "reported",
    [
        use("development", "site/settings/local.py"),
        use("application", "site/urls.py", how="conditional"),
        use("application", how="optional"),
        use("application", how="types"),
        use("scripts", "scripts/seed.py"),
        use("notebooks", "a.ipynb"),
        use("build", "Makefile", kind="command"),
        use("application", "entrypoint.sh", kind="command", how="conditional"),
        use("application", "site/settings.py", kind="string", how="conditional"),
        TESTS,
    ],
)
def test_known_dev_tool__used_where_that_tells_less__is_dev(reported: Use) -> None:
    assert decided(assigned("django-debug-toolbar", reported)) == ("DW101", "dev", True)


def test_known_runtime__only_tests_import_it__stays_and_is_not_sure() -> None:
    found = assigned("pandas", TESTS)
    assert decided(found) == ("DW101", "data", False)
    assert "DW206" in [e.rule for e in found.evidence]


def test_unknown__only_tests_import_it__is_no_dev_by_that_alone() -> None:
    assert decided(assigned(UNKNOWN, TESTS)) == ("DW304", "core", False)


def test_unknown__nothing_names_it__is_no_dev_by_that_alone() -> None:
    assert decided(assigned(UNKNOWN)) == ("DW304", "core", False)


def test_looks_like_dev__only_tests_import_it__is_dev_for_sure() -> None:
    assert decided(assigned("acme-debugger", TESTS)) == ("DW105", "dev", True)


def test_looks_like_dev__nothing_names_it__is_dev_for_sure() -> None:
    assert decided(assigned("acme-debugger")) == ("DW105", "dev", True)


@pytest.mark.parametrize(
    ("reported", "rule"),
    [
        (APP, "DW201"),
        (use("application", how="lazy"), "DW209"),
        (use("application", how="conditional"), "DW202"),
        (use("application", "Dockerfile", kind="command"), "DW203"),
        (use("application", "app/db.py", kind="url"), "DW204"),
    ],
)
def test_looks_like_dev__the_application_uses_it_in_any_way__is_core(reported: Use, rule: str) -> None:
    assert decided(assigned("acme-debugger", reported, TESTS)) == (rule, "core", True)


def test_companion_of_tests__only_tests_import_it__is_dev() -> None:
    assert decided(assigned("httpx", TESTS)) == ("DW207", "dev", True)


@pytest.mark.parametrize("reported", [APP, use("application", how="lazy"), use("scripts", "tools/x.py")])
def test_companion_of_tests__anything_else_uses_it__is_what_its_name_says(reported: Use) -> None:
    assert decided(assigned("httpx", TESTS, reported)) == ("DW101", "core", True)


def test_companion_of_tests__nothing_names_it__is_what_its_name_says() -> None:
    assert decided(assigned("httpx")) == ("DW101", "core", True)


def test_machinery__nothing_names_it__stays_unsure() -> None:
    assert decided(assigned("pip")) == ("DW107", "dev", False)


def test_machinery__only_tests_import_it__stays_unsure() -> None:
    assert decided(assigned("wheel", TESTS)) == ("DW107", "dev", False)


CI, STARTS = use("build", ".github/workflows/ci.yml", kind="command"), use("application", "Dockerfile", kind="command")


def test_unknown__only_ci_names_it__is_dev() -> None:
    found = assigned(UNKNOWN, CI)
    assert decided(found) == ("DW211", "dev", True)
    assert ".github/workflows/ci.yml:7" in found.evidence[0].reason


@pytest.mark.parametrize("reported", [APP, STARTS, use("application", how="lazy"), use("scripts", "bin/run.py")])
def test_unknown__ci_names_it_and_something_else_uses_it__is_core(reported: Use) -> None:
    assert decided(assigned(UNKNOWN, CI, reported))[1] == "core"


def test_unknown__tests_name_it_in_a_string__is_no_dev_by_that_alone() -> None:
    patched = use("tests", "tests/test_it.py", kind="string")
    assert decided(assigned(UNKNOWN, patched)) == ("DW304", "core", False)


def test_known_runtime__only_ci_names_it__stays_and_is_not_sure() -> None:
    assert decided(assigned("alembic", CI)) == ("DW101", "data", False)


def test_library_of_tools__only_what_names_it_decides() -> None:
    assert decided(assigned("pluggy", TESTS)) == ("DW108", "dev", True)
    assert decided(assigned("pluggy", CI)) == ("DW108", "dev", True)
    assert decided(assigned("pluggy")) == ("DW108", "dev", False)
    assert decided(assigned("pluggy", APP)) == ("DW201", "core", True)


SERVED = ["voila", "marimo", "jupyterlab", "notebook", "mkdocs", "sphinx"]


@pytest.mark.parametrize("name", SERVED)
def test_sometimes_served__by_its_name_alone__is_never_surely_dev(name: str) -> None:
    (found,) = groups_of_requirements([Requirement(name=name)], config_names({})).values()
    assert decided(found) == ("DW109", "dev", False)


@pytest.mark.parametrize("name", SERVED)
def test_sometimes_served__something_that_runs_the_application_starts_it__is_core(name: str) -> None:
    assert decided(assigned(name, STARTS, CI)) == ("DW203", "core", True)


@pytest.mark.parametrize("name", SERVED)
def test_sometimes_served__only_ci_starts_it__is_dev(name: str) -> None:
    assert decided(assigned(name, CI)) == ("DW109", "dev", True)


def test_sometimes_served__beside_a_theme_for_the_projects_own_documentation__is_dev() -> None:
    requirements = [Requirement(name="mkdocs"), Requirement(name="mkdocs-material")]
    assert decided(groups_of_requirements(requirements, config_names({}))["mkdocs"]) == ("DW109", "dev", True)


def test_loaded_in_development__nothing_else_uses_it__is_dev() -> None:
    used = {"flask": (APP,)}
    assert decided(assigned("watchdog", others=("flask",), used=used)) == ("DW210", "dev", True)
    assert decided(assigned("watchdog", APP, others=("flask",), used=used)) == ("DW101", "core", True)


def test_loaded_in_development__something_loads_it_in_production__stays() -> None:
    used = {"flask": (APP,), "streamlit": (APP,)}
    assert decided(assigned("watchdog", others=("flask", "streamlit"), used=used)) == ("DW101", "core", True)


def test_loaded_in_development__by_name_alone__stays() -> None:
    requirements = [Requirement(name="watchdog"), Requirement(name="flask")]
    assert groups_of_requirements(requirements, config_names({}))["watchdog"].group == "core"


@pytest.mark.parametrize(("others", "group"), [((), "dev"), (("beautifulsoup4",), "core")])
def test_extra_of_development__unless_something_else_loads_it__is_dev(others: tuple[str, ...], group: str) -> None:
    # A web application drives browsers to test its own pages; beside what reads pages, it may fetch those of others.
    requirements = [Requirement(name=name) for name in ("selenium", "django", *others)]
    assert groups_of_requirements(requirements, config_names({}))["selenium"].group == group


def test_loaded_by_what_development_loads__is_dev_too() -> None:
    # mkdocs-material makes mkdocs sure, and only then nothing in production loads pymdown-extensions.
    requirements = [Requirement(name=name) for name in ("pymdown-extensions", "mkdocs", "mkdocs-material")]
    assert decided(groups_of_requirements(requirements, config_names({}))["pymdown-extensions"]) == (
        "DW108",
        "dev",
        True,
    )


@pytest.mark.parametrize(("asked", "group"), [(("ipython",), "dev"), (("ipython", "prompt-toolkit"), "core")])
def test_loaded_by_what_only_development_requires__is_dev_too(asked: tuple[str, ...], group: str) -> None:
    ipython = bare("ipython", requires=["prompt-toolkit", "pygments"])
    inventory = bare_inventory(ipython, bare("prompt-toolkit"), bare("pygments"))
    found = assign_groups(inventory, build_graph(inventory, wants(*asked)), config_names({}), None, {})
    assert (found["prompt-toolkit"].group, found["pygments"].group) == (group, group)
    assert ("DW205" in [e.rule for e in found["pygments"].evidence]) is (group == "core")


def test_two_builds_of_one_library__stay_and_neither_is_sure() -> None:
    used = dict.fromkeys(("psycopg2", "psycopg2-binary"), (APP,))
    for name, other in (("psycopg2", "psycopg2-binary"), ("psycopg2-binary", "psycopg2")):
        found = assigned(name, APP, others=(other,), used=used)
        assert decided(found) == ("DW101", "data", False)
        assert other in next(e.reason for e in found.evidence if e.rule == "DW306")


def test_halves_of_one_library__are_no_two_builds() -> None:
    found = assigned("psycopg-binary", others=("psycopg",))
    assert "DW306" not in [e.rule for e in found.evidence]


def test_loaded_on_demand__by_what_stays__is_no_companion_of_tests() -> None:
    used = {"scrapy": (APP,)}
    found = assigned("playwright", TESTS, others=("scrapy",), used=used)
    assert decided(found) == ("DW101", "core", True)
    assert "scrapy" in next(e.reason for e in found.evidence if e.rule == "DW205")


def test_loaded_on_demand__by_what_is_present_for_development__says_nothing() -> None:
    found = assigned("myst-parser", others=("sphinx",), used={"sphinx": (use("docs", "docs/conf.py"),)})
    assert "DW205" not in [e.rule for e in found.evidence]


def test_source__none__says_nothing() -> None:
    inventory = bare_inventory(bare("pytest"))
    found = assign_groups(inventory, build_graph(inventory, wants("pytest")), config_names({}))
    assert [e.rule for e in found["pytest"].evidence] == ["DW101"]


def test_transitive__only_dev_reaches_it_but_the_application_imports_it__is_not_dev() -> None:
    inventory = bare_inventory(bare("pytest", requires=["helper"]), bare("helper"))
    graph = build_graph(inventory, wants("pytest"))
    for uses, group in ({}, "dev"), ({"helper": (APP,)}, "core"):
        found = assign_groups(inventory, graph, config_names({}), None, uses)
        assert found["helper"].group == group


def test_declared_for_development__imported_at_start__the_project_is_believed() -> None:
    inventory = bare_inventory(bare("acme"))
    declared = {"acme": frozenset({"dev"})}
    found = assign_groups(
        inventory, build_graph(inventory, wants("acme")), config_names({}), declared, {"acme": (APP,)}
    )
    assert decided(found["acme"]) == ("DW002", "dev", True)


@pytest.mark.parametrize("name", ["voila", "notebook", "sphinx", "mkdocs"])
def test_served_tool__nothing_names_it__is_dev_for_sure_only_where_files_say_what_starts(name: str) -> None:
    assert decided(assigned(name)) == ("DW109", "dev", False)
    started = {"gunicorn": (use("application", "Dockerfile", kind="command"),)}
    found = assigned(name, others=("gunicorn",), used=started)
    assert decided(found) == ("DW109", "dev", True)
    assert "DW213" in [e.rule for e in found.evidence]


@pytest.mark.parametrize(
    ("count", "reason"),
    [
        (1, "app/main.py:7 imports it"),
        (2, "app/main.py:7 imports it (and 1 more)"),
        (3, "app/main.py:7 imports it (and 2 more)"),
    ],
)
def test_evidence__of_several_places__names_the_first_and_counts_the_rest(count: int, reason: str) -> None:
    assert assigned(UNKNOWN, *[APP] * count).evidence[0].reason == reason


def test_from_loaders__what_is_present_for_one_reason_alone__decides() -> None:
    development = Engine("it", "other", "other loads it", "development")
    alone = Engine("it", "tool", "tool needs it", "alone")
    (hint,) = from_loaders(Loaders(development=(development, alone)))
    assert hint.evidence == Evidence("DW212", "dev", "tool needs it")
    (hint,) = from_loaders(Loaders(development=(development,)))
    assert hint.evidence == Evidence("DW210", "dev", "other loads it")
    assert from_loaders(Loaders(production=(development,), development=(alone,))) == ()


@pytest.mark.parametrize(
    ("reported", "expected"),
    [
        (use("application", "Procfile", kind="command"), True),
        (use("application", "app/run.py", kind="command"), False),
        (use("build", "Makefile", kind="command"), False),
        (use("application", "Procfile", kind="string"), False),
    ],
)
def test_declares_processes__only_by_files_for_production_that_are_no_code(reported: Use, expected: bool) -> None:
    assert declares_processes([[APP], [reported]]) is expected
