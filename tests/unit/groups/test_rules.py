"""What a name, the user's configuration and classifiers say of a group."""

from __future__ import annotations

import pytest

from deadweight.formats.metadata import normalize
from deadweight.groups import judge
from deadweight.groups.rules import config_names, names_table
from deadweight.model import Metadata


def metadata(name: str, *classifiers: str) -> Metadata:
    return Metadata(name=name, version="1.0", classifiers=classifiers)


def rules_that_speak(name: str, *classifiers: str, config: dict[str, tuple[str, ...]] | None = None) -> list[str]:
    return [hint.evidence.rule for hint in judge(metadata(name, *classifiers), config_names(config or {}))]


def test_judge__name_that_several_rules_know__config_decides_and_the_others_stay_as_evidence() -> None:
    found = rules_that_speak("pytest", "Topic :: Database", config={"ml": ("pytest",)})
    assert found == ["DW-CONFIG", "DW-KNOWN", "DW-CLASSIFIER"]


def test_judge__nothing_known__is_silent() -> None:
    assert rules_that_speak("no-such-name-anywhere") == []


@pytest.mark.parametrize(
    ("classifiers", "group"),
    [
        (("Framework :: Pytest",), "dev"),
        (("Typing :: Stubs Only",), "dev"),
        (("Topic :: Scientific/Engineering :: Artificial Intelligence",), "ml"),
        (("Topic :: Database :: Front-Ends",), "data"),
        (("Topic :: Database :: Front-Ends", "Framework :: Pytest"), "dev"),
    ],
    ids=["pytest-plugin", "stubs", "ai", "below-a-starred-one", "the-telling-one-first"],
)
def test_judge__classifier__tells_the_group_and_is_quoted(classifiers: tuple[str, ...], group: str) -> None:
    (hint,) = judge(metadata("no-such-name-anywhere", *classifiers), config_names({}))
    assert (hint.evidence.rule, hint.evidence.group) == ("DW-CLASSIFIER", group)
    assert any(classifier in hint.evidence.says for classifier in classifiers)


def test_judge__classifier_that_tells_nothing__is_silent() -> None:
    assert rules_that_speak("no-such-name-anywhere", "Topic :: Utilities", "Development Status :: 4 - Beta") == []


def test_names__exact__beats_any_pattern() -> None:
    table = names_table([("acme-*", ("dev", "", "")), ("acme-lib", ("ml", "", ""))])
    assert table.find("acme-lib") == (("ml", "", ""), "")


@pytest.mark.parametrize("backwards", [False, True])
def test_names__two_patterns__the_longer_counts(backwards: bool) -> None:
    rows = [("acme-*", ("dev", "", "")), ("acme-data-*", ("data", "", ""))]
    table = names_table(reversed(rows) if backwards else rows)  # type: ignore[arg-type]
    assert table.find("acme-data-x") == (("data", "", ""), "acme-data-*")
    assert table.find("acme-x") == (("dev", "", ""), "acme-*")
    assert table.find("acme") is None


def test_names__same_name_twice__the_first_counts() -> None:
    assert names_table([("a", ("dev", "", "")), ("a", ("ml", "", ""))]).find("a") == (("dev", "", ""), "")


def test_config__names_in_any_spelling__are_normalized_and_tags_follow_the_dot() -> None:
    (hint,) = judge(metadata("acme-lib"), config_names({"data.viz": ("Acme_Lib",)}))
    assert (hint.evidence.group, hint.tag) == ("data", "viz")


def test_config__pattern__is_told() -> None:
    (hint,) = judge(metadata("acme-lib"), config_names({"ml": ("acme-*",)}))
    assert "acme-*" in hint.evidence.says


@pytest.mark.parametrize("pattern", ["Acme_*", "acme.*", "ACME-*"])
def test_config__pattern_in_another_spelling__matches(pattern: str) -> None:
    assert normalize("acme_lib") == "acme-lib"
    assert rules_that_speak("acme-lib", config={"ml": (pattern,)}) == ["DW-CONFIG"]


def test_config__unknown_group__raises() -> None:
    with pytest.raises(ValueError, match="nonsense"):
        config_names({"nonsense": ("a",)})
