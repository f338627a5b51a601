"""The result of trim as text."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from deadweight.model.report.trim import Action, Checked, KindOfFile, Reason, TrimReport
from deadweight.report.results.trim import as_text
from deadweight.report.view import View

REPORT = TrimReport(
    version="1",
    location="env",
    action="show",
    environment_bytes=2_000_000,
    kinds=(
        KindOfFile(kind="locale", risk="high", loses="translations", selected=False, files=2, apparent_bytes=9),
        KindOfFile(kind="docs", risk="low", loses="docs", selected=True, files=1, apparent_bytes=10),
        KindOfFile(kind="bytecode", risk="low", loses="time", selected=True, files=3, apparent_bytes=500_000),
        KindOfFile(kind="debug-symbols", risk="medium", loses="names", selected=False, files=0, apparent_bytes=None),
    ),
    files=4,
    apparent_bytes=500_010,
)


def test_as_text__shown__is_a_table_by_risk_and_size() -> None:
    assert as_text(REPORT, View(width=90)) == (
        "Kind           Files    Size  Risk    Remove  What you lose\n"
        "bytecode           3  500 kB  low     yes     time\n"
        "docs               1    10 B  low     yes     docs\n"
        "debug-symbols      0       ?  medium  -       names\n"
        "locale             2     9 B  high    -       translations\n"
        "\n"
        "env can do without 4 files, 500 kB (25 % of 2.00 MB). Nothing was changed.\n"
        "To remove them, run: deadweight trim env --kinds docs,bytecode --apply\n"
    )


def test_as_text__applied__names_what_was_restored_and_not_checked() -> None:
    checked = Checked(
        modules=2,
        failing=(Reason(name="broken", reason="ImportError"),),
        kept_files=1,
        restored=(Reason(name="demo", reason="demo could not be imported without them: OSError"),),
    )
    text = as_text(
        replace(REPORT, action="apply", checked=checked, store="env/.deadweight-trim", store_bytes=500_020),
        View(width=120),
    )
    unwrapped = text.partition("\n\n")[2].replace("\n  ", " ").splitlines()
    assert unwrapped == [
        "Removed 4 files, 500 kB (25 % of 2.00 MB) from env.",
        "2 modules could be imported before, and can be imported now.",
        "restored demo: demo could not be imported without them: OSError",
        "1 file of these kinds stayed, because imports open them.",
        "not checked, because they could not be imported before either: broken",
        (
            "The originals take 500 kB in env/.deadweight-trim. To restore them, run: deadweight trim env --undo;"
            " to free their space: deadweight trim env --discard"
        ),
        "Python writes bytecode again when it imports a module. To prevent that, set PYTHONDONTWRITEBYTECODE=1.",
    ]


@pytest.mark.parametrize(
    ("action", "text"),
    [("undo", "Restored 4 files, 500 kB in env.\n"), ("discard", "Deleted 4 files, 500 kB of env for good.\n")],
)
def test_as_text__undone_or_deleted__is_one_line(action: Action, text: str) -> None:
    report = TrimReport(version="1", location="env", action=action, files=4, apparent_bytes=500_010)
    assert as_text(report, View(width=80)) == text
    assert report.exit_code == 0


def test_as_text__not_restored__is_an_error() -> None:
    left = (Reason(name="demo", reason="it was changed"),)
    report = TrimReport(version="1", location="env", action="undo", files=0, apparent_bytes=0, left=left)
    assert "error: demo was not restored: it was changed\n" in as_text(report, View(width=80))
    assert report.exit_code == 4
