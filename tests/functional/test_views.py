"""How a report is shown: options of the command line, on a real environment."""

from __future__ import annotations

import csv
import io
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from deadweight import cli
from tests.builders import dist_files, make_env
from tests.images import make_elf


@pytest.fixture
def env(tmp_path: Path) -> Path:
    return make_env(
        tmp_path / "env",
        dist_files("web", files={"web/__init__.py": "#" * 4_000}, requires=["fast"], requested=True),
        dist_files(
            "fast", files={"fast/_core.so": make_elf(needed=["libc.so.6", "libm.so.6"]), "fast/big.py": "#" * 900}
        ),
        dist_files("pytest", files={"pytest.py": "#" * 2_000}, requested=True),
    )


def run(*arguments: object) -> Result:
    return CliRunner().invoke(cli.root, ["profile", "--no-source", *map(str, arguments)])


def test_details__environment__has_files_and_what_native_code_links_to(env: Path) -> None:
    lines = [line.strip() for line in run(env, "--details", "Fast").stdout.splitlines()]
    assert lines[0].startswith("fast 1.0: ")
    library = next(line for line in lines if "→" in line)
    assert library.partition("  ")[2] == "fast/_core.so → libc.so.6, libm.so.6"
    assert "900 B  fast/big.py" in lines
    assert "required by: web" in lines


def test_details__environment_is_gone__has_what_the_report_has(env: Path, tmp_path: Path) -> None:
    saved = tmp_path / "report.json"
    assert run(env, "--format", "json", "-o", saved).exit_code == 0
    env.rename(tmp_path / "moved")
    ran = CliRunner().invoke(cli.root, ["profile", str(saved), "--details", "fast"])
    text = " ".join(ran.stdout.split())
    assert "what it links to is only known of an environment" in text


def test_details__unknown_name__names_similar_ones(env: Path) -> None:
    ran = run(env, "--details", "fastt")
    assert (str(ran.exception), getattr(ran.exception, "hint", "")) == (f"fastt is not in {env}", "did you mean fast?")


def test_csv__environment__has_all_rows_unless_limited(env: Path) -> None:
    assert [row["name"] for row in csv.DictReader(io.StringIO(run(env, "--format", "csv").stdout))] == [
        "web", "pytest", "fast",
    ]  # fmt: skip
    assert len(run(env, "--format", "csv", "--top", "1", "--sort", "name").stdout.splitlines()) == 2


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (["--top", "3", "--all"], "--top and --all cannot be combined"),
        (["--depth", "1"], "--depth does not apply to --format text"),
        (["--invert", "--format", "json"], "--invert does not apply to --format json"),
        (["--top", "3", "--format", "html", "-o", "x"], "--top does not apply to --format html"),
        (["--sort", "name", "--format", "cyclonedx"], "--sort does not apply to --format cyclonedx"),
        (["--details", "web", "--format", "csv"], "--details applies only to --format text"),
        (["--top", "0"], "0 is not in the range"),
        (["--sort", "weight"], "is not one of"),
    ],
)
def test_options__that_do_not_fit__are_refused_before_measuring(options: list[str], message: str) -> None:
    ran = run("no-such-target", *options)
    assert (ran.exit_code, message in ran.output) == (2, True)


def test_sort__download__is_refused_for_an_environment(env: Path) -> None:
    ran = run(env, "--sort", "download")
    assert str(ran.exception) == "--sort download: this report has no download sizes"


def test_show_group__environment__sums_the_others(env: Path) -> None:
    assert "2 in other groups" in run(env, "--show-group", "dev").output


@pytest.mark.parametrize(
    "line", [b"", b"a,b,c,d", b"fast/x.py,sha256=x,abc", b"\xff\xfe.py,,", b"../../../etc/passwd,,"]
)
def test_details__odd_record__is_read_as_far_as_it_goes(env: Path, line: bytes) -> None:
    (record,) = env.glob("lib/python*/site-packages/fast-1.0.dist-info/RECORD")
    record.write_bytes(record.read_bytes() + b"\n" + line + b"\n")
    ran = run(env, "--details", "fast")
    assert ran.exit_code == 0, ran.exception
    assert "fast/big.py" in ran.stdout
    assert "passwd" not in ran.stdout


def test_details__other_options_of_a_view__are_refused(env: Path) -> None:
    ran = run(env, "--details", "fast", "--top", "1")
    assert (ran.exit_code, "--top cannot be combined with --details" in ran.output) == (2, True)


def test_output__existing_file_on_a_memory_file_system__needs_force() -> None:
    path = Path("/dev/shm/deadweight-test.txt")
    if not path.parent.is_dir():
        pytest.skip("no /dev/shm")
    path.write_text("mine")
    try:
        ran = run("env", "-o", path)
        assert "already exists" in str(ran.exception)
        assert path.read_text() == "mine"
    finally:
        path.unlink()
