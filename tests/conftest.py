"""Fixtures that many tests share: golden texts, and a world without an index."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Generator, Iterator
from pathlib import Path

import hypothesis
import pytest

from tests.engines import debian, docker_engine, run

_SLOW = 1200  # seconds
# How long an example takes depends on what else the machine does; pytest-timeout ends what hangs.
hypothesis.settings.register_profile("untimed", deadline=None)
# For mutation testing: the same examples in every run, and few, since thousands of runs follow.
hypothesis.settings.register_profile("repeatable", deadline=None, derandomize=True, database=None, max_examples=40)
hypothesis.settings.load_profile("untimed")
GOLDEN = Path(__file__).parent / "golden"
Golden = Callable[[str, str], str]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--update-golden", action="store_true", help="rewrite tests/golden, to be read as a diff")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give tests more time that install real applications, pull images or wait for engines."""
    for item in items:
        if any(item.iter_markers("online")) or any(item.iter_markers("engines")):
            item.add_marker(pytest.mark.timeout(_SLOW))


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport() -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Fail what is skipped where everything is to be there: a check that did not run holds nothing."""
    report = yield
    if report.skipped and os.environ.get("CI"):
        report.outcome = "failed"
        report.longrepr = f"skipped in CI: {report.longrepr}"
    return report


@pytest.fixture
def golden(request: pytest.FixtureRequest) -> Golden:
    """Return the text of ``tests/golden/NAME``, to compare with the text given; ``--update-golden`` writes it first.

    A test asserts itself: ``assert text == golden("name.txt", text)``.
    """

    def expected(name: str, text: str) -> str:
        if request.config.getoption("--update-golden"):
            (GOLDEN / name).write_text(text, "utf-8")
        return (GOLDEN / name).read_text("utf-8")

    return expected


@pytest.fixture(scope="session")
def debian_archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the archive of a small Debian with a Python, which takes half a minute to make."""
    return debian(tmp_path_factory.mktemp("debian"))


@pytest.fixture(scope="session")
def docker_variables() -> Iterator[dict[str, str]]:
    """Run a Docker Engine for all tests that do not change it; return the variables that lead ``docker`` to it."""
    with docker_engine() as variables:
        yield variables


@pytest.fixture(scope="session")
def docker_base(docker_variables: dict[str, str], debian_archive: Path) -> dict[str, str]:
    """Return the same, after that engine has the image base:1: a small Debian with a Python."""
    run("docker", "import", "--change", 'CMD ["bash"]', str(debian_archive), "base:1", env=docker_variables)
    return docker_variables


@pytest.fixture(autouse=True)
def own_cache(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Give each test a cache of its own, except those that would download the same wheels again."""
    if not any(request.node.iter_markers("online")):
        directory = tmp_path_factory.getbasetemp() / "caches" / hashlib.sha256(request.node.nodeid.encode()).hexdigest()
        monkeypatch.setenv("DEADWEIGHT_CACHE_DIR", str(directory))


@pytest.fixture
def loopback(offline: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The same, but for servers on this machine, which tests start; return the TMPDIR."""
    for name in ("PIP_NO_INDEX", "UV_OFFLINE"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    monkeypatch.setenv("NETRC", os.devnull)
    return offline


@pytest.fixture
def offline(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Shut the index out, and keep caches and scratch in directories of the test's own; return its TMPDIR."""
    for name in [name for name in os.environ if name.startswith(("PIP_", "UV_"))]:
        monkeypatch.delenv(name)
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    # Beside the directory, which may be a test's source: what uv has unpacked there would count as the application's.
    caches = tmp_path.parent / f"{tmp_path.name}-caches"
    for name, value in {
        "PIP_NO_INDEX": "1", "PIP_CONFIG_FILE": os.devnull, "PIP_NO_CACHE_DIR": "1", "UV_OFFLINE": "1",
        "UV_NO_CONFIG": "1", "UV_CACHE_DIR": f"{caches}/uv", "TMPDIR": str(scratch),
        "DEADWEIGHT_CACHE_DIR": f"{caches}/deadweight",
    }.items():  # fmt: skip
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("tempfile.tempdir", None)
    return scratch
