"""Which direct requirement explains a difference."""

from __future__ import annotations

from deadweight.analysis.diff import compare
from deadweight.model.report import Report
from tests.builders import bare, report_on


def causes(old: Report, new: Report) -> dict[str, list[tuple[str, str]]]:
    """Return key → (requirement, what happened to it)."""
    return {each.key: [(c.key, c.change) for c in each.because] for each in compare(old, new).distributions}


WEB = bare("web", 100, requires=["shared"])
JOBS = bare("jobs", 200, requires=["shared"])
SHARED = bare("shared", 50)


def test_causes__new_requirement__explains_itself_and_what_it_brings() -> None:
    found = causes(report_on(WEB, SHARED, lines="web"), report_on(WEB, SHARED, JOBS, lines="web jobs"))
    assert found == {"jobs": [("jobs", "added")]}
    found = causes(report_on(), report_on(WEB, SHARED, lines="web"))
    assert found == {"web": [("web", "added")], "shared": [("web", "added")]}


def test_causes__removed_requirement__explains_what_left_with_it() -> None:
    found = causes(report_on(WEB, SHARED, lines="web"), report_on(bare("other"), lines="other"))
    assert found["shared"] == [("web", "removed")]


def test_causes__changed_requirement__comes_before_one_that_stayed() -> None:
    jobs = bare("jobs", 900, requires=["shared", "extra"])
    old = report_on(WEB, jobs, SHARED, bare("extra"), lines="web jobs")
    newer = bare("web", 100, version="2", requires=["shared", "extra", "fresh"])
    new = report_on(newer, jobs, bare("shared", 60, version="2"), bare("extra"), bare("fresh", 3), lines="web jobs")
    found = causes(old, new)
    assert found["shared"] == [("web", "changed")]  # jobs, which is larger, leads to it too
    assert found["fresh"] == [("web", "changed")]


def test_causes__nothing_changed_that_leads_to_it__names_what_stayed_largest_first() -> None:
    old = report_on(WEB, JOBS, SHARED, lines="web jobs")
    new = report_on(WEB, JOBS, bare("shared", 60, version="2"), lines="web jobs")
    assert causes(old, new) == {"shared": [("jobs", "unchanged"), ("web", "unchanged")]}


def test_causes__extra_that_is_asked_for_now__changes_the_requirement() -> None:
    web = bare("web", 100, requires=["quick; extra == 'fast'"])
    found = causes(report_on(web, lines="web"), report_on(web, bare("quick"), lines="web[fast]"))
    assert found == {"quick": [("web", "changed")]}


def test_causes__line_was_dropped_and_something_else_still_requires_it__is_its_own_line() -> None:
    old = report_on(WEB, SHARED, lines="web shared")
    new = report_on(WEB, bare("shared", 60, version="2"), lines="web")
    assert causes(old, new) == {"shared": [("shared", "removed")]}


def test_causes__same_version_with_another_size__has_none() -> None:
    assert causes(report_on(WEB, SHARED, lines="web"), report_on(WEB, bare("shared", 9), lines="web")) == {"shared": []}


def test_causes__nothing_requires_it__has_none() -> None:
    found = causes(report_on(WEB, SHARED, lines="web"), report_on(WEB, SHARED, bare("stray"), lines="web"))
    assert found == {"stray": []}


def test_causes__many_requirements__are_limited() -> None:
    webs = [bare(f"web{number}", requires=["shared"]) for number in range(30)]
    lines = " ".join(web.key for web in webs)
    found = causes(report_on(), report_on(*webs, SHARED, lines=lines))
    assert len(found["shared"]) == 20
