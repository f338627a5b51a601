"""Proofs of splits by the code of an application, and findings."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path

import pytest

from deadweight import Settings
from deadweight.analysis.profile import Profile
from deadweight.cli import _run
from deadweight.operations.measure import profile
from tests.builders import dist_files, make_env, write_files

REQUIREMENTS = "web\nlazyml\npytest\nunused\nhelper\nheavy\n"


def package(name: str, size: int = 50, **more: object) -> Mapping[str, bytes]:
    return dist_files(name, files={f"{name}/__init__.py": "#" * size}, **more)  # type: ignore[arg-type]


def measured(
    tmp_path: Path, source: Mapping[str, str], requirements: str = REQUIREMENTS, **settings: object
) -> Profile:
    """Measure an environment that was made from requirements, with the source of the application that uses it."""
    make_env(
        tmp_path / "env", package("web", requires=["base"]), package("base"), package("lazyml", 5_000_000),
        package("pytest", 90), package("unused", 2_000_000), package("helper"),
        dist_files("heavy", files={"heavy/__init__.py": "#" * 3_000_000}, record=HEAVY), extra={"bin/heavy": "#!"},
    )  # fmt: skip
    write_files(tmp_path / "app", source)
    file = write_files(tmp_path, {"requirements.txt": requirements}) / "requirements.txt"
    return profile(
        tmp_path / "env",
        Settings.of(requirements=str(file), source=str(tmp_path / "app"), **settings),
    )


HEAVY = [
    "heavy/__init__.py,,",
    "../../../bin/heavy,,",
    "heavy-1.0.dist-info/METADATA,,",
    "heavy-1.0.dist-info/RECORD,,",
]
SOURCE = {
    "app/__init__.py": "",
    "app/main.py": "import web, base, os\nimport nowhere\nfrom app import other\n",
    "app/other.py": "def answer():\n    import lazyml\n    return lazyml\n",
    "app/one.py": "import heavy\n",
    "tests/test_app.py": "import pytest, helper, web\n",
}


def test_remarks__application__each_with_its_places_and_what_it_saves(tmp_path: Path) -> None:
    found = measured(tmp_path, SOURCE)
    reported = {
        (remark.kind, remark.name): [(location.file, location.line) for location in remark.locations]
        for remark in found.remarks
    }
    assert reported == {
        ("missing", "nowhere"): [("app/main.py", 2)],
        ("transitive", "base"): [("app/main.py", 1)],
        ("unused", "unused"): [],
        ("tests-only", "helper"): [("tests/test_app.py", 1)],
        ("lazy", "lazyml"): [("app/other.py", 2)],
        ("one-place", "heavy"): [("app/one.py", 1)],
    }
    assert {r.name: (r.freed_bytes or 0) > 1_000_000 for r in found.remarks if r.kind in ("unused", "lazy")} == {
        "unused": True, "lazyml": True,
    }  # fmt: skip


def test_minimal__what_is_never_imported_at_start__is_left_out_with_the_places_to_change(tmp_path: Path) -> None:
    found = measured(tmp_path, SOURCE)
    dropped = {d.name: d for d in found.split("minimal").dropped}
    assert set(dropped) == {"lazyml", "pytest"}
    assert dropped["lazyml"].evidence.rule == "DW305"
    assert [(location.file, location.line) for location in dropped["lazyml"].locations] == [("app/other.py", 2)]
    assert [w.name for w in found.split("production").kept] == ["web", "lazyml", "unused", "helper", "heavy"]
    assert found.proofs["production"].holds
    assert not found.proofs["minimal"].holds


def test_minimal__kept_by_the_user__stays(tmp_path: Path) -> None:
    assert {d.name for d in measured(tmp_path, SOURCE, keep=("lazyml",)).split("minimal").dropped} == {"pytest"}


@pytest.mark.parametrize(
    ("source", "gaps"),
    [
        ({"app.py": "import heavy"}, ["heavy"]),
        ({"app.py": "def f():\n    import heavy"}, ["heavy"]),
        ({"Procfile": "web: heavy serve\n"}, ["heavy"]),
        ({"settings.py": 'INSTALLED_APPS = ["heavy.apps.Config"]'}, ["heavy"]),
        ({"app.py": "try:\n    import heavy\nexcept ImportError:\n    heavy = None"}, []),
        ({"app.py": "from typing import TYPE_CHECKING\nif TYPE_CHECKING:\n    import heavy"}, []),
        ({"tests/test_a.py": "import heavy"}, []),
        ({"heavy.py": "", "app.py": "import heavy"}, []),
        ({"app.py": "import nowhere"}, []),
    ],
    ids=["start", "lazy", "command", "setting", "optional", "types", "tests", "local", "nobody-has-it"],
)
def test_proof__what_the_user_drops__is_missed_where_the_application_needs_it(
    tmp_path: Path, source: Mapping[str, str], gaps: list[str]
) -> None:
    found = measured(tmp_path, source, drop=("heavy",))
    assert [gap.name for gap in found.proofs["production"].gaps] == gaps
    assert found.proofs["production"].holds == (not gaps)


def test_proof__development_tool_in_settings_for_development__is_not_needed(tmp_path: Path) -> None:
    found = measured(tmp_path, {"config/local.py": "import pytest", "app.py": "import web"})
    assert "pytest" in {d.name for d in found.split("production").dropped}
    assert found.proofs["production"].holds


def test_proof__development_tool_under_a_condition__is_excused_and_reported(tmp_path: Path) -> None:
    found = measured(tmp_path, {"app/urls.py": "if settings.DEBUG:\n    import pytest\n"})
    (gap,) = found.proofs["production"].gaps
    assert (gap.name, gap.excuse, gap.locations[0].condition) == ("pytest", "conditional", "settings.DEBUG")
    assert found.proofs["production"].holds
    (remark,) = (r for r in found.remarks if r.name == "pytest")
    assert (remark.kind, remark.reason) == (
        "dev-conditional", "is a development tool that the application uses only if settings.DEBUG",
    )  # fmt: skip


@pytest.mark.parametrize(
    "source",
    [
        {"app/urls.py": "import pytest\n"},
        {"app/settings.py": 'INSTALLED_APPS = ["pytest.app"]\n'},
        {"Dockerfile": 'FROM python\nCMD ["python", "-m", "pytest"]\n'},
        {"Procfile": "web: python -m pytest\n"},
        {"compose.yml": "services:\n  web:\n    command: python -m pytest\n"},
        {"app.service": "[Service]\nExecStart=/usr/bin/python -m pytest\n"},
        {"app/main.py": "from app import factories\n", "app/__init__.py": "", "app/factories.py": "import pytest\n"},
    ],
    ids=["urls", "setting", "cmd", "procfile", "compose", "unit", "loaded-factories"],
)
def test_production__development_tool_without_a_condition__stays(tmp_path: Path, source: Mapping[str, str]) -> None:
    found = measured(tmp_path, source)
    assert "pytest" in {w.name for w in found.split("production").kept}
    dropped = measured(tmp_path / "again", source, drop=("pytest",))
    assert not dropped.proofs["production"].holds


def test_proof__development_tool_that_the_application_imports__stays(tmp_path: Path) -> None:
    found = measured(tmp_path, {"app/main.py": "import pytest", "app/__init__.py": ""})
    assert "pytest" in {w.name for w in found.split("production").kept}
    assert [(r.kind, r.name) for r in found.remarks if r.name == "pytest"] == [("dev-in-production", "pytest")]


def split(tmp_path: Path, *more: str) -> int:
    arguments = ["split", str(tmp_path / "env"), "-r", str(tmp_path / "requirements.txt")]
    arguments += ["--source", str(tmp_path / "app"), "--output-dir", str(tmp_path), "--quiet", *more]
    return _run(arguments, debug=True)


def test_split__unproven__is_refused_with_the_places_unless_asked_for(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measured(tmp_path, SOURCE)
    assert split(tmp_path, "--drop", "heavy") == 3
    said = capsys.readouterr()
    assert said.out == ""
    assert "app/one.py:1 imports heavy" in said.err
    assert "hint: remove --drop heavy, or use --unproven to write the files anyway" in said.err
    assert not (tmp_path / "requirements-production.txt").exists()
    assert split(tmp_path, "--drop", "heavy", "--unproven") == 0
    assert "heavy" not in (tmp_path / "requirements-production.txt").read_text().split("\n")
    assert "production does not keep every requirement that your code uses" in capsys.readouterr().out


def test_split__proven__says_so(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    measured(tmp_path, SOURCE)
    assert split(tmp_path) == 0
    said = " ".join(capsys.readouterr().out.split())
    assert "production keeps every requirement that your code uses (checked 6 uses in 5 files of" in said
    assert "minimal works only after code changes in 1 file (" in said


def test_profile__json__has_source_findings_proofs_and_places(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measured(tmp_path, SOURCE)
    arguments = ["profile", str(tmp_path / "env"), "-r", str(tmp_path / "requirements.txt"), "--format", "json", "-q"]
    assert _run([*arguments, "--source", str(tmp_path / "app")], debug=True) == 0
    found = json.loads(capsys.readouterr().out)
    assert found["source"]["files"] == 5
    assert found["findings"][0] == {
        "kind": "missing", "name": "nowhere", "freed_bytes": None,
        "reason": "is imported, but no requirement provides it",
        "locations": [{"kind": "import", "name": "nowhere", "file": "app/main.py", "line": 2, "cell": None,
                    "role": "application", "how": "start", "condition": None}],
    }  # fmt: skip
    assert found["splits"]["production"]["proof"] == {"holds": True, "checked": 6, "gaps": []}
    assert found["splits"]["minimal"]["proof"]["gaps"][0]["name"] == "lazyml"
    assert _run([*arguments, "--no-source"], debug=True) == 0
    without = json.loads(capsys.readouterr().out)
    assert (without["source"], without["findings"], without["splits"]["production"]["proof"]) == (None, [], None)


def test_profile__source_and_no_source__cannot_both_be(tmp_path: Path) -> None:
    make_env(tmp_path, package("web"))
    assert _run([str(tmp_path), "--source", str(tmp_path), "--no-source", "-q"], debug=False) == 4


def test_text__remarks__fit_narrow_and_wide_terminals(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    measured(tmp_path, SOURCE)
    for width in (40, 80, 120):
        monkeypatch.setenv("COLUMNS", str(width))
        arguments = [str(tmp_path / "env"), "-r", str(tmp_path / "requirements.txt"), "-q"]
        assert _run([*arguments, "--source", str(tmp_path / "app")], debug=True) == 0
        text = capsys.readouterr().out
        assert "\nfindings\n" in text
        assert max(map(len, text.partition("To write the splits")[0].split("\n"))) <= width


def test_split__environment_s_own_pip__is_no_requirement(tmp_path: Path) -> None:
    make_env(
        tmp_path, package("web", requested=True), package("pip", requested=True), package("setuptools", requested=True)
    )
    found = profile(tmp_path)
    assert [want.name for want in found.split("production").kept] == ["web"]
    assert {d.name for d in found.split("production").dropped} == {"pip", "setuptools"}
    kept = profile(tmp_path, Settings.of(keep=("pip",)))
    assert [want.name for want in kept.split("production").kept] == ["pip", "web"]


def test_keep_and_drop__names_that_are_not_there_or_twice__are_told(tmp_path: Path) -> None:
    found = measured(tmp_path, SOURCE, keep=("wbe",), drop=("heavi",))
    assert "keep: wbe is not in your requirements" in found.warnings
    assert "drop: heavi is not in your requirements" in found.warnings
    both = measured(tmp_path, SOURCE, keep=("web",), drop=("web",))
    assert "web is in both keep and drop: it is dropped" in both.warnings


def test_production__servers_of_notebooks_that_the_image_starts__stay(tmp_path: Path) -> None:
    servers = [
        dist_files(name, files={f"{name}.py": ""}, record=[f"{name}.py,,", f"../../../bin/{name},,"])
        for name in ("voila", "marimo")
    ]
    make_env(tmp_path / "env", *servers, package("pytest"))
    source = {"Dockerfile": 'FROM python\nCMD ["voila", "app.ipynb"]\n', "Procfile": "web: marimo run app.py\n"}
    write_files(tmp_path / "app", source)
    file = write_files(tmp_path, {"requirements.txt": "voila\nmarimo\npytest\n"}) / "requirements.txt"
    found = profile(tmp_path / "env", Settings.of(requirements=str(file), source=str(tmp_path / "app")))
    assert [w.name for w in found.split("production").kept] == ["voila", "marimo"]
    dropping = Settings.of(requirements=str(file), source=str(tmp_path / "app"), drop=("voila", "marimo"))
    proof = profile(tmp_path / "env", dropping).proofs["production"]
    assert [(gap.name, gap.excused) for gap in proof.gaps] == [("marimo", False), ("voila", False)]


def test_split__hint__names_each_project_once_and_works(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    make_env(tmp_path / "env", package("web"), package("pytest", requires=["helper"]), package("helper"))
    write_files(tmp_path / "app", {"app.py": "import web, helper\nimport helper.more\n"})
    write_files(tmp_path, {"requirements.txt": "web\npytest\n"})
    assert split(tmp_path) == 3
    said = capsys.readouterr().err
    assert said.count("--keep helper") == 1
    assert split(tmp_path, "--keep", "helper") == 0
    assert (tmp_path / "requirements-production.txt").read_text().splitlines()[2:] == [
        "web",
        "",
        "# kept by your settings",
        "helper",
    ]


@pytest.mark.parametrize(
    ("requirements", "more", "expected"),
    [
        (
            "web\nbase\n",
            {},
            ("redundant", "base", "is already required by web, and your code does not use it"),
        ),
        ("web\ndataclasses\n", {}, ("backport", "dataclasses", "is part of Python since 3.7")),
        ("web\nlonely\n", {}, ("unused", "lonely", "is not used in your code")),
        ("web\nlonely\n", {"Makefile": "run:\n\tpython -m lonely\nup:\n\tpython -m lonely.x\n"}, None),
        ("web\nlonely\n", {"pages.py": "import lonely\n", "shop.py": "import lonely\n"}, None),
        ("web\noptional\n", {}, None),
        ("web\ngunicorn\n", {}, None),
    ],
)
def test_remarks__requirement_that_nothing_imports__has_its_reason(
    tmp_path: Path, requirements: str, more: Mapping[str, str], expected: tuple[str, str, str] | None
) -> None:
    web = package("web", requires=["base", "optional ; extra == 'fast'"], headers=["Provides-Extra: fast"])
    make_env(tmp_path / "env", web, *map(package, ("base", "dataclasses", "lonely", "optional", "gunicorn")))
    write_files(tmp_path / "app", {"app.py": "import web\nimport dataclasses\n", **more})
    file = write_files(tmp_path, {"requirements.txt": requirements}) / "requirements.txt"
    found = profile(tmp_path / "env", Settings.of(requirements=str(file), source=str(tmp_path / "app")))
    name = requirements.split()[1]
    assert [(r.kind, r.name, r.reason) for r in found.remarks if r.name == name] == ([expected] if expected else [])


def test_text__condition_with_terminal_escapes__is_spelled_out(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    measured(tmp_path, {"app/urls.py": 'if DEBUG == "\x1b]0;x\x07[red]":\n    import pytest\n'})
    arguments = ["-r", str(tmp_path / "requirements.txt"), "--source", str(tmp_path / "app"), "-q"]
    commands = (
        ["profile", str(tmp_path / "env")],
        ["why", "pytest", str(tmp_path / "env")],
        ["groups", str(tmp_path / "env")],
    )
    for command in commands:
        assert _run([*command, *arguments], debug=True) == 0
        said = capsys.readouterr().out
        assert "\x1b" not in said
        assert "\x07" not in said
