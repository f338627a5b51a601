"""``deadweight dockerfile`` as a user runs it, with an index of small wheels."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from deadweight.codescan.commands import instructions
from deadweight.model.report.dockerfile import DockerfileReport
from tests.builders import dist_files, make_env, make_wheel, write_files
from tests.conftest import Golden
from tests.functional.test_diff import Done, run
from tests.functional.test_images import BASE, site
from tests.functional.test_no_install import sdist
from tests.images import Content, make_elf, make_image
from tests.index_server import Server, index_of

WHEELS = [
    make_wheel("dw-web", files={"dw_web/a.py": "w" * 30_000}, requires=["dw-http>=1"]),
    make_wheel("dw-http", files={"dw_http/a.py": "h" * 10_000}),
    make_wheel("dw-http", "2.0", files={"dw_http/a.py": "h" * 15_000}),
    make_wheel("numpy", "2.0", files={"numpy/a.so": "t" * 9_000_000}),
    make_wheel("pytest", "8.0", files={"pytest/a.py": "r" * 90_000}),
]
APPLICATION = {
    "app/requirements.txt": "-r web.txt\nnumpy\npytest\n",
    "app/web.txt": "-c constraints.txt\ndw-web\n",
    "app/constraints.txt": "dw-http<2\n",
    "app/shop.py": "import dw_web, numpy\n",
    "app/Procfile": "web: python shop.py --port $PORT\n",
}


@pytest.fixture
def server(tmp_path: Path, loopback: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setattr("deadweight.sources.containers.engines.local_size", lambda image: None)
    write_files(tmp_path, APPLICATION)
    with Server(**index_of(WHEELS)) as server:
        yield server


def dockerfile(server: Server, *arguments: str) -> Done:
    index = ["--index-url", f"{server.url}/simple/"]
    return run("dockerfile", "app/requirements.txt", *arguments, *index, "--installer", "pip", "--python", "3.11")


def report(server: Server, *arguments: str) -> dict[str, Any]:
    done = dockerfile(server, *arguments, "--format", "json", "--quiet")
    assert done.returncode == 0, done.stderr
    assert DockerfileReport.from_json(done.stdout).to_json() == done.stdout
    values: dict[str, Any] = json.loads(done.stdout)
    jsonschema.validate(values, json.loads(run("schema", "dockerfile").stdout))
    return values


def listed(path: Path) -> list[str]:
    """Return the pins of a list, without hashes."""
    lines = path.read_text().replace("\\\n", " ").splitlines()
    return [line.split()[0] for line in lines if line and not line.startswith(("#", "-"))]


def test_dockerfile__requirements__writes_stages_and_lists(server: Server, tmp_path: Path, golden: Golden) -> None:
    done = dockerfile(server, "--base-size", "100MB")
    assert done.returncode == 0, done.stderr
    written = tmp_path / "app"
    assert sorted(path.name for path in (written / "docker").iterdir()) == [
        "development.txt",
        "numpy.txt",
        "production.txt",
    ]
    assert listed(written / "docker/numpy.txt") == ["numpy==2.0"]
    assert listed(written / "docker/production.txt") == ["dw-http==1.0", "dw-web==1.0"]
    assert listed(written / "docker/development.txt") == ["dw-http==1.0", "dw-web==1.0", "pytest==8.0"]
    assert (written / "docker/production.txt").read_text().count("--hash=sha256:") == 2
    text = (written / "Dockerfile").read_text()
    assert text == golden("Dockerfile", text)
    assert done.stdout == golden("dockerfile.txt", done.stdout)
    assert f"--index-url {server.url}/simple/" in (written / "docker/numpy.txt").read_text()
    assert "wrote app/Dockerfile, app/docker/numpy.txt" in done.stderr


def test_dockerfile__twice__is_the_same(server: Server, tmp_path: Path) -> None:
    first = report(server)
    text = (tmp_path / "app/Dockerfile").read_text()
    assert dockerfile(server).returncode == 4
    again = report(server, "--force")
    assert (tmp_path / "app/Dockerfile").read_text() == text
    assert again == first
    assert first["start"]["origin"] == "Procfile:1"


def test_dockerfile__sizes__add_up(server: Server) -> None:
    found = report(server, "--base-size", "100MB")
    (development,) = (stage for stage in found["stages"] if stage["name"] == "development")
    production = found["stages"][0]
    assert production["name"] == "production"
    assert development["distribution_bytes"] - production["distribution_bytes"] > 90_000
    outside = 100_000_000 + found["application_bytes"]
    assert production["total_bytes"] == outside + production["distribution_bytes"]
    assert [(layer["name"], layer["heavy"]) for layer in found["layers"]] == [
        ("numpy", True), ("production", False), ("development", False),
    ]  # fmt: skip


def test_dockerfile__application__is_what_copy_copies(server: Server, tmp_path: Path) -> None:
    found = report(server)
    files = [path for path in (tmp_path / "app").rglob("*") if path.is_file()]
    assert found["application_bytes"] == sum(path.stat().st_size for path in files)
    (tmp_path / "app/.dockerignore").write_text("*.py\n.dockerignore\n")
    ignoring = report(server, "--force")
    kept = sum(path.stat().st_size for path in files if path.suffix != ".py")
    assert ignoring["application_bytes"] == kept


def test_dockerfile__dockerignore_leaves_out_the_lists__is_said(server: Server, tmp_path: Path) -> None:
    (tmp_path / "app/.dockerignore").write_text("docker\n")
    note = ".dockerignore leaves out docker/numpy.txt, docker/production.txt, docker/development.txt, which the"
    assert any(each.startswith(note) for each in report(server)["warnings"])


def test_dockerfile__without_buildkit__has_no_mounts(server: Server, tmp_path: Path) -> None:
    report(server, "--no-buildkit")
    text = (tmp_path / "app/Dockerfile").read_text()
    assert "--mount" not in text
    assert "ENV PIP_NO_CACHE_DIR=1" in text


def test_dockerfile__bytecode__is_compiled_when_building(server: Server, tmp_path: Path) -> None:
    without = report(server)
    found = report(server, "--force", "--bytecode", "compiled")
    assert found["stages"][0]["distribution_bytes"] > without["stages"][0]["distribution_bytes"]
    assert found["stages"][0]["estimated"]
    assert "--invalidation-mode unchecked-hash" in (tmp_path / "app/Dockerfile").read_text()


def test_dockerfile__compose__builds_each_stage(server: Server, tmp_path: Path) -> None:
    report(server, "--compose", "--output-dir", "app/deploy")
    assert (tmp_path / "app/deploy/compose.yaml").read_text() == (
        "# Generated by deadweight dockerfile from requirements.txt.\n"
        "services:\n"
        '  production:\n    build:\n      context: ".."\n      dockerfile: "deploy/Dockerfile"\n'
        "      target: production\n    init: true\n"
        '  development:\n    build:\n      context: ".."\n      dockerfile: "deploy/Dockerfile"\n'
        "      target: development\n    init: true\n    profiles: [development]\n"
    )
    text = (tmp_path / "app/deploy/Dockerfile").read_text()
    assert "--file deploy/Dockerfile" in text
    assert "COPY deploy/docker/numpy.txt /build-lists/" in text


@pytest.mark.parametrize(
    ("arguments", "status", "message"),
    [
        (["--output-dir", "elsewhere"], 4, "outside of the build context app"),
        (["--base-image", "a b"], 2, "'a b' is not the name of an image"),
        (["--base-size", "big"], 2, "'big' is not a size"),
        (["--find-links", "."], 4, "is outside of the build context app"),
        (["--extra-index-url", "http://u:p@127.0.0.1:1/${X}"], 4, "cannot be written to a list"),
        (["--install"], 2, "No such option"),
        (["--drop", "dw-web"], 3, "the production stage would lack requirements that your code uses: dw-web"),
    ],
)
def test_dockerfile__refused__writes_nothing(
    server: Server, tmp_path: Path, arguments: list[str], status: int, message: str
) -> None:
    done = dockerfile(server, *arguments)
    assert message in done.stderr
    assert done.returncode == status
    assert not (tmp_path / "app/Dockerfile").exists()
    assert not (tmp_path / "elsewhere").exists()


def test_dockerfile__unproven__is_written(server: Server, tmp_path: Path) -> None:
    found = report(server, "--drop", "dw-web", "--unproven")
    assert found["stages"][0]["layers"] == ["numpy"]
    assert not (tmp_path / "app/docker/production.txt").exists()


def test_dockerfile__index_with_credentials__takes_a_secret(server: Server, tmp_path: Path) -> None:
    server.user = "me:secret"
    url = server.url.replace("://", "://me:secret@")
    done = run(
        "dockerfile", "app/requirements.txt", "--index-url", f"{url}/simple/", "--installer", "pip", "--python", "3.11",
        "--compose",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    texts = [path.read_text() for path in (tmp_path / "app").rglob("*") if path.is_file()]
    assert not [text for text in texts if "secret@" in text or "me:secret" in text]
    text = (tmp_path / "app/Dockerfile").read_text()
    assert "--mount=type=secret,id=netrc,target=/root/.netrc" in text
    assert "--secret id=netrc,src=$HOME/.netrc" in text
    assert "secrets: [netrc]" in (tmp_path / "app/compose.yaml").read_text()
    refused = run("dockerfile", "app/requirements.txt", "--index-url", f"{url}/simple/", "--no-buildkit", "--force")
    assert (refused.returncode, "needs credentials" in refused.stderr) == (4, True)


def test_dockerfile__direct_url_with_credentials__takes_a_secret(server: Server, tmp_path: Path) -> None:
    requirements = tmp_path / "app/requirements.txt"
    requirements.write_text(f"{requirements.read_text()}own @ git+https://me:SECRET@host/own.git\n")
    done = dockerfile(server, "--unproven")
    assert done.returncode == 0, done.stderr
    texts = {path.name: path.read_text() for path in (tmp_path / "app").rglob("*.txt") if path != requirements}
    assert "own @ git+https://host/own.git" in texts["production.txt"] + texts.get("production-2.txt", "")
    text = (tmp_path / "app/Dockerfile").read_text()
    assert not [each for each in (text, done.stdout, done.stderr, *texts.values()) if "SECRET" in each]
    assert "--mount=type=secret,id=netrc,target=/root/.netrc" in text


def test_dockerfile__file_in_place_of_the_lists__is_refused_before_measuring(server: Server, tmp_path: Path) -> None:
    write_files(tmp_path, {"app/docker": "a file"})
    done = dockerfile(server)
    assert (done.returncode, server.asked) == (4, [])
    assert "app/docker is not a directory" in done.stderr


def test_dockerfile__environment__pins_what_is_installed(server: Server, tmp_path: Path) -> None:
    make_env(tmp_path / "app/env", dist_files("flask", "3.0"), dist_files("click", "8.0"))
    done = run("dockerfile", "app/env", "--source", "app", "--output-dir", "app", "--format", "json")
    assert done.returncode == 0, done.stderr
    assert listed(tmp_path / "app/docker/production.txt") == ["click==8.0", "flask==3.0"]


def test_dockerfile__saved_report__is_refused(server: Server, tmp_path: Path) -> None:
    saved = run("profile", "app/requirements.txt", "--index-url", f"{server.url}/simple/", "--format", "json", "-q")
    (tmp_path / "report.json").write_text(saved.stdout)
    done = run("dockerfile", "report.json")
    assert (done.returncode, "saved report" in done.stderr) == (4, True)


def test_dockerfile__each_stage__ends_with_the_code(server: Server, tmp_path: Path) -> None:
    report(server)
    every = [(name, value) for name, value, _ in instructions((tmp_path / "app/Dockerfile").read_text())]
    starts = [at for at, (name, _) in enumerate(every) if name == "FROM"]
    last = [every[at - 1] for at in (*starts[1:], len(every))]
    assert last[-2:] == [("COPY", ". ."), ("COPY", ". .")]
    assert ("USER", "10001:10001") in every


def serve(server: Server, *archives: tuple[str, bytes]) -> None:
    """Let an index have more archives."""
    server.files, server.types = index_of([*WHEELS, *archives]).values()


TORCH = [
    make_wheel("torch", "2.5", files={"torch/a.so": "t" * 5_000_000}, requires=["nvidia-cublas==12.4", "numpy"]),
    make_wheel("nvidia-cublas", "12.4", files={"nvidia/cublas/a.so": "n" * 20_000_000}),
]


def test_dockerfile__torch__has_a_stage_with_its_cpu_build(server: Server, tmp_path: Path) -> None:
    serve(server, *TORCH)
    (tmp_path / "app/requirements.txt").write_text("torch\ndw-web\n")
    found = report(server)
    layers = {layer["name"]: [each["name"] for each in layer["distributions"]] for layer in found["layers"]}
    assert layers["torch"] == ["nvidia-cublas", "numpy", "torch"]
    assert "nvidia-cublas" not in {name for names in layers.values() for name in names if names != layers["torch"]}
    cpu = next(stage for stage in found["stages"] if stage["name"] == "cpu")
    assert cpu["at_most"]
    assert (tmp_path / "app/docker/torch-cpu-2.txt").read_text().splitlines()[1:] == [
        "--index-url https://download.pytorch.org/whl/cpu",
        "torch==2.5",
    ]
    assert "FROM runtime AS cpu" in (tmp_path / "app/Dockerfile").read_text()


def test_dockerfile__sdist__is_built_with_a_compiler_in_the_build_stage_alone(server: Server, tmp_path: Path) -> None:
    serve(server, sdist("dw-built"))
    (tmp_path / "app/requirements.txt").write_text("dw-built\n")
    found = report(server)
    assert found["stages"][0]["estimated"]
    assert "dw-built must be built, so the size is an estimate" in found["warnings"]
    text = (tmp_path / "app/Dockerfile").read_text()
    stages = text.split("\nFROM ")
    assert [stage.split()[2] for stage in stages if "build-essential" in stage] == ["build"]


@pytest.mark.parametrize("name", ["poetry.lock", "pdm.lock", "pylock.toml", "Pipfile.lock"])
def test_dockerfile__lock__is_exported_with_hashes(server: Server, tmp_path: Path, name: str) -> None:
    filename, data = WHEELS[1]
    sha256 = hashlib.sha256(data).hexdigest()
    write_files(
        tmp_path,
        {f"app/{name}": LOCKS[name].replace("HASH", sha256).replace("FILE", filename).replace("URL", server.url)},
    )
    (tmp_path / "app/pyproject.toml").write_text(POETRY if name == "poetry.lock" else STANDARD)
    index = ["--index-url", f"{server.url}/simple/"]
    done = run("dockerfile", f"app/{name}", "--installer", "uv", *index, "--no-source")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "app/docker/production.txt").read_text().splitlines()[2:] == [
        "dw-http==1.0 \\",
        f"    --hash=sha256:{sha256}",
    ]
    assert "uv pip install --no-deps" in (tmp_path / "app/Dockerfile").read_text()


PROJECT = """
[project]
name = "app"
version = "1"
dependencies = ["dw-web"]
[project.optional-dependencies]
dev = ["app[fast,Lint]"]
Lint = ["dw-lint"]
fast = ["dw-fast"]
docs = ["pytest"]
[dependency-groups]
test = ["dw-test"]
"""
DEVELOPMENT = [make_wheel(name) for name in ("dw-lint", "dw-fast", "dw-test")]


def test_dockerfile__project__has_extras_and_groups_for_development_in_that_stage(
    server: Server, tmp_path: Path
) -> None:
    serve(server, *DEVELOPMENT)
    (tmp_path / "app/pyproject.toml").write_text(PROJECT)
    index = ["--index-url", f"{server.url}/simple/"]
    done = run("dockerfile", "app/pyproject.toml", *index, "--installer", "pip", "--python", "3.11", "--no-source")
    assert done.returncode == 0, done.stderr
    assert listed(tmp_path / "app/docker/production.txt") == ["dw-http==2.0", "dw-web==1.0"]
    development = ["dw-fast==1.0", "dw-http==2.0", "dw-lint==1.0", "dw-test==1.0", "dw-web==1.0", "pytest==8.0"]
    assert listed(tmp_path / "app/docker/development.txt") == development


DISTRIBUTION = """
[build-system]
requires = ["hatchling", "hatch-vcs"]
build-backend = "hatchling.build"
[project]
name = "Dw.Shop"
dynamic = ["version"]
dependencies = ["dw-web", "numpy"]
[project.scripts]
dw-shop = "dw_shop.cli:main"
[dependency-groups]
test = ["pytest"]
"""


@pytest.fixture
def distribution(server: Server, tmp_path: Path) -> Path:
    write_files(
        tmp_path / "project",
        {"pyproject.toml": DISTRIBUTION, "src/dw_shop/__init__.py": "", "src/dw_shop/cli.py": "import dw_web, numpy\n"},
    )
    return tmp_path / "project"


def written(server: Server, directory: Path, *arguments: str) -> dict[str, Any]:
    index = ["--index-url", f"{server.url}/simple/", "--installer", "pip", "--python", "3.11"]
    done = run("dockerfile", str(directory / "pyproject.toml"), *index, "--format", "json", *arguments)
    assert done.returncode == 0, done.stderr
    assert DockerfileReport.from_json(done.stdout).to_json() == done.stdout
    values: dict[str, Any] = json.loads(done.stdout)
    return values


def test_dockerfile__distribution__is_installed_last_in_a_layer_of_its_own(server: Server, distribution: Path) -> None:
    found = written(server, distribution)
    production, development = found["stages"]
    assert production["layers"] == ["numpy", "production", "dw-shop"]
    assert development["layers"] == ["numpy", "development", "dw-shop-development"]
    assert (production["application_bytes"], found["start"]["command"]) == (0, ["dw-shop"])
    assert development["application_bytes"] == found["application_bytes"] > 0
    assert (distribution / "docker/dw-shop.txt").read_text().splitlines()[1:] == [
        f"--index-url {server.url}/simple/",
        "/build/project",
    ]
    assert "--editable /app\n" in (distribution / "docker/dw-shop-development.txt").read_text()
    text = (distribution / "Dockerfile").read_text()
    stages = {stage.split()[2]: stage for stage in text.split("\nFROM ")[1:]}
    assert (
        "ARG PROJECT_VERSION=0\nENV SETUPTOOLS_SCM_PRETEND_VERSION=$PROJECT_VERSION\nCOPY . /build/project\n"
        in (stages["layer-dw-shop"])
    )
    assert "pip --python /opt/venv/bin/python install --no-deps" in stages["layer-dw-shop"]
    assert "COPY . ." not in text
    assert stages["production"].rstrip().endswith("COPY --from=layer-dw-shop /opt/venv /opt/venv")
    assert stages["development"].split("\n\n")[0].endswith("COPY --from=layer-dw-shop-development /app /app")
    assert "PYTHONPATH" not in text
    assert any("--build-arg PROJECT_VERSION=1.2.3" in each for each in found["warnings"])


def test_dockerfile__distribution_that_starts_another_file__has_the_code_too(
    server: Server, distribution: Path
) -> None:
    write_files(distribution, {"Procfile": "web: gunicorn --config conf.py dw_shop:app\n", "conf.py": ""})
    found = written(server, distribution, "--unproven")
    assert found["stages"][0]["application_bytes"] == found["application_bytes"]
    assert (distribution / "Dockerfile").read_text().endswith("/opt/venv /opt/venv\nCOPY . .\n")


def test_dockerfile__requirements_without_the_project_itself__copy_its_code(server: Server, distribution: Path) -> None:
    write_files(distribution, {"requirements.txt": "dw-web\n"})
    index = ["--index-url", f"{server.url}/simple/", "--installer", "pip", "--python", "3.11", "--unproven"]
    assert run("dockerfile", str(distribution / "requirements.txt"), *index).returncode == 0
    text = (distribution / "Dockerfile").read_text()
    assert "layer-dw-shop" not in text
    assert 'PYTHONPATH="/app/src"' in text


def test_dockerfile__requirements_with_the_project_itself__install_it(
    server: Server, distribution: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(distribution)  # which "." stands for
    static = DISTRIBUTION.replace('dynamic = ["version"]', 'version = "1"')
    write_files(distribution, {"requirements.txt": "-e .\n", "pyproject.toml": static})
    index = ["--index-url", f"{server.url}/simple/", "--installer", "uv", "--python", "3.11"]
    done = run("dockerfile", "requirements.txt", *index)
    assert done.returncode == 0, done.stderr
    lists = {path.name: listed(path) for path in (distribution / "docker").iterdir()}
    assert lists == {
        "numpy.txt": ["numpy==2.0"],
        "production.txt": ["dw-http==2.0", "dw-web==1.0"],
        "dw-shop.txt": ["/build/project"],
    }


def test_dockerfile__extras_exclude_each_other__is_said(server: Server, tmp_path: Path) -> None:
    text = '[project]\nname = "app"\nversion = "1"\ndependencies = ["dw-http<2"]\n'
    extras = '[project.optional-dependencies]\ntest = ["dw-http>=2"]\n'
    (tmp_path / "app/pyproject.toml").write_text(text + extras)
    index = ["--index-url", f"{server.url}/simple/"]
    arguments = ["--installer", "uv", "--python", "3.11", "--no-source", "--format", "json"]
    done = run("dockerfile", "app/pyproject.toml", *index, *arguments)
    assert done.returncode == 0, done.stderr
    found = json.loads(done.stdout)
    assert [stage["name"] for stage in found["stages"]] == ["production"]
    assert any(each.startswith("the extras and groups for development cannot") for each in found["warnings"])


STANDARD = '[project]\nname = "app"\nversion = "1"\ndependencies = ["dw-http"]\n'
POETRY = '[tool.poetry]\nname = "app"\nversion = "1"\n[tool.poetry.dependencies]\npython = "^3.11"\ndw-http = "*"\n'
LOCKS = {
    "poetry.lock": """
