"""Why a distribution is there, and what its leaving saves."""

from __future__ import annotations

import json

import pytest

from deadweight.analysis.profile import Profile
from deadweight.analysis.reporting import report_of
from deadweight.graph import Extra, base
from deadweight.model import Application, Mention
from deadweight.report.results.why import why, why_json, why_text
from tests.builders import bare, bare_inventory, profile_of, requirements_file
from tests.conftest import Golden


def web() -> Profile:
    found = bare_inventory(
        bare("api", 1_000, requires=["server[fast]>=1", "shared"]),
        bare("jobs", 2_000, requires=["shared<9 ; python_version > '3'"]),
        bare("server", 30_000, requires=["loop ; extra == 'fast'", "shared"]),
        bare("loop", 400_000),
        bare("shared", 5_000_000),
    )
    return profile_of(found, requirements_file("api\njobs\n"))


def paths(profile: Profile, key: str) -> list[str]:
    """Return the paths as names of distributions; one that only an extra sets apart counts once."""
    found = (dict.fromkeys(base(node) for node, _ in path) for path in why(report_of(profile), key).paths)
    return list(dict.fromkeys(" ".join(names) for names in found))


def test_why__shared__has_every_path_shortest_first() -> None:
    assert paths(web(), "shared") == ["api shared", "jobs shared", "api server shared"]


def test_why__through_an_extra__says_the_line_that_asked() -> None:
    (path,) = why(report_of(web()), "loop").paths
    assert path == (("api", ""), (Extra("server", "fast"), "server[fast]>=1"), ("loop", "loop ; extra == 'fast'"))


def test_why__direct_only__is_a_path_of_one() -> None:
    assert paths(web(), "api") == ["api"]


def test_why__unknown_name__raises_key_error() -> None:
    with pytest.raises(KeyError):
        why(report_of(web()), "no-such")


def test_why__holders_and_what_leaves() -> None:
    found = why(report_of(web()), "server")
    assert (found.holders, found.leaves) == (("api",), ("loop",))
    assert why(report_of(web()), "shared").holders == ("api", "jobs")


def test_why__required_by_what_nothing_requires__names_it_among_what_must_go() -> None:
    api, tool = bare("api", 1_000, requires=["server"], requested=True), bare("tool", 200, requires=["server"])
    found = profile_of(bare_inventory(api, tool, bare("server", 30_000)), None)
    reason = why(report_of(found), "server")
    assert (reason.holders, reason.freed_bytes) == (("api", "tool"), 31_200)
    assert "Removing api and tool, which require it, frees 31.2 kB." in why_text(report_of(found), reason)


def test_why_text__direct_and_required__says_what_deleting_its_line_frees() -> None:
    found = profile_of(
        bare_inventory(bare("a", requires=["b (>= 1, < 2) ; python_version > '3'"]), bare("b", 7)),
        requirements_file("a\nb\n"),
    )
    text = why_text(report_of(found), why(report_of(found), "b"))
    assert "  a → b>=1,<2\n" in text
    assert "It retains 7 B.\nDeleting its line frees nothing, because a also requires it.\n" in text


def test_why__finding_about_it__is_in_all_formats() -> None:
    mentions = tuple(Mention("import", "a", "app.py", line, "application") for line in (1, 2))
    application = Application(directory=".", mentions=mentions, files=1)
    report = report_of(
        profile_of(
            bare_inventory(bare("a"), bare("torch", 9)), requirements_file("a\ntorch\n"), application=application
        )
    )
    reason = why(report, "torch")
    assert "findings\n  torch is not used in your code\n\nrequired by\n" in why_text(report, reason)
    (finding,) = json.loads(why_json(report, reason))["findings"]
    assert (finding["kind"], finding["name"], finding["freed_bytes"]) == ("unused", "torch", 9)
    assert "findings" not in why_text(report, why(report, "a"))


def test_why__cycle__ends() -> None:
    found = profile_of(
        bare_inventory(bare("a", requires=["b"]), bare("b", requires=["c"]), bare("c", requires=["b", "a"])),
        requirements_file("a\n"),
    )
    assert paths(found, "c") == ["a b c"]


def test_why__many_paths__stops_and_says_so() -> None:
    layers = [[f"n{layer}-{n}" for n in range(4)] for layer in range(8)]
    links = {name: layers[depth + 1] if depth < 7 else ["end"] for depth, names in enumerate(layers) for name in names}
    found = profile_of(
        bare_inventory(*(bare(name, requires=needs) for name, needs in links.items()), bare("end")),
        requirements_file("\n".join(layers[0])),
    )
    reported = why(report_of(found), "end")
    assert reported.cut
    assert 0 < len(reported.paths) <= 1000
    assert "more" in why_text(report_of(found), reported, most=3)


def test_why_json__has_these_keys_and_bytes() -> None:
    found = json.loads(why_json(report_of(web()), why(report_of(web()), "server")))
    assert set(found) == {
        "group", "sure", "evidence", "findings",
        "schema", "version", "name", "apparent_bytes", "closure_bytes", "retained_bytes", "freed_bytes", "paths",
        "paths_cut", "held_by", "leaves_with_it",
    }  # fmt: skip
    assert found["schema"] == "deadweight.why/1"
    assert (found["apparent_bytes"], found["closure_bytes"], found["retained_bytes"]) == (30_000, 5_430_000, 430_000)
    assert found["freed_bytes"] is None
    assert found["paths"][0][1] == {"node": "server", "requirement": "server[fast]>=1"}


@pytest.mark.parametrize("key", ["loop", "server", "api"])
def test_why_text__looks_like_this(golden: Golden, key: str) -> None:
    text = why_text(report_of(web()), why(report_of(web()), key))
    assert text == golden(f"why-{key}.txt", text)


def test_why_text__paths_beyond_the_most__are_counted() -> None:
    text = why_text(report_of(web()), why(report_of(web()), "shared"), most=1)
    assert "longer paths" in text
    assert "jobs →" not in text


def test_why_text__hostile_requirement__is_spelled_out() -> None:
    found = profile_of(
        bare_inventory(bare("a", requires=["b ; python_version > '3' # \x1b[31m"]), bare("b")), requirements_file("a\n")
    )
    assert "\x1b" not in why_text(report_of(found), why(report_of(found), "a"))
