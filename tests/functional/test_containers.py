"""Images and containers of an engine that does as it is told: what it sends, what it refuses, how it lies.

``tests/functional/test_engines.py`` holds the same to real ones.
"""

from __future__ import annotations

import ast
import contextlib
import io
import json
import os
import shutil
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from deadweight.cli import _run
from deadweight.errors import BadInput, EngineFailed, UnclearTarget
from deadweight.operations.measure import profile
from deadweight.sources.containers import inside
from tests.builders import ELF_X86_64, dist_files, write_files
from tests.engines import put_program
from tests.images import make_image, make_tar

SITE = "usr/local/lib/python3.12/site-packages"
FILES = {f"{SITE}/{path}": data for path, data in dist_files("lib", files={"lib/_c.so": ELF_X86_64 * 9}).items()}
Engine = Callable[[str], None]


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    """Put a "docker" on PATH, and no podman, that runs a few lines of Python with the arguments in ``args``."""

    def make(code: str) -> None:
        put_program(tmp_path / "bin", "docker", code)
        monkeypatch.setenv("PATH", str(tmp_path / "bin"))

    return make


def test_docker__image__is_what_it_saves(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "image.tar").write_bytes(make_image(FILES))
    engine(f"""
        assert args == ["image", "save", "host:5000/app:1.0@sha256:aa"], args
        out.write(open({str(tmp_path / "image.tar")!r}, "rb").read())
    """)
    found = profile("docker:host:5000/app:1.0@sha256:aa")
    assert [d.key for d in found.inventory.distributions] == ["lib"]
    assert (found.target.kind, found.target.location) == ("image", "docker:host:5000/app:1.0@sha256:aa")


@pytest.mark.parametrize(
    ("code", "reason", "hint"),
    [
        ("sys.exit('Error response from daemon: No such image: app')", "docker: No such image: app", "docker pull app"),
        ("sys.exit('Cannot connect to the Docker daemon')", "Cannot connect", "docker info"),
        ("out.write(b'x' * 5000); out.flush(); sys.exit('unexpected EOF')", "docker: unexpected EOF", "docker info"),
        ("sys.exit(3)", "docker: exit status 3", "docker info"),
    ],
)
def test_docker__refuses__its_own_reason_and_what_to_do(engine: Engine, code: str, reason: str, hint: str) -> None:
    engine(code)
    with pytest.raises(EngineFailed) as caught:
        profile("docker:app")
    assert reason in caught.value.cause
    assert hint in caught.value.hint
    assert caught.value.exit_code == 5


def test_docker__sends_no_image__says_so_and_does_not_wait(engine: Engine) -> None:
    engine("out.write(b'no archive' * 1000000)")
    with pytest.raises(BadInput, match="docker:app"):
        profile("docker:app")


def test_docker__not_there__says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    assert _run(["docker:app"], debug=False) == 5
    with pytest.raises(EngineFailed, match="neither docker, podman, nerdctl nor ctr is installed"):
        profile("container:app")


@pytest.mark.parametrize("target", ["docker:--help", "container:", "podman:a b", "docker:a\nb"])
def test_docker__name_of_no_image__is_refused_before_it_is_asked(target: str) -> None:
    with pytest.raises(UnclearTarget, match="not a valid image or container name"):
        profile(target)


STATE = """
if args[:2] == ["container", "inspect"]:
    print('[{"State": {"Status": "STATUS"}, "Config": {"Env": ["PATH=/usr/local/bin:/bin"]}}]')
    sys.exit()
"""


def of_state(status: str, code: str) -> str:
    return STATE.replace("STATUS", status) + textwrap.dedent(code)


def test_container__runs_with_a_python__is_listed_from_the_inside(engine: Engine, tmp_path: Path) -> None:
    root = write_files(tmp_path / "root", FILES)
    (root / "link").symlink_to("/etc")
    engine(of_state("running", f"""
        assert args[:6] == ["exec", "--interactive", "--user", "0", "c1", "python3"], args
        os.environ["DEADWEIGHT_ROOT"] = {str(root)!r}
        os.execv({sys.executable!r}, [{sys.executable!r}, *args[6:]])
    """))  # fmt: skip
    found = profile("container:c1")
    assert [(d.key, d.prefix) for d in found.inventory.distributions] == [("lib", "usr/local")]
    assert found.inventory.total.apparent == sum(map(len, FILES.values())) + len("/etc")
    assert found.inventory.total.disk
    assert found.inventory.environment.platform == "linux_x86_64"
    assert found.target.kind == "container"