[[package]]
name = "dw-http"
version = "1.0"
optional = false
python-versions = "*"
groups = ["main"]
files = [{file = "FILE", hash = "sha256:HASH"}]
[metadata]
lock-version = "2.1"
python-versions = "^3.11"
content-hash = "x"
""",
    "pdm.lock": """
[metadata]
groups = ["default"]
lock_version = "4.5.0"
[[package]]
name = "dw-http"
version = "1.0"
groups = ["default"]
files = [{file = "FILE", hash = "sha256:HASH"}]
""",
    "pylock.toml": """
lock-version = "1.0"
created-by = "test"
[[packages]]
name = "dw-http"
version = "1.0"
wheels = [{url = "URL/files/FILE", hashes = {sha256 = "HASH"}}]
""",
    "Pipfile.lock": """
{"_meta": {"pipfile-spec": 6, "requires": {}, "sources": []}, "develop": {},
 "default": {"dw-http": {"hashes": ["sha256:HASH"], "version": "==1.0", "index": "pypi"}}}
""",
}


def test_dockerfile__image__installs_the_system_packages_of_its_libraries(server: Server, tmp_path: Path) -> None:
    system: dict[str, Content] = {
        "lib/libc.so.6": make_elf(soname="libc.so.6"), "usr/lib/libyaml-0.so.2": make_elf(soname="libyaml-0.so.2"),
        "var/lib/dpkg/info/libc6.list": "/lib/libc.so.6\n",
        "var/lib/dpkg/info/libyaml-0-2.list": "/usr/lib/libyaml-0.so.2\n",
    }  # fmt: skip
    native = make_elf(needed=["libyaml-0.so.2", "libc.so.6"])
    distributions = site(dist_files("pyyaml", "6.0", files={"yaml/_yaml.so": native}))
    (tmp_path / "image.tar").write_bytes(make_image(BASE | system, distributions))
    done = run(
        "dockerfile", "image.tar", "--source", "app", "--output-dir", "app", "--unproven", "--installer", "pip",
        "--format", "json",
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "app/Dockerfile").read_text()
    assert "FROM python:3.12-slim AS base" in text
    assert "/bin/pip --python" in text
    assert "apt-get install --yes --no-install-recommends libyaml-0-2 " in text
    assert listed(tmp_path / "app/docker/production.txt") == ["pyyaml==6.0"]
    assert "the sizes do not include the system packages libyaml-0-2" in json.loads(done.stdout)["warnings"]


def test_dockerfile__image__starts_what_the_image_starts(server: Server, tmp_path: Path) -> None:
    execution = {
        "Entrypoint": ["/app/.venv/bin/gunicorn"], "Cmd": ["shop:app"], "WorkingDir": "/srv", "User": "1000",
        "Env": ["PATH=/app/.venv/bin:/bin", "MODE=fast", "SECRET_KEY=x"], "ExposedPorts": {"8000/tcp": {}},
    }  # fmt: skip
    (tmp_path / "image.tar").write_bytes(make_image(BASE, site(dist_files("gunicorn", "22.0")), execution=execution))
    done = run("dockerfile", "image.tar", "--source", "app", "--output-dir", "app", "--unproven", "--installer", "pip")
    assert done.returncode == 0, done.stderr
    text = (tmp_path / "app/Dockerfile").read_text()
    assert (
        'USER 1000\nEXPOSE 8000\n# from configuration of the image\nENTRYPOINT ["gunicorn"]\nCMD ["shop:app"]\n' in text
    )
    assert 'MODE="fast"\nWORKDIR /srv\n' in text
    assert "starts gunicorn shop:app (configuration of the image)" in done.stdout
    assert "SECRET_KEY was left out" in done.stdout


def test_dockerfile__missing_requirement__is_said(server: Server, tmp_path: Path) -> None:
    make_env(tmp_path / "app/env", dist_files("flask", "3.0", requires=["click>=8"]))
    done = run("dockerfile", "app/env", "--source", "app", "--output-dir", "app", "--unproven")
    assert done.returncode == 0, done.stderr
    assert "note: flask requires click>=8, which is missing" in done.stdout
