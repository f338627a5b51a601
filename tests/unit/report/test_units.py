"""Bytes → what people read; foreign text → what a terminal may be given."""

from __future__ import annotations

import json
import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from deadweight.model import ArchiveFacts
from deadweight.report.units import human, path_in_site, percent, total_size
from deadweight.untrusted import plain, without_credentials
from tests.builders import bare
from tests.reports import measured


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (None, "?"), (0, "0 B"), (1, "1 B"), (999, "999 B"), (1000, "1.00 kB"), (1234, "1.23 kB"), (9994, "9.99 kB"),
        (9995, "10.0 kB"), (12_345, "12.3 kB"), (123_456, "123 kB"), (999_499, "999 kB"), (999_500, "1.00 MB"),
        (8_610_000, "8.61 MB"), (2_500_000_000, "2.50 GB"), (7_000_000_000_000, "7.00 TB"), (10**16, "10000 TB"),
        (-1500, "-1.50 kB"),
    ],
)  # fmt: skip
def test_human__size__has_a_unit_and_three_digits(size: int | None, text: str) -> None:
    assert human(size) == text


@pytest.mark.parametrize(
    ("estimated", "at_most", "text"),
    [
        (False, False, "2.00 kB"), (True, False, "~2.00 kB"), (False, True, "at most 2.00 kB"),
        (True, True, "at most ~2.00 kB"),
    ],
)  # fmt: skip
def test_total_size__some_estimate__is_marked(estimated: bool, at_most: bool, text: str) -> None:
    facts = ArchiveFacts(filename="b-1.0.tar.gz", estimated=estimated, at_most=at_most)
    report = measured("a\nb\n", bare("a", 1000), replace(bare("b", 1000), archive=facts))
    assert total_size(report) == text


@pytest.mark.parametrize(
    ("part", "whole", "text"),
    [(0, 0, "0 %"), (0, 10, "0 %"), (5, 0, "0 %"), (1, 1000, "<1 %"), (1, 100, "1 %"), (1, 3, "33 %"), (7, 7, "100 %")],
)
def test_percent__share__is_whole_and_never_zero_for_something(part: int, whole: int, text: str) -> None:
    assert percent(part, whole) == text


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ("usr/local/lib/python3.13t/site-packages/a/b.so", "a/b.so"), ("lib/python3/dist-packages/a.py", "a.py"),
        ("site-packages/a/site-packages/b.py", "a/site-packages/b.py"), ("a/b.so", "a/b.so"),
        ("lib/pypy3.11/site-packages/a\nb", "a\nb"), ("my-site-packages/a", "my-site-packages/a"),
        ("lib/site-packages/", "lib/site-packages/"),
    ],
)  # fmt: skip
def test_path_in_site__path__lacks_the_directories_above(path: str, text: str) -> None:
    assert path_in_site(path) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("numpy", "numpy"),
        ("Grüße 日本 ✓", "Grüße 日本 ✓"),
        ("[red]x[/red]", "[red]x[/red]"),
        ("\x1b[31mred\x1b[0m", "\\x1b[31mred\\x1b[0m"),
        ("\x1b]8;;http://evil\x07x", "\\x1b]8;;http://evil\\x07x"),
        ("\x9b2J", "\\x9b2J"),
        ("two\nlines\r\tand", "two\\x0alines\\x0d\\x09and"),
        ("null\0del\x7f", "null\\x00del\\x7f"),
        ("\u202egnp.exe\u2066", "\\u202egnp.exe\\u2066"),
        ("zero\u200bwidth\ufeff", "zero\\u200bwidth\\ufeff"),
        ("no\u00a0break\u3000space", "no\\xa0break\\u3000space"),
        ("sep\u2028\u2029", "sep\\u2028\\u2029"),
        ("\udcff", "\\udcff"),
        ("\U000e0041", "\\U000e0041"),
    ],
)
def test_plain__foreign_text__spells_out_what_a_terminal_might_obey(text: str, shown: str) -> None:
    assert plain(text) == shown


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("https://user:secret@host/simple", "https://****@host/simple"),
        ("https://token@host/x and git+ssh://git@host/y", "https://****@host/x and git+ssh://****@host/y"),
        ("a @ https://host/a@v1.zip", "a @ https://host/a@v1.zip"),
        ("mail someone@host", "mail someone@host"),
        ("https://user:p@ss@host/simple", "https://****@host/simple"),
        ("https://user:p@s@s@host", "https://****@host"),
        ("https://user:p?s#s@host/x", "https://****@host/x"),
        ("https://user:p/ss@host/simple", "https://user:****@host/simple"),
        ("https://user:1/ss@host/simple", "https://user:1/ss@host/simple"),
        ("https://host:8080/a@v1.zip", "https://host:8080/a@v1.zip"),
        ("https://host/x?token=SECRET&a=1", "https://host/x?token=****&a=1"),
        ("https://host/x?a=1&X-Amz-Signature=SECRET#egg=a", "https://host/x?a=1&X-Amz-Signature=****#egg=a"),
        (
            "https://host/x?access_key=SECRET;sig=SECRET&keyboard=us",
            "https://host/x?access_key=****;sig=****&keyboard=us",
        ),
        ("what?tokens=are shown", "what?tokens=**** shown"),
    ],
)
def test_plain__credentials_in_a_url__are_blotted_out(text: str, shown: str) -> None:
    assert plain(text) == shown


@given(st.text("ab:/?#[]!$&'()*+,;=%-._~0@", max_size=20))
def test_without_credentials__any_password__is_blotted_out_in_text_and_json(password: str) -> None:
    secret = f"SECRET{password}"
    for user in ("user", "a.b-c"):
        text = without_credentials(json.dumps({"url": f"https://{user}:{secret}@host/simple"}))
        assert "SECRET" not in text


@given(st.text())
def test_plain__any_text__is_encodable_and_without_control_characters(text: str) -> None:
    shown = plain(text)
    assert shown.encode("utf-8").decode("utf-8") == shown
    assert all(char == " " or unicodedata.category(char)[0] not in "CZ" for char in shown)
