"""Distributions for development or GPUs, and those that nothing reaches, from an image to its findings."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from deadweight import Settings
from deadweight.analysis.profile import Profile
from deadweight.model import ImageFinding
from deadweight.operations.measure import profile
from tests.builders import dist_files
from tests.images import Content, image_files, make_tar

SITE = "opt/venv/lib/python3.12/site-packages"
VENV: dict[str, Content] = {"opt/venv/pyvenv.cfg": "version = 3.12.1\n", "opt/venv/bin/python": "x"}
LARGE = "x" * 1_500_000


def dist(name: str, *, requires: Sequence[str] = (), requested: bool = True) -> dict[str, Content]:
    files = dist_files(name, files={f"{name}/__init__.py": LARGE}, requires=requires, requested=requested)
    return {f"{SITE}/{path}": data for path, data in files.items()}


def found(
    directory: Path,
    *layers: Mapping[str, Content],
    env: Sequence[str] = (),
    cmd: Sequence[str] = ("/opt/venv/bin/python", "main.py"),
    **settings: Any,
) -> list[ImageFinding]:
    """Return the findings about distributions of an image."""
    files = image_files(*layers, commands=[f"RUN {n}" for n in range(len(layers))])
    config = json.loads(str(files["config.json"], "utf-8") if isinstance(files["config.json"], bytes) else "")
    config["config"] = {"Env": ["PATH=/opt/venv/bin:/bin", *env], "Cmd": list(cmd)}
    (directory / "app.tar").write_bytes(make_tar({**files, "config.json": json.dumps(config)}))
    measured: Profile = profile(directory / "app.tar", Settings.of(**settings))
    assert measured.image is not None
    return [each for each in measured.image.findings if each.rule in ("DW513", "DW514", "DW515")]


def brief(findings: Sequence[ImageFinding]) -> list[tuple[str, int, tuple[str, ...]]]:
    return [(each.rule, each.layer, each.names) for each in findings]


def write(path: Path, text: str) -> str:
    path.parent.mkdir(exist_ok=True)
    path.write_text(text)
    return str(path)


def test_dev__with_what_only_it_needs__is_found_in_the_layer_that_installed_it(tmp_path: Path) -> None:
    tools = {**dist("pytest", requires=["pluggy"]), **dist("pluggy", requested=False)}
    [finding] = found(tmp_path, {**VENV, **dist("flask")}, tools)
    assert brief([finding]) == [("DW513", 1, ("pytest", "pluggy"))]
    assert finding.size > 3_000_000
    assert finding.sure


def test_dev__that_the_base_image_contains__is_no_finding(tmp_path: Path) -> None:
    files = image_files({**VENV, **dist("pytest")}, dist("flask"), commands=["RUN a", "CMD x", "RUN b"])
    (tmp_path / "app.tar").write_bytes(make_tar(files))
    image = profile(tmp_path / "app.tar").image
    assert image is not None
    assert image.base == 1
    assert not [each for each in image.findings if each.rule == "DW513"]


CUDA = {**VENV, **dist("torch", requires=["nvidia-cublas-cu12"]), **dist("nvidia-cublas-cu12", requested=False)}


def test_cuda__that_nothing_asks_for__is_for_the_user_to_judge(tmp_path: Path) -> None:
    [finding] = found(tmp_path, CUDA)
    assert (finding.rule, finding.names, finding.sure) == ("DW514", ("nvidia-cublas-cu12",), False)
    assert finding.reason == "contains libraries for NVIDIA GPUs, and nothing in the image asks for a GPU"


@pytest.mark.parametrize("variable", ["NVIDIA_VISIBLE_DEVICES=all", "CUDA_VERSION=12.4.1"])
def test_cuda__in_an_image_for_gpus__is_no_finding(tmp_path: Path, variable: str) -> None:
    assert not found(tmp_path, CUDA, env=[variable])


@pytest.mark.parametrize(
    ("code", "count"), [("import torch\nx = torch.zeros(3).to('cuda')\n", 0), ("import torch\n", 1)]
)
def test_cuda__with_the_code__depends_on_its_use(tmp_path: Path, code: str, count: int) -> None:
    write(tmp_path / "code/main.py", code)
    findings = found(tmp_path, CUDA, source=str(tmp_path / "code"))
    assert [each.reason.endswith(", and your code uses none") for each in findings] == [True] * count


ALL = {**VENV, **dist("flask", requires=["werkzeug"]), **dist("werkzeug", requested=False), **dist("redis")}


def test_unreached__by_the_requirements__is_found(tmp_path: Path) -> None:
    requirements = write(tmp_path / "requirements.txt", "flask\n")
    [finding] = found(tmp_path, ALL, requirements=requirements)
    assert brief([finding]) == [("DW515", 0, ("redis",))]
    assert (finding.sure, finding.reason) == (False, "contains distributions that nothing in your requirements needs")


@pytest.mark.parametrize(
    "cmd", [("redis", "--port", "80"), ("python", "-m", "redis"), ("/bin/sh", "-c", "exec redis:app")]
)
def test_unreached__but_started__is_no_finding(tmp_path: Path, cmd: tuple[str, ...]) -> None:
    requirements = write(tmp_path / "requirements.txt", "flask\n")
    assert not found(tmp_path, ALL, requirements=requirements, cmd=cmd)


def test_unreached__but_imported__is_no_finding(tmp_path: Path) -> None:
    requirements = write(tmp_path / "requirements.txt", "flask\n")
    write(tmp_path / "code/main.py", "import redis, flask\n")
    assert not found(tmp_path, ALL, requirements=requirements, source=str(tmp_path / "code"))


def test_unreached__by_the_code_alone__is_found(tmp_path: Path) -> None:
    write(tmp_path / "code/main.py", "import flask\n")
    [finding] = found(tmp_path, ALL, source=str(tmp_path / "code"))
    assert brief([finding]) == [("DW515", 0, ("redis",))]
    assert finding.reason == "contains distributions that your code does not use"


def test_unreached__without_requirements_and_code__is_unknown(tmp_path: Path) -> None:
    assert not found(tmp_path, ALL)


def test_unreached__pip__is_no_finding(tmp_path: Path) -> None:
    requirements = write(tmp_path / "requirements.txt", "flask\nredis\n")
    assert not found(tmp_path, ALL, dist("pip", requested=False), requirements=requirements)
