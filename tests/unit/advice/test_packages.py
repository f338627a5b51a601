"""Compilers and headers in the final image."""

from __future__ import annotations

import pytest

from deadweight.advice.files.packages import is_build_tool, package_findings
from tests.builders import dist_files
from tests.images import Content, make_elf
from tests.unit.advice.cases import case_of

SITE = "usr/local/lib/python3.12/site-packages"


def package(name: str, *paths: str, size: int = 50) -> dict[str, Content]:
    listed = "".join(f"/{path}\n" for path in paths)
    return {f"var/lib/dpkg/info/{name}.list": listed, **dict.fromkeys(paths, "x" * size)}


def built(name: str, tag: str, *needed: str) -> dict[str, Content]:
    files = dist_files(
        name, files={f"{name}/core.so": make_elf(needed=needed), f"{name}-1.0.dist-info/WHEEL": f"Tag: {tag}\n"}
    )
    return {f"{SITE}/{path}": data for path, data in files.items()}


BASE = package("libc6", "lib/x86_64-linux-gnu/libc.so.6")
TOOLS = {**package("gcc-12", "usr/bin/gcc-12", size=300), **package("libpq-dev", "usr/include/libpq-fe.h", size=200)}
LIBRARY: dict[str, Content] = {
    "var/lib/dpkg/info/libpq5.list": "/usr/lib/libpq.so.5\n",
    "usr/lib/libpq.so.5": make_elf(soname="libpq.so.5"),
}


def test_packages__compiler_and_headers__say_what_was_built_and_what_must_stay() -> None:
    layer = {**TOOLS, **LIBRARY, **built("psycopg2", "cp312-cp312-linux_x86_64", "libpq.so.5")}
    case = case_of(BASE, layer, commands=["", "RUN apt-get install -y gcc-12 libpq-dev"])
    [finding] = package_findings(case)
    assert (finding.rule, finding.layer, finding.size, finding.files) == ("DW501", 1, 500, 2)
    assert finding.names == ("gcc-12", "libpq-dev")
    assert finding.reason == "contains compilers or headers, with which psycopg2 was built"
    assert finding.change == (
        "install gcc-12, libpq-dev in an earlier stage that builds wheels, or remove them in the same RUN;"
        " keep libpq5 for psycopg2"
    )
    assert finding.sure


def test_packages__wheels_of_an_index__were_not_built() -> None:
    layer = {**TOOLS, **built("numpy", "cp312-cp312-manylinux_2_17_x86_64")}
    [finding] = package_findings(case_of(layer))
    assert finding.reason == "contains compilers or headers, and no distribution was built here"


def test_packages__distribution_of_the_system__was_not_built_here() -> None:
    distribution = built("yaml", "cp311-cp311-linux_x86_64")
    listed = {"var/lib/dpkg/info/python3-yaml.list": "".join(f"/{path}\n" for path in distribution)}
    [finding] = package_findings(case_of({**TOOLS, **distribution, **listed}))
    assert "no distribution was built here" in finding.reason


def test_packages__library_of_a_development_package_that_is_needed__stays() -> None:
    layer = {
        "var/lib/dpkg/info/libfoo-dev.list": "/usr/lib/libfoo.so\n", "usr/lib/libfoo.so": make_elf(soname="libfoo.so"),
        **built("foo", "cp312-cp312-linux_x86_64", "libfoo.so"),
    }  # fmt: skip
    assert not list(package_findings(case_of(layer)))


def test_packages__compiler_that_is_called_at_run_time__is_for_the_user_to_judge() -> None:
    [finding] = package_findings(case_of({**TOOLS, **built("triton", "cp312-cp312-manylinux_2_17_x86_64")}))
    assert not finding.sure
    assert finding.change.endswith("; check first that nothing calls a compiler at run time, as triton may")


def test_packages__base_image__asks_for_its_slim_variant() -> None:
    [finding] = package_findings(case_of(TOOLS, {}, base=1))
    assert finding.change == "use a base image without compilers, such as the slim variant of the same image"


def test_packages__apk__is_recognized() -> None:
    database = "P:musl-dev\nF:usr/include\nR:stdio.h\n\nP:musl\nF:lib\nR:libc.so\n\n"
    [finding] = package_findings(
        case_of({"lib/apk/db/installed": database, "usr/include/stdio.h": "x" * 9, "lib/libc.so": "y"})
    )
    assert (finding.names, finding.size) == (("musl-dev",), 9)


BUILD_TOOLS = (
    "gcc g++-12 build-essential libpq-dev libpq-devel musl-dev cmake libgcc-12-dev binutils-x86-64-linux-gnu"
    " linux-libc-dev kernel-headers python3-dev golang-go"
)
OTHERS = (
    "gcc-12-base libgcc-s1 libstdc++6 libgomp1 libc6 makedev git python3 libpq5 llvm-libs libdevmapper1 go-md2man"
    " golang-docker-credential-helpers"
)


@pytest.mark.parametrize("name", BUILD_TOOLS.split())
def test_names__of_build_tools__match(name: str) -> None:
    assert is_build_tool(name)


@pytest.mark.parametrize("name", OTHERS.split())
def test_names__of_other_packages__do_not_match(name: str) -> None:
    assert not is_build_tool(name)
