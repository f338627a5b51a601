"""One real image through every way that leads to it: engines, containers, archives, a registry; all weigh the same."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tarfile
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from deadweight import Settings
from deadweight.analysis.profile import Profile
from deadweight.analysis.reporting import report_of
from deadweight.cli import _run
from deadweight.errors import EngineFailed
from deadweight.operations.measure import profile
from deadweight.sources.images.systems import opened_system
from deadweight.targets.types import Image
from tests.engines import containerd, docker_registry, podman, push, run

pytestmark = pytest.mark.engines

DOCKERFILE = """
FROM base:1
RUN python3 -m venv /opt/venv
ENV PATH=/opt/venv/bin:/usr/local/bin:/usr/bin:/bin
COPY wheels /wheels
RUN pip install --no-index --find-links /wheels jinja2 pytest && python3 -m compileall -q /opt/venv || true
RUN pip uninstall --yes pytest && rm -r /wheels
RUN printf 'import jinja2' > /app.py && chown -R 1000 /opt/venv/lib/python3*/site-packages/markupsafe
"""


@pytest.fixture(scope="module")
def docker(docker_base: dict[str, str]) -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        for name, value in docker_base.items():
            patch.setenv(name, value)
        yield patch


@pytest.fixture(scope="module")
def archive(docker: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build an image of several layers, with real wheels, and save it."""
    directory = tmp_path_factory.mktemp("image")
    context = directory / "context"
    run(
        sys.executable, "-m", "pip", "download", "--quiet", "--only-binary=:all:", "--python-version=3.11",
        "--dest", str(context / "wheels"), "jinja2", "pytest",
    )  # fmt: skip
    (context / "Dockerfile").write_text(DOCKERFILE)
    run("docker", "build", "--quiet", "--network", "none", "--tag", "app:1", str(context))
    run("docker", "save", "--output", str(directory / "app.tar"), "app:1")
    return directory / "app.tar"


@pytest.fixture(scope="module")
def expected(archive: Path) -> Profile:
    return profile(archive)


def rows(found: Profile) -> list[tuple[str, str, int, int]]:
    return [(d.key, d.prefix, d.sizes.apparent, d.sizes.files) for d in found.inventory.distributions]


def test_archive__real_image__each_environment_with_its_own(expected: Profile) -> None:
    assert [(e.prefix, e.python) for e in expected.inventory.environments] == [("opt/venv", "3.11.2"), ("usr", "3.11")]
    locations = {(d.name, d.prefix) for d in expected.inventory.distributions}
    assert {("jinja2", "opt/venv"), ("markupsafe", "opt/venv"), ("pyyaml", "usr")} <= locations
    assert "pytest" not in {d.name for d in expected.inventory.distributions}
    assert [want.name for want in expected.split("production").kept if want.name == "jinja2"] == ["jinja2"]


def test_archive__real_image__layers_and_what_they_ship_in_vain(expected: Profile) -> None:
    facts = expected.image
    assert facts is not None
    commands = [layer.command for layer in facts.layers]
    installed = next(n for n, command in enumerate(commands) if "pip install" in command)
    copied = next(n for n, command in enumerate(commands) if command.startswith("COPY"))
    assert facts.where["jinja2"] == (installed,)
    assert facts.where["markupsafe"] == (installed, len(commands) - 1)  # chown wrote its package anew
    assert facts.layers[copied].wasted == facts.layers[copied].size > 0
    assert facts.wasted["pytest"] > 500_000
    assert facts.wasted["markupsafe"] > 10_000


def test_archive__real_image__every_byte_is_in_one_row(archive: Path, expected: Profile) -> None:
    system, total = expected.system, expected.inventory.total
    assert system is not None
    owned = sum(d.sizes.apparent for d in expected.inventory.distributions)
    assert owned + sum(content.size for content in system.contents) == total.apparent
    container = run("docker", "create", "--network", "none", "app:1", "true")
    exported = archive.with_name("exported.tar")
    run("docker", "export", "--output", str(exported), container)
    of_engine = {
        "etc/hostname",
        "etc/hosts",
        "etc/resolv.conf",
        "etc/mtab",
        ".dockerenv",
        "dev/console",
    }  # put in place by it
    with tarfile.open(exported) as members:
        exported_sizes = {
            m.name: len(os.fsencode(m.linkname)) if m.issym() else m.size
            for m in members
            if (m.issym() or m.isreg()) and m.name not in of_engine
        }
    with opened_system(Image(str(archive))) as (tree, _):
        sizes = {path: entry.size for path, entry in tree.entries.items() if entry.kind in ("file", "symlink")}
    assert {path: size for path, size in sizes.items() if path in exported_sizes} == exported_sizes
    assert sizes.keys() - exported_sizes.keys() <= of_engine | {path for path in sizes if tree.entries[path].inode}


