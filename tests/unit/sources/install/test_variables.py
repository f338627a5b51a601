"""The variables and settings for installers."""

from __future__ import annotations

import os
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deadweight.sources.install import uv_config
from deadweight.sources.install.installer import InstallOptions, uv_options
from deadweight.sources.install.pip_config import variables_for_install
from deadweight.sources.install.uv_config import neutral_config
from deadweight.sources.install.variables import for_pip, for_uv, purged
from deadweight.sources.system.scratch import Scratch, scratch_directory
from tests.builders import write_files

ASTRAY = (
    "PYTHONPATH PYTHONHOME PYTHONPYCACHEPREFIX PYTHONDONTWRITEBYTECODE PYTHONSTARTUP PYTHONUSERBASE PYTHONOPTIMIZE"
    " PYTHONPLATLIBDIR PYTHONINSPECT PYTHONWARNINGS PIP_TARGET PIP_PREFIX PIP_ROOT PIP_SRC PIP_DRY_RUN PIP_PYTHON"
    " PIP_REPORT PIP_NO_COMPILE PIP_REQUIREMENT VIRTUAL_ENV UV_TARGET UV_PREFIX UV_SYSTEM_PYTHON UV_PYTHON UV_DRY_RUN"
    " UV_VENV_SEED UV_PROJECT UV_WORKING_DIR"
).split()


@pytest.fixture
def scratch(offline: Path) -> Iterator[Scratch]:
    with scratch_directory() as made:
        yield made


