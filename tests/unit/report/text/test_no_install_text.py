"""What people read of a measurement without an install."""

from __future__ import annotations

from msgspec.structs import replace

from deadweight.analysis.reporting import report_of
from deadweight.model import ArchiveFacts, Inventory, Skipped
from deadweight.report.text.as_text import as_text
from deadweight.report.view import View
from deadweight.settings import Settings
from tests.builders import bare, bare_inventory, profile_of, requirements_file
from tests.conftest import Golden


def measured() -> Inventory:
    facts = {
        "app": ArchiveFacts(filename="app-1.0-py3-none-any.whl", size=400_000, bytecode=200_000),
        "old": ArchiveFacts(
            filename="old-1.0.tar.gz", size=9000, estimated=True, reason="it has no wheel", bytecode=500
        ),
    }
    inventory = bare_inventory(bare("app", 1_000_000, requires=["old", "far"]), bare("old", 20_000))
    return replace(
        inventory,
        distributions=tuple(replace(d, archive=facts[d.key]) for d in inventory.distributions),
        skipped=(
            Skipped("far", "no wheel for Python 3.11 on win_amd64, and no sdist to build one from"),
            Skipped("gone", "https://files.example/gone-1.whl: it is not there (404)", 5),
        ),
    )


def test_text__without_install__says_what_is_known_and_what_is_not(golden: Golden) -> None:
    found = profile_of(measured(), requirements_file("app\n"), Settings.of(no_install=True))
    assert (found.method, found.exit_code) == ("wheels", 5)
    assert (found.download_bytes, found.estimated_bytecode_bytes) == (409_000, 200_500)
    assert found.conflicts == ()  # that "app" misses "far" is said by the table of what has no wheel
    narrow, wide = as_text(report_of(found), View(width=80)), as_text(report_of(found), View(width=120))
    assert narrow == golden("no-install.txt", narrow)
    assert wide == golden("no-install-120.txt", wide)


def test_sizes__unknown_size_of_one_archive__makes_the_sum_unknown() -> None:
    inventory = measured()
    app, old = inventory.distributions
    assert old.archive is not None
    inventory = replace(inventory, distributions=(app, replace(old, archive=replace(old.archive, size=None))))
    found = profile_of(inventory, requirements_file("app\n"), Settings.of(no_install=True))
    assert found.download_bytes is None
    assert "to download" not in as_text(report_of(found), View(width=80))
