"""Texts as a fleet stores them."""

from __future__ import annotations

import pytest

from deadweight.fleet.values import storable, target_name


@pytest.mark.parametrize(
    ("text", "stored"),
    [
        ("<b>\x1b[31m é 日本", "<b>\x1b[31m é 日本"),
        ("a\0b", "a\\x00b"),
        ("\udcff\ud83d", "\\udcff\\ud83d"),
        ("see https://me:pw@host/x?token=abc", "see https://****@host/x?token=****"),
    ],
)
def test_storable__text__is_utf_8_without_credentials(text: str, stored: str) -> None:
    assert storable(text) == stored
    assert storable(text).encode("utf-8")


def test_target_name__registry_with_login__has_none() -> None:
    assert target_name("registry:me:p@w@host:5000/app:1") == "registry:host:5000/app:1"
    assert target_name("registry:host/app@sha256:0123") == "registry:host/app@sha256:0123"
