"""What docker is asked, and how its failures read."""

from __future__ import annotations

import json

import pytest

from deadweight.errors import EngineFailed
from deadweight.model import Start
from deadweight.sources.containers.docker import Docker
from tests.unit.sources.containers.conftest import Put


def test_inspect__container__how_it_was_started(put: Put) -> None:
    container = {
        "State": {"Status": "exited"}, "Path": "python", "Args": ["-m", "app"],
        "Config": {"Env": ["PATH=/bin", "A=b=c"], "WorkingDir": "/srv", "User": "web:web"},
    }  # fmt: skip
    put(
        "docker",
        f"assert args == ['container', 'inspect', 'web'], args\nout.write({json.dumps([container])!r}.encode())",
    )
    state = Docker().inspect("web")
    assert not state.is_running
    variables = {"PATH": "/bin", "A": "b=c"}
    assert state.start == Start(
        command=("python", "-m", "app"), directory="/srv", variables=variables, home="/home/web", user="web:web"
    )


@pytest.mark.parametrize("answer", ["", "[]", "{}", '[{"State": 1}]', "[" * 9999])
def test_inspect__no_container_in_the_answer__is_refused(put: Put, answer: str) -> None:
    put("docker", f"out.write({answer.encode()!r})")
    with pytest.raises(EngineFailed, match="cannot read what it wrote about the container"):
        Docker().inspect("web")


@pytest.mark.parametrize(
    ("context", "label"),
    [
        ("default\nunix:///var/run/docker.sock", "docker"),
        ("default\ntcp://10.0.0.1:2376", "docker (host tcp://10.0.0.1:2376)"),
        ("server\nssh://me@host", "docker (context server, host ssh://me@host)"),
        ("", "docker"),
        ("one\ntwo\nthree", "docker"),
    ],
)
@pytest.mark.parametrize(
    ("reason", "cause", "hint"),
    [
        ("Error response from daemon: No such image: a:1", "No such image: a:1", "docker pull a:1"),
        ("Error response from daemon: reference does not exist", "No such image: a:1", "docker pull a:1"),
        ("permission denied while trying to connect", "permission denied while trying to connect", "group docker"),
        ('context "x": context not found', 'context "x": context not found', "docker context ls"),
        ("unexpected EOF", "unexpected EOF", "docker info"),
    ],
)
def test_save__fails__the_context_the_reason_and_what_to_do(
    put: Put, context: str, label: str, reason: str, cause: str, hint: str
) -> None:
    put("docker", f"""
        if args[0] == "context":
            print({context!r})
            sys.exit()
        sys.exit({reason!r})
    """)  # fmt: skip
    with pytest.raises(EngineFailed) as caught, Docker().save("a:1", ""):
        pass
    assert caught.value.cause == f"{label}: {cause}"
    assert hint in caught.value.hint


def test_save__reason_that_names_the_host__does_not_repeat_it(put: Put) -> None:
    put("docker", """
        if args[0] == "context":
            print("server\\ntcp://10.0.0.1:1")
            sys.exit()
        sys.exit("Cannot connect to the Docker daemon at tcp://10.0.0.1:1.")
    """)  # fmt: skip
    with pytest.raises(EngineFailed) as caught, Docker().save("a:1", ""):
        pass
    assert caught.value.cause == "docker (context server): Cannot connect to the Docker daemon at tcp://10.0.0.1:1."
