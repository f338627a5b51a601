"""The order of findings, and what each saves beside those before it."""

from __future__ import annotations

from collections.abc import Mapping

from hypothesis import given
from hypothesis import strategies as st

from deadweight.advice.ranking import ranked
from deadweight.model import FileKey, ImageFinding

SECRETS, TESTS, DEV = "DW511", "DW509", "DW513"
MEGABYTE = 1_000_000


def finding(rule: str, parts: Mapping[FileKey, int], *, layer: int = 0) -> ImageFinding:
    return ImageFinding(rule=rule, layer=layer, size=sum(parts.values()), files=len(parts), parts=parts)


def test_ranked__same_files_in_two_findings__count_for_the_first() -> None:
    tests = finding(TESTS, {"a/tests/x": 2 * MEGABYTE, "b/tests/y": 3 * MEGABYTE})
    dev = finding(DEV, {"a/x": 7 * MEGABYTE, "a/tests/x": 2 * MEGABYTE})
    first, second = ranked([tests, dev], 0)
    assert (first.rule, first.size, first.saves, first.overlaps) == (DEV, 9 * MEGABYTE, 9 * MEGABYTE, ())
    assert (second.rule, second.size, second.saves) == (TESTS, 5 * MEGABYTE, 3 * MEGABYTE)
    assert second.overlaps == (((0,), 2 * MEGABYTE),)


def test_ranked__overlap_changes_the_order__by_what_is_left() -> None:
    large = finding(DEV, {"a": 9 * MEGABYTE, "b": MEGABYTE})
    contained = finding(DEV, {"a": 9 * MEGABYTE}, layer=1)
    small = finding(DEV, {"c": 2 * MEGABYTE}, layer=2)
    assert [(each.layer, each.saves) for each in ranked([large, contained, small], 0)] == [
        (0, 10 * MEGABYTE), (2, 2 * MEGABYTE), (1, 0),
    ]  # fmt: skip


def test_ranked__findings_in_the_base_image__come_last() -> None:
    base = finding(DEV, {"usr/lib/a": 9 * MEGABYTE}, layer=0)
    own = finding(DEV, {"srv/a": 2 * MEGABYTE}, layer=1)
    assert [(each.layer, each.base, each.saves) for each in ranked([base, own], 1)] == [
        (1, False, 2 * MEGABYTE), (0, True, 9 * MEGABYTE),
    ]  # fmt: skip


def test_ranked__fewer_bytes_than_the_rule_requires__is_left_out() -> None:
    assert [each.rule for each in ranked([finding(DEV, {"a": 9}), finding(SECRETS, {".env": 9})], 0)] == [SECRETS]


_KEYS = st.sampled_from(["a", "b", "c", ("a", 0), ("a", 1), (1, 2)])
_FINDINGS = st.lists(
    st.builds(
        finding, st.just(SECRETS), st.sets(_KEYS).map(lambda keys: {key: len(repr(key)) for key in keys}),
        layer=st.integers(0, 3),
    ),
    max_size=6,
)  # fmt: skip


@given(_FINDINGS, st.integers(0, 3))
def test_ranked__any_findings__no_byte_counts_twice(findings: list[ImageFinding], base: int) -> None:
    result = ranked(findings, base)
    every = {key: size for each in findings for key, size in each.parts.items()}
    assert sum(each.saves for each in result) == sum(every.values())
    for number, each in enumerate(result):
        assert each.saves + sum(size for _, size in each.overlaps) == each.size
        assert all(earlier < number for numbers, _ in each.overlaps for earlier in numbers)
    assert [each.base for each in result] == sorted(each.base for each in result)
    for part in (False, True):
        saves = [each.saves for each in result if each.base == part]
        assert saves == sorted(saves, reverse=True)
