from __future__ import annotations

import pytest

from deadweight.errors import BadInput
from deadweight.model import Archive, Lock, Pinned
from deadweight.platforms.machine import Machine
from deadweight.platforms.selection import Chosen, best_wheel, choose

LINUX = Machine("3.12", "manylinux_2_28_x86_64")
ALPINE = Machine("3.12", "musllinux_1_2_x86_64")
GLIBC_17, GLIBC_28 = "cp312-cp312-manylinux_2_17_x86_64", "cp312-cp312-manylinux_2_28_x86_64"
MUSL_1, MUSL_2 = "cp312-cp312-musllinux_1_1_x86_64", "cp312-cp312-musllinux_1_2_x86_64"
ABI3 = "cp38-abi3-manylinux2014_x86_64"


def archive(filename: str, sha256: str | None = None) -> Archive:
    return Archive(filename=filename, url=f"https://files.example/{filename}", sha256=sha256)


def wheel(tag: str) -> Archive:
    return archive(f"a-1.0-{tag}.whl")


def chosen(package: Pinned, machine: Machine = LINUX, allowed: frozenset[str] | None = None) -> Chosen:
    (found,) = choose(Lock(packages=(package,)), machine, {package.name: allowed} if allowed is not None else None)
    return found


@pytest.mark.parametrize(
    ("machine", "tags", "best"),
    [
        (LINUX, ["py3-none-any", GLIBC_17], GLIBC_17),
        (LINUX, [GLIBC_17, GLIBC_28], GLIBC_28),
        (LINUX, [ABI3, "cp311-cp311-manylinux2014_x86_64"], ABI3),
        (LINUX, ["cp312-cp312-manylinux_2_35_x86_64", MUSL_2], None),
        (LINUX, ["cp312-cp312-manylinux1_x86_64"], "cp312-cp312-manylinux1_x86_64"),
        (LINUX, ["cp313-cp313-manylinux_2_28_x86_64", "cp312-cp312-manylinux_2_28_aarch64"], None),
        (LINUX, ["py2.py3-none-any"], "py2.py3-none-any"),
        (ALPINE, [GLIBC_28, MUSL_1], MUSL_1),
        (ALPINE, [GLIBC_28], None),
        (Machine("3.13", "win_amd64"), ["cp313-cp313-win32", "cp313-cp313-win_amd64"], "cp313-cp313-win_amd64"),
        (Machine("3.13", "macosx_14_0_arm64"), ["cp313-cp313-macosx_11_0_arm64", "cp313-cp313-macosx_10_9_universal2"],
         "cp313-cp313-macosx_11_0_arm64"),
        (Machine("3.13", "macosx_11_0_arm64"), ["cp313-cp313-macosx_14_0_arm64"], None),
    ],
)  # fmt: skip
def test_best_wheel__tags__the_closest_fit(machine: Machine, tags: list[str], best: str | None) -> None:
    found = best_wheel([wheel(tag) for tag in tags], machine)
    assert found == (wheel(best) if best else None)


def test_best_wheel__build_numbers__the_highest() -> None:
    wheels = [archive(f"a-1.0-{build}py3-none-any.whl") for build in ("", "2-", "10-", "1-")]
    assert best_wheel(wheels, LINUX) == wheels[2]


def test_best_wheel__file_names_that_are_none__are_passed_over() -> None:
    bomb = archive(f"a-1.0-{'.'.join('p' * 99)}-{'.'.join('n' * 99)}-{'.'.join('a' * 99)}.whl")
    assert best_wheel([archive("a.whl"), archive("a-1.0-x.whl"), archive("a-1.0.zip"), bomb], LINUX) is None


def test_choose__wheel_that_fits__without_a_reason() -> None:
    package = Pinned(name="a", version="1.0", wheels=(wheel("py3-none-any"),), sdist=archive("a-1.0.tar.gz"))
    assert chosen(package) == Chosen(package=package, archive=wheel("py3-none-any"))


def test_choose__no_wheel_at_all__the_sdist_and_why() -> None:
    package = Pinned(name="a", version="1.0", sdist=archive("a-1.0.tar.gz"))
    found = chosen(package, ALPINE)
    assert (found.archive, found.estimated) == (package.sdist, True)
    assert found.reason == "no wheel: estimated from its sdist"


def test_choose__no_compatible_wheel__size_is_estimated_from_the_most_similar() -> None:
    near, far = wheel(GLIBC_28), wheel("cp312-cp312-win32")
    package = Pinned(name="a", version="1.0", wheels=(far, near), sdist=archive("a-1.0.tar.gz"))
    found = chosen(package, ALPINE)
    assert (found.archive, found.estimated) == (near, True)
    assert found.reason.startswith("no wheel for Python 3.12 on musllinux_1_2_x86_64: estimated")


def test_choose__neither__is_an_answer_and_no_failure() -> None:
    found = chosen(Pinned(name="a", version="1.0", wheels=(wheel("cp312-cp312-win32"),)))
    assert (found.archive, found.exit_code) == (None, 0)
    assert "and no sdist to build one from" in found.reason


def test_choose__repository__only_a_build_could_tell() -> None:
    found = chosen(Pinned(name="a", version=None, location="git+https://git.example/a"))
    assert found.archive is None
    assert "git.example/a" in found.reason


def test_choose__hashes__only_what_they_allow() -> None:
    one, other = archive("a-1.0-py3-none-any.whl", "1" * 64), archive("a-1.0-cp312-none-any.whl", "2" * 64)
    package = Pinned(name="a", version="1.0", wheels=(one, other))
    assert chosen(package).archive == other
    assert chosen(package, allowed=frozenset({"1" * 64})).archive == one
    refused = chosen(package, allowed=frozenset({"3" * 64}))
    assert (refused.archive, refused.exit_code) == (None, 4)


@pytest.mark.parametrize(
    "platform", ["linux", "manylinux_x86_64", "musllinux_1_2", "windows", "../x", "macosx_14_arm64"]
)
def test_machine__platform_of_no_known_form__is_refused_with_examples(platform: str) -> None:
    with pytest.raises(BadInput) as caught:
        Machine("3.12", platform)
    assert "musllinux_1_2_x86_64" in caught.value.hint


@pytest.mark.parametrize(
    ("platform", "values"),
    [
        ("manylinux_2_28_aarch64", ("linux", "Linux", "posix", "aarch64")),
        ("musllinux_1_2_x86_64", ("linux", "Linux", "posix", "x86_64")),
        ("macosx_14_0_arm64", ("darwin", "Darwin", "posix", "arm64")),
        ("win_amd64", ("win32", "Windows", "nt", "AMD64")),
        ("win_arm64", ("win32", "Windows", "nt", "ARM64")),
        ("win32", ("win32", "Windows", "nt", "x86")),
    ],
)
def test_machine__marker_values__follow_the_platform(platform: str, values: tuple[str, ...]) -> None:
    found = Machine("3.13", platform).marker_values
    assert tuple(found[n] for n in ("sys_platform", "platform_system", "os_name", "platform_machine")) == values
    assert (found["python_version"], found["python_full_version"]) == ("3.13", "3.13.0")


def test_machine__musl__versions_are_chosen_as_for_glibc() -> None:
    assert ALPINE.for_resolving() == Machine("3.12", "manylinux_2_40_x86_64")
    assert LINUX.for_resolving() == LINUX
    assert Machine("3.12").for_resolving() == Machine("3.12")
