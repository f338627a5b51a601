"""Bytes before and after, and which line takes them out."""

from __future__ import annotations

from msgspec.structs import replace

from deadweight.buildcontext.context import BuildContext
from deadweight.buildcontext.patterns import read_patterns
from deadweight.buildcontext.weighing import Weight, weigh
from tests.contexts import make_context

FILES = {"a.py": 1, "dist/a.whl": 10, "dist/b.tar": 100, "x.log": 1000, "d/e/f": 10_000}


def test_weigh__lists__each_byte_is_taken_out_once() -> None:
    lists = [read_patterns(text, "x") for text in ("*.log", "dist\n!dist/*.whl", "**/f")]
    weighed = weigh(make_context(FILES), lists, kept=1)
    assert weighed.stages == (Weight(4, 10_111), Weight(3, 10_011), Weight(2, 11))
    assert weighed.taken == {0: Weight(1, 1000), 1: Weight(1, 100), 3: Weight(1, 10_000)}
    assert weighed.directories == (Weight(1, 1), Weight(), Weight(1, 10_000), Weight(1, 10))
    assert not weighed.restored


def test_weigh__exception_for_what_was_ignored__is_found() -> None:
    lists = [read_patterns(text, "x") for text in ("dist/a.whl", "dist\n!dist/*.whl")]
    assert weigh(make_context(FILES), lists, kept=1).restored == {"dist/a.whl"}


def test_weigh__no_patterns__everything_stays() -> None:
    weighed = weigh(make_context(FILES), [(), ()], kept=1)
    assert weighed.stages == (Weight(5, 11_111), Weight(5, 11_111))
    assert weighed.taken == {}


def test_weigh__hard_links__count_once_and_until_the_last_name_goes() -> None:
    context = make_context({"a/x": 5, "b/x": 5, "c": 1})
    directories = tuple(replace(each, links={"x": 0}) if each.path else each for each in context.directories)
    linked = BuildContext("app", directories)
    lists = [read_patterns(text, "x") for text in ("", "a", "b")]
    weighed = weigh(linked, lists, kept=1)
    assert weighed.stages == (Weight(2, 6), Weight(2, 6), Weight(1, 1))
    assert weighed.taken == {1: Weight(1, 5)}
    assert sum(each.apparent_bytes for each in weighed.directories) == 6
