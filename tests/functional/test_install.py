"""Requirements files → throwaway environments, by real installers, without an index."""

from __future__ import annotations

import contextlib
import subprocess
from pathlib import Path
from typing import Any

import pytest

from deadweight import DeadweightError, Progress, Settings
from deadweight.analysis.profile import Profile
from deadweight.errors import BadInput, BadRequirement, InstallFailed
from deadweight.operations.measure import profile
from tests.builders import bytes_below, make_wheel, make_wheelhouse, write_files

BACKEND = {  # a build backend that needs nothing from an index
    "pyproject.toml": "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n",
    "backend.py": (
        "import zipfile, os\n"
        "def build_wheel(directory, *_):\n"
        "    with zipfile.ZipFile(os.path.join(directory, 'dw_local-1.0-py3-none-any.whl'), 'w') as wheel:\n"
        "        wheel.writestr('dw_local.py', 'x = 1')\n"
        "        info = 'dw_local-1.0.dist-info/'\n"
        "        wheel.writestr(info + 'METADATA', 'Metadata-Version: 2.1\\nName: dw-local\\nVersion: 1.0\\n')\n"
        "        wheel.writestr(info + 'WHEEL', 'Wheel-Version: 1.0\\nRoot-Is-Purelib: true\\nTag: py3-none-any\\n')\n"
        "        wheel.writestr(info + 'RECORD', 'dw_local.py,,\\n')\n"
        "    return 'dw_local-1.0-py3-none-any.whl'\n"
        "build_editable = build_wheel\n"
    ),
}
both = pytest.mark.parametrize("installer", ["uv", "pip"])


