"""Saved reports → a run of a fleet."""

from __future__ import annotations

from pathlib import Path

import pytest

from deadweight.operations.fleet import adding
from deadweight.operations.fleet.adding import add_reports
from deadweight.sources.fleet.saved import SavedFile
from tests.builders import bare, report_on
from tests.fleets import rows


def test_add_reports__interrupted__says_what_was_added(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def read(path: str) -> object:
        if path == "second.json":
            raise KeyboardInterrupt
        return report_on(bare("a"))

    monkeypatch.setattr(adding, "read_report", read)
    fleet = str(tmp_path / "f.db")
    files = [SavedFile(path=f"{name}.json", name=name) for name in ("first", "second", "third")]
    with pytest.raises(KeyboardInterrupt, match="1 of 3 reports were added"):
        add_reports(fleet, files)
    assert rows(Path(fleet), "SELECT target FROM targets") == [("first",)]
    assert rows(Path(fleet), "SELECT COUNT(*) FROM run WHERE finished IS NULL") == [(1,)]
