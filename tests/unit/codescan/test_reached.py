"""Files that are presumed to be for development, some of which the application loads."""

from __future__ import annotations

import pytest

from deadweight.codescan.local_modules import LocalModules
from deadweight.codescan.reached import reached, run_by_hand
from deadweight.model import Mention
from deadweight.model.application import How, Naming, Role

FILES = [
    "manage.py", "app/__init__.py", "app/main.py", "app/factories.py", "app/seeds.py", "config/__init__.py",
    "config/base.py", "config/local.py",
]  # fmt: skip
PRESUMED = {"app/factories.py", "app/seeds.py", "config/local.py"}


def mention(
    name: str, file: str = "app/main.py", how: How = "start", kind: Naming = "import", role: Role = "application"
) -> Mention:
    return Mention(kind, name, file, 1, role, how)


@pytest.mark.parametrize(
    ("mentions", "expected"),
    [
        ([], set()),
        ([mention("app.factories")], {"app/factories.py"}),
        ([mention(".factories.Factory")], {"app/factories.py"}),
        ([mention(".factories", how="lazy")], {"app/factories.py"}),
        ([mention(".factories", how="conditional")], set()),
        ([mention(".factories", how="optional")], set()),
        ([mention("app.factories", file="tests/test_a.py", role="tests")], set()),
        ([mention(".factories"), mention(".seeds", file="app/factories.py", role="development")],
         {"app/factories.py", "app/seeds.py"}),
        ([mention(".seeds", file="app/factories.py", role="development")], set()),
        ([mention("config.local", file="manage.py", kind="string")], {"config/local.py"}),
        ([mention("config.local", file="Dockerfile", kind="string")], {"config/local.py"}),
    ],
)  # fmt: skip
def test_reached__what_production_loads__counts_as_its_own(mentions: list[Mention], expected: set[str]) -> None:
    assert reached(mentions, PRESUMED, LocalModules(FILES)) == expected


def test_reached__default_settings_next_to_production_settings__are_for_development() -> None:
    modules = LocalModules([*FILES, "config/production.py"])
    default = mention("config.local", file="manage.py", kind="string")
    assert reached([default], PRESUMED, modules) == set()
    assert reached([default._replace(file="Dockerfile")], PRESUMED, modules) == {"config/local.py"}


JOBS = ["app/__init__.py", "app/web.py", "app/jobs/update.py", "app/jobs/worker.py", "top.py"]
SCRIPT = mention(".", file="app/jobs/update.py", kind="root")
STARTS = mention("gunicorn", file="Dockerfile", kind="command")


@pytest.mark.parametrize(
    ("mentions", "expected"),
    [
        ([SCRIPT, STARTS], {"app/jobs/update.py"}),
        ([SCRIPT], set()),
        ([SCRIPT, mention("x", file="Dockerfile", kind="command", role="build")], set()),
        ([SCRIPT, STARTS, mention("app.jobs.update", file="app/web.py")], set()),
        ([SCRIPT, STARTS, mention("/app/jobs/update.py", file="Procfile", kind="file")], set()),
        ([SCRIPT, STARTS, mention("python -m app.jobs.update", file="Procfile", kind="command")], set()),
        ([mention(".", file="app/jobs/worker.py", kind="root"), STARTS], set()),
        ([mention(".", file="top.py", kind="root"), STARTS], set()),
        ([mention("node", file="utils/lib.sh", kind="command"), STARTS], {"utils/lib.sh"}),
        ([mention("node", file="utils/lib.sh", kind="command"), STARTS,
          mention("./utils/lib.sh", file="Dockerfile", kind="file")], set()),
    ],
)  # fmt: skip
def test_run_by_hand__script_that_nothing_starts__is_not_production(
    mentions: list[Mention], expected: set[str]
) -> None:
    assert run_by_hand(mentions, LocalModules(JOBS)) == expected
