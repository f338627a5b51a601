"""What nerdctl is asked, by its documented interface, and how its failures read."""

from __future__ import annotations

import pytest

from deadweight.errors import EngineFailed
from deadweight.sources.containers.nerdctl import Nerdctl
from tests.unit.sources.containers.conftest import Put


@pytest.mark.parametrize(
    ("platform", "arguments"),
    [("", ["image", "save", "app:1"]), ("linux/arm64", ["image", "save", "--platform", "linux/arm64", "app:1"])],
)
def test_save__image__its_archive(put: Put, platform: str, arguments: list[str]) -> None:
    put("nerdctl", f"assert args == {arguments!r}, args\nout.write(b'archive')")
    with Nerdctl().save("app:1", platform) as stream:
        assert stream.read() == b"archive"


def test_container__commands__as_docker_has_them(put: Put) -> None:
    put("nerdctl", """
        if args == ["container", "inspect", "web"]:
            print('[{"State": {"Status": "running"}, "Path": "sleep", "Args": ["1"], "Config": {"Env": ["A=b"]}}]')
        elif args == ["container", "export", "web"]:
            print("tar")
        else:
            assert args == ["exec", "--interactive", "--user", "0", "web", "python3", "-c", "1"], args
            print("ran")
    """)  # fmt: skip
    engine = Nerdctl()
    state = engine.inspect("web")
    assert (state.is_running, state.start.command, state.start.variables) == (True, ("sleep", "1"), {"A": "b"})
    with engine.export("web") as stream:
        assert stream.read() == b"tar\n"
    child = engine.execute("web", ["python3", "-c", "1"])
    assert child.communicate(timeout=20)[0] == b"ran\n"


@pytest.mark.parametrize(
    ("reason", "cause", "hint"),
    [
        (
            'time="2026-01-01T00:00:00Z" level=fatal msg="image \\"app:1\\": not found"',
            'nerdctl: image "app:1": not found', "nerdctl pull app:1",
        ),
        ("FATA[0000] no such container: web", "nerdctl: FATA[0000] no such container: web", "nerdctl ps --all"),
        ('time="x" level=fatal msg="rootless containerd not running?"', "nerdctl: rootless", "with sudo"),
        ('time="x" level=fatal msg=""', 'nerdctl: time="x" level=fatal', "nerdctl info"),
        ('time="x" level=fatal msg="cannot access containerd socket"', "nerdctl: cannot access", "nerdctl info"),
    ],
)  # fmt: skip
def test_save__fails__the_message_of_the_log_and_what_to_do(put: Put, reason: str, cause: str, hint: str) -> None:
    put("nerdctl", f"sys.exit({reason!r})")
    with pytest.raises(EngineFailed) as caught, Nerdctl().save("app:1", ""):
        pass
    assert caught.value.cause.startswith(cause)
    assert hint in caught.value.hint
