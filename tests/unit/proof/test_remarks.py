"""Findings about requirements and their uses."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from deadweight.model import Application, Distribution, Mention, Skipped
from deadweight.model.application import How, Naming, Role
from deadweight.proof.remarks import Remark
from deadweight.settings import Settings
from tests.builders import bare, bare_inventory, profile_of, requirements_file


def names(
    what: str,
    kind: Naming = "import",
    *,
    how: How = "start",
    role: Role = "application",
    file: str = "app.py",
    line: int = 1,
    condition: str = "",
) -> Mention:
    return Mention(kind, what, file, line, role, how, condition=condition)


def remarks(
    *mentions: Mention,
    of: tuple[Distribution, ...],
    asked: str,
    subprojects: tuple[str, ...] = (),
    local: str = "",
    python: str = "3.11.7",
    unmeasured: str = "",
    **settings: object,
) -> list[Remark]:
    """Return the remarks on requirements, one a word, of which nothing but name, size and metadata is known."""
    inventory = bare_inventory(*of, python=python)
    skipped = tuple(Skipped(name, "why") for name in unmeasured.split())
    application = Application(directory="", mentions=mentions, local=frozenset(local.split()), subprojects=subprojects)
    found = profile_of(
        replace(inventory, skipped=skipped),
        requirements_file("\n".join(asked.split())),
        Settings.of(**settings),
        application=application,
    )
    return list(found.remarks)


def kinds(found: list[Remark]) -> list[tuple[str, str]]:
    return [(remark.kind, remark.name) for remark in found]


WEB = bare("web", 10)
START = names("web")


def test_remarks__requirement_that_the_application_uses_at_start_in_several_places__has_none() -> None:
    assert remarks(START, names("web", line=2), of=(WEB,), asked="web") == []


# --- missing and transitive ----------------------------------------------------------------------


def test_missing__import_that_nothing_provides__has_its_places() -> None:
    first, second = names("nowhere.a"), names("nowhere.b", how="lazy", line=2)
    found = remarks(START, START, first, second, of=(WEB,), asked="web")
    reason = "is imported, but no requirement provides it"
    assert found == [Remark(kind="missing", name="nowhere", reason=reason, locations=(first, second))]


@pytest.mark.parametrize(
    "mention",
    [
        names("json"),
        names("own"),
        names("web.part"),
        names("win32api"),
        names("nowhere", how="optional"),
        names("nowhere", how="conditional"),
        names("nowhere", role="tests"),
        names("nowhere", file="jobs/a.py"),
        names("nowhere", "command"),
    ],
)
def test_missing__what_is_present_or_need_not_be__has_no_remark(mention: Mention) -> None:
    assert remarks(START, START, mention, of=(WEB,), asked="web", local="own", subprojects=("jobs",)) == []


def test_missing__where_something_could_not_be_measured__is_not_known() -> None:
    assert remarks(START, START, names("nowhere"), of=(WEB,), asked="web", unmeasured="acme") == []


def test_transitive__import_of_what_only_others_require__names_three_of_them() -> None:
    users = [bare(f"u{number}", 1, requires=["base"]) for number in range(5)]
    uses = [names(d.key, line=line) for d in users for line in (1, 2)]
    location = names("base.part")
    found = remarks(*uses, location, of=(*users, bare("base")), asked=" ".join(d.key for d in users))
    reason = "is imported, but required only by u0, u1, u2 and 2 more"
    assert found == [Remark(kind="transitive", name="base", reason=reason, locations=(location,))]


def test_transitive__what_nothing_requires__says_so() -> None:
    (found,) = remarks(START, START, names("stray"), of=(WEB, bare("stray")), asked="web")
    assert (found.kind, found.name, found.reason) == ("transitive", "stray", "is imported, but not required")


@pytest.mark.parametrize(
    "mention",
    [
        names("base", how="optional"),
        names("base", "string"),
        names("base", role="tests"),
        names("base", file="jobs/a.py"),
        names("pip"),
    ],
)
def test_transitive__what_the_application_need_not_import__has_no_remark(mention: Mention) -> None:
    distributions = (bare("web", 10, requires=["base"]), bare("base"), bare("pip"))
    assert remarks(START, START, mention, of=distributions, asked="web", subprojects=("jobs",)) == []


# --- requirements that nothing uses --------------------------------------------------------------


def test_unused__requirement_that_nothing_names__has_what_dropping_it_frees() -> None:
    idle = bare("idle", 100, requires=["under"])
    found = remarks(START, START, of=(WEB, idle, bare("under", 20)), asked="web idle")
    reason = "is not used in your code"
    assert found == [Remark(kind="unused", name="idle", reason=reason, freed_bytes=120)]


def test_unused__requirement_that_brings_what_is_used__has_no_remark_of_its_own() -> None:
    idle = bare("idle", 100, requires=["under"])
    found = remarks(START, START, names("under"), of=(WEB, idle, bare("under", 20)), asked="web idle")
    assert kinds(found) == [("transitive", "under")]


def test_unused__requirement_that_another_extra_can_use__has_no_remark() -> None:
    web = bare("web", 10, requires=["idle ; extra == 'fast'"])
    assert remarks(START, START, of=(web, bare("idle", 100)), asked="web idle") == []
    web = bare("web", 10, requires=["idle ; extra == 'test'"])
    assert kinds(remarks(START, START, of=(web, bare("idle", 100)), asked="web idle")) == [("unused", "idle")]


@pytest.mark.parametrize("name", ["gunicorn", "setuptools"])
def test_unused__what_may_be_started_or_is_always_available__has_no_remark(name: str) -> None:
    assert remarks(START, START, of=(WEB, bare(name, 5)), asked=f"web {name}") == []


def test_unused__what_the_user_put_into_a_group__has_no_remark() -> None:
    assert remarks(START, START, of=(WEB, bare("idle")), asked="web idle", groups={"core": ("idle",)}) == []


def test_unused__only_unused_requirements_could_need_it__is_unused_and_names_them() -> None:
    models = bare("transformers", 10)
    tools = bare("tools", 10, requires=["progress"])
    distributions = (WEB, models, tools, bare("torch", 500), bare("progress", 5))
    found = remarks(START, START, of=distributions, asked="web transformers tools torch progress")
    assert {remark.name: (remark.kind, remark.reason, remark.freed_bytes) for remark in found} == {
        "torch": ("unused", "is not used in your code, nor is transformers, which could need it", 500),
        "progress": ("unused", "is not used in your code, nor is tools, which could need it", 0),
        "transformers": ("unused", "is not used in your code", 10),
        "tools": ("unused", "is not used in your code", 10),
    }


def test_unused__what_is_used_could_need_it__has_no_remark() -> None:
    distributions = (bare("transformers", 10), bare("torch", 500))
    uses = names("transformers"), names("transformers", line=2)
    assert remarks(*uses, of=distributions, asked="transformers torch") == []


def test_redundant__unused_requirement_that_others_require__frees_nothing() -> None:
    web = bare("web", 10, requires=["base"])
    found = remarks(START, START, of=(web, bare("base", 5)), asked="web base")
    reason = "is already required by web, and your code does not use it"
    assert found == [Remark(kind="redundant", name="base", reason=reason, freed_bytes=0)]


# --- how requirements are used -------------------------------------------------------------------


@pytest.mark.parametrize(("python", "expected"), [("3.11.7", ["backport"]), ("3.10.4", ["one-place"]), ("3.10", [])])
def test_backport__of_what_the_measured_python_has__is_one(python: str, expected: list[str]) -> None:
    size = 2_000_000 if expected == ["one-place"] else 5
    uses = [names("tomli")] * (1 if expected == ["one-place"] else 2)
    found = remarks(START, START, *uses, of=(WEB, bare("tomli", size)), asked="web tomli", python=python)
    assert [remark.kind for remark in found] == expected
    if expected == ["backport"]:
        assert (found[0].reason, found[0].freed_bytes) == ("is part of Python since 3.11", 5)


def test_tests_only__requirement_that_only_tests_docs_and_builds_use__has_its_places() -> None:
    uses = [names("aid", role="tests"), names("aid", role="docs", line=2), names("aid", role="build", line=3)]
    found = remarks(START, START, *uses, of=(WEB, bare("aid", 7)), asked="web aid")
    reason = "is used only by tests, docs and builds"
    assert found == [Remark(kind="tests-only", name="aid", reason=reason, locations=tuple(uses), freed_bytes=7)]


def test_lazy__requirement_that_only_functions_import__has_its_places() -> None:
    use = names("late", how="lazy")
    found = remarks(START, START, use, of=(WEB, bare("late", 7)), asked="web late")
    reason = "is never imported when the application starts"
    assert found == [Remark(kind="lazy", name="late", reason=reason, locations=(use,), freed_bytes=7)]


def test_lazy__import_that_has_something_else_in_its_place__is_none() -> None:
    uses = [names("late", how="optional"), names("late", how="lazy", line=2)]
    assert kinds(remarks(START, START, *uses, of=(WEB, bare("late", 7)), asked="web late")) == []


@pytest.mark.parametrize(("size", "expected"), [(999_999, []), (1_000_000, ["one-place"])])
def test_one_place__heavy_requirement_with_one_use__is_a_finding(size: int, expected: list[str]) -> None:
    use, test = names("heavy"), names("heavy", role="tests")
    others = bare("web", 200_000_000)
    found = remarks(START, START, use, test, of=(others, bare("heavy", size)), asked="web heavy")
    assert [remark.kind for remark in found] == expected
    if found:
        assert (found[0].reason, found[0].locations, found[0].freed_bytes) == (
            "is used in only one place",
            (use,),
            size,
        )


@pytest.mark.parametrize(("size", "expected"), [(9, []), (11, ["one-place"])])
def test_one_place__of_a_small_application__is_by_its_share(size: int, expected: list[str]) -> None:
    found = remarks(START, START, names("a"), of=(bare("web", 1000), bare("a", size)), asked="web a")
    assert [remark.kind for remark in found] == expected


# --- development tools ---------------------------------------------------------------------------


def test_dev_in_production__tool_that_the_application_uses__has_those_places() -> None:
    use, test = names("pytest"), names("pytest", role="tests")
    found = remarks(START, START, use, test, of=(WEB, bare("pytest", 7)), asked="web pytest")
    reason = "is a development tool, but the application uses it"
    assert found == [Remark(kind="dev-in-production", name="pytest", reason=reason, locations=(use,), freed_bytes=7)]


@pytest.mark.parametrize(
    ("mention", "expected"),
    [
        (names("pytest", how="lazy"), ["dev-in-production"]),
        (names("pytest", "string"), ["dev-in-production"]),
        (names("pytest", "command", how="lazy"), []),
        (names("pytest", role="scripts"), []),
        (names("pytest", role="tests"), []),
        (names("pytest", how="optional"), []),
    ],
)
def test_dev_in_production__by_where_it_is_used(mention: Mention, expected: list[str]) -> None:
    found = remarks(START, START, mention, of=(WEB, bare("pytest", 7)), asked="web pytest")
    assert [remark.kind for remark in found] == expected


def test_dev_conditional__tool_under_a_condition__names_it() -> None:
    use = names("pytest", how="conditional", condition="DEBUG")
    (found,) = remarks(START, START, use, of=(WEB, bare("pytest", 7)), asked="web pytest")
    assert (found.kind, found.locations, found.freed_bytes) == ("dev-conditional", (use,), 7)
    assert found.reason == "is a development tool that the application uses only if DEBUG"


def test_dev__what_the_user_decided__has_no_remark() -> None:
    distributions = (WEB, bare("pytest", 7))
    assert (
        remarks(START, START, names("pytest"), of=distributions, asked="web pytest", groups={"dev": ("pytest",)}) == []
    )


# --- order ---------------------------------------------------------------------------------------


def test_remarks__of_all_kinds__come_by_kind_then_by_bytes_then_by_name() -> None:
    distributions = (WEB, bare("a", 5), bare("b", 50), bare("c", 5), bare("pytest", 7))
    found = remarks(START, START, names("pytest"), names("nowhere"), of=distributions, asked="web a b c pytest")
    assert kinds(found) == [
        ("missing", "nowhere"), ("dev-in-production", "pytest"), ("unused", "b"), ("unused", "a"), ("unused", "c"),
    ]  # fmt: skip
