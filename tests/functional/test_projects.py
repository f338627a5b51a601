"""Projects as users have them, with the real resolver: pins, workspaces, poetry's tables, another Python."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path

import pytest

from deadweight import Settings
from deadweight.analysis.profile import Profile
from deadweight.errors import BadInput, FetchFailed, InstallFailed, NoInterpreter, WrongPython
from deadweight.operations.measure import profile
from deadweight.report.splits import split_files
from tests.builders import make_wheel, write_files
from tests.index_server import Server, index_of

GPU = [
    make_wheel("dw-torch", "2.0", requires=["dw-cuda"], files={"dw_torch/a.bin": "g" * 9000}),
    make_wheel("dw-cuda", files={"dw_cuda/lib.bin": "c" * 90_000}),
    make_wheel("dw-app", requires=["dw-torch"]),
    make_wheel("dw-lib"),
    make_wheel("dw-lib", "2.0"),
    make_wheel("dw-test"),
]
CPU = [
    make_wheel("dw-torch", "2.0+cpu", files={"dw_torch/a.bin": "c" * 4000}),
    make_wheel("dw-lib", "9.0"),
]


@pytest.fixture
def gpu(tmp_path: Path, loopback: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Server]:
    monkeypatch.chdir(tmp_path)
    with Server(**index_of(GPU)) as server:
        yield server


@pytest.fixture
def cpu(gpu: Server) -> Iterator[Server]:
    with Server(**index_of(CPU)) as server:
        yield server


def measure(server: Server, text: str, **settings: object) -> Profile:
    write_files(Path(), {"pyproject.toml": text})
    given: dict[str, object] = {"no_install": True, "index_url": f"{server.url}/simple/", **settings}
    return profile("pyproject.toml", Settings.of(**given))


def versions(found: Profile) -> dict[str, str | None]:
    return {d.name: d.metadata.version for d in found.inventory.distributions}


PINNED = """
[project]
name = "p"
version = "1"
requires-python = ">=3.8"
dependencies = ["dw-torch>=2", "dw-lib"]
[tool.uv.sources]
dw-torch = {{ index = "cpu" }}
[[tool.uv.index]]
name = "cpu"
url = "{url}/simple/"
explicit = true
"""


@pytest.mark.parametrize("no_install", [True, False])
def test_uv_sources__explicit_index__is_where_the_pinned_project_alone_comes_from(
    gpu: Server, cpu: Server, no_install: bool
) -> None:
    found = measure(gpu, PINNED.format(url=cpu.url), no_install=no_install, installer="uv", bytecode="none")
    assert versions(found) == {"dw-torch": "2.0+cpu", "dw-lib": "2.0"}
    assert f"dw-torch from {cpu.url}/simple/" in found.warnings[0]
    assert f"dw-torch>=2  # from the index {cpu.url}/simple/" in split_files(found, "", pin=False).popitem()[1]


def test_uv_sources__explicit_index_out_of_reach__is_no_report_of_another_build(gpu: Server) -> None:
    with pytest.raises(InstallFailed, match="dw-torch"):
        measure(gpu, PINNED.format(url="http://127.0.0.1:9"), installer="uv")


def test_uv_sources__explicit_index_and_pip__is_refused_by_name(gpu: Server, cpu: Server) -> None:
    with pytest.raises(InstallFailed, match="dw-torch") as caught:
        measure(gpu, PINNED.format(url=cpu.url), installer="pip")
    assert "uv" in caught.value.hint


def test_uv_sources__index_option__overrules_the_pin(gpu: Server) -> None:
    text = PINNED.format(url="http://127.0.0.1:9")
    found = measure(gpu, text, installer="uv", index=(f"dw-torch={gpu.url}/simple/",))
    assert versions(found)["dw-torch"] == "2.0"


def test_uv_sources__credentials_of_an_index__are_not_shown(gpu: Server, cpu: Server) -> None:
    cpu.user = "me:secret"
    found = measure(gpu, PINNED.format(url=cpu.url.replace("//", "//me:secret@")), installer="uv")
    assert versions(found)["dw-torch"] == "2.0+cpu"
    assert found.requirements is not None
    assert "secret" not in found.requirements.text


@pytest.mark.parametrize("explicit", ["true", "false"])
def test_uv_index__credentials_in_variables__are_used(
    gpu: Server, cpu: Server, explicit: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    cpu.user = "me:secret"
    monkeypatch.setenv("UV_INDEX_CPU_USERNAME", "me")
    monkeypatch.setenv("UV_INDEX_CPU_PASSWORD", "secret")
    text = PINNED.format(url=cpu.url).replace("explicit = true", f"explicit = {explicit}")
    assert versions(measure(gpu, text, installer="uv"))["dw-torch"] == "2.0+cpu"


def test_uv_index__that_is_not_explicit__counts_before_the_default(gpu: Server, cpu: Server) -> None:
    text = f"""
        [project]
        name = "p"
        dependencies = ["dw-torch", "dw-test"]
        [[tool.uv.index]]
        url = "{cpu.url}/simple/"
        """
    assert versions(measure(gpu, text, installer="uv")) == {"dw-torch": "2.0+cpu", "dw-test": "1.0"}


def test_uv_index__default__replaces_the_usual_one(gpu: Server) -> None:
    text = f'[project]\nname = "p"\ndependencies = ["dw-test"]\n[[tool.uv.index]]\nurl = "{gpu.url}/simple/"\n'
    write_files(Path(), {"pyproject.toml": f"{text}default = true\n"})
    found = profile("pyproject.toml", Settings.of(no_install=True))
    assert versions(found) == {"dw-test": "1.0"}
    assert {each.path for each in gpu.asked if each.path.startswith("/simple")} == {"/simple/dw-test/"}


def test_uv_settings__constraints_and_overrides__hold(gpu: Server) -> None:
    text = """
        [project]
        name = "p"
        dependencies = ["dw-app", "dw-lib"]
        [tool.uv]
        constraint-dependencies = ["dw-lib<2"]
        override-dependencies = ["dw-app==1.0"]
        exclude-dependencies = ["dw-cuda"]
        resolution = "highest"
        exclude-newer-package = { dw-app = false }
        """
    expected = {"dw-app": "1.0", "dw-lib": "1.0", "dw-torch": "2.0"}
    assert versions(measure(gpu, text, installer="uv")) == expected
    assert versions(measure(gpu, text, installer="uv", no_install=False, bytecode="none")) == expected


@pytest.mark.parametrize(
    "key", ["override-dependencies = ['a']", "exclude-dependencies = ['a']", "resolution = 'lowest'"]
)
def test_uv_settings__that_pip_does_not_have__are_refused_by_name(gpu: Server, key: str) -> None:
    with pytest.raises(InstallFailed, match=key.split()[0]):
        measure(gpu, f'[project]\nname = "p"\ndependencies = ["dw-lib"]\n[tool.uv]\n{key}\n', installer="pip")


def test_poetry__explicit_source_and_groups__are_honoured(gpu: Server, cpu: Server) -> None:
    text = f"""
        [tool.poetry]
        name = "p"
        [tool.poetry.dependencies]
        python = "^3.8"
        dw-torch = {{ version = "^2.0", source = "cpu" }}
        dw-lib = "~1.0"
        [tool.poetry.group.test.dependencies]
        dw-test = "*"
        [[tool.poetry.source]]
        name = "cpu"
        url = "{cpu.url}/simple/"
        priority = "explicit"
        """
    assert versions(measure(gpu, text)) == {"dw-torch": "2.0+cpu", "dw-lib": "1.0"}
    found = measure(gpu, text, all_groups=True)
    assert versions(found) == {"dw-torch": "2.0+cpu", "dw-lib": "1.0", "dw-test": "1.0"}
    assert found.groups["dw-test"].group == "dev"


def test_workspace__members__are_measured_by_what_they_need(gpu: Server) -> None:
    write_files(
        Path(),
        {
            "packages/core/pyproject.toml": """
                [project]
                name = "core"
                dependencies = ["dw-lib"]
                [project.optional-dependencies]
                test = ["dw-test"]
                """,
            "packages/other/pyproject.toml": '[project]\nname = "other"\ndependencies = ["dw-cuda"]\n',
        },
    )
    root = """
        [project]
        name = "p"
        dependencies = ["core[test]"]
        [tool.uv.sources]
        core = { workspace = true }
        dw-lib = { index = "cpu" }
        [tool.uv.workspace]
        members = ["packages/*"]
        """
    with pytest.raises(BadInput, match="undefined index cpu"):
        measure(gpu, root)
    root = root.replace("dw-lib = { index", "# ")
    assert set(versions(measure(gpu, root))) == {"dw-lib", "dw-test"}
    assert set(versions(measure(gpu, root, package=("Other",)))) == {"dw-cuda"}
    with pytest.raises(BadInput, match="unknown member of the workspace nobody"):
        measure(gpu, root, package=("nobody",))


def test_workspace__member_as_target__has_the_sources_of_its_root(gpu: Server, cpu: Server) -> None:
    root = f"""
        [tool.uv.workspace]
        members = ["packages/*"]
        exclude = ["packages/old"]
        [tool.uv.sources]
        dw-torch = {{ index = "cpu" }}
        [[tool.uv.index]]
        name = "cpu"
        url = "{cpu.url}/simple/"
        explicit = true
        """
    write_files(Path(), {f"packages/{name}/pyproject.toml": MEMBER for name in ("new", "old")})
    write_files(Path(), {"pyproject.toml": root})
    settings = Settings.of(no_install=True, index_url=f"{gpu.url}/simple/")
    assert versions(profile("packages/new/pyproject.toml", settings)) == {"dw-torch": "2.0+cpu"}
    assert set(versions(profile("packages/old/pyproject.toml", settings))) == {"dw-torch", "dw-cuda"}


def test_workspace__root_that_is_no_project__is_all_members_and_its_own_groups(gpu: Server) -> None:
    write_files(Path(), {"libs/a/pyproject.toml": MEMBER.replace("new", "a").replace("dw-torch", "dw-lib<2")})
    root = '[tool.uv.workspace]\nmembers = ["libs/*"]\n[dependency-groups]\ndev = ["dw-test"]\n'
    assert set(versions(measure(gpu, root))) == {"dw-lib"}
    assert set(versions(measure(gpu, root, group=("dev",)))) == {"dw-lib", "dw-test"}


MEMBER = '[project]\nname = "new"\ndependencies = ["dw-torch"]\n'


def test_requires_python__of_another_version__is_measured_for_the_nearest(gpu: Server) -> None:
    text = '[project]\nname = "p"\nrequires-python = ">=3.13"\ndependencies = ["dw-lib"]\n'
    found = measure(gpu, text)
    assert found.inventory.environment.python == "3.13"
    assert found.warnings[0].startswith(
        "measured for Python 3.13, because pyproject.toml requires >=3.13, which excludes 3.11"
    )


def test_requires_python__code_that_this_python_cannot_parse__is_one_note(gpu: Server) -> None:
    write_files(Path(), {f"app/m{n}.py": "import dw_lib\nx = = 1\n" for n in range(5)})
    found = measure(gpu, '[project]\nname = "p"\nrequires-python = ">=3.14"\ndependencies = ["dw-lib"]\n')
    (note,) = [warning for warning in found.warnings if warning.startswith("code for Python 3.14")]
    assert "app/m0.py, app/m1.py, app/m2.py and 2 more" in note
    assert found.application is not None
    assert len(found.application.skipped) == 1


def test_requires_python__no_such_interpreter__is_measured_without_installing(gpu: Server) -> None:
    text = '[project]\nname = "p"\nrequires-python = "==3.6.1"\ndependencies = ["dw-lib"]\n'
    found = measure(gpu, text, no_install=None)
    assert (found.method, found.inventory.environment.python) == ("wheels", "3.6.1")
    with pytest.raises(NoInterpreter):
        measure(gpu, text, no_install=False)


def test_requires_python__option_says_otherwise__is_refused_with_a_version_that_will_do(gpu: Server) -> None:
    text = '[project]\nname = "p"\nrequires-python = "<3.13,>=3.12"\ndependencies = ["dw-lib"]\n'
    with pytest.raises(WrongPython) as caught:
        measure(gpu, text, python="3.13")
    assert caught.value.hint == "use --python 3.12"


def test_requires_python__that_no_python_satisfies__is_refused(gpu: Server) -> None:
    with pytest.raises(WrongPython, match=">=4"):
        measure(gpu, '[project]\nname = "p"\nrequires-python = ">=4"\ndependencies = ["dw-lib"]\n')


@pytest.mark.parametrize(
    "tool",
    [
        "[tool.setuptools.dynamic]\ndependencies = { file = ['reqs/base.in'] }",
        "[tool.hatch.metadata.hooks.requirements_txt]\nfiles = ['reqs/base.in']",
        "[tool.hatch.metadata.hooks.uv-dynamic-versioning]\ndependencies = ['p=={{ version }}', 'dw-lib<2', 'dw-test']",
    ],
)
def test_dynamic__what_the_build_backend_reads__is_read(gpu: Server, tool: str) -> None:
    write_files(Path(), {"reqs/base.in": "-r more.in\ndw-lib<2  # old\n", "reqs/more.in": "dw-test\n"})
    text = f'[project]\nname = "p"\ndynamic = ["dependencies"]\n{tool}\n'
    assert versions(measure(gpu, text)) == {"dw-lib": "1.0", "dw-test": "1.0"}


def test_sources__git_and_path__are_named_and_guessed(gpu: Server) -> None:
    write_files(
        Path(),
        {
            "../near/pyproject.toml": '[project]\nname = "near"\nversion = "1"\ndependencies = ["dw-lib<2"]\n',
            "../near/near/__init__.py": "x = 1\n",
        },
    )
    text = """
        [project]
        name = "p"
        dependencies = ["near", "far>=1"]
        [tool.uv.sources]
        near = { path = "../near", editable = true }
        far = { git = "https://git.example/far.git", rev = "v1", subdirectory = "py" }
        """
    found = measure(gpu, text)
    assert versions(found) == {"near": "1", "dw-lib": "1.0"}
    assert [skipped.name for skipped in found.skipped] == ["far"]
    with pytest.raises((InstallFailed, FetchFailed)):
        measure(gpu, text, no_install=False)


def test_project__that_asks_for_nothing__says_what_else_there_is(gpu: Server) -> None:
    write_files(Path(), {"requirements.txt": "dw-lib\n"})
    found = measure(gpu, '[project]\nname = "p"\n[dependency-groups]\ndev = ["dw-lib"]\n')
    assert versions(found) == {}
    (warning,) = found.warnings
    assert warning.endswith("groups: dev (--group NAME, --all-groups); other files: requirements.txt")


def test_project__whose_dependencies_only_a_build_knows__says_what_can_be_measured(gpu: Server) -> None:
    write_files(Path(), {"requirements.txt": "dw-lib\n"})
    with pytest.raises(BadInput) as caught:
        measure(gpu, '[project]\nname = "p"\ndynamic = ["dependencies"]\n')
    assert caught.value.hint == "measure requirements.txt in the same directory"


def test_names__of_projects__are_measured_without_installing(gpu: Server) -> None:
    settings = Settings.of(index_url=f"{gpu.url}/simple/")
    found = profile(["dw-app", "dw-lib<2"], settings)
    assert versions(found) == {"dw-app": "1.0", "dw-lib": "1.0", "dw-torch": "2.0", "dw-cuda": "1.0"}
    assert (found.target.location, found.method) == ("dw-app dw-lib<2", "wheels")
    assert {row.key for row in found.rows() if row.direct} == {"dw-app", "dw-lib"}
    with pytest.raises(InstallFailed, match="dw-nobody"):
        profile("dw-nobody", settings)


def test_standard_input__of_pip_freeze__is_measured(gpu: Server, monkeypatch: pytest.MonkeyPatch) -> None:
    text = io.TextIOWrapper(io.BufferedReader(io.BytesIO(b"dw-lib==1.0\ndw-test==1.0\n")))
    monkeypatch.setattr("sys.stdin", text)
    found = profile("-", Settings.of(index_url=f"{gpu.url}/simple/", bytecode="none"))
    assert versions(found) == {"dw-lib": "1.0", "dw-test": "1.0"}
    assert found.method == "wheels"


@pytest.mark.parametrize("installer", ["uv", "pip"])
def test_requirements__that_no_python_satisfies__end_with_the_resolvers_words(gpu: Server, installer: str) -> None:
    write_files(Path(), {"requirements.txt": "dw-lib==1.0\ndw-lib==2.0\n"})
    settings = Settings.of(no_install=True, index_url=f"{gpu.url}/simple/")
    with pytest.raises(InstallFailed, match="dw-lib") as caught:
        profile("requirements.txt", settings.replacing(installer=installer))
    assert caught.value.exit_code == 5


def test_sources__path_to_a_project_of_poetry__brings_what_that_asks_for_from_where_it_says(
    gpu: Server, cpu: Server
) -> None:
    near = f"""
        [tool.poetry]
        name = "near"
        version = "1"
        [tool.poetry.dependencies]
        dw-torch = {{ version = "^2.0", source = "cpu" }}
        further = {{ path = "../further" }}
        [[tool.poetry.source]]
        name = "cpu"
        url = "{cpu.url}/simple/"
        priority = "explicit"
        """
    further = '[project]\nname = "further"\nversion = "1"\ndependencies = ["dw-test"]\n'
    write_files(Path(), {"../near/pyproject.toml": near, "../near/near/__init__.py": ""})
    write_files(Path(), {"../further/pyproject.toml": further, "../further/further.py": ""})
    text = '[project]\nname = "p"\ndependencies = ["near"]\n[tool.uv.sources]\nnear = { path = "../near" }\n'
    found = measure(gpu, text, installer="uv")
    assert versions(found) == {"near": "1", "further": "1", "dw-torch": "2.0+cpu", "dw-test": "1.0"}
