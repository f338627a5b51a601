"""What a name, the user's configuration and classifiers say of a group."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import deadweight
from deadweight.formats.distributions.metadata import normalize
from deadweight.groups.names import Entry, names_table
from deadweight.groups.rules import config_names, judge, knowledge, rules
from deadweight.model import Metadata

DEV, ML, DATA = Entry("dev", ""), Entry("ml", ""), Entry("data", "")


def metadata(name: str, *classifiers: str) -> Metadata:
    return Metadata(name=name, version="1.0", classifiers=classifiers)


def rules_that_speak(name: str, *classifiers: str, config: dict[str, tuple[str, ...]] | None = None) -> list[str]:
    return [hint.evidence.rule for hint in judge(metadata(name, *classifiers), config_names(config or {}))]


def test_judge__name_that_several_rules_know__config_decides_and_the_others_stay_as_evidence() -> None:
    found = rules_that_speak("pytest", "Topic :: Database", config={"ml": ("pytest",)})
    assert found == ["DW001", "DW101", "DW104"]


def test_judge__nothing_known__is_silent() -> None:
    assert rules_that_speak("no-such-name-anywhere") == []


@pytest.mark.parametrize(
    ("classifiers", "rule", "group"),
    [
        (("Framework :: Pytest",), "DW103", "dev"),
        (("Typing :: Stubs Only",), "DW103", "dev"),
        (("Topic :: Scientific/Engineering :: Artificial Intelligence",), "DW104", "ml"),
        (("Topic :: Database :: Front-Ends",), "DW104", "data"),
        (("Topic :: Database :: Front-Ends", "Framework :: Pytest"), "DW103", "dev"),
    ],
    ids=["pytest-plugin", "stubs", "ai", "below-a-starred-one", "the-telling-one-first"],
)
def test_judge__classifier__tells_the_group_and_is_quoted(classifiers: tuple[str, ...], rule: str, group: str) -> None:
    (hint,) = judge(metadata("no-such-name-anywhere", *classifiers), config_names({}))
    assert (hint.evidence.rule, hint.evidence.group) == (rule, group)
    assert any(classifier in hint.evidence.reason for classifier in classifiers)


def test_judge__classifier_that_tells_nothing__is_silent() -> None:
    assert rules_that_speak("no-such-name-anywhere", "Topic :: Utilities", "Development Status :: 4 - Beta") == []


def test_names__exact__beats_any_pattern() -> None:
    table = names_table([("acme-*", DEV), ("acme-lib", ML)])
    assert table.find("acme-lib") == (ML, "")


@pytest.mark.parametrize("backwards", [False, True])
def test_names__two_patterns__the_longer_counts(backwards: bool) -> None:
    rows = [("acme-*", DEV), ("acme-data-*", DATA)]
    table = names_table(reversed(rows) if backwards else rows)
    assert table.find("acme-data-x") == (DATA, "acme-data-*")
    assert table.find("acme-x") == (DEV, "acme-*")
    assert table.find("acme") is None


def test_names__same_name_twice__the_first_counts() -> None:
    assert names_table([("a", DEV), ("a", ML)]).find("a") == (DEV, "")


def test_config__names_in_any_spelling__are_normalized_and_tags_follow_the_dot() -> None:
    (hint,) = judge(metadata("acme-lib"), config_names({"data.viz": ("Acme_Lib",)}))
    assert (hint.evidence.group, hint.tag) == ("data", "viz")


def test_config__pattern__is_reported() -> None:
    (hint,) = judge(metadata("acme-lib"), config_names({"ml": ("acme-*",)}))
    assert "acme-*" in hint.evidence.reason


@pytest.mark.parametrize("pattern", ["Acme_*", "acme.*", "ACME-*"])
def test_config__pattern_in_another_spelling__matches(pattern: str) -> None:
    assert normalize("acme_lib") == "acme-lib"
    assert rules_that_speak("acme-lib", config={"ml": (pattern,)}) == ["DW001"]


def test_config__unknown_group__raises() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        config_names({"nonsense": ("a",)})


def test_names__what_a_name_ends_with__beats_what_it_starts_with() -> None:
    table = names_table([("acme-very-long-*", DATA), ("*-stubs", DEV)])
    assert table.find("acme-very-long-stubs") == (DEV, "*-stubs")


def test_names__star_in_the_middle__matches_what_stands_between() -> None:
    table = names_table([("acme-*-types", DEV)])
    assert table.find("acme-x-types") == (DEV, "acme-*-types")
    assert table.find("acme-types") is None


@pytest.mark.parametrize(
    ("name", "summary", "found"),
    [
        ("linter-acme", "", [("DW105", "dev")]),
        ("acme-x", "A LINTER for acme files", [("DW106", "dev")]),
        ("acme-mock-server", "Unit testing of acme", [("DW105", "dev"), ("DW106", "dev")]),
        ("acme-llm", "An SDK", [("DW105", "ml")]),
        ("acme-x", "A contest of protests", []),
        ("acme-unittested", "Attestation", []),
    ],
    ids=["name", "summary", "both", "of-another-group", "within-other-words", "within-other-parts"],
)
def test_judge__words__of_name_and_summary_are_weak_evidence(
    name: str, summary: str, found: list[tuple[str, str]]
) -> None:
    hints = judge(Metadata(name=name, version=None, summary=summary), config_names({}))
    assert [(hint.evidence.rule, hint.evidence.group) for hint in hints] == found
    assert all(hint.rule.strength == "weak" for hint in hints)


def test_judge__known_name__is_not_looked_at_for_words() -> None:
    found = judge(Metadata(name="pandas", version=None, summary="A testing tool"), config_names({}))
    assert [hint.evidence.rule for hint in found] == ["DW101"]


def test_judge__machinery_of_development__is_weak() -> None:
    (hint,) = judge(Metadata(name="pip", version=None), config_names({}))
    assert (hint.evidence.rule, hint.evidence.group, hint.rule.strength) == ("DW107", "dev", "weak")


@pytest.mark.parametrize(
    ("groups", "found"),
    [
        (("flake8.extension",), [("DW110", "dev", "strong")]),
        (("console_things", "mkdocs.plugins"), [("DW110", "dev", "strong")]),
        (("pytest11",), [("DW111", "dev", "weak")]),
        (("babel.extractors", "jinja2.extensions"), []),
    ],
    ids=["linter", "second-one", "also-of-runtime-libraries", "of-no-tool"],
)
def test_judge__entry_points__tell_what_it_plugs_into(
    groups: tuple[str, ...], found: list[tuple[str, str, str]]
) -> None:
    hints = judge(Metadata(name="x-unheard-of", version=None, plugin_groups=groups), config_names({}))
    assert [(h.evidence.rule, h.evidence.group, h.rule.strength) for h in hints] == found


@pytest.mark.parametrize("name", ["sphinx", "sphinxcontrib-applehelp", "mkdocs", "alabaster"])
def test_judge__engine_of_documentation__its_own_framework_makes_it_no_surer(name: str) -> None:
    described = Metadata(
        name=name,
        version=None,
        classifiers=("Framework :: Sphinx", "Framework :: MkDocs"),
        plugin_groups=("sphinx.html_themes", "mkdocs.plugins"),
    )
    assert [hint.evidence.rule for hint in judge(described, config_names({}))] == ["DW109"]


def test_judge__known_runtime_library_with_test_hooks__is_what_its_name_says() -> None:
    first, *_ = judge(Metadata(name="anyio", version=None, plugin_groups=("pytest11",)), config_names({}))
    assert (first.evidence.rule, first.evidence.group) == ("DW101", "core")


def test_rules__codes__are_in_order_and_say_what_they_argue_for() -> None:
    assert list(rules()) == sorted(rules())
    for code, rule in rules().items():
        assert code == rule.code
        assert rule.argues in {"any", "core", "dev"}, code
        assert rule.strength in {"decisive", "strong", "weak"}, code
        assert rule.reason.endswith("."), code
    assert len({rule.name for rule in rules().values()}) == len(rules())


def test_knowledge__runtime_helper_of_stubs__is_no_stub() -> None:
    found = knowledge().find("django-stubs-ext")
    assert found is not None
    assert found[0].group == "core"


def test_names__of_any_length__are_looked_up_at_once() -> None:
    assert knowledge().find("x" * 1_000_000) is None


def test_config__mere_star__is_everything() -> None:
    assert rules_that_speak("anything", config={"ml": ("*",)}) == ["DW001"]


def test_names_table__patterns__the_longest_that_fits_counts() -> None:
    table = names_table([("*-x", DEV), ("*-big-x", ML), ("a*b*c*", DATA)])
    assert table.find("it-big-x") == (ML, "*-big-x")
    assert table.find("it-x") == (DEV, "*-x")
    assert table.find("a-b-c-b") == (DATA, "a*b*c*")
    assert table.find("a-c-b") is None
    assert table.find("ab") is None


def test_judge__summary__names_the_longest_phrase() -> None:
    found = judge(Metadata(name="it", version=None, summary="A debug toolbar."), config_names({}))
    assert [hint.evidence.reason for hint in found] == ['summary contains "debug toolbar"']


def test_codes__outside_of_the_packages_with_rules__appear_nowhere() -> None:
    application = Path(deadweight.__file__).parent
    files = [path for path in application.rglob("*") if path.suffix in (".py", ".toml")]
    naming = {path.relative_to(application).parts[0] for path in files if re.search(r"DW\d", path.read_text("utf-8"))}
    # The table of rules for images stands beside the packages that read it; help texts give examples of codes.
    assert naming == {"advice", "budget", "cli", "groups", "image_rules.toml"}
    options = {path.name for path in files if "cli" in path.parts and re.search(r"DW\d", path.read_text("utf-8"))}
    assert options == {"check.py"}