@pytest.mark.parametrize("status", ["running", "exited"])
def test_container__without_a_python_or_stopped__is_exported(engine: Engine, tmp_path: Path, status: str) -> None:
    (tmp_path / "root.tar").write_bytes(make_tar(FILES))
    engine(of_state(status, f"""
        if args[0] == "exec":
            sys.exit(127)
        assert args == ["container", "export", "c1"], args
        out.write(open({str(tmp_path / "root.tar")!r}, "rb").read())
    """))  # fmt: skip
    found = profile("container:c1")
    assert [d.key for d in found.inventory.distributions] == ["lib"]
    assert found.inventory.total.disk is None


@pytest.mark.parametrize(
    "answer",
    ["", "[1]", '["a", -1, 0, null, "file"]', '["a", 1, 1, null, "directory"]', "[" * 9999, '["a", 1, 1, [1], "file"]'],
)
def test_container__its_python_lies__is_an_error_of_its_own(engine: Engine, answer: str) -> None:
    engine(of_state("running", f"""
        sys.stdin.buffer.readline()
        out.write(b"deadweight\\n" + {answer.encode()!r} + b"\\n")
    """))  # fmt: skip
    with pytest.raises(EngineFailed, match="did not list its files"):
        profile("container:c1")


@pytest.mark.parametrize("rows", ["null\n", '["a", 1, 1, null, "file"]\n' * 50_000 + "?\n"], ids=["ends well", "fails"])
def test_container__at_the_end__its_python_may_end_by_itself(engine: Engine, tmp_path: Path, rows: str) -> None:
    text = f"deadweight\n{rows}".encode()
    engine(of_state("running", f"""
        import time
        assert os.getsid(0) == os.getpid()  # a Ctrl-C does not reach it
        out.write({text!r})
        out.flush()
        sys.stdin.buffer.read()
        time.sleep(0.2)
        open({str(tmp_path / "ended")!r}, "w").close()
    """))  # fmt: skip
    with contextlib.suppress(EngineFailed):
        profile("container:c1")
    assert (tmp_path / "ended").exists()