@pytest.fixture
def here(tmp_path: Path, offline: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Wheels: dw-app needs dw-lib, and dw-extra with [more]; dw-tester needs dw-lib; dw-old conflicts."""
    monkeypatch.chdir(tmp_path)
    make_wheelhouse(
        tmp_path / "wheels",
        make_wheel("dw-app", requires=["dw-lib>=1", "dw-extra ; extra == 'more'"], headers=["Provides-Extra: more"]),
        make_wheel("dw-lib"),
        make_wheel("dw-extra"),
        make_wheel("dw-tester", requires=["dw-lib"], headers=["Classifier: Framework :: Pytest"]),
        make_wheel("dw-old", requires=["dw-lib<1"]),
    )
    return tmp_path


def measure(directory: Path, text: str, **settings: object) -> Profile:
    (directory / "requirements.txt").write_text(text)
    given: dict[str, object] = {"no_install": False, "find_links": (str(directory / "wheels"),), **settings}
    return profile("requirements.txt", Settings.of(**given))


def names(found: Profile) -> set[str]:
    return {d.key for d in found.inventory.distributions}


@both
def test_install__holds_what_was_asked_for_and_nothing_else(here: Path, offline: Path, installer: str) -> None:
    found = measure(here, "dw-app[more]\ndw-tester\n", installer=installer)
    assert names(found) == {"dw-app", "dw-lib", "dw-extra", "dw-tester"}
    assert found.conflicts == ()
    assert found.inventory.environment.installer == installer
    assert {root.key for root in found.dependencies.direct} == {"dw-app", "dw-tester"}
    assert found.dependencies.requires("dw-app") == ("dw-extra", "dw-lib")
    assert list(offline.iterdir()) == []


@both
def test_install__bytecode__compiled_is_the_same_plus_bytecode(here: Path, installer: str) -> None:
    compiled = measure(here, "dw-app\n", installer=installer).inventory.total
    plain = measure(here, "dw-app\n", installer=installer, bytecode="none").inventory.total
    assert plain.bytecode == 0
    assert compiled.bytecode > 0
    assert compiled.kinds["source"] == plain.kinds["source"]


def test_install__keep_env__leaves_the_environment_that_was_measured(here: Path, offline: Path) -> None:
    found = measure(here, "dw-app\n", keep_env="kept")
    assert bytes_below(here / "kept") == found.inventory.total.apparent
    assert names(profile("kept")) == {"dw-app", "dw-lib"}
    assert list(offline.iterdir()) == []
    with pytest.raises(BadInput, match="already exists"):
        measure(here, "dw-app\n", keep_env="kept")


@both
def test_install__fails_with_keep_env__leaves_nothing(here: Path, offline: Path, installer: str) -> None:
    with pytest.raises(InstallFailed):
        measure(here, "dw-no-such-project\n", installer=installer, keep_env="kept")
    assert not (here / "kept").exists()
    assert list(offline.iterdir()) == []


@both
@pytest.mark.parametrize(
    ("text", "said"),
    [("dw-no-such-project\n", ["dw-no-such-project"]), ("dw-app\ndw-old\n", ["dw-old", "dw-lib"])],
    ids=["unknown-project", "conflict"],
)
def test_install__refused__says_why_in_a_few_lines(here: Path, installer: str, text: str, said: list[str]) -> None:
    with pytest.raises(InstallFailed) as caught:
        measure(here, text, installer=installer)
    assert caught.value.exit_code == 5
    assert all(name in caught.value.cause for name in said)
    assert len(caught.value.cause.splitlines()) <= 8
    assert caught.value.cause.startswith(f"{installer}: ")
    assert len(caught.value.detail) >= len(caught.value.cause) / 2


@both
@pytest.mark.parametrize("line", ["./local", "-e ./local"])
def test_install__local_project__is_built_and_told(here: Path, installer: str, line: str) -> None:
    write_files(here / "local", BACKEND)
    found = measure(here, f"{line}\n", installer=installer)
    assert names(found) == {"dw-local"}
    assert {root.key for root in found.dependencies.direct} == {"dw-local"}


@pytest.mark.parametrize(
    "line", ["./local", "-e ./local", "dw-local @ file:///x/dw-local.tar.gz", "--no-binary :all:\ndw-app"]
)
def test_no_build__line_that_would_be_built__is_refused_and_nothing_runs(here: Path, line: str) -> None:
    write_files(here / "local", BACKEND | {"backend.py": f"open({str(here / 'ran')!r}, 'w')\n"})
    with pytest.raises(BadRequirement) as caught:
        measure(here, f"dw-app\n{line}\n", no_build=True)
    assert caught.value.number == 2
    assert not (here / "ran").exists()


@both
def test_no_build__project_with_a_source_archive_only__is_refused(here: Path, installer: str) -> None:
    import tarfile

    write_files(here / "dw_sdist-1.0", BACKEND | {"PKG-INFO": "Metadata-Version: 2.1\nName: dw-sdist\nVersion: 1.0\n"})
    with tarfile.open(here / "wheels/dw_sdist-1.0.tar.gz", "w:gz") as archive:
        archive.add(here / "dw_sdist-1.0", "dw_sdist-1.0")
    with pytest.raises(InstallFailed):
        measure(here, "dw-sdist\n", installer=installer, no_build=True)


def test_no_build__wheels__are_installed(here: Path) -> None:
    text = f"dw-app\n{here}/wheels/dw_extra-1.0-py3-none-any.whl\n"
    assert names(measure(here, text, no_build=True)) == {"dw-app", "dw-lib", "dw-extra"}


@both
def test_install__users_own_settings__do_not_lead_it_astray(
    here: Path, installer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("PIP_TARGET", "PIP_PREFIX", "UV_TARGET", "PYTHONPATH"):
        monkeypatch.setenv(name, str(here / "astray"))
    monkeypatch.setenv("PIP_REQUIRE_VIRTUALENV", "1")
    assert names(measure(here, "dw-app\n", installer=installer)) == {"dw-app", "dw-lib"}
    assert not (here / "astray").exists()


ASTRAY = {
    "target": ("uv.toml", "[pip]\ntarget = 'ASTRAY'\n"),
    "prefix": ("uv.toml", "no-index = true\n[pip]\nprefix = 'ASTRAY'\nfind-links = ['wheels']\n"),
    "project": ("pyproject.toml", "[tool.uv]\nmanaged = true\n[tool.uv.pip]\ntarget = 'ASTRAY'\n[tool.uv.sources]\n"),
    "links": ("uv.toml", "link-mode = 'symlink'\n"),
    "user": (
        "config/uv/uv.toml",
        "[[index]]\nname = 'x'\nurl = 'https://\u00e9.example/x'\n[pip]\ntarget = 'ASTRAY'\n",
    ),
}


@pytest.mark.parametrize("case", ASTRAY)
def test_install__uv_settings_that_lead_astray__are_left_out(
    here: Path, case: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("UV_NO_CONFIG")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(here / "config"))
    name, text = ASTRAY[case]
    write_files(here, {name: text.replace("ASTRAY", str(here / "astray"))})
    found = measure(here, "dw-app\n", installer="uv", bytecode="none")
    assert {d.key: d.sizes.kinds["source"] for d in found.inventory.distributions} == {"dw-app": 6, "dw-lib": 6}
    assert not (here / "astray").exists()


def test_install__uv_settings__others_of_the_same_file_still_count(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("UV_NO_CONFIG")
    monkeypatch.setenv("XDG_CONFIG_HOME", str(here / "config"))
    make_wheelhouse(here / "more", make_wheel("dw-more"))
    write_files(here, {"uv.toml": "find-links = ['more']\n[pip]\ntarget = 'astray'\n"})
    assert names(measure(here, "dw-more\n", installer="uv")) == {"dw-more"}


@pytest.mark.parametrize("section", ["global", "install"])
def test_install__pip_settings_that_lead_astray__are_left_out(
    here: Path, section: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    locations = "".join(f"{option} = {here}/astray\n" for option in ("target", "prefix", "root", "report"))
    flags = "".join(f"{option} = true\n" for option in ("user", "dry-run", "no-compile", "require-virtualenv"))
    write_files(here, {"pip.conf": f"[{section}]\n{locations}{flags}"})
    monkeypatch.setenv("PIP_CONFIG_FILE", str(here / "pip.conf"))
    found = measure(here, "dw-app\n", installer="pip")
    assert names(found) == {"dw-app", "dw-lib"}
    assert found.inventory.total.bytecode > 0
    assert not (here / "astray").exists()


def test_install__pip_settings__others_of_the_same_file_still_count(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    make_wheelhouse(here / "more", make_wheel("dw-more"))
    text = f"[global]\ntarget = astray\nfind-links =\n    {here}/nothing\n    {here}/more\n"
    write_files(here, {"pip.conf": text, "nothing/x": ""})
    monkeypatch.setenv("PIP_CONFIG_FILE", str(here / "pip.conf"))
    assert names(measure(here, "dw-more\n", installer="pip")) == {"dw-more"}


@both
def test_install__bytecode_cache_elsewhere__is_measured_all_the_same(
    here: Path, installer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PYTHONPYCACHEPREFIX", str(here / "astray"))
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    assert measure(here, "dw-app\n", installer=installer).inventory.total.bytecode > 0
    assert not (here / "astray").exists()


def test_install__installer_that_does_nothing__is_an_error(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    true = (
        write_files(here, {"uv": '#!/bin/sh\n[ $1 = venv ] && exec python3 -m venv --without-pip "$6"\nexit 0\n'})
        / "uv"
    )
    true.chmod(0o755)
    monkeypatch.setattr("deadweight.sources.install.installer._uv_beside_us", lambda: str(true))
    with pytest.raises(InstallFailed, match="installed nothing"):
        measure(here, "dw-app\n", installer="uv")
    with pytest.raises(InstallFailed, match="wrote no lock"):
        measure(here, "dw-app\n", installer="uv", no_install=True)
    assert measure(here, "dw-app ; os_name == 'other'\n", installer="uv").inventory.distributions == ()


@both
@pytest.mark.parametrize("given", ["index_url", "extra_index_url", "find_links"])
def test_install__url_with_a_password__is_on_no_command_line(
    here: Path, installer: str, given: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = "https://user:secret@host.invalid/simple"
    value = url if given == "index_url" else (str(here / "wheels"), url) if given == "find_links" else (url,)
    seen: list[list[str]] = []

    class Popen(subprocess.Popen[bytes]):
        def __init__(self, command: list[str], *arguments: Any, **options: Any) -> None:
            seen.append([*command])
            if "--requirement" in command or "--requirements" in command:
                assert "secret" in "".join(options["env"].values())
            super().__init__(command, *arguments, **options)

    monkeypatch.setattr("subprocess.Popen", Popen)
    with contextlib.suppress(InstallFailed):
        measure(here, "dw-app\n", installer=installer, **{given: value})
    assert seen
    assert not [command for command in seen if "secret" in " ".join(command)]


def test_install__observer__sees_the_phases_in_order(here: Path) -> None:
    (here / "requirements.txt").write_text("dw-app\n")
    seen: list[Progress] = []
    profile("requirements.txt", Settings.of(no_install=False, find_links=(str(here / "wheels"),)), observe=seen.append)
    phases = list(dict.fromkeys(step.phase for step in seen))
    assert phases[:3] == ["reading", "preparing", "resolving"]
    assert phases[-1] == "measuring"


def test_install__unknown_python__says_what_to_do(here: Path, offline: Path) -> None:
    with pytest.raises(DeadweightError) as caught:
        measure(here, "dw-app\n", python="9.99", installer="pip")
    assert "9.99" in caught.value.cause
    assert list(offline.iterdir()) == []


@both
def test_split__installed_again__is_whole_and_as_large_as_promised(here: Path, installer: str) -> None:
    from deadweight.report.splits import split_files

    found = measure(here, "dw-app[more]==1.0\ndw-tester\n", installer=installer)
    (here / "out").mkdir()
    for path, text in split_files(found, str(here / "out"), pin=True).items():
        Path(path).write_text(text)
    settings = Settings.of(no_install=False, find_links=(str(here / "wheels"),), installer=installer)
    again = profile("out/requirements-production.txt", settings)
    split = found.split("production")
    assert tuple(sorted(names(again))) == split.distributions == ("dw-app", "dw-extra", "dw-lib")
    assert again.conflicts == ()
    assert again.dependencies.strays == ()
    assert again.dependencies.bytes_of(names(again)) == split.apparent_bytes


@both
def test_no_build__wheel_that_requires_a_directory__its_code_is_not_run(here: Path, installer: str) -> None:
    backend = f"open({str(here / 'ran')!r}, 'w').close()\nraise SystemExit(1)\n"
    evil = write_files(here / "evil", {**BACKEND, "backend.py": backend})
    make_wheelhouse(here / "wheels", make_wheel("dw-smuggler", requires=[f"dw-evil @ {evil.as_uri()}"]))
    with pytest.raises(InstallFailed):
        measure(here, "dw-smuggler\n", installer=installer, no_build=True)
    assert not (here / "ran").exists()


def test_no_build__pip__installs_wheels_all_the_same(here: Path) -> None:
    found = measure(here, "dw-app[more]\n", installer="pip", no_build=True)
    assert names(found) == {"dw-app", "dw-lib", "dw-extra"}
    assert found.inventory.total.bytecode > 0


@both
def test_install__swap__also_in_an_included_file(here: Path, installer: str) -> None:
    write_files(here, {"more/base.txt": "dw-app[more]  # comment\n-c limits.txt\n", "more/limits.txt": "dw-lib<2\n"})
    found = measure(here, "-r more/base.txt\ndw-tester\n", installer=installer, swap=("dw-app=dw-extra",))
    assert names(found) == {"dw-extra", "dw-tester", "dw-lib"}
    assert {root.key for root in found.dependencies.direct} == {"dw-extra", "dw-tester"}


@both
def test_install__module_on_pythonpath__is_not_run_by_the_installer(
    here: Path, installer: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Every Python imports ``sitecustomize`` from there at start, unless it is told not to look."""
    marker = here / "was-run"
    write_files(here / "astray", {"sitecustomize.py": f"open({str(marker)!r}, 'w').close()\n"})
    monkeypatch.setenv("PYTHONPATH", str(here / "astray"))
    assert names(measure(here, "dw-app\n", installer=installer)) == {"dw-app", "dw-lib"}
    assert not marker.exists()
