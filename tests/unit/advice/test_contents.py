"""Bytecode, tests and documentation, archives, secrets: what the files of an image are."""

from __future__ import annotations

import pytest

from deadweight.advice.files.archives import archive_findings
from deadweight.advice.files.bytecode import bytecode_findings
from deadweight.advice.files.contents import content_findings
from deadweight.advice.files.secrets import secret_findings
from tests.builders import dist_files
from tests.images import Content
from tests.unit.advice.cases import case_of

SITE = "opt/venv/lib/python3.12/site-packages"
NUMPY: dict[str, Content] = {
    f"{SITE}/{path}": data
    for path, data in dist_files(
        "numpy",
        files={
            "numpy/__init__.py": "x" * 50, "numpy/tests/test_a.py": "y" * 300, "numpy/docs/a.rst": "z" * 200,
            "numpy/LICENSE.md": "l" * 90,
        },
    ).items()
}  # fmt: skip


def test_contents__tests_and_documentation__are_those_that_trim_removes() -> None:
    case = case_of({**NUMPY, "opt/venv/pyvenv.cfg": "version = 3.12.1\n"})
    [finding] = content_findings(case)
    assert (finding.rule, finding.size, finding.files, finding.names) == ("DW509", 500, 2, ("numpy",))
    assert "`deadweight trim /opt/venv --kinds tests,docs --apply --discard`" in finding.change


def venv_at(prefix: str) -> dict[str, Content]:
    renamed = {path.replace("opt/venv", prefix): content for path, content in NUMPY.items()}
    return {**renamed, f"{prefix}/pyvenv.cfg": "version = 3.12.1\n"}


def test_contents__name_with_shell_syntax__is_quoted() -> None:
    [finding] = content_findings(case_of(venv_at("opt/a$(id) x")))
    assert "`deadweight trim '/opt/a$(id) x' --kinds" in finding.change


@pytest.mark.parametrize("prefix", ["opt/a`id`", "opt/a\x1b[31m", "opt/a\nRUN x"])
def test_contents__name_that_nobody_can_type__is_in_no_command(prefix: str) -> None:
    [finding] = content_findings(case_of(venv_at(prefix)))
    assert finding.change == "delete them in the RUN that installs them"


def test_contents__written_again_by_chown__belong_to_the_layer_that_installed_them() -> None:
    [finding] = content_findings(
        case_of({"a": "b"}, NUMPY, NUMPY, commands=["", "RUN pip install", "RUN chown -R a /opt"])
    )
    assert finding.layer == 1


def pyc(*variants: str, size: int = 10) -> dict[str, Content]:
    return {f"{SITE}/numpy/__pycache__/__init__.{variant}.pyc": "b" * size for variant in variants}


@pytest.mark.parametrize(
    ("variants", "superfluous", "level"),
    [
        (("cpython-312",), (), ""),
        (("cpython-311", "cpython-312"), ("cpython-311",), ""),
        (("cpython-312", "cpython-312.opt-1"), ("cpython-312.opt-1",), ""),
        (("cpython-312", "cpython-312.opt-1"), ("cpython-312",), "1"),
        (("cpython-312", "cpython-312.opt-2"), ("cpython-312",), "2"),
    ],
)
def test_bytecode__of_several_interpreters__the_one_that_runs_stays(
    variants: tuple[str, ...], superfluous: tuple[str, ...], level: str
) -> None:
    case = case_of(NUMPY, pyc(*variants), variables={"PYTHONOPTIMIZE": level})
    findings = list(bytecode_findings(case))
    assert [(f.rule, f.layer, f.size, f.names) for f in findings] == [("DW508", 1, 10, superfluous)] * bool(superfluous)


def test_archives__of_what_is_installed__are_found() -> None:
    wheels: dict[str, Content] = {
        "wheels/numpy-1.0-cp312-cp312-manylinux_2_17_x86_64.whl": "w" * 70,
        "wheels/other-1.0-py3-none-any.whl": "w" * 50,
        "usr/local/lib/python3.12/ensurepip/_bundled/numpy-1.0-py3-none-any.whl": "w", "root/.cache/numpy-1.0.whl": "w",
        "tmp/gcc-12_12.2.0_amd64.deb": "d" * 30, "var/lib/dpkg/info/gcc-12.list": "/usr/bin/gcc\n", "usr/bin/gcc": "g",
    }  # fmt: skip
    [finding] = archive_findings(case_of(NUMPY, wheels))
    assert (finding.rule, finding.layer, finding.size, finding.names) == ("DW516", 1, 100, ("numpy", "gcc-12"))
    assert finding.paths == (("wheels", 70), ("tmp", 30))


@pytest.mark.parametrize(
    "path",
    ["app/.env", ".env", "app/.env.production", "root/.netrc", "home/a/.ssh/id_ed25519", "root/.aws/credentials"],
)
def test_secrets__by_name__without_their_contents(path: str) -> None:
    [finding] = secret_findings(case_of({path: "TOKEN=hunter2"}))
    assert (finding.rule, finding.size, finding.paths, finding.sure) == ("DW511", 13, ((path, 13),), False)
    assert "hunter2" not in repr(finding)


@pytest.mark.parametrize(
    "path", ["app/.env.example", "app/.env.sample", "a.env", "app/.env/x", "app/env", "id_rsa.pub", "app/.envrc"]
)
def test_secrets__something_similar__is_no_finding(path: str) -> None:
    assert not list(secret_findings(case_of({path: "TOKEN=hunter2"})))


def test_secrets__deleted_later__can_still_be_read() -> None:
    [finding] = secret_findings(case_of({"app/.env": "TOKEN=hunter2"}, {"app/.env": None}))
    assert (finding.layer, finding.by) == (0, 1)
    assert finding.reason.endswith("layer 1 hides them, but everyone who has the image can read them")


def test_secrets__empty_file__is_no_finding() -> None:
    assert not list(secret_findings(case_of({"app/.env": ""})))
