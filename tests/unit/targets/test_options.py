"""The table of options and types of targets, cell by cell: each is used or refused."""

from __future__ import annotations

import pytest

from deadweight.errors import BadInput
from deadweight.operations.measuring.reading import choice_of
from deadweight.settings import Measuring, Policy, Request, Settings
from deadweight.targets.options import APPLIES, applicable, check_options, settings_for
from deadweight.targets.types import (
    EVERY,
    Container,
    EngineImage,
    Environment,
    Image,
    Lock,
    Names,
    Project,
    RegistryImage,
    Requirements,
    RootFs,
    SavedReport,
    Target,
)

TARGETS: tuple[Target, ...] = (
    Requirements("requirements.txt"), Project("pyproject.toml"), Lock("uv.lock"), Names("pandas", ("pandas",)),
    Environment(".venv"), Image("image.tar"), EngineImage("docker:app", "docker", "app"),
    RegistryImage("registry:host/app", "host/app"), Container("container:web", "web"), RootFs("rootfs:/", "/"),
    SavedReport("report.json"),
)  # fmt: skip
# A value of each setting that is not the default
VALUES: dict[str, object] = {
    "no_install": True, "requirements": "r.txt", "tls_verify": False, "environment": "/opt", "source": ".",
    "no_source": True, "no_measure": True, "offline": True, "python": "3.12", "platform": "linux_x86_64",
    "extra": ("x",), "group": ("x",), "all_groups": True, "no_dev": True, "package": ("x",), "swap": ("a=b",),
    "index": ("a=https://host",), "torch": "cpu", "no_lighter": True, "no_cache": True, "installer": "pip",
    "index_url": "https://host", "extra_index_url": ("https://host",), "find_links": (".",), "no_build": True,
    "bytecode": "none", "jobs": 1, "keep_env": "env", "minimal_groups": ("core",), "keep": ("x",), "drop": ("x",),
    "groups": {"dev": ("x",)}, "dockerfile": "Dockerfile",
}  # fmt: skip


def test_table__every_setting_and_every_type__is_in_it() -> None:
    names = {name for part in (Request, Measuring, Policy) for name in part.__struct_fields__}
    assert set(APPLIES) == set(VALUES) == names
    assert {type(target) for target in TARGETS} == set(EVERY)
    assert all(APPLIES[name] for name in names)


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: type(target).__name__)
@pytest.mark.parametrize("name", sorted(APPLIES))
def test_table__each_cell__is_used_or_refused(name: str, target: Target) -> None:
    settings = Settings.of(**{name: VALUES[name]})
    if isinstance(target, APPLIES[name]):
        check_options(settings, target)
        assert applicable({name: VALUES[name]}, target) == {name: VALUES[name]}
    else:
        with pytest.raises(BadInput) as caught:
            check_options(settings, target)
        assert caught.value.cause == f"--{name.replace('_', '-')} does not apply to {target.noun}"
        assert applicable({name: VALUES[name]}, target) == {}


def test_choice_of__all_groups__includes_those_besides_the_named() -> None:
    assert choice_of(Request(group=("docs",), all_groups=True)).groups is None
    assert choice_of(Request(group=("docs",))).groups == frozenset({"docs"})
    assert choice_of(Request(group=("docs",), no_dev=True)).groups == frozenset({"docs"})
    assert choice_of(Request(no_dev=True)).groups == frozenset()


@pytest.mark.parametrize("target", TARGETS, ids=lambda target: type(target).__name__)
def test_table__defaults__apply_to_every_target(target: Target) -> None:
    check_options(Settings(), target)


def test_applicable__install_of_what_is_never_installed__is_ignored() -> None:
    assert applicable({"no_install": False}, Lock("uv.lock")) == {}
    assert applicable({"no_install": True}, Lock("uv.lock")) == {"no_install": True}
    assert applicable({"no_install": False}, Requirements("r.txt")) == {"no_install": False}


@pytest.mark.parametrize("target", [Lock("uv.lock"), Names("pandas", ("pandas",))])
def test_install__of_what_is_never_installed__is_refused(target: Target) -> None:
    with pytest.raises(BadInput, match="--install does not apply"):
        check_options(Settings.of(no_install=False), target)


def test_check_options__of_several_targets__refuses_what_applies_to_none() -> None:
    check_options(Settings.of(python="3.12"), SavedReport("a.json"), Requirements("r.txt"))
    check_options(Settings.of(no_install=False), Lock("uv.lock"), Requirements("r.txt"))
    with pytest.raises(BadInput, match="--python does not apply to a saved report or an environment"):
        check_options(Settings.of(python="3.12"), SavedReport("a.json"), Environment("e"))
    with pytest.raises(BadInput, match="--install does not apply to a lock file"):
        check_options(Settings.of(no_install=False), Lock("uv.lock"), Lock("poetry.lock"))


def test_settings_for__target__keeps_what_applies() -> None:
    settings = Settings.of(python="3.12", no_dev=True, no_install=False, keep=("a",))
    assert settings_for(Requirements("r.txt"), settings) == Settings.of(python="3.12", no_install=False, keep=("a",))
    assert settings_for(Lock("uv.lock"), settings) == Settings.of(python="3.12", no_dev=True, keep=("a",))
    assert settings_for(SavedReport("a.json"), settings) == Settings()
