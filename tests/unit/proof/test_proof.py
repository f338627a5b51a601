"""What the application names and a set of distributions does not provide."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from deadweight.model import Application, Environment, Mention, Skipped
from deadweight.model.application import How, Naming, Role
from deadweight.proof import Candidates, Gap, prove, unmeasured_names
from deadweight.proof.bringing import Providers
from deadweight.usage import Provided, Usage, usage_of

LINUX = Environment(python="3.11.7", platform="linux_x86_64")


def names(
    what: str,
    kind: Naming = "import",
    *,
    how: How = "start",
    role: Role = "application",
    file: str = "app.py",
    line: int = 1,
) -> Mention:
    return Mention(kind, what, file, line, role, how)


def used(
    *mentions: Mention,
    modules: Mapping[str, tuple[str, ...]] | None = None,
    projects: str = "",
    local: str = "",
    subprojects: tuple[str, ...] = (),
) -> Usage:
    """Return how an application uses projects whose files have some modules, and those known by their names alone."""
    application = Application(
        directory="", mentions=mentions, local=frozenset(local.split()), subprojects=subprojects, files=len(mentions)
    )
    known = {name for those in (modules or {}).values() for name in those}
    return usage_of(application, Provided(modules=modules or {}, environment=LINUX), known.union(projects.split()))


def candidates(projects: str = "", present: str = "", unmeasured: str = "", asked: str | None = None) -> Candidates:
    return Candidates(
        projects=frozenset(projects.split()),
        present=frozenset(present.split()),
        unmeasured=frozenset(unmeasured.split()),
        providers=None if asked is None else Providers(asked.split()),
    )


def gaps(found: tuple[Gap, ...]) -> list[tuple[str, str, str]]:
    return [(gap.name, gap.what, gap.excuse) for gap in found]


MODULES = {"web": ("web",), "tool": ("tool", "tool-ng")}


def test_prove__what_the_set_lacks__is_a_gap_with_all_its_places() -> None:
    first, second = names("web.app"), names("web.app", file="b.py")
    found = prove(used(first, names("tool"), second, modules=MODULES), candidates("web tool tool-ng", "tool-ng"))
    assert found.checked == 3
    assert found.gaps == (Gap(name="web", what="web.app", locations=(first, second)),)
    assert not found.holds


def test_prove__gaps__are_sorted_by_project() -> None:
    found = prove(used(names("web"), names("tool"), modules=MODULES), candidates("web tool tool-ng"))
    assert gaps(found.gaps) == [("tool", "tool", ""), ("web", "web", "")]


@pytest.mark.parametrize(
    ("mention", "checked"),
    [
        (names("web"), 1),
        (names("web", how="lazy"), 1),
        (names("web", how="conditional"), 1),
        (names("web", how="optional"), 0),
        (names("web", how="types"), 0),
        (names("web", role="tests"), 0),
        (names("web", role="development"), 0),
        (names("web", role="scripts"), 0),
    ],
)
def test_prove__places_that_production_need_not_reach__are_not_checked(mention: Mention, checked: int) -> None:
    found = prove(used(mention, modules=MODULES), candidates("web"))
    assert (found.checked, len(found.gaps), found.holds) == (checked, checked, not checked)


def test_prove__other_places_where_those_count__are_checked() -> None:
    usage = used(names("web"), names("tool", role="tests"), modules=MODULES)
    found = prove(usage, candidates("web tool tool-ng"), counts=lambda mention: mention.role == "tests")
    assert (found.checked, gaps(found.gaps)) == (1, [("tool", "tool", "")])


@pytest.mark.parametrize("name", ["pip", "setuptools"])
def test_prove__what_every_environment_has__is_provided(name: str) -> None:
    usage = used(names(f"{name}-it", "command"), names("its"), modules={"its": (name,)})
    assert prove(usage, candidates(name)).gaps == ()


@pytest.mark.parametrize(
    ("installs", "expected"),
    [
        (names("pip install Gunicorn", "command", file="Dockerfile"), []),
        (names("pip install gunicorn", "command", file="ci.yml", role="build"), ["gunicorn"]),
        (names("pip install other", "command", file="Dockerfile"), ["gunicorn"]),
        (names("pip install gunicorn", "string"), ["gunicorn"]),
    ],
)
def test_prove__program_that_the_image_installs__is_provided(installs: Mention, expected: list[str]) -> None:
    usage = used(names("gunicorn", "command", file="Procfile"), installs, projects="gunicorn")
    assert [gap.name for gap in prove(usage, candidates("gunicorn")).gaps] == expected


def test_prove__import_of_what_the_image_installs__is_a_gap_all_the_same() -> None:
    usage = used(names("gunicorn"), names("pip install gunicorn", "command"), projects="gunicorn")
    assert [gap.name for gap in prove(usage, candidates("gunicorn")).gaps] == ["gunicorn"]


# --- what no project is known for ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("mention", "expected"),
    [
        (names("yaml"), [("pyyaml", "yaml", "")]),
        (names("nowhere.at.all"), [("", "nowhere.at.all", "")]),
        (names("json"), []),
        (names("own.part"), []),
        (names("nowhere", "command"), []),
        (names("nowhere", "string"), []),
    ],
    ids=["asked-for", "unknown", "standard-library", "local", "command", "string"],
)
def test_prove__import_that_nothing_provides__is_a_gap_where_projects_are_reported(
    mention: Mention, expected: list[tuple[str, str, str]]
) -> None:
    usage = used(mention, local="own")
    assert gaps(prove(usage, candidates(asked="pyyaml")).gaps) == expected
    assert prove(usage, candidates()).gaps == ()


# --- excuses -------------------------------------------------------------------------------------


def test_excuse__development_tool_under_conditions_alone__is_conditional() -> None:
    usage = used(names("debugpy", how="conditional"), names("debugpy", how="conditional", line=2), projects="debugpy")
    found = prove(usage, candidates("debugpy"))
    assert gaps(found.gaps) == [("debugpy", "debugpy", "conditional")]
    assert found.holds


@pytest.mark.parametrize(
    "mentions",
    [
        (names("debugpy", how="conditional"), names("debugpy", line=2)),
        (names("debugpy", how="lazy"),),
    ],
)
def test_excuse__development_tool_that_is_reached_without_a_condition__has_none(mentions: tuple[Mention, ...]) -> None:
    assert gaps(prove(used(*mentions, projects="debugpy"), candidates("debugpy")).gaps) == [("debugpy", "debugpy", "")]


def test_excuse__command_that_a_function_starts__is_conditional() -> None:
    usage = used(names("debugpy", "command", how="lazy"), projects="debugpy")
    assert gaps(prove(usage, candidates("debugpy")).gaps) == [("debugpy", "debugpy", "conditional")]


def test_excuse__library_under_a_condition__has_none() -> None:
    assert gaps(prove(used(names("web", how="conditional"), modules=MODULES), candidates("web")).gaps) == [
        ("web", "web", "")
    ]


def test_excuse__where_something_could_not_be_measured__it_may_provide_what_no_project_does() -> None:
    usage = used(names("nowhere"), names("web"), modules=MODULES, projects="acme")
    found = prove(usage, candidates("web", unmeasured="acme", asked=""))
    assert gaps(found.gaps) == [("", "nowhere", "unmeasured"), ("web", "web", "")]


def test_prove__what_could_not_be_measured__is_taken_for_provided() -> None:
    assert prove(used(names("acme.core"), projects="acme"), candidates(unmeasured="acme")).gaps == ()


@pytest.mark.parametrize(
    ("files", "excuse"), [(("jobs/a.py", "jobs/b.py"), "subproject"), (("jobs/a.py", "app.py"), ""), (("jobs.py",), "")]
)
def test_excuse__only_a_project_of_its_own_uses_it__is_subproject(files: tuple[str, ...], excuse: str) -> None:
    usage = used(*(names("nowhere", file=file) for file in files), subprojects=("jobs",))
    assert gaps(prove(usage, candidates(asked="")).gaps) == [("", "nowhere", excuse)]


def test_excuse__subproject_that_uses_what_is_required__has_none() -> None:
    usage = used(names("web", file="jobs/a.py"), modules=MODULES, subprojects=("jobs",))
    assert gaps(prove(usage, candidates("web", asked="")).gaps) == [("web", "web", "")]


def test_excuse__module_of_another_system__is_elsewhere() -> None:
    usage = used(names("win32com.client"), names("AppKit"))
    assert gaps(prove(usage, candidates(asked="")).gaps) == [
        ("", "AppKit", "elsewhere"), ("", "win32com.client", "elsewhere"),
    ]  # fmt: skip


# --- names of what was not measured --------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("Acme.Core", {"acme-core"}),
        ("git+https://host/team/acme.git@v2", {"acme"}),
        ("git+https://host/team/acme.git@feature/x", {"acme"}),
        ("git+ssh://git@host/team/Acme_Core.git", {"acme-core"}),
        ("https://host/acme#subdirectory=x", {"acme"}),
        ("https://host/", set()),
        ("./directory/acme", set()),
    ],
)
def test_unmeasured_names__of_names_and_urls__are_normalized(name: str, expected: set[str]) -> None:
    assert unmeasured_names([Skipped(name, "why")]) == expected
