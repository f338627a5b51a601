"""The schema, and the page that documents it."""

from __future__ import annotations

import re
import sqlite3
from pathlib import Path

import pytest

from deadweight.fleet.schema import MIGRATIONS

PAGE = (Path(__file__).parents[3] / "docs" / "reference" / "fleet.md").read_text("utf-8")


@pytest.fixture
def database() -> sqlite3.Connection:
    connection = sqlite3.connect(":memory:")
    for migration in MIGRATIONS:
        for statement in migration:
            connection.execute(statement)
    return connection


def names(database: sqlite3.Connection, kind: str) -> list[str]:
    return [name for (name,) in database.execute("SELECT name FROM sqlite_master WHERE type = ?", (kind,))]


def test_page__names_every_view_with_its_columns(database: sqlite3.Connection) -> None:
    sections = dict(re.findall(r"^### `(\w+)`\n(.*?)(?=^##)", PAGE, re.MULTILINE | re.DOTALL))
    listed = dict(re.findall(r"^\| `(\w+)` \| (.*) \|$", PAGE, re.MULTILINE))
    for view in names(database, "view"):
        columns = {row[1] for row in database.execute(f"PRAGMA table_info({view})")}
        text = sections.get(view) or listed[view]
        if view == "target_layers":  # it refers to those of ``layers``
            text += sections["layers"]
        assert columns <= set(re.findall(r"`(\w+)`", text)), view


def test_page__names_every_table_and_the_version(database: sqlite3.Connection) -> None:
    assert set(names(database, "table")) <= set(re.findall(r"`(\w+)`", PAGE.partition("## Tables")[2]))
    assert f"now {len(MIGRATIONS)}." in PAGE


def test_views__any__can_be_queried(database: sqlite3.Connection) -> None:
    for view in names(database, "view"):
        assert database.execute(f"SELECT * FROM {view}").fetchall() == []
