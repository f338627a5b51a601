"""A real image whose Dockerfile has every fault: each is found, with its line."""

from __future__ import annotations

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from deadweight import Settings
from deadweight.cli import _run
from deadweight.model import ImageFacts
from deadweight.operations.measure import profile
from tests.builders import make_wheel, make_wheelhouse
from tests.engines import run
from tests.images import make_elf

pytestmark = pytest.mark.engines

DOCKERFILE = """\
ARG BASE=base:1
FROM $BASE AS base
ENV PATH=/opt/venv/bin:/usr/sbin:/usr/bin:/sbin:/bin

FROM base
COPY debs /debs
RUN dpkg --force-all --install /debs/*.deb \\
 # as apt-get update does
 && head -c 300000 /dev/zero > /var/lib/apt/lists/packages
RUN python3 -m venv /opt/venv
COPY wheels /wheels
RUN pip install --no-index --find-links /wheels flask local numpy==1.0 pytest nvidia-cublas-cu12 redis \\
 && mkdir -p /root/.cache/pip && head -c 300000 /dev/zero > /root/.cache/pip/x
RUN pip install --no-index --find-links /wheels numpy==2.0
RUN rm -r /wheels
COPY . /app/
RUN python3 -m venv /opt/second && /opt/second/bin/pip install --no-index --find-links /app/wheels numpy
RUN python3 -O -m compileall -q /opt/venv || true
RUN chown -R 1000 /opt/venv
WORKDIR /app
CMD ["/opt/venv/bin/python", "main.py"]
"""
# Rule → the lines of the instructions to change
LINES = {
    "DW501": {7}, "DW502": {7}, "DW503": {12}, "DW504": {11}, "DW505": {19}, "DW506": {12}, "DW507": {17},
    "DW508": {18}, "DW509": {12, 18}, "DW510": {16}, "DW511": {16}, "DW512": {16}, "DW513": {12}, "DW514": {12},
    "DW515": {12}, "DW516": {6, 16},
}  # fmt: skip


@pytest.fixture(scope="module")
def docker(docker_base: dict[str, str]) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in docker_base.items():
            patch.setenv(name, value)
        yield


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("context")
    noise = random.Random(1).randbytes(1_500_000)
    large = noise.hex()[:1_500_000]
    code = f"x = '{large}'\n"
    wheels = [
        make_wheel("flask"),
        make_wheel("numpy", files={"numpy/__init__.py": code}),
        make_wheel("numpy", "2.0", files={"numpy/__init__.py": f"{code}y = 2\n"}),
        make_wheel("pytest", files={"pytest/__init__.py": code}),
        make_wheel("redis", files={"redis/__init__.py": code, "redis/tests/test_a.py": code}),
        make_wheel("nvidia-cublas-cu12", files={"nvidia/cublas/lib/libcublas.so.12": noise}),
        make_wheel("local", files={"local.so": make_elf(needed=["libc.so.6"])}, tag="cp311-cp311-linux_x86_64"),
    ]
    make_wheelhouse(directory / "wheels", *wheels)
    (directory / "debs").mkdir()
    run("apt-get", "-o", "Acquire::Retries=5", "download", "make", "linux-libc-dev", cwd=directory / "debs")
    others = {
        ".git/HEAD": b"ref", ".git/objects/pack/pack-1.pack": noise, ".env": b"TOKEN=hunter2", "data/prices.csv": noise,
        ".venv/pyvenv.cfg": b"home = /home/me\n", ".venv/lib/python3.10/site-packages/big.py": noise, "main.py": b"",
        "Dockerfile": DOCKERFILE.encode(), "requirements.txt": b"flask\nlocal\nnumpy\npytest\nnvidia-cublas-cu12\n",
    }  # fmt: skip
    for path, data in others.items():
        write(directory / path, data)
    return directory


def write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


@pytest.fixture(scope="module")
def archive(docker: None, context: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("image")
    run("docker", "build", "--quiet", "--network", "none", "--tag", "faulty:1", str(context))
    run("docker", "save", "--output", str(directory / "faulty.tar"), "faulty:1")
    return directory / "faulty.tar"


@pytest.fixture(scope="module")
def facts(archive: Path, context: Path) -> ImageFacts:
    settings = Settings.of(
        dockerfile=str(context / "Dockerfile"), requirements=str(context / "requirements.txt"), no_source=True
    )
    image = profile(archive, settings).image
    assert image is not None
    return image


def test_findings__every_fault__has_its_line(facts: ImageFacts) -> None:
    lines: dict[str, set[int | None]] = {}
    for each in facts.findings:
        if each.layer:  # the base image has no lines
            lines.setdefault(each.rule, set()).add(facts.layers[each.layer].line)
    assert lines == LINES
    [warning] = facts.warnings
    assert warning.endswith("contains files that usually hold secrets: /app/.env (DW511)")
    assert facts.base == 1


def test_findings__base_image__asks_for_another_one(facts: ImageFacts) -> None:
    # debootstrap leaves the package lists.
    assert [(each.rule, each.change) for each in facts.findings if not each.layer] == [
        ("DW502", "use a base image without them")
    ]


def test_findings__hidden_bytes__are_not_more_than_the_waste(facts: ImageFacts) -> None:
    hidden = [each.size for each in facts.findings if each.rule in ("DW504", "DW505", "DW506")]
    assert 0.9 * facts.wasted_size < sum(hidden) <= facts.wasted_size


def test_findings__build_tools__name_what_was_built(facts: ImageFacts) -> None:
    [finding] = [each for each in facts.findings if each.rule == "DW501"]
    assert finding.names == ("linux-libc-dev", "make")
    assert finding.reason == "contains compilers or headers, with which local was built"


def test_findings__text__shows_lines_and_no_secret(
    archive: Path, context: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert _run([str(archive), "--dockerfile", str(context / "Dockerfile"), "--quiet"], debug=True) == 0
    shown = capsys.readouterr().out
    assert "line 19: " in shown
    assert "hunter2" not in shown
