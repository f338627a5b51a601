"""Limits as users write them."""

from __future__ import annotations

import pytest

from deadweight.budget.limits import format_size, group_limit, growth_limit, name_limit, parse_size, size_limit
from deadweight.errors import BadConfig


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0B", 0),
        ("1B", 1),
        ("500MB", 500_000_000),
        ("500 mb", 500_000_000),
        ("1.5GB", 1_500_000_000),
        ("1.5GiB", 1_610_612_736),
        ("500MiB", 524_288_000),
        ("2kB", 2_000),
        ("2KiB", 2_048),
        ("0.1KiB", 102),
        ("1TB", 10**12),
        ("1tib", 2**40),
    ],
)
def test_parse_size__number_and_unit__is_bytes(text: str, size: int) -> None:
    assert parse_size(text) == size


@pytest.mark.parametrize(
    "text",
    [
        "", "500", "MB", "5XB", "-5MB", "+5MB", "5e3MB", "5,5MB", "1_000MB", "5MB 5MB", "5MB\n", " 5MB", "٥MB", "5%",
        "inf MB", "nan", "1" * 5000 + "MB", "0x5MB", "5M",
    ],
)  # fmt: skip
def test_parse_size__anything_else__is_refused_with_an_example(text: str) -> None:
    with pytest.raises(BadConfig, match="is not a size") as caught:
        parse_size(text)
    assert "500MB" in caught.value.hint
    assert len(caught.value.cause) < 600


@pytest.mark.parametrize(
    ("size", "text"),
    [(0, "0B"), (999, "999B"), (1000, "1kB"), (1_500_000, "1.5MB"), (10**9 + 1, "1.000000001GB"), (2**50, None)],
)
def test_format_size__any__is_the_largest_unit_that_it_fills(size: int, text: str | None) -> None:
    assert format_size(size) == text or (text is None and parse_size(format_size(size)) == size)


def test_growth_limit__percentage__is_a_share_rounded_down() -> None:
    assert growth_limit("5%").of(1_000) == 50
    assert growth_limit("2.5 %").of(1_000) == 25
    assert growth_limit("0.1%").of(999) == 0
    assert growth_limit("0%").of(1_000) == 0
    assert growth_limit("20MB").of(1_000) == 20_000_000


@pytest.mark.parametrize("text", ["-5%", "%", "five%", "5%%", "5.%"])
def test_growth_limit__no_percentage__is_refused(text: str) -> None:
    with pytest.raises(BadConfig, match="is not a percentage"):
        growth_limit(text)


def test_growth_limit__no_unit__hints_at_sizes_and_percentages() -> None:
    with pytest.raises(BadConfig, match="'5' is not a size") as caught:
        growth_limit("5")
    assert caught.value.hint.endswith("500MB or 1.5GiB, or a percentage, such as 5%")
    with pytest.raises(BadConfig) as caught:
        size_limit("5")
    assert "%" not in caught.value.hint


def test_name_limit__any_spelling__is_normalized() -> None:
    assert name_limit("Foo_Bar").text == "foo-bar"
    assert name_limit("nvidia-*").text == "nvidia-*"


@pytest.mark.parametrize("text", ["", "a b", "torch>=2", "../x", "a\x1b[31m", "a" * 500])
def test_name_limit__no_name__is_refused(text: str) -> None:
    with pytest.raises(BadConfig, match="is not the name of a project"):
        name_limit(text)


def test_group_limit__unknown__names_the_groups() -> None:
    assert group_limit("dev").text == "dev"
    with pytest.raises(BadConfig, match="no group 'test'") as caught:
        group_limit("test")
    assert "core, data, ml, dev" in caught.value.hint
