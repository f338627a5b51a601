"""Which engine a target means, and which engine has a container."""

from __future__ import annotations

from typing import get_args

import pytest

from deadweight.errors import EngineFailed
from deadweight.sources.containers.engines import ENGINES, engine_of, engine_with
from deadweight.targets.types import EngineName
from tests.unit.sources.containers.conftest import Put

RUNNING = 'out.write(b\'[{"State": {"Status": "running"}}]\')'


def test_engines__every_name_of_a_target__has_one() -> None:
    assert set(ENGINES) == set(get_args(EngineName))


def test_engine_of__containerd__nerdctl_before_ctr(put: Put) -> None:
    put("ctr", "")
    assert engine_of("containerd").program == "ctr"
    put("nerdctl", "")
    assert engine_of("containerd").program == "nerdctl"


@pytest.mark.parametrize(
    ("name", "cause"), [("podman", "podman is not installed"), ("containerd", "neither nerdctl nor ctr is installed")]
)
def test_engine_of__not_installed__says_what_to_do(put: Put, name: EngineName, cause: str) -> None:
    with pytest.raises(EngineFailed, match=cause) as caught:
        engine_of(name)
    assert "or measure an archive" in caught.value.hint


def test_engine_with__several__the_first_that_has_it(put: Put) -> None:
    put("docker", "sys.exit('Error: No such container: web')")
    put("podman", RUNNING)
    put("nerdctl", RUNNING)
    engine, state = engine_with("web")
    assert (engine.program, state.is_running) == ("podman", True)


def test_engine_with__none_has_it__all_reasons(put: Put) -> None:
    put("docker", "sys.exit('Error: No such container: web')")
    put("ctr", 'sys.exit(\'ctr: container "web" in namespace "default": not found\')')
    with pytest.raises(EngineFailed) as caught:
        engine_with("web")
    assert caught.value.cause.split("\n") == [
        "no engine has a container web",
        "  docker: No such container: web",
        '  ctr: container "web" in namespace "default": not found',
    ]
    assert caught.value.hint == "list the containers with: docker ps --all or ctr containers ls"


def test_engine_with__one_engine__its_own_hint(put: Put) -> None:
    put("podman", "sys.exit('Error: inspecting object: no such container web')")
    with pytest.raises(EngineFailed, match="podman: inspecting object: no such container web") as caught:
        engine_with("web")
    assert caught.value.hint == "list the containers with: podman ps --all"
