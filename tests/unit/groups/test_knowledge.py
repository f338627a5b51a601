"""The shipped tables: what they hold is data, and data has a shape."""

from __future__ import annotations

import tomllib
from collections import Counter
from importlib.resources import files
from typing import Any

import pytest

from deadweight.formats.distributions.metadata import is_name, normalize
from deadweight.groups.rules import config_names, judge, knowledge
from deadweight.model import GROUPS, Metadata


def table(name: str) -> dict[str, Any]:
    return tomllib.loads(files("deadweight.groups").joinpath(name).read_text("utf-8"))


def sections() -> dict[str, dict[str, Any]]:
    """Return group.tag → what it says, and its names."""
    return {
        f"{group}.{tag}": section | {"names": section["names"].split()}
        for group, tags in table("knowledge.toml").items()
        for tag, section in tags.items()
    }


def test_knowledge__sections__are_groups_that_exist_and_say_what_they_hold() -> None:
    assert sections()
    for location, section in sections().items():
        assert location.partition(".")[0] in GROUPS, location
        weak = {"dev.machinery": "DW107", "dev.library": "DW108", "dev.served": "DW109"}.get(location)
        assert set(section) == {"reason", "names"} | ({"rule"} if weak else set()), location
        assert section.get("rule") == weak, location
        assert section["reason"].strip() == section["reason"] != "", location
        assert section["names"], location


def test_knowledge__names__are_normalized_and_sorted() -> None:
    for location, section in sections().items():
        assert section["names"] == sorted(section["names"]), location
        for name in section["names"]:
            assert name == normalize(name), f"{location}: {name}"
            assert is_name(name.replace("*", "x")), f"{location}: {name}"


def test_knowledge__names__stand_in_one_section_each() -> None:
    counts = Counter(name for section in sections().values() for name in section["names"])
    assert [name for name, count in counts.items() if count > 1] == []


def test_knowledge__every_name__is_found_in_its_section() -> None:
    for location, section in sections().items():
        for name in (name for name in section["names"] if "*" not in name):
            found = knowledge().find(name)
            assert found is not None, name
            entry, glob = found
            assert (f"{entry.group}.{entry.tag}", entry.reason, glob) == (location, section["reason"], ""), name


def test_knowledge__pattern__is_no_mere_star() -> None:
    patterns = [name for section in sections().values() for name in section["names"] if "*" in name]
    assert [p for p in patterns if len(p.strip("*")) < 3] == []


def test_knowledge__runner_of_tests__is_dev() -> None:
    (hint, *_) = judge(Metadata(name="pytest", version=None), config_names({}))
    assert (hint.evidence.rule, hint.evidence.group) == ("DW101", "dev")


def test_entry_points__groups_exist_and_none_stands_twice() -> None:
    tables = table("classifiers.toml")
    rows = [*tables["plugins"], *tables["hooks"]]
    assert all(location.partition(".")[0] == "dev" and location.partition(".")[2] for _, location in rows)
    assert [start for start, count in Counter(start for start, _ in rows).items() if count > 1] == []


# What users read must be true of the name that it explains.
@pytest.mark.parametrize(
    ("name", "word"),
    [
        ("watchdog", "files"),
        ("psutil", "processes"),
        ("ansible", "infrastructure"),
        ("docker", "containers"),
        ("gitpython", "version control"),
        ("tenacity", "general-purpose"),
        ("posthog", "analytics"),
        ("web3", "blockchains"),
        ("setuptools", "packages"),
        ("phonenumbers", "countries"),
        ("ipython", "shell"),
        ("locust", "load generator"),
        ("datamodel-code-generator", "code generator"),
        ("gitlint", "linter"),
    ],
)
def test_knowledge__text__is_true_of_the_name(name: str, word: str) -> None:
    found = knowledge().find(name)
    assert found is not None
    assert word in found[0].reason


def classifiers() -> list[list[str]]:
    """Return the rows in the order in which they are tried."""
    tables = table("classifiers.toml")
    return [*tables["telling"], *tables["topics"]]


def test_classifiers__groups_exist_and_none_stands_twice() -> None:
    rows = classifiers()
    assert all(location.partition(".")[0] in GROUPS and location.partition(".")[2] for _, location in rows)
    assert [start for start, count in Counter(start for start, _ in rows).items() if count > 1] == []


def test_classifiers__an_earlier_line__never_hides_a_later_one() -> None:
    starts = [start for start, _ in classifiers()]
    hidden = [b for n, a in enumerate(starts) for b in starts[n + 1 :] if a[-1] == "*" and b.startswith(a[:-1])]
    assert hidden == []


def test_classifiers__are_trove_classifiers() -> None:
    trove = pytest.importorskip("trove_classifiers")
    known = {*trove.classifiers, *trove.deprecated_classifiers}
    for start, _ in classifiers():
        assert start in known or any(start[-1] == "*" and name.startswith(start[:-1]) for name in known), start


def test_words__of_one_group__are_no_other_groups() -> None:
    tables = table("words.toml")
    tables.pop("companions")
    assert set(tables) == {"dev", "ml", "data"}
    for key, split in (("names", str.split), ("summary", str.splitlines)):
        words = [word for group in tables.values() for word in split(group[key].strip())]
        assert [word for word, count in Counter(words).items() if count > 1] == []
        assert all(word == word.lower() for word in words)


def test_companions__are_known_for_something_else() -> None:
    for name in table("words.toml")["companions"]["names"].split():
        found = knowledge().find(name)
        assert found is not None, name
        assert found[0].group != "dev", name
