"""Dockerfiles that deadweight wrote, built by real builders from local wheels, started and measured."""

from __future__ import annotations

import json
import re
import shutil
import sys
import tarfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

import pytest

from deadweight.model.report.dockerfile import DockerfileReport
from deadweight.operations.profile import profile
from tests.builders import make_wheel, make_wheelhouse, write_files
from tests.engines import buildah, docker_with_buildkit, run
from tests.functional.test_diff import run as deadweight
from tests.functional.test_no_install import sdist
from tests.index_server import Server, index_of

pytestmark = pytest.mark.engines

SHOP = Path(__file__).parents[2] / "fixtures/shop"
WHEELS = ("numpy==2.2.6", "flask==3.0.3", "gunicorn==22.0.0", "click==8.1.7", "click==8.1.8", "uv", "setuptools")
SERVICE = {
    "requirements.in": "flask\n",
    "service/__init__.py": "",
    "service/__main__.py": "import flask, numpy\nprint(int(numpy.arange(4).sum()), flask.Flask('a').name)\n",
    "pyproject.toml": '[project]\nname = "service"\nversion = "1"\n',
    "requirements.txt": "--no-index\n--find-links wheels\n-r web.txt\nnumpy==2.2.6\npytest\n",
    "web.txt": "-c constraints.txt\nflask\ngunicorn\n",
    "constraints.txt": "click==8.1.7\n",
}


class Built(NamedTuple):
    """An image, as an archive that deadweight reads, and the layers' digests and sizes, lowest first."""

    archive: str
    digests: tuple[str, ...]
    sizes: tuple[int, ...]
    total: int


class Builder(Protocol):
    """A program that builds images."""

    def build(self, context: Path, stage: str) -> Built: ...
    def output(self, *command: str) -> str: ...


class Docker:
    """Docker Engine's classic builder: without BuildKit."""

    options: tuple[str, ...] = ("--no-buildkit",)

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def build(self, context: Path, stage: str, network: str = "none") -> Built:
        run("docker", "build", "--quiet", "--network", network, "--target", stage, "--tag", "app:1", str(context))
        return self._saved()

    def _saved(self) -> Built:
        archive = self._directory / "app.tar"
        run("docker", "save", "--output", str(archive), "app:1")
        return measured(archive)

    def output(self, *command: str) -> str:
        return run("docker", "run", "--rm", "--network", "none", "app:1", *command)


class BuildKit(Docker):
    """Docker Engine's builder of today, which keeps the mounted caches between builds."""

    options = ()

    def __init__(self, directory: Path) -> None:
        super().__init__(directory)
        self._client = docker_with_buildkit()

    def build(self, context: Path, stage: str, network: str = "none") -> Built:
        command = ("build", "--quiet", "--network", network, "--target", stage, "--tag", "app:1", str(context))
        run(self._client, *command, env={"DOCKER_BUILDKIT": "1"})
        return self._saved()


class Buildah:
    """buildah, which understands ``RUN --mount``."""

    options = ()

    def __init__(self, directory: Path) -> None:
        self._directory = directory

    def build(self, context: Path, stage: str) -> Built:
        run(
            "buildah", "build", "--layers", "--isolation", "chroot", "--target", stage,
            "--tag", "app:1", str(context),
        )  # fmt: skip
        archive = self._directory / "app.tar"
        archive.unlink(missing_ok=True)
        run("buildah", "push", "--quiet", "app:1", f"docker-archive:{archive}:app:1")
        return measured(archive)

    def output(self, *command: str) -> str:
        container = run("buildah", "from", "app:1")
        try:
            words = command or json.loads(run("buildah", "inspect", container))["OCIv1"]["config"]["Cmd"]
            return run("buildah", "run", "--isolation", "chroot", container, "--", *words)
        finally:
            run("buildah", "rm", container)


def measured(archive: Path) -> Built:
    found = profile(str(archive), lighter=False)
    assert found.image is not None
    return Built(
        archive=str(archive),
        digests=tuple(layer.digest for layer in found.image.layers),
        sizes=tuple(layer.apparent_bytes for layer in found.image.layers),
        total=found.totals.apparent_bytes,
    )


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("wheels")
    for names in (WHEELS[:4], WHEELS[4:], ["pytest"]):
        run(
            sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:", "--python-version=3.11",
            "--dest", str(directory), *names,
        )  # fmt: skip
    return directory


BUILDERS: dict[str, type[Docker | Buildah]] = {"docker": Docker, "buildkit": BuildKit, "buildah": Buildah}