@pytest.fixture
def config(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A working directory, and no other place that holds settings of uv's."""
    (tmp_path / "work").mkdir()
    monkeypatch.chdir(tmp_path / "work")
    return tmp_path


def environ(directory: Path, **more: str) -> dict[str, str]:
    return {"XDG_CONFIG_HOME": str(directory / "home"), "XDG_CONFIG_DIRS": str(directory / "system"), **more}


def test_purged__variables_that_lead_astray__are_left_out_and_all_others_stay(scratch: Scratch) -> None:
    given = dict.fromkeys(ASTRAY, "x") | {"PATH": "/bin", "PIP_CERT": "c", "UV_INDEX": "i", "PYTHONUTF8": "1"}
    found = purged(given, scratch)
    assert not found.keys() & set(ASTRAY)
    assert {name: found.get(name) for name in given.keys() - set(ASTRAY)} == {
        "PATH": "/bin", "PIP_CERT": "c", "UV_INDEX": "i", "PYTHONUTF8": "1",
    }  # fmt: skip
    assert os.path.dirname(found["TMPDIR"]) == scratch.path


@pytest.mark.parametrize(
    ("mode", "stays"), [("symlink", False), ("SYMLINK", False), ("copy", True), ("hardlink", True)]
)
def test_purged__link_mode__stays_unless_files_would_be_links(mode: str, stays: bool, scratch: Scratch) -> None:
    assert ("UV_LINK_MODE" in purged({"UV_LINK_MODE": mode}, scratch)) == stays


def test_indexes__given__are_variables_before_the_users_own(scratch: Scratch, config: Path) -> None:
    options = InstallOptions(
        index_url="https://a",
        extra_index_urls=("https://b", "https://c"),
        find_links=("directory", "https://d", "https://e"),
    )
    uv = for_uv(environ(config, UV_EXTRA_INDEX_URL="https://u", UV_FIND_LINKS="https://v"), options, scratch)
    assert uv["UV_DEFAULT_INDEX"] == "https://a"
    assert uv["UV_EXTRA_INDEX_URL"] == "https://b https://c https://u"
    assert uv["UV_FIND_LINKS"] == "https://d,https://e,https://v"
    pip = for_pip({"PIP_CONFIG_FILE": os.devnull, "PIP_EXTRA_INDEX_URL": "https://u"}, options, scratch)
    assert pip["PIP_INDEX_URL"] == "https://a"
    assert pip["PIP_EXTRA_INDEX_URL"] == "https://b https://c https://u"
    assert pip["PIP_FIND_LINKS"] == "https://d https://e"


def test_indexes__with_names__are_variables_and_not_options(scratch: Scratch, config: Path) -> None:
    settings = (("index", "a=https://u:p@a"), ("index-strategy", "first-index"), ("index", "b=https://b"))
    options = InstallOptions(settings=(*settings, ("default-index", "d=https://d")))
    assert list(uv_options(options)) == ["--index-strategy=first-index"]
    found = for_uv(environ(config, UV_INDEX="c=https://c", UV_DEFAULT_INDEX="https://mine"), options, scratch)
    assert found["UV_INDEX"] == "a=https://u:p@a b=https://b c=https://c"
    assert found["UV_DEFAULT_INDEX"] == "d=https://d"


def test_variables_for_install__no_file__starts_no_pip(config: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deadweight.sources.install.pip_config._files", lambda environ: [f"{config}/none"])
    monkeypatch.setattr("deadweight.sources.install.pip_config.pip_settings", lambda: pytest.fail("pip was started"))
    assert variables_for_install({}) == {}
    assert variables_for_install({"PIP_CONFIG_FILE": os.devnull}) == {}


def test_variables_for_install__file__variables_count_more_and_install_more_than_global(
    config: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "[global]\ntimeout = 1\ncert = a\nproxy = p\n[install]\ncert = b\n[download]\nsrc = x\n"
    write_files(config, {"pip.conf": text})
    for name in [name for name in os.environ if name.startswith("PIP_")]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PIP_CONFIG_FILE", f"{config}/pip.conf")
    monkeypatch.setenv("PIP_PROXY", "mine")
    found = variables_for_install(os.environ)
    assert found == {"PIP_TIMEOUT": "1", "PIP_CERT": "b", "PIP_CONFIG_FILE": os.devnull}


@pytest.mark.parametrize("location", ["work/uv.toml", "uv.toml", "home/uv/uv.toml", "system/uv/uv.toml"])
def test_neutral_config__setting_that_leads_astray__goes_and_all_others_stay(location: str, config: Path) -> None:
    text = (
        'no-index = true\nlink-mode = "copy"\n[pip]\ntarget = "x"\nprefix = "y"\nextra = ["z"]\n[[index]]\nurl = "w"\n'
    )
    write_files(config, {location: text, "work/pyproject.toml": "[tool.other]\n"})
    found = neutral_config(environ(config))
    assert found is not None
    directory = str((config / location).parent)
    assert tomllib.loads(found) == {"no-index": True, "pip": {"extra": ["z"]}, "index": [{"url": f"{directory}/w"}]}


def test_neutral_config__nothing_leads_astray__users_files_stay(config: Path) -> None:
    write_files(
        config, {"work/uv.toml": 'no-index = true\n[pip]\nextra = ["z"]\n', "home/uv/uv.toml": "offline = true\n"}
    )
    assert neutral_config(environ(config)) is None


@pytest.mark.parametrize("name", ["UV_NO_CONFIG", "UV_CONFIG_FILE"])
def test_neutral_config__file_that_uv_does_not_read__does_not_count(name: str, config: Path) -> None:
    write_files(config, {"work/uv.toml": '[pip]\ntarget = "x"\n', "other.toml": "offline = true\n"})
    assert neutral_config(environ(config, **{name: f"{config}/other.toml"})) is None


def test_neutral_config__several_files__are_combined_as_uv_does(config: Path) -> None:
    write_files(
        config,
        {
            "work/pyproject.toml": '[tool.uv]\nmanaged = true\nno-index = true\n[[tool.uv.index]]\nurl = "https://a"\n',
            "home/uv/uv.toml": 'no-index = false\noffline = true\npip.target = "x"\n[[index]]\nurl = "https://b"\n',
        },
    )
    found = neutral_config(environ(config))
    assert found is not None
    expected = {"no-index": True, "offline": True, "pip": {}, "index": [{"url": "https://a"}, {"url": "https://b"}]}
    assert tomllib.loads(found) == expected


_VALUES = st.recursive(
    st.text(st.characters(exclude_categories=["Cs"])) | st.integers(-(2**63), 2**63 - 1) | st.booleans(),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text('ab -."\\\n\x7f\x85é', max_size=4), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.text('ab -."\\\n\x7f\x85é', max_size=4), _VALUES, max_size=4))
def test_written__any_settings__are_read_as_they_were(settings: dict[str, Any]) -> None:
    text = "".join(f"{uv_config._written(key)} = {uv_config._written(value)}\n" for key, value in settings.items())
    assert tomllib.loads(text) == settings
