"""What anybody may have put into an environment: nothing of it reaches the terminal, the disk or the exit code."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from deadweight.sources.install import uv_config
from deadweight.sources.resolve import index_locations
from tests.builders import SITE, dist_files, make_env, write_files

ESCAPES = "\x1b[2J\x1b]0;owned\x07\x9b31m\u202e\x08"


def run(*arguments: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        [sys.executable, "-m", "deadweight", *arguments], capture_output=True, timeout=30, check=False
    )


def shown(env: Path) -> str:
    """Return all that a terminal is given of a report on ``env``; the report must succeed, and be clean."""
    done = run("profile", str(env), "--all")
    text = (done.stdout + done.stderr).decode("utf-8")
    assert done.returncode == 0, text
    control = [char for char in text if char != "\n" and (ord(char) < 32 or 127 <= ord(char) < 160)]
    assert control == []
    assert not set("\u202a\u202b\u202d\u202e\u2066\u2067\u200b\ufeff") & set(text)
    return text


def names(env: Path) -> dict[str, int]:
    """Return name → apparent bytes, from JSON."""
    done = run("profile", str(env), "--format", "json", "-q")
    assert done.returncode == 0, done.stderr
    assert done.stdout.isascii()
    return {row["name"]: row["apparent_bytes"] for row in json.loads(done.stdout)["distributions"]}


GOOD = dist_files("good", requested=True)


@pytest.mark.parametrize("header", ["Name", "Version", "Summary", "Classifier", "Requires-Dist", "Import-Name"])
def test_metadata__escape_sequences__are_never_shown(tmp_path: Path, header: str) -> None:
    fields = {"Name": "evil", "Version": "1.0"} | {header: f"evil{ESCAPES}"}
    text = "".join(f"{name}: {value}\n" for name, value in fields.items())
    env = make_env(tmp_path / "env", GOOD, {"evil-1.0.dist-info/METADATA": text.encode()})
    assert "good" in shown(env)
    assert "good" in names(env)


@pytest.mark.parametrize("file", ["INSTALLER", "direct_url.json", "top_level.txt", "RECORD", "REQUESTED", "WHEEL"])
def test_small_files__binary_junk__is_no_reason_to_stop(tmp_path: Path, file: str) -> None:
    junk = bytes(range(256)) * 4 + ESCAPES.encode()
    env = make_env(tmp_path / "env", GOOD, dist_files("evil") | {f"evil-1.0.dist-info/{file}": junk})
    assert "evil" in shown(env)
    assert set(names(env)) == {"evil", "good"}


def test_direct_url__escape_sequences_and_credentials__are_never_shown(tmp_path: Path) -> None:
    url = json.dumps({"url": f"https://user:secret@host/{ESCAPES}", "dir_info": {"editable": True}})
    evil = dist_files("evil") | {"evil-1.0.dist-info/direct_url.json": url.encode()}
    text = shown(make_env(tmp_path / "env", evil))
    assert "secret" not in text
    assert "evil is editable" in text


def test_file_names__escape_sequences_and_bad_encoding__are_counted_and_never_shown(tmp_path: Path) -> None:
    env = make_env(tmp_path / "env", GOOD, dist_files("evil", files={f"evil/{ESCAPES}.py": "x" * 500}))
    before = names(env)["evil"]
    with open(os.fsencode(env / SITE / "evil") + b"/\xff\xfe.py", "wb") as file:
        file.write(b"y" * 70)
    (env / SITE / "evil-1.0.dist-info" / "METADATA").chmod(0)
    shown(env)
    assert names(env)["evil"] == before + 70


def test_directory_name__escape_sequences__are_never_shown(tmp_path: Path) -> None:
    env = make_env(tmp_path / f"env{ESCAPES}", GOOD, {f"evil{ESCAPES}-1.0.dist-info/METADATA": b"Name: a b\n"})
    assert "good" in shown(env)


def test_record__leads_out_of_the_environment__is_reported_and_not_followed(tmp_path: Path) -> None:
    outside = write_files(tmp_path, {"outside.bin": "x" * 1_000_000}) / "outside.bin"
    record = ["../../../../../../../../../../../etc/passwd,,", "../../../../outside.bin,,", f"{outside},,"]
    env = make_env(tmp_path / "env", GOOD, dist_files("evil", record=[*record, "evil/__init__.py,,"]))
    assert names(env)["evil"] < 1000
    assert "outside of the prefix" in " ".join(shown(env).split())


@pytest.mark.parametrize(
    "record",
    [
        b"x" * 3_000_000,
        b'"' + b"a,b\n" * 1000,
        b"\xff\xfe\n" * 100,
        b",,\n" * 1000,
        b"\0,,\n",
        b"a" * 200_000 + b'",,\n"',
    ],
    ids=["one-huge-line", "open-quote", "no-utf-8", "empty-names", "null", "huge-and-quoted"],
)
def test_record__makes_no_sense__the_rest_is_reported(tmp_path: Path, record: bytes) -> None:
    env = make_env(tmp_path / "env", GOOD, dist_files("evil") | {"evil-1.0.dist-info/RECORD": record})
    shown(env)
    assert set(names(env)) == {"evil", "good"}


def test_metadata__missing__the_directory_names_it(tmp_path: Path) -> None:
    env = make_env(tmp_path / "env", GOOD, {"bare_one-2.0.dist-info/RECORD": b"bare_one.py,,\n", "bare_one.py": b"x"})
    assert set(names(env)) == {"bare-one", "good"}


def test_metadata__symlink_to_somewhere_else__is_not_read(tmp_path: Path) -> None:
    write_files(tmp_path, {"secret": "Name: leaked-secret\nVersion: 1\n"})
    env = make_env(tmp_path / "env", GOOD)
    (env / SITE / "evil-1.0.dist-info").mkdir()
    (env / SITE / "evil-1.0.dist-info" / "METADATA").symlink_to(tmp_path / "secret")
    assert "leaked" not in shown(env)


def test_metadata__a_fifo_in_its_place__does_not_hold_us(tmp_path: Path) -> None:
    env = make_env(tmp_path / "env", GOOD, dist_files("evil"))
    path = env / SITE / "evil-1.0.dist-info" / "METADATA"
    path.unlink()
    os.mkfifo(path)
    assert "good" in shown(env)


def test_symlinks__that_loop_or_lead_out__are_counted_as_themselves(tmp_path: Path) -> None:
    write_files(tmp_path, {"big/file": "x" * 1_000_000})
    env = make_env(tmp_path / "env", GOOD)
    (env / SITE / "good" / "loop").symlink_to(env / SITE)
    (env / SITE / "good" / "self").symlink_to("self")
    (env / SITE / "good" / "out").symlink_to(tmp_path / "big")
    assert names(env)["good"] < 2000
    shown(env)


def test_two_versions__both_are_counted_and_told(tmp_path: Path) -> None:
    twice = dist_files("twin", "1.0", files={"twin.py": "x"}), dist_files("twin", "2.0", files={"twin2.py": "y"})
    env = make_env(tmp_path / "env", *twice)
    assert "twin is installed 2 times: 1.0, 2.0" in shown(env)
    found = json.loads(run("profile", str(env), "--format", "json", "-q").stdout)
    assert [row["version"] for row in found["distributions"]] == ["1.0", "2.0"]


def test_requirements__a_thousand_extras_that_ask_for_each_other__end(tmp_path: Path) -> None:
    lines = [f"evil[x{n + 1}] ; extra == 'x{n}'" for n in range(300)] + ["evil[x0]"]
    assert "evil" in shown(make_env(tmp_path / "env", dist_files("evil", requires=lines)))


@pytest.mark.parametrize(
    "text",
    [
        b"\0\1\2\3",
        b"\x1b[2Ja ==\n",
        b"-r requirements.txt\n",
        b"a \xff\xfe ==\n",
        b"-r /dev/zero\n",
        b"--evil\x1b[2J\n",
    ],
    ids=["null", "escape", "includes-itself", "latin-1", "device", "option"],
)
def test_requirements_file__makes_no_sense__is_refused_in_plain_words(tmp_path: Path, text: bytes) -> None:
    (tmp_path / "requirements.txt").write_bytes(text)
    done = run("profile", str(tmp_path / "requirements.txt"), "-q")
    assert (done.returncode, done.stdout) == (4, b"")
    assert done.stderr.startswith(b"error: ")
    assert b"\x1b" not in done.stderr


@pytest.mark.parametrize("name", ["a[b]", "[", "a b", "\\u001b[31m"])
def test_conda_record__name_that_is_none__is_skipped(name: str, tmp_path: Path) -> None:
    record = f'{{"name": "{name}", "version": "1", "files": []}}'
    env = make_env(tmp_path / "env", dist_files("good"), extra={"conda-meta/x.json": record})
    text = shown(env)
    assert "good" in text
    assert "skipped: conda-meta/x.json" in text


DEEP = f"{'(' * 500}python_version > '3'{')' * 500}"


def test_requires__marker_nested_500_deep__is_this_distributions_own_fault(tmp_path: Path) -> None:
    evil = dist_files("evil", requires=[f"good ; {DEEP}", "good @ https://host/\\"])
    env = make_env(tmp_path / "env", dist_files("good"), evil, dist_files("other", requires=["good"]))
    text = shown(env)
    assert "evil has an invalid requirement" in text
    assert names(env).keys() == {"evil", "good", "other"}


@pytest.mark.parametrize("line", [f"a ; {DEEP}", f"./a ; {DEEP}", f"a @ https://host/a.whl ; {DEEP}"])
def test_requirements_file__marker_nested_500_deep__names_the_line(line: str, tmp_path: Path) -> None:
    write_files(tmp_path, {"requirements.txt": f"b\n{line}\n"})
    done = run("groups", str(tmp_path / "requirements.txt"), "--no-measure", "--offline", "-q")
    assert (done.returncode, done.stdout) == (4, b"")
    assert b"requirements.txt, line 2" in done.stderr


def test_pyproject__above_and_not_ours__is_not_read(tmp_path: Path) -> None:
    env = make_env(tmp_path / "work/env", GOOD)
    write_files(tmp_path, {"pyproject.toml": f"x = {'[' * 5000}"})
    done = subprocess.run(
        [sys.executable, "-m", "deadweight", str(env), "-q"], cwd=tmp_path / "work", capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (0, b"")


@pytest.mark.parametrize("program", ["/bin/true", "/bin/echo", "/bin/false", "."])
@pytest.mark.parametrize("how", ["--no-install", "--install"])
def test_python__program_that_is_none__is_told_in_plain_words(how: str, program: str, tmp_path: Path) -> None:
    write_files(tmp_path, {"requirements.txt": ""})
    done = run("profile", str(tmp_path / "requirements.txt"), how, "--python", program, "--installer", "pip", "-q")
    assert (done.returncode, done.stdout) == (5, b"")
    assert b"no Python" in done.stderr


def test_debug__traceback_and_message__are_escaped_and_hold_no_password(tmp_path: Path) -> None:
    text = f"--no-such-option https://user:p@secret@host/?token=secret {ESCAPES}\n"
    write_files(tmp_path, {"requirements.txt": text})
    done = run("profile", str(tmp_path / "requirements.txt"), "--debug")
    assert b"Traceback" in done.stderr
    assert b"secret" not in done.stderr
    assert b"\x1b" not in done.stderr


TOML = {"an integer of 5,000 digits": f"x = {'1' * 5000}", "arrays 5,000 deep": f"x = {'[' * 5000}"}


@pytest.mark.parametrize("text", TOML.values(), ids=TOML)
def test_pyproject__that_python_cannot_hold__is_left_out(text: str, tmp_path: Path) -> None:
    env = make_env(tmp_path / "env", GOOD)
    write_files(tmp_path / "app", {"pyproject.toml": text, "main.py": "import good\n", "uv.toml": text})
    for command in (("dockerignore", "."), ("imports", str(env), "--source", ".", "--entry", "main", "--runs", "1")):
        done = subprocess.run(
            [sys.executable, "-m", "deadweight", *command, "-q"], cwd=tmp_path / "app", capture_output=True, check=False
        )
        assert b"bug" not in done.stderr
        assert done.returncode in (0, 4, 5)


@pytest.mark.parametrize("text", TOML.values(), ids=TOML)
def test_settings_of_uv__that_python_cannot_hold__are_left_to_uv(text: str, tmp_path: Path) -> None:
    path = tmp_path / "uv.toml"
    path.write_text(text)
    assert uv_config._read(str(path)) is None
    assert not any(index_locations._of_toml(str(path)).values())