def each_builder(once: str) -> pytest.MarkDecorator:
    """Run a test with one builder, and with the others if slow tests are asked for: each takes minutes."""
    others = [pytest.param(name, marks=pytest.mark.slow) for name in BUILDERS if name != once]
    return pytest.mark.parametrize("builder", [once, *others], indirect=True)


@pytest.fixture(scope="module")
def buildah_base(debian_archive: Path) -> Iterator[dict[str, str]]:
    with buildah() as variables:
        container = run("buildah", "from", "scratch", env=variables)
        run("buildah", "add", "--quiet", container, str(debian_archive), "/", env=variables)
        run("buildah", "commit", "--quiet", container, "base:1", env=variables)
        yield variables


@pytest.fixture(scope="module")
def builder(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Docker | Buildah]:
    variables = request.getfixturevalue("buildah_base" if request.param == "buildah" else "docker_base")
    with pytest.MonkeyPatch.context() as patch:
        for name, value in variables.items():
            patch.setenv(name, value)
        yield BUILDERS[request.param](tmp_path_factory.mktemp(request.param))


def written(context: Path, base_size: int, *options: str, target: str = "requirements.txt") -> DockerfileReport:
    """Write a Dockerfile for a file of a directory."""
    done = deadweight(
        "dockerfile", str(context / target), "--base-image", "base:1", "--base-size", f"{base_size}B",
        "--python", "3.11.2", "--format", "json", "--force", "--quiet", *options,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    return DockerfileReport.from_json(done.stdout)


def service(directory: Path, wheels: Path, files: Mapping[str, str] = SERVICE) -> Path:
    """Make an application with a native wheel, whose requirements include others and a constraint; or another one."""
    write_files(directory, dict(files))
    shutil.copytree(wheels, directory / "wheels", copy_function=shutil.copy)
    return directory


def size_in(archive: Path) -> int:
    """Return the apparent bytes of a root file system in an archive."""
    with tarfile.open(archive) as members:
        return sum(m.size if m.isreg() else len(m.linkname) if m.issym() else 0 for m in members)


@pytest.mark.parametrize(
    ("builder", "installer"),
    [
        ("docker", "pip"),
        ("buildkit", "uv"),
        pytest.param("docker", "uv", marks=pytest.mark.slow),
        pytest.param("buildkit", "pip", marks=pytest.mark.slow),
        pytest.param("buildah", "uv", marks=pytest.mark.slow),
        pytest.param("buildah", "pip", marks=pytest.mark.slow),
    ],
    indirect=["builder"],
)
def test_service__built__has_the_expected_sizes_and_starts(
    builder: Docker | Buildah, installer: str, debian_archive: Path, wheels: Path, tmp_path: Path
) -> None:
    context = service(tmp_path / "app", wheels)
    report = written(context, size_in(debian_archive), "--installer", installer, *builder.options)
    assert {stage.name for stage in report.stages} == {"production", "development"}
    layers = {layer.name: layer for layer in report.layers}
    for stage in report.stages:
        built = builder.build(context, stage.name)
        assert stage.total_bytes is not None
        assert abs(built.total - stage.total_bytes) <= 0.02 * stage.total_bytes
        *of_distributions, application = built.sizes[-len(stage.layers) - 1 :]
        for name, size in zip(stage.layers, of_distributions, strict=True):
            expected = layers[name].apparent_bytes
            assert expected is not None
            assert abs(size - expected) <= max(0.02 * expected, 1000), (name, size, expected)
        assert report.application_bytes is not None
        assert abs(application - report.application_bytes) <= 0.02 * report.application_bytes
        assert builder.output() == "6 a"
        assert builder.output("id", "-u") == "10001"
        assert builder.output("sh", "-c", "command -v gcc cc pip uv || echo none") == "none"
        installed = json.loads(builder.output("python", "-c", LISTED))
        expected_names = {each.name for name in stage.layers for each in layers[name].distributions}
        assert set(installed) == expected_names


LISTED = """
import importlib.metadata, json, sys
path = [each for each in sys.path if each.startswith("/opt")]
print(json.dumps([each.name.lower() for each in importlib.metadata.distributions(path=path)]))
"""


@each_builder("buildkit")
def test_service__changed__uploads_only_what_changed(
    builder: Docker | Buildah, debian_archive: Path, wheels: Path, tmp_path: Path
) -> None:
    context = service(tmp_path / "app", wheels)
    report = written(context, size_in(debian_archive), "--installer", "pip", *builder.options)
    heavy = [layer.name for layer in report.layers if layer.heavy]
    assert heavy == ["numpy"]
    first = builder.build(context, "production")
    (context / "service/more.py").write_text("changed = True\n")
    code = builder.build(context, "production")
    assert code.digests[:-1] == first.digests[:-1]
    assert code.digests[-1] != first.digests[-1]
    (context / "constraints.txt").write_text("click==8.1.8\n")
    written(context, size_in(debian_archive), "--installer", "pip", *builder.options)
    bumped = builder.build(context, "production")
    assert bumped.digests[:-2] == code.digests[:-2]
    assert bumped.digests[-2] != code.digests[-2]
    assert builder.output("python", "-c", "import importlib.metadata as m; print(m.version('click'))") == "8.1.8"


@each_builder("buildah")
@pytest.mark.slow
def test_shop__built__has_the_expected_sizes_and_serves(
    builder: Docker | Buildah, debian_archive: Path, shop_wheels: Path, tmp_path: Path
) -> None:
    context = tmp_path / "shop"
    shutil.copytree(SHOP, context)
    shutil.copytree(shop_wheels, context / "wheels", copy_function=shutil.copy)
    text = (SHOP / "requirements.txt").read_text()
    (context / "requirements.txt").write_text(f"--no-index\n--find-links wheels\n{text}")
    for bytecode in ("none", "compiled"):
        report = written(
            context, size_in(debian_archive), "--installer", "uv", "--bytecode", bytecode, *builder.options
        )
        stage = report.stages[0]
        built = builder.build(context, "production")
        assert stage.total_bytes is not None
        assert stage.distribution_bytes is not None
        assert abs(built.total - stage.total_bytes) <= 0.02 * stage.total_bytes
        distributions = sum(built.sizes[-len(stage.layers) - 1 : -1])
        assert abs(distributions - stage.distribution_bytes) <= 0.02 * stage.distribution_bytes
        imported = "import shop.app, pandas, matplotlib, flask, sys; print(sys.dont_write_bytecode)"
        assert builder.output("python", "-c", imported) == "True"
        assert "gunicorn (version 22.0.0)" in builder.output("gunicorn", "--version")
        assert builder.output("id", "-u") == "10001"


@pytest.fixture(scope="module")
def shop_wheels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("shop-wheels")
    run(
        sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:", "--python-version=3.11",
        "--dest", str(directory), "-r", str(SHOP / "requirements.txt"), "uv", "async-timeout",
    )  # fmt: skip
    return directory


LOCKED = {
    "svc/__init__.py": "",
    "svc/__main__.py": "import dw_heavy, dw_light; print(dw_heavy.version, dw_light.version)",
    "pyproject.toml": """
[project]
name = "svc"
version = "1"
requires-python = ">=3.11"
dependencies = ["dw-heavy", "dw-light"]
[dependency-groups]
dev = ["dw-test"]
[tool.uv]
no-index = true
find-links = ["wheels"]
""",
}


@each_builder("buildah")
def test_uv_lock__built__is_installed_from_the_lock_and_checks_the_lists(
    builder: Docker | Buildah, debian_archive: Path, wheels: Path, tmp_path: Path
) -> None:
    context = write_files(tmp_path / "svc", LOCKED)
    made = [
        make_wheel(
            "dw-heavy",
            version,
            files={"dw_heavy/__init__.py": f"version = {version}", "dw_heavy/a.bin": "x" * 6_000_000},
        )
        for version in ("1.0", "2.0")
    ]
    light = [
        make_wheel(name, files={f"{name.replace('-', '_')}/__init__.py": "version = 1.0"})
        for name in ("dw-light", "dw-test")
    ]
    make_wheelhouse(context / "wheels", *made, *light)
    for path in wheels.glob("uv-*.whl"):
        shutil.copy(path, context / "wheels")
    run(sys.executable, "-m", "uv", "lock", "--offline", "--quiet", "--python", "3.11", cwd=context)
    report = written(context, size_in(debian_archive), "--installer", "uv", *builder.options, target="uv.lock")
    assert "uv sync --locked" in (context / "Dockerfile").read_text()
    built = builder.build(context, "production")
    stage = report.stages[0]
    assert stage.total_bytes is not None
    assert abs(built.total - stage.total_bytes) <= 0.02 * stage.total_bytes
    assert builder.output() == "2.0 1.0"
    listing = context / "docker/dw-heavy.txt"
    listing.write_text(re.sub(r"==2.0.*", "==1.0", listing.read_text(), flags=re.DOTALL))
    with pytest.raises(
        pytest.fail.Exception, match=r"dw-heavy==1\.0 and dw-heavy==2\.0|dw-heavy==2\.0 and dw-heavy==1\.0"
    ):
        builder.build(context, "production")


NATIVE = {
    "setup.py": """
from setuptools import Extension, setup
setup(packages=["dw_native"], ext_modules=[Extension("dw_native.fast", ["fast.c"])])
""",
    "pyproject.toml": """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "dw-native"
version = "1.0"
""",
    "fast.c": "int answer(void) { return 42; }\n",
    "dw_native/__init__.py": """
import ctypes, pathlib
[path] = pathlib.Path(__file__).parent.glob("fast*.so")
answer = ctypes.CDLL(str(path)).answer
""",
}


@pytest.fixture(scope="module")
def index(wheels: Path) -> Iterator[Server]:
    """Serve an sdist with C code, and what building it takes."""
    archives = [
        (path.name, path.read_bytes()) for path in wheels.glob("*.whl") if path.name.startswith(("setup", "uv"))
    ]
    with Server(**index_of([*archives, sdist("dw-native", files=NATIVE), make_wheel("dw-light")])) as server:
        yield server


@pytest.mark.parametrize("builder", ["docker"], indirect=True)
@pytest.mark.parametrize("installer", ["pip", "uv"])
def test_sdist__built__is_compiled_where_no_compiler_reaches_the_image(
    builder: Docker, installer: str, index: Server, debian_archive: Path, tmp_path: Path
) -> None:
    code = "import dw_light, dw_native; print(dw_native.answer())\n"
    context = write_files(tmp_path / "app", {"requirements.txt": "dw-native\ndw-light\n", "main.py": code})
    options = ("--installer", installer, "--index-url", f"{index.url}/simple/", *builder.options)
    report = written(context, size_in(debian_archive), *options)
    [stage] = report.stages
    assert stage.estimated
    built = builder.build(context, "production", network="host")  # for build-essential
    assert stage.total_bytes is not None
    assert abs(built.total - stage.total_bytes) <= 0.02 * stage.total_bytes
    assert builder.output() == "42"
    assert builder.output("sh", "-c", "command -v gcc cc make || echo none") == "none"
    libraries = builder.output("find", "/opt/venv", "-name", "fast*.so", "-size", "+10k")
    assert libraries.startswith("/opt/venv/lib/python3.11/site-packages/dw_native/fast.")


DISTRIBUTION = {
    "pyproject.toml": """
[build-system]
requires = ["setuptools"]
build-backend = "setuptools.build_meta"
[project]
name = "dw-shop"
version = "1.0"
dependencies = ["flask==3.0.3"]
[project.scripts]
dw-shop = "dw_shop.cli:main"
[dependency-groups]
test = ["pytest"]
[tool.uv]
no-index = true
find-links = ["wheels"]
""",
    "src/dw_shop/__init__.py": "",
    "src/dw_shop/cli.py": """
import importlib.metadata, flask
def main(): print(importlib.metadata.version("dw-shop"), __file__)
""",
}


@each_builder("buildkit")
def test_distribution__built__is_installed_in_the_last_layer(
    builder: Docker | Buildah, debian_archive: Path, wheels: Path, tmp_path: Path
) -> None:
    context = service(tmp_path / "shop", wheels, DISTRIBUTION)
    options = ("--installer", "uv", *builder.options)
    report = written(context, size_in(debian_archive), *options, target="pyproject.toml")
    assert {stage.name: stage.layers[-1] for stage in report.stages} == {
        "production": "dw-shop", "development": "dw-shop-development",
    }  # fmt: skip
    for stage, path in zip(report.stages, ("/opt/venv/lib/python3.11/site-packages", "/app/src"), strict=True):
        built = builder.build(context, stage.name)
        assert stage.total_bytes is not None
        assert abs(built.total - stage.total_bytes) <= 0.02 * stage.total_bytes
        assert builder.output() == f"1.0 {path}/dw_shop/cli.py"
    assert builder.output("python", "-c", "import pytest, dw_shop; print(1)") == "1"
    first = builder.build(context, "production")
    (context / "src/dw_shop/more.py").write_text("changed = True\n")
    changed = builder.build(context, "production")
    assert changed.digests[:-1] == first.digests[:-1]
    assert changed.sizes[-1] < 10_000
    assert builder.output("sh", "-c", "ls /app; command -v gcc pip uv || echo none") == "none"
