"""What ctr is asked, and how its failures read; ``tests/functional/test_remote_engines.py`` runs it."""

from __future__ import annotations

import pytest

from deadweight.errors import EngineFailed
from deadweight.sources.containers.ctr import Ctr
from tests.unit.sources.containers.conftest import Put

IMAGES = """
names = {"default": "docker.io/library/app:1\\nodd", "k8s.io": "ghcr.io/team/app:2"}
if args[:1] == ["--namespace"] and args[2:] == ["images", "ls", "--quiet"]:
    print(names.get(args[1], ""))
elif args == ["namespaces", "ls", "--quiet"]:
    print("default\\nk8s.io")
elif args[:2] == ["images", "ls"]:
    print("REF TYPE DIGEST SIZE PLATFORMS LABELS")
    print(args[2].partition("==")[2], "application/vnd.oci.image.index.v1+json", "sha256:0a1b", "9.0 B", "linux -")
elif args[:2] == ["images", "export"]:
    print(*args)
else:
    sys.exit(f"unexpected {args}")
"""


@pytest.mark.parametrize(
    ("name", "full"),
    [("app:1", "docker.io/library/app:1"), ("docker.io/library/app:1", "docker.io/library/app:1"), ("odd", "odd")],
)
def test_save__image_by_its_short_or_full_name__is_exported(put: Put, name: str, full: str) -> None:
    put("ctr", IMAGES)
    with Ctr().save(name, "") as stream:
        assert stream.read().decode().split() == ["images", "export", "-", full]
    with Ctr().save(name, "linux/arm64") as stream:
        assert stream.read().decode().split() == ["images", "export", "--platform", "linux/arm64", "-", full]


def test_digest__image__is_that_of_its_manifest(put: Put) -> None:
    put("ctr", IMAGES)
    assert Ctr().digest("app:1") == "sha256:0a1b"


@pytest.mark.parametrize(
    ("name", "namespace", "cause", "hint"),
    [
        ("no", None, "no image docker.io/library/no:latest in the namespace default", "pull the image first"),
        ("ghcr.io/team/app:2", None, "no image ghcr.io/team/app:2 in the namespace default", "NAMESPACE=k8s.io"),
        ("app:1", "k8s.io", "no image docker.io/library/app:1 in the namespace k8s.io", "NAMESPACE=default"),
    ],
)
def test_save__image_that_the_namespace_lacks__where_it_is(
    put: Put, monkeypatch: pytest.MonkeyPatch, name: str, namespace: str | None, cause: str, hint: str
) -> None:
    put("ctr", IMAGES)
    if namespace:
        monkeypatch.setenv("CONTAINERD_NAMESPACE", namespace)
    with pytest.raises(EngineFailed, match=cause) as caught, Ctr().save(name, ""):
        pass
    assert hint in caught.value.hint


@pytest.mark.parametrize(
    ("reason", "hint"),
    [
        ('ctr: failed to dial "/s": connect: permission denied', "with sudo"),
        ('ctr: failed to dial "/s": context deadline exceeded', "CONTAINERD_ADDRESS"),
        ("ctr: no manifest found for platform: not found", "--platform"),
        ("ctr: content digest sha256:aa: not found", "ctr images pull docker.io/library/app:1"),
        ("ctr: surprise", "ctr version"),
    ],
)
def test_save__fails__what_to_do(put: Put, reason: str, hint: str) -> None:
    put("ctr", f"""
        if args[:1] == ["--namespace"]:
            print("docker.io/library/app:1")
            sys.exit()
        sys.exit({reason!r})
    """)  # fmt: skip
    with pytest.raises(EngineFailed) as caught, Ctr().save("app:1", ""):
        pass
    assert caught.value.cause == reason
    assert hint in caught.value.hint


def test_save__no_socket__does_not_wait_for_ctr(put: Put, monkeypatch: pytest.MonkeyPatch) -> None:
    put("ctr", "raise SystemExit('was run')")
    monkeypatch.setenv("CONTAINERD_ADDRESS", "unix:///nowhere/socket")
    with pytest.raises(EngineFailed, match="no socket unix:///nowhere/socket"), Ctr().save("app", ""):
        pass


def test_inspect__container__its_task_and_its_process(put: Put) -> None:
    put("ctr", """
        if args == ["tasks", "ls"]:
            print("TASK    PID    STATUS\\nweb     7      STOPPED\\nother   8      RUNNING")
        else:
            assert args[:3] == ["containers", "info", "--spec"], args
            print('{"process": {"args": ["sleep", "1"], "env": ["A=b"], "cwd": "/srv", "user": {"uid": 1000}}}')
    """)  # fmt: skip
    stopped = Ctr().inspect("web")
    assert (stopped.is_running, stopped.start.command, stopped.start.directory) == (False, ("sleep", "1"), "/srv")
    assert (stopped.start.home, stopped.start.variables) == ("", {"A": "b"})
    assert Ctr().inspect("other").is_running
    with pytest.raises(EngineFailed, match="ctr cannot export web"):
        Ctr().export("web")


def test_inspect__no_specification__is_refused(put: Put) -> None:
    put("ctr", "print('[]')")
    with pytest.raises(EngineFailed, match="cannot read the specification of web"):
        Ctr().inspect("web")


def test_execute__program__as_root_under_a_name_of_its_own(put: Put) -> None:
    put("ctr", """
        assert args[:3] == ["tasks", "exec", "--exec-id"] and args[4:] == ["--user", "0", "web", "python3"], args
        print(args[3])
    """)  # fmt: skip
    names = {Ctr().execute("web", ["python3"]).communicate(timeout=20)[0] for _ in range(2)}
    assert len(names) == 2