def test_archive__real_image__packages_and_libraries_of_the_system(expected: Profile) -> None:
    assert expected.system is not None
    names = {package.name: package.size for package in expected.system.packages}
    listed = run("docker", "run", "--rm", "--network", "none", "app:1", "dpkg-query", "--show", "-f", "${Package}\\n")
    assert set(names) == set(listed.split("\n"))
    assert names["libc6"] > 5_000_000
    needs = {need.library: need for need in expected.system.needs}
    assert needs["libc.so.6"].provider == "libc6"
    assert "markupsafe" in needs["libc.so.6"].by
    assert needs["libyaml-0.so.2"].provider == "libyaml-0-2"


def test_archive__real_image__breakdown_has_every_shipped_byte(expected: Profile) -> None:
    report = report_of(expected)
    assert report.system is not None
    assert report.image is not None
    sizes = {row.name: row.apparent_bytes for row in report.system.breakdown}
    assert sum(sizes.values()) == report.image.shipped_bytes
    assert sizes["waste"] == report.image.wasted_bytes
    assert sizes["Python"] > 20_000_000  # packages of Debian own it
    assert {"base image", "core distributions"} <= sizes.keys()


@pytest.mark.parametrize("way", ["docker:app:1", "-", "requirements"])
def test_image__another_way_to_it__the_same(
    archive: Path, expected: Profile, way: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    if way == "-":
        with subprocess.Popen(["docker", "save", "app:1"], stdout=subprocess.PIPE) as saving:
            done = subprocess.run(
                [sys.executable, "-m", "deadweight", "profile", "-", "--format", "json", "--quiet"],
                stdin=saving.stdout, capture_output=True, check=True,
            )  # fmt: skip
        assert saving.returncode == 0
        assert json.loads(done.stdout)["totals"]["apparent_bytes"] == expected.inventory.total.apparent
    elif way == "requirements":
        file = tmp_path / "requirements.txt"
        file.write_text("markupsafe\n")
        assert _run(["split", str(archive), "-r", str(file), "--output-dir", str(tmp_path), "-q"], debug=True) == 0
        assert (tmp_path / "requirements-production.txt").read_text().endswith("\nmarkupsafe\n")
    else:
        assert rows(profile(way)) == rows(expected)
        assert profile(way).image == expected.image


def test_container__running_and_stopped__as_its_image(expected: Profile, docker: pytest.MonkeyPatch) -> None:
    run("docker", "run", "--detach", "--network", "none", "--name", "running", "app:1", "sleep", "1000")
    found = profile("container:running")
    assert rows(found) == rows(expected)
    assert found.inventory.total.disk is not None  # which only one that lists from the inside can tell
    assert found.system is not None
    assert expected.system is not None
    assert found.system.needs == expected.system.needs
    breakdown = report_of(found).system.breakdown  # type: ignore[union-attr]
    assert sum(row.apparent_bytes for row in breakdown) == found.inventory.total.apparent
    assert not {"base image", "waste"} & {row.name for row in breakdown}
    run("docker", "stop", "--time", "0", "running")
    stopped = profile("container:running")
    assert rows(stopped) == rows(expected)
    assert stopped.inventory.total.disk is None


def test_container__without_a_python_of_its_own__is_exported(
    expected: Profile, docker: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text("FROM app:1\nRUN rm -r /usr/bin/python3* /opt/venv/bin/python*\n")
    run("docker", "build", "--quiet", "--network", "none", "--tag", "bare:1", str(tmp_path))
    run("docker", "run", "--detach", "--network", "none", "--name", "bare", "bare:1", "sleep", "1000")
    try:
        found = profile("container:bare")
        assert rows(found) == rows(expected)
        assert found.inventory.total.disk is None
    finally:
        run("docker", "rm", "--force", "bare")


def test_podman__image_and_container__as_docker_has_them(
    archive: Path, expected: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    with podman() as variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        run("podman", "load", "--quiet", "--input", str(archive))
        assert rows(profile("podman:app:1")) == rows(expected)
        run("podman", "run", "--detach", "--name", "pod", "app:1", "sleep", "1000")
        monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere")
        assert rows(profile("container:pod")) == rows(expected)
        with pytest.raises(EngineFailed, match="nosuch"):
            profile("podman:nosuch")


def test_ctr__image_and_container__as_docker_has_them(
    archive: Path, expected: Profile, monkeypatch: pytest.MonkeyPatch
) -> None:
    with containerd() as variables:
        for name, value in {**variables, "DOCKER_HOST": "unix:///nowhere"}.items():
            monkeypatch.setenv(name, value)
        run("ctr", "images", "import", str(archive))
        assert rows(profile("containerd:app:1")) == rows(expected)
        run("ctr", "run", "--detach", "--null-io", "docker.io/library/app:1", "task", "sleep", "1000")
        found = profile("container:task")
        assert rows(found) == rows(expected)
        assert found.inventory.total.bytecode == expected.inventory.total.bytecode
        assert len(run("ctr", "tasks", "ps", "task").splitlines()) == 2  # a heading, and sleep
        run("ctr", "tasks", "kill", "--signal", "KILL", "task")
        with pytest.raises(EngineFailed, match="ctr cannot export task") as caught:
            stopped("container:task")
        assert "nerdctl" in caught.value.hint


def stopped(target: str) -> Profile:
    """Profile a container again until its engine has noticed that it stopped."""
    for _ in range(50):
        profile(target)
        time.sleep(0.2)
    return profile(target)


def test_registry__the_same_image_as_oci__the_same(archive: Path, expected: Profile, tmp_path: Path) -> None:
    oci = tmp_path / "oci.tar"
    run("skopeo", "--insecure-policy", "copy", f"docker-archive:{archive}", f"oci-archive:{oci}:app:1")
    assert rows(profile(oci)) == rows(expected)
    with docker_registry(tmp_path) as host:
        push(oci, host, "app:1")
        found = profile(f"registry:{host}/app:1")
    assert rows(found) == rows(expected)
    assert found.image is not None
    assert expected.image is not None
    assert found.image.where == expected.image.where


def test_environment__named__is_split_in_place_of_the_first(archive: Path) -> None:
    found = profile(archive, Settings.of(environment="/usr"))
    assert found.inventory.environment.prefix == "usr"
    assert [want.name for want in found.split("production").kept] == ["pyyaml"]


@pytest.mark.parametrize("target", ["docker:nosuch:1", "container:nosuch"])
def test_engine__does_not_know_it__its_own_reason(
    target: str, docker: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    assert _run([target], debug=False) == 5
    said = capfd.readouterr().err
    assert "No such" in said
    assert "hint: " in said


# --- nothing of a target is ever changed -------------------------------------------------------------


def test_container__measured__is_not_changed(expected: Profile, docker: pytest.MonkeyPatch, tmp_path: Path) -> None:
    # Debian's packages compile their modules when they are installed; without that, any import would write bytecode.
    (tmp_path / "Dockerfile").write_text("FROM app:1\nRUN find / -xdev -name __pycache__ -prune -exec rm -r {} +\n")
    run("docker", "build", "--quiet", "--network", "none", "--tag", "source:1", str(tmp_path))
    run("docker", "run", "--detach", "--network", "none", "--name", "diffed", "source:1", "sleep", "1000")
    try:
        before = run("docker", "diff", "diffed")
        found = profile("container:diffed")
        assert found.inventory.total.disk is not None  # its own Python did it
        assert found.inventory.total.bytecode == 0
        assert run("docker", "diff", "diffed") == before == ""
        profile("docker:source:1")
        assert run("docker", "diff", "diffed") == ""
        run("docker", "exec", "diffed", "python3", "-c", "import json")
        assert run("docker", "diff", "diffed") != ""  # which this would show
    finally:
        run("docker", "rm", "--force", "diffed")


def test_container__of_podman__is_not_changed(archive: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with podman() as variables:
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        run("podman", "load", "--quiet", "--input", str(archive))
        run("podman", "run", "--detach", "--name", "pod", "app:1", "sleep", "1000")
        monkeypatch.setenv("DOCKER_HOST", "unix:///nowhere")
        before = run("podman", "diff", "pod")
        profile("container:pod")
        profile("podman:app:1")
        assert run("podman", "diff", "pod") == before


def test_container__without_the_right_to_read_all__is_whole_all_the_same(
    expected: Profile, docker: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    (tmp_path / "Dockerfile").write_text(
        "FROM app:1\nRUN chown -R 1000 /opt/venv && chmod 700 /opt/venv/lib/python3*/site-packages\n"
    )
    run("docker", "build", "--quiet", "--network", "none", "--tag", "closed:1", str(tmp_path))
    run(
        "docker", "run", "--detach", "--network", "none", "--cap-drop", "ALL", "--name", "closed", "closed:1",
        "sleep", "1000",
    )  # fmt: skip
    try:
        assert rows(profile("container:closed")) == rows(expected)
    finally:
        run("docker", "rm", "--force", "closed")


@pytest.mark.parametrize("kind", ["env", "rootfs", "docker-archive", "oci", "dir", "export"])
def test_target__on_a_disk_that_cannot_be_written__is_measured(
    archive: Path, docker: pytest.MonkeyPatch, tmp_path: Path, kind: str
) -> None:
    location, mounted = tmp_path / "place", tmp_path / "mounted"
    location.mkdir()
    mounted.mkdir()
    target = {"docker-archive": "app.tar", "export": "root.tar", "env": "root/opt/venv"}.get(kind, "root")
    if kind == "docker-archive":
        (location / "app.tar").hardlink_to(archive)
    elif kind in ("oci", "dir"):
        run("skopeo", "--insecure-policy", "copy", f"docker-archive:{archive}", f"{kind}:{location / 'root'}")
    else:
        run("docker", "create", "--network", "none", "--name", f"bound-{kind}", "app:1", "true")
        run("docker", "export", "--output", str(location / "root.tar"), f"bound-{kind}")
        (location / "root").mkdir()
        run("tar", "-C", str(location / "root"), "-xf", str(location / "root.tar"), "--exclude=dev/*")
    run("mount", "--bind", str(location), str(mounted))
    try:
        run("mount", "-o", "remount,bind,ro", str(mounted))
        prefix = "" if kind == "export" else f"{kind}:"
        assert profile(f"{prefix}{mounted / target}").inventory.distributions
    finally:
        run("umount", str(mounted))