def test_container__its_python_does_not_end__is_ended(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deadweight.sources.containers.commands._PATIENCE", 0.2)
    engine(of_state("running", """
        import time
        out.write(b"deadweight\\nnull\\n")
        out.flush()
        time.sleep(60)
    """))  # fmt: skip
    began = time.monotonic()
    assert profile("container:c1").inventory.total.files == 0
    assert time.monotonic() - began < 20


def test_container__its_python_lists_without_end__is_stopped(engine: Engine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("deadweight.sources.images.layers.MOST_MEMORY", 1 << 20)
    monkeypatch.setattr("deadweight.sources.containers.commands._PATIENCE", 0.2)
    engine(of_state("running", """
        out.write(b"deadweight\\n")
        while True:
            out.write(b'["' + b"a" * 60000 + b'", 1, 1, null, "file"]\\n')
    """))  # fmt: skip
    with pytest.raises(BadInput, match="more or larger files"):
        profile("container:c1")


def test_container__paths_that_lead_out__are_not_believed(engine: Engine) -> None:
    rows = [["../etc/passwd", 1, 1, None, "file"], ["/etc/passwd", 1, 1, None, "file"], ["a", 5, 8, None, "file"], None]
    text = "deadweight\n" + "".join(json.dumps(row) + "\n" for row in rows)
    engine(of_state("running", f"out.write({text.encode()!r}); out.flush(); sys.stdin.buffer.read()"))
    assert profile("container:c1").inventory.total.apparent == 5


def test_inside__syntax__is_that_of_python_3_6() -> None:
    text = Path(inside.__file__).read_text("utf-8")
    assert ast.parse(text, feature_version=(3, 6)).body
    with pytest.raises(SyntaxError):  # as of what 3.8 brought
        ast.parse(f"{text}\nif (x := 1):\n    pass\n", feature_version=(3, 6))


def test_inside__each_python_here__lists_and_reads_alike(tmp_path: Path) -> None:
    root = write_files(tmp_path / "root", {"a/b": "hello", "ü": "x", **FILES})
    (root / "hard").hardlink_to(root / "a/b")
    (root / "dangling").symlink_to("nowhere")
    requests = b'[["a/b", 1, 3], ["nothing", 0, 9], ["dangling", 0, 9]]\n'
    expected = io.BytesIO()
    inside.main(io.BytesIO(requests), expected, str(root))
    assert expected.getvalue().endswith(b"null\n3\nell-1\n-1\n")
    names = [sys.executable, *(f"python3.{minor}" for minor in range(6, 15))]
    for python in filter(None, map(shutil.which, names)):
        if subprocess.run([python, "--version"], capture_output=True, check=False).returncode:
            continue  # a name that leads to no Python
        done = subprocess.run(
            [python, "-I", "-S", inside.__file__], input=requests, capture_output=True, check=True,
            env={"DEADWEIGHT_ROOT": str(root)},
        )  # fmt: skip
        assert sorted(done.stdout.split(b"\n")) == sorted(expected.getvalue().split(b"\n")), python


def test_container__its_python_writes_no_bytecode(engine: Engine, tmp_path: Path) -> None:
    engine(of_state("running", f"""
        if args[0] == "exec":
            open({str(tmp_path / "args")!r}, "w").write(" ".join(args[5:10]))
            os.environ["DEADWEIGHT_ROOT"] = {str(tmp_path)!r}
            os.execv({sys.executable!r}, [{sys.executable!r}, *args[6:]])
    """))  # fmt: skip
    profile("container:c1")
    assert (tmp_path / "args").read_text().split()[:4] == ["python3", "-I", "-S", "-B"]


@pytest.mark.parametrize("row", [["root/.local", 0, 0, None, "unreadable"], ["a/b.so", 5, 8, None, "unreadable"]])
def test_container__something_that_its_python_may_not_read__is_exported(
    engine: Engine, tmp_path: Path, row: list[object]
) -> None:
    (tmp_path / "root.tar").write_bytes(make_tar(FILES))
    text = f"deadweight\n{json.dumps(row)}\nnull\n"
    engine(of_state("running", f"""
        if args[0] == "exec":
            out.write({text.encode()!r})
            out.flush()
            sys.stdin.buffer.read()
            sys.exit()
        out.write(open({str(tmp_path / "root.tar")!r}, "rb").read())
    """))  # fmt: skip
    assert [d.key for d in profile("container:c1").inventory.distributions] == ["lib"]


@pytest.mark.parametrize("answer", ["", "deadweight\n", 'deadweight\n["a", 5, 8, null, "file"]\n'])
def test_container__its_python_hangs__is_given_up(
    engine: Engine, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, answer: str
) -> None:
    monkeypatch.setattr("deadweight.sources.containers.answers._TIMEOUT", 0.3)
    monkeypatch.setattr("deadweight.sources.containers.commands._PATIENCE", 0.2)
    monkeypatch.setattr("deadweight.sources.containers.container._PYTHONS", ("python3",))
    (tmp_path / "root.tar").write_bytes(make_tar(FILES))
    engine(of_state("running", f"""
        import time
        if args[0] == "exec":
            out.write({answer.encode()!r})
            out.flush()
            time.sleep(60)
        out.write(open({str(tmp_path / "root.tar")!r}, "rb").read())
    """))  # fmt: skip
    if answer:
        with pytest.raises(EngineFailed, match="does not respond") as caught:
            profile("container:c1")
        assert "may still be running; check with: docker top c1" in caught.value.hint
    else:
        assert [d.key for d in profile("container:c1").inventory.distributions] == ["lib"]


def test_container__interrupted_while_its_python_hangs__says_that_it_may_still_run(
    engine: Engine, tmp_path: Path
) -> None:
    engine(of_state("running", f"""
        import time
        out.write(b"deadweight\\n")
        out.flush()
        open({str(tmp_path / "started")!r}, "w").close()
        time.sleep(60)
    """))  # fmt: skip
    command = [sys.executable, "-m", "deadweight", "container:c1", "-q"]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True) as child:
        until = time.monotonic() + 20
        while not (tmp_path / "started").exists() and time.monotonic() < until:
            time.sleep(0.05)
        time.sleep(0.2)
        child.send_signal(signal.SIGINT)
        _, said = child.communicate(timeout=20)
    assert child.returncode == 130
    assert "interrupted; the Python that was started in c1 may still be running; check with: docker top c1" in said


def test_inside__without_the_right_to_read_all__tells_what_it_may_not(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = write_files(tmp_path / "root", {"a/b": "hello", "c/d": "x", "e": "y"})
    listed, read = os.scandir, os.access

    def scandir(directory: str) -> object:
        if directory.endswith("/c"):
            raise PermissionError(directory)
        return listed(directory)

    monkeypatch.setattr(os, "scandir", scandir)
    monkeypatch.setattr(os, "access", lambda path, mode: not path.endswith("/e") and read(path, mode))
    monkeypatch.setattr(inside, "may_read_all", lambda: False)
    rows = {(row[0], row[-1]) for row in inside.rows(str(root))}
    assert rows == {("a/b", "file"), ("c", "unreadable"), ("e", "unreadable")}
