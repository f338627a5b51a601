"""Requirements files measured from the wheels of an index on this machine, against what real installers leave."""

from __future__ import annotations

import contextlib
import io
import json
import os
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from deadweight import DeadweightError, Progress, Settings
from deadweight.analysis.profile import Profile
from deadweight.analysis.reporting import report_of
from deadweight.cli import _run
from deadweight.errors import BadInput, FetchFailed, InstallFailed
from deadweight.operations.measure import profile
from deadweight.report.text.as_text import as_text
from deadweight.report.view import View
from tests.builders import ELF_X86_64, make_wheel, metadata, write_files
from tests.index_server import Server, index_of

both = pytest.mark.parametrize("installer", ["uv", "pip"])
ODD: dict[str, str | bytes] = {  # all that an installer does with a wheel
    "odd/__init__.py": "x = 1\n",
    "odd/späte,r.txt": "comma and letters",
    "odd/native.cpython-311-x86_64-linux-gnu.so": ELF_X86_64 * 20,
    "odd.libs/libz.so.1": ELF_X86_64 * 30,
    "odd-1.0.data/scripts/odd-tool": "#!python\nprint(1)\n",
    "odd-1.0.data/data/share/odd/data.bin": bytes(1000),
    "odd-1.0.data/data/etc/odd.conf": "a = 1\n",
    "odd-1.0.data/headers/odd.h": "int x;\n",
    "odd-1.0.data/purelib/odd_more.py": "y = 2\n",
}
WHEELS = [
    make_wheel("dw-app", requires=["dw-lib>=1", "dw-extra ; extra == 'more'"], headers=["Provides-Extra: more"]),
    make_wheel("dw-lib", entry_points="[console_scripts]\ndw-lib = dw_lib.cli:main\n[gui_scripts]\ngo=dw_lib:A.run\n"),
    make_wheel("dw-extra", requires=["dw-win ; sys_platform == 'win32'"]),
    make_wheel("dw-win"),
    make_wheel("odd", files=ODD, entry_points="[console_scripts]\nodd = odd:main [x]\n"),
]  # fmt: skip


def sdist(
    name: str, version: str = "1.0", *, requires: str = "", files: dict[str, str] | None = None
) -> tuple[str, bytes]:
    """Return (file name, bytes) of an sdist that breaks whoever runs its code."""
    module = name.replace("-", "_")
    top = f"{module}-{version}"
    content = {
        "PKG-INFO": metadata(name, version, requires=[requires] if requires else []),
        "setup.py": "raise SystemExit('code was run')\n",
        f"{module}/__init__.py": "x = 1\n" * 100,
        "tests/test_it.py": "assert True\n",
        **(files or {}),
    }
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as archive:
        for path, text in content.items():
            member = tarfile.TarInfo(f"{top}/{path}")
            member.size = len(text)
            archive.addfile(member, io.BytesIO(text.encode()))
    return f"{top}.tar.gz", buffer.getvalue()


@pytest.fixture
def here(tmp_path: Path, loopback: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.fixture
def server(here: Path) -> Iterator[Server]:
    with Server(**index_of(WHEELS)) as found:
        yield found


def measure(server: Server, text: str, **settings: object) -> Profile:
    Path("requirements.txt").write_text(text)
    given: dict[str, object] = {"no_install": True, "index_url": f"{server.url}/simple/", **settings}
    return profile("requirements.txt", Settings.of(**given))


def sizes(found: Profile) -> dict[str, int]:
    return {d.key: d.sizes.apparent for d in found.inventory.distributions}


@both
def test_no_install__sizes__are_those_of_the_install_to_the_byte(server: Server, installer: str) -> None:
    text = "dw-app[more]\nodd\n"
    measured = measure(server, text, installer=installer)
    # The path has a fixed length: with a longer one, the sizes of launchers in RECORD could have more digits.
    with tempfile.TemporaryDirectory(dir="/tmp") as parent:
        env = os.path.join(parent, "env")
        installed = measure(server, text, installer=installer, no_install=False, bytecode="none", keep_env=env)
    longer = len(env) - len("/opt/venv")  # launchers name the environment's directory
    launchers = {"dw-lib": 2, "odd": 2}
    expected = {name: size - longer * launchers.get(name, 0) for name, size in sizes(installed).items()}
    assert sizes(measured) == expected
    assert measured.inventory.unowned.apparent == 0
    for one, other in zip(measured.inventory.distributions, installed.inventory.distributions, strict=True):
        assert one.sizes.files == other.sizes.files
        assert one.import_names == other.import_names
        assert {k: v for k, v in one.sizes.kinds.items() if k in ("native", "bundled", "headers")} == {
            k: v for k, v in other.sizes.kinds.items() if k in ("native", "bundled", "headers")
        }
    assert [row.requires for row in measured.rows()] == [row.requires for row in installed.rows()]


@both
def test_no_install__nothing_is_left_and_only_tails_are_fetched(server: Server, loopback: Path, installer: str) -> None:
    big = make_wheel("dw-big", files={"dw_big/data.bin": bytes(range(256)) * 20_000, "dw_big/z.bin": "z"})
    import zipfile

    path = Path(big[0])
    with zipfile.ZipFile(path, "w") as stored, zipfile.ZipFile(io.BytesIO(big[1])) as packed:
        for name in packed.namelist():
            stored.writestr(name, packed.read(name))  # not compressed: five million bytes
    data = path.read_bytes()
    with Server(**index_of([(big[0], data)])) as other:
        found = measure(other, "dw-big\n", installer=installer)
        ours = [asked for asked in other.asked if asked.path == f"/files/{big[0]}" and asked.range == "bytes=-40000"]
    assert sizes(found)["dw-big"] > 5_000_000
    assert len(ours) == 1
    assert found.inventory.distributions[0].archive is not None
    assert found.inventory.distributions[0].archive.size == len(data)
    assert list(loopback.iterdir()) == []


def test_no_install__second_time__comes_from_the_cache(server: Server) -> None:
    first = measure(server, "dw-app\n")
    before = len([asked for asked in server.asked if asked.range == "bytes=-40000"])
    second = measure(server, "dw-app\n")
    assert sizes(first) == sizes(second)
    assert len([asked for asked in server.asked if asked.range == "bytes=-40000"]) == before == 2
    measure(server, "dw-app\n", no_cache=True)
    assert len([asked for asked in server.asked if asked.range == "bytes=-40000"]) == 4


def pages_asked(server: Server) -> int:
    return len([asked for asked in server.asked if asked.path.startswith("/simple/")])


def test_no_install__same_question_within_ten_minutes__is_not_resolved_again(
    server: Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    import time

    now, began = time.time, pages_asked(server)
    first = measure(server, "dw-app\n")
    asked = pages_asked(server)
    assert asked > began
    again = measure(server, "dw-app\n")
    assert pages_asked(server) == asked
    assert sizes(again) == sizes(first)
    assert [row.requires for row in again.rows()] == [row.requires for row in first.rows()]
    monkeypatch.setattr("deadweight.sources.resolve.resolutions.time.time", lambda: now() + 601)
    measure(server, "dw-app\n")
    assert pages_asked(server) > asked


@pytest.mark.parametrize("change", ["line", "constraint", "python", "variable", "config", "no-cache", "index"])
def test_no_install__other_question__is_resolved(
    server: Server, here: Path, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    write_files(here, {"c.txt": "dw-lib>=0.5\n"})
    text, settings = "dw-app\n-c c.txt\n", dict[str, object]()
    measure(server, text)
    before = pages_asked(server)
    if change == "line":
        text += "odd\n"
    elif change == "constraint":
        write_files(here, {"c.txt": "dw-lib>=0.6\n"})
    elif change == "python":
        settings = {"python": "3.12", "platform": "manylinux_2_28_x86_64"}
    elif change == "variable":
        monkeypatch.setenv("UV_PRERELEASE", "allow")
    elif change == "config":
        monkeypatch.delenv("UV_NO_CONFIG")
        write_files(here, {"uv.toml": "[pip]\nprerelease = 'allow'\n"})
    elif change == "no-cache":
        settings = {"no_cache": True}
    else:
        settings = {"index_url": f"{server.url}/simple"}
    measure(server, text, **settings)
    assert pages_asked(server) > before


def test_no_install__directories_of_archives__are_read_every_time(here: Path, loopback: Path) -> None:
    write_files(here / "wheels", dict([make_wheel("dw-app", "1.0")]))
    Path("requirements.txt").write_text("--no-index\n--find-links wheels\ndw-app\n")
    versions = []
    for new in ("1.0", "2.0"):
        write_files(here / "wheels", dict([make_wheel("dw-app", new)]))
        found = profile("requirements.txt", Settings.of(no_install=True))
        versions += [d.version for d in found.inventory.distributions]
    assert versions == ["1.0", "2.0"]


def test_lock__archives_to_look_up__are_looked_up_once(server: Server) -> None:
    import hashlib

    filename, data = WHEELS[1]
    lock = POETRY.format(filename=filename, sha256=hashlib.sha256(data).hexdigest(), version="1.0")
    write_files(Path(), {"poetry.lock": lock})
    for _ in range(2):
        assert set(sizes(profile("poetry.lock", Settings.of(index_url=f"{server.url}/simple/")))) == {"dw-lib"}
    assert len(server.asked) == 2  # the page and the wheel, once each
    seen: list[Progress] = []
    profile("poetry.lock", Settings.of(index_url=f"{server.url}/simple/", no_cache=True), observe=seen.append)
    assert len(server.asked) == 4
    assert Progress("resolving", "the archives of dw-lib", done=1, total=1) in seen


@pytest.mark.parametrize("as_json", [False, True])
@both
def test_no_install__sdist_alone__is_estimated_and_not_run(here: Path, as_json: bool, installer: str) -> None:
    archives = [*WHEELS, sdist("dw-old", requires="dw-lib"), make_wheel("dw-old", "0.9")]
    with Server(**index_of(archives, as_json=as_json)) as server:
        found = measure(server, "dw-old\n", installer=installer)
    rows = {row.key: row.distribution for row in found.rows()}
    assert set(rows) == {"dw-old", "dw-lib"}
    facts = rows["dw-old"].archive
    assert rows["dw-old"].version == "1.0"
    assert facts is not None
    assert (facts.estimated, facts.filename) == (True, "dw_old-1.0.tar.gz")
    assert facts.reason == "no wheel: estimated from its sdist"
    assert 600 < rows["dw-old"].sizes.apparent < 1500
    assert rows["dw-old"].import_names == ("dw_old",)
    assert found.exit_code == 0


def foreign(wheel: tuple[str, bytes], tag: str = "cp311-cp311-win_amd64") -> tuple[str, bytes]:
    """Return a wheel that fits another machine only."""
    return wheel[0].replace("py3-none-any", tag), wheel[1]


@both
@pytest.mark.parametrize("with_sdist", [False, True])
def test_no_install__newest_fits_no_wheel__is_taken_only_if_it_could_be_built(
    here: Path, with_sdist: bool, installer: str
) -> None:
    older = make_wheel("dw-part", "1.0", requires=["dw-lib"])
    archives = [*WHEELS, older, foreign(make_wheel("dw-part", "2.0")), foreign(make_wheel("dw-part", "3.0"))]
    archives += [sdist("dw-part", "2.0")] if with_sdist else []
    with Server(**index_of(archives)) as server:
        found = measure(server, "dw-part\n", installer=installer)
    versions = {row.key: row.distribution.version for row in found.rows()}
    assert versions == ({"dw-part": "2.0"} if with_sdist else {"dw-part": "1.0", "dw-lib": "1.0"})
    assert found.skipped == ()


@pytest.mark.parametrize(
    ("line", "version"),
    [("dw-old<=2.0", "2.0"), ("dw-old!=2.0,<2.1", "1.0"), ("dw-old>1.0,!=3.0", "2.0"), ("dw-old==2.0", "2.0"),
     ("dw-old~=1.0", "1.0"), ("dw-old!=3.0,!=1.0", "2.0"), ("dw-old<2.0", "1.0"), ("dw-old===1.0", "1.0")],
)  # fmt: skip
@both
def test_no_install__sdists_alone__any_specifier_finds_its_version(
    here: Path, line: str, version: str, installer: str
) -> None:
    with Server(**index_of([sdist("dw-old", each) for each in ("1.0", "2.0", "3.0")])) as server:
        found = measure(server, f"{line}\n", installer=installer)
    assert [row.distribution.version for row in found.rows()] == [version]


@both
def test_no_install__yanked_sdist__is_taken_where_it_is_pinned(here: Path, installer: str) -> None:
    index = index_of([sdist("dw-old", "1.0"), sdist("dw-old", "2.0")])
    page = index["files"]["/simple/dw-old/"]
    index["files"]["/simple/dw-old/"] = page.replace(b"<br><a ", b'<br><a data-yanked="broken" ')
    with Server(**index) as server:
        pinned = measure(server, "dw-old==2.0\n", installer=installer)
        newest = measure(server, "dw-old\n", installer=installer)
    assert [row.distribution.version for row in (*pinned.rows(), *newest.rows())] == ["2.0", "1.0"]


def test_no_install__sdist_that_cannot_be_read__hint_names_no_option_that_was_not_given(here: Path) -> None:
    with Server(**index_of([("dw_old-1.0.tar.gz", b"no archive")])) as server, pytest.raises(InstallFailed) as reported:
        measure(server, "dw-old\n")
    assert "--install" in reported.value.hint
    assert "--no-build" not in reported.value.hint


def test_no_install__server_without_ranges__downloads_and_says_so(here: Path, loopback: Path) -> None:
    wheel = make_wheel("dw-big", files={f"dw_big/{n}.bin": bytes([n]) * 100_000 for n in range(200)})
    data = wheel[1] + b""
    padded = make_wheel("dw-big", files={"dw_big/x.bin": random_bytes(1_200_000)})
    with Server(**index_of([padded]), ranges="ignored") as server:
        found = measure(server, "dw-big\n")
    assert data
    assert any("was downloaded completely" in warning for warning in found.warnings)
    assert sizes(found)["dw-big"] > 1_200_000
    assert list(loopback.iterdir()) == []


def random_bytes(length: int) -> bytes:
    import random

    return random.Random(1).randbytes(length)


def test_no_install__one_wheel_is_gone__the_rest_is_reported_and_the_code_is_5(
    server: Server, capsys: pytest.CaptureFixture[str]
) -> None:
    write_files(Path(), {"pylock.toml": pylock(server)})
    server.files = {path: data for path, data in server.files.items() if "dw_lib" not in path}
    status = _run(["profile", "pylock.toml", "--format", "json"], debug=False)
    out, err = capsys.readouterr()
    report = json.loads(out)
    assert status == 5
    assert [d["name"] for d in report["distributions"]] == ["dw-app"]
    assert [(s["name"], "not found" in s["reason"]) for s in report["skipped"]] == [("dw-lib", True)]
    assert report["conflicts"] == []
    assert "error: dw-lib could not be measured" in err


def pylock(server: Server) -> str:
    import hashlib

    rows = []
    for filename, data in sorted(WHEELS[:2]):
        name = filename.split("-")[0].replace("_", "-")
        rows.append(
            f'[[packages]]\nname = "{name}"\nversion = "1.0"\nwheels = [{{ url = "{server.url}/files/{filename}",'
            f' hashes = {{ sha256 = "{hashlib.sha256(data).hexdigest()}" }} }}]\n'
        )
    return 'lock-version = "1.0"\ncreated-by = "test"\n' + "\n".join(rows)


POETRY = """
[[package]]
name = "dw-lib"
version = "{version}"
groups = ["main"]
files = [{{ file = "{filename}", hash = "sha256:{sha256}" }}]
[metadata]
lock-version = "2.1"
"""


@pytest.mark.parametrize("lacks", ["version", "filename", "sha256", "project"])
def test_lock__archive_that_the_index_lacks__is_named_and_the_code_is_5(
    server: Server, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch, lacks: str
) -> None:
    import hashlib

    filename, data = WHEELS[1]
    facts = {"filename": filename, "sha256": hashlib.sha256(data).hexdigest(), "version": "1.0"}
    wrong = {"filename": "dw_lib-1.0-cp311-none-any.whl", "sha256": "0" * 64, "version": "9.9"}
    lock = POETRY.format(**{**facts, **({lacks: wrong[lacks]} if lacks in wrong else {})})
    if lacks == "project":
        lock = lock.replace("dw-lib", "dw-none")
    write_files(Path(), {"poetry.lock": lock})
    status = _run(["poetry.lock", "--index-url", f"{server.url}/simple/"], debug=False)
    out, err = capsys.readouterr()
    assert status == 5, out
    assert "the index has no archive of" in err or "not found" in err


def test_lock__project_that_the_index_lacks__costs_no_other(server: Server) -> None:
    import hashlib

    filename, data = WHEELS[1]
    here = POETRY.format(filename=filename, sha256=hashlib.sha256(data).hexdigest(), version="1.0")
    gone = here.partition("[metadata]")[0].replace("dw-lib", "dw-none").replace("dw_lib", "dw_none")
    write_files(Path(), {"poetry.lock": gone + here})
    found = profile("poetry.lock", Settings.of(index_url=f"{server.url}/simple/"))
    assert set(sizes(found)) == {"dw-lib"}
    assert [(each.name, each.exit_code) for each in found.skipped] == [("dw-none", 5)]


def test_lock__anothers_hash_with_an_url_of_its_own__poisons_no_later_run(server: Server, here: Path) -> None:
    honest = pylock(server)
    fat = make_wheel("dw-lib", files={"dw_lib/fat.bin": random_bytes(3_000_000)}, requires=["dw-more"])
    with Server(files={f"/{fat[0]}": fat[1]}) as evil:
        write_files(here, {"pylock.toml": honest.replace(f"{server.url}/files/{fat[0]}", f"{evil.url}/{fat[0]}")})
        assert sizes(profile("pylock.toml"))["dw-lib"] > 3_000_000
    write_files(here, {"pylock.toml": honest})
    assert sizes(profile("pylock.toml"))["dw-lib"] < 2000
    assert sizes(measure(server, "dw-lib\n"))["dw-lib"] < 2000


def test_no_install__nothing_can_be_reached__is_an_error(server: Server) -> None:
    write_files(Path(), {"pylock.toml": pylock(server)})
    server.files = {}
    with pytest.raises(FetchFailed) as reported:
        profile("pylock.toml")
    assert reported.value.exit_code == 5


@both
def test_no_install__no_such_project__is_the_resolvers_reason(server: Server, installer: str) -> None:
    with pytest.raises(InstallFailed) as reported:
        measure(server, "dw-nothing\n", installer=installer)
    assert "dw-nothing" in reported.value.cause
    assert "DEBUG" not in reported.value.cause


def test_no_install__truncated_wheel__is_skipped_with_exit_code_4(here: Path) -> None:
    whole = make_wheel("dw-lib")
    with Server(**index_of([WHEELS[0], (whole[0], whole[1])])) as server:
        text = pylock(server)
        server.files = {**server.files, f"/files/{whole[0]}": whole[1][:-30]}
        write_files(Path(), {"pylock.toml": text})
        found = profile("pylock.toml")
    assert found.exit_code == 4
    assert [(s.name, "not the expected" in s.reason) for s in found.skipped] == [("dw-lib", True)]


def test_no_install__foreign_platform__markers_and_wheels_follow(here: Path) -> None:
    linux = make_wheel("dw-nat", files={"dw_nat/a.so": ELF_X86_64 * 10})
    renamed = [
        (
            linux[0].replace("py3-none-any", f"cp313-cp313-{tag}"),
            make_wheel("dw-nat", files={"dw_nat/a.bin": "x" * n})[1],
        )
        for tag, n in (("manylinux_2_28_aarch64", 100), ("win_amd64", 2000), ("musllinux_1_2_x86_64", 30_000))
    ]
    with Server(**index_of([*WHEELS, *renamed])) as server:
        arm = measure(server, "dw-nat\n", python="3.13", platform="manylinux_2_28_aarch64")
        win = measure(server, "dw-nat\ndw-extra\n", python="3.13", platform="win_amd64")
        musl = measure(server, "dw-nat\ndw-extra\n", python="3.13", platform="musllinux_1_2_x86_64")
    assert sizes(arm)["dw-nat"] < sizes(win)["dw-nat"] < sizes(musl)["dw-nat"]
    assert set(sizes(win)) == {"dw-nat", "dw-extra", "dw-win"}
    assert set(sizes(musl)) == {"dw-nat", "dw-extra"}
    assert musl.inventory.environment.platform == "musllinux_1_2_x86_64"


def test_no_install__macos__wheels_are_those_of_the_version_that_was_asked_for(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("MACOSX_DEPLOYMENT_TARGET", "11.0")
    wheels = [make_wheel("dw-mac", str(n), files={"dw_mac/a.bin": "x" * n}) for n in (1, 2)]
    tags = ("cp311-cp311-macosx_12_0_arm64", "cp311-cp311-macosx_14_0_arm64")
    with Server(**index_of([foreign(wheel, tag) for wheel, tag in zip(wheels, tags, strict=True)])) as server:
        found = [measure(server, "dw-mac\n", python="3.11", platform=f"macosx_{n}_0_arm64") for n in (13, 14)]
    assert [[d.version for d in each.inventory.distributions] for each in found] == [["1"], ["2"]]
    assert [each.skipped for each in found] == [(), ()]


def test_no_install__alpine__says_what_has_no_wheel_there(here: Path) -> None:
    only_glibc = (
        make_wheel("dw-nat")[0].replace("py3-none-any", "cp312-cp312-manylinux_2_28_x86_64"),
        make_wheel("dw-nat")[1],
    )
    archives = [*WHEELS, only_glibc, (only_glibc[0].replace("nat", "src"), make_wheel("dw-src")[1]), sdist("dw-src")]
    with Server(**index_of(archives)) as server:
        found = measure(server, "dw-nat\ndw-src\ndw-lib\n", python="3.12", platform="musllinux_1_2_x86_64")
    assert [(s.name, s.impossible) for s in found.skipped] == [("dw-nat", True)]
    headline = as_text(report_of(found), View(width=120)).splitlines()[1]
    assert headline == "cannot be installed: dw-nat: no wheel or sdist for Python 3.12 on musllinux_1_2_x86_64"
    assert "no wheel for Python 3.12 on musllinux_1_2_x86_64, and no sdist" in found.skipped[0].reason
    facts = {d.key: d.archive for d in found.inventory.distributions}
    assert facts["dw-src"] is not None
    assert facts["dw-src"].estimated
    assert facts["dw-lib"] is not None
    assert not facts["dw-lib"].estimated
    assert found.exit_code == 0
    assert found.conflicts == ()


def test_no_install__requirement_by_url__has_a_direct_url_like_the_installed(server: Server, here: Path) -> None:
    filename = WHEELS[1][0]
    text = f"dw-lib @ {server.url}/files/{filename}\n"
    measured = sizes(measure(server, text))["dw-lib"]
    installed = sizes(measure(server, text, no_install=False, bytecode="none", keep_env=str(here / "env")))["dw-lib"]
    assert measured == installed - 2 * (len(str(here / "env")) - len("/opt/venv"))


def test_no_install__directory_and_repository__one_is_estimated_the_other_named(server: Server, here: Path) -> None:
    project = '[project]\nname = "dw-local"\nversion = "2"\ndependencies = ["dw-lib"]\n'
    write_files(here / "local", {"pyproject.toml": project, "dw_local/__init__.py": "x = 1\n" * 50})
    found = measure(server, "-e ./local\ngit+https://git.example/dw-far.git#egg=dw-far\n")
    assert set(sizes(found)) == {"dw-local", "dw-lib"}
    assert [s.name for s in found.skipped] == ["dw-far"]
    assert {root.key for root in found.dependencies.direct} == {"dw-local"}


def test_no_install__find_links_directory__is_read_in_place(here: Path, loopback: Path) -> None:
    write_files(here / "wheels", dict(WHEELS))
    Path("requirements.txt").write_text("--no-index\n--find-links wheels\ndw-app\n")
    found = profile("requirements.txt", Settings.of(no_install=True))
    assert set(sizes(found)) == {"dw-app", "dw-lib"}


def test_no_install__hash_that_no_archive_has__is_told(server: Server) -> None:
    found = measure(server, f"dw-lib --hash=sha256:{'0' * 64}\ndw-app\n")
    assert [(s.name, s.exit_code) for s in found.skipped] == [("dw-lib", 4)]
    assert "hash" in found.skipped[0].reason


def test_no_install__swap__replaces_direct_and_transitive(here: Path) -> None:
    with Server(**index_of([*WHEELS, make_wheel("dw-light")])) as server:
        direct = measure(server, "dw-lib\nodd\n", swap=("dw-lib=dw-light",))
        transitive = measure(server, "dw-app\n", swap=("dw-lib=dw-light",))
    assert set(sizes(direct)) == {"odd", "dw-light"}
    assert set(sizes(transitive)) == {"dw-app", "dw-light"}
    assert transitive.dependencies.requires("dw-app") == ("dw-light",)
    assert transitive.conflicts == ()


def test_no_install__index_for_one_project__its_wheel_is_measured(here: Path) -> None:
    light = make_wheel("dw-lib", "1.0+cpu", files={"dw_lib/__init__.py": ""})
    heavy = make_wheel("dw-lib", "1.0", files={"dw_lib/__init__.py": "x" * 9000})
    with Server(**index_of([WHEELS[0], heavy])) as server, Server(**index_of([light])) as other:
        usual = measure(server, "dw-app\n")
        found = measure(server, "dw-app\n", index=(f"dw-lib={other.url}/simple",))
    assert sizes(usual)["dw-lib"] > 9000 > sizes(found)["dw-lib"]
    assert {d.key: d.version for d in found.inventory.distributions}["dw-lib"] == "1.0+cpu"


def test_no_install__torch_cpu_without_its_index__takes_out_cuda_and_says_so(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch = make_wheel("torch", "2.0", requires=["nvidia-cublas==1.0", "triton", "dw-lib"])
    archives = [WHEELS[1], torch, make_wheel("nvidia-cublas", requires=["nvidia-base"]), make_wheel("nvidia-base")]
    with Server(**index_of([*archives, make_wheel("triton")])) as server:
        monkeypatch.setattr("deadweight.formats.builds.TORCH_INDEX", f"{server.url}/nowhere/")
        found = measure(server, "torch\n", torch="cpu")
    assert set(sizes(found)) == {"torch", "dw-lib"}
    assert found.conflicts == ()
    assert any("nvidia-base, nvidia-cublas, triton" in warning for warning in found.warnings)
    assert as_text(report_of(found)).splitlines()[1].startswith("at most ")
    assert [d.key for d in found.inventory.distributions if d.archive and d.archive.at_most] == ["torch"]


def test_no_install__torch_cpu_with_its_index__is_that_build(here: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    torch = make_wheel("torch", "2.0", requires=["nvidia-cublas"])
    usual, light = index_of([torch, make_wheel("nvidia-cublas")]), index_of([make_wheel("torch", "2.0+cpu")])
    light = {  # PyTorch has an index for each build
        name: {
            path.replace("/simple/", "/whl/cpu/").replace("/files/", "/whl/files/"): value
            for path, value in part.items()
        }
        for name, part in light.items()
    }
    with Server(**usual) as server, Server(**light) as other:
        monkeypatch.setattr("deadweight.formats.builds.TORCH_INDEX", f"{other.url}/whl/")
        found = measure(server, "torch\n", torch="cpu")
    assert {d.key: d.version for d in found.inventory.distributions} == {"torch": "2.0+cpu"}


def test_no_install__torch_where_nothing_asks_for_it__is_refused(here: Path) -> None:
    with Server(**index_of(WHEELS)) as server, pytest.raises(BadInput, match="the requirements do not include torch"):
        measure(server, "dw-lib\n", torch="cpu")


def test_no_install__credentials__reach_the_server_and_no_report(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    with Server(**index_of(WHEELS), user="me:secret") as server:
        write_files(here, {"requirements.txt": "dw-app\n"})
        index = f"http://me:secret@{server.host}/simple/"
        status = _run(["requirements.txt", "--no-install", "-i", index, "--format", "json", "-v"], debug=False)
        out, err = capsys.readouterr()
    assert status == 0
    assert {d["name"] for d in json.loads(out)["distributions"]} == {"dw-app", "dw-lib"}
    assert "secret" not in out + err


@pytest.mark.parametrize("command", [["why", "dw-lib"], ["split"]])
def test_no_install__other_commands__take_it_too(
    server: Server, capsys: pytest.CaptureFixture[str], command: list[str]
) -> None:
    write_files(Path(), {"requirements.txt": "dw-app\n"})
    target = ["requirements.txt", "--no-install", "-i", f"{server.url}/simple/"]
    assert _run([*command, *target], debug=False) == 0
    assert "dw-app" in capsys.readouterr().out + Path("requirements.txt").read_text()


def test_install__options_for_what_is_not_installed__are_refused(here: Path) -> None:
    write_files(here, {"requirements.txt": "dw-app\n"})
    for option in ({"platform": "win_amd64"}, {"torch": "cpu"}, {"index": ("a=https://index.example",)}):
        with pytest.raises(DeadweightError, match="cannot be used with --install"):
            profile("requirements.txt", Settings.of(no_install=False, **option))


@pytest.mark.parametrize("smuggled", ["metadata", "constraint", "requirement", "index"])
@both
def test_no_install__whatever_asks_for_a_build__no_code_is_run(here: Path, installer: str, smuggled: str) -> None:
    backend = f"open({str(here / 'ran')!r}, 'w').close()\nraise SystemExit(1)\n"
    pyproject = "[build-system]\nrequires = []\nbuild-backend = 'backend'\nbackend-path = ['.']\n"
    evil = write_files(here / "evil", {"backend.py": backend, "pyproject.toml": pyproject, "setup.py": backend})
    asks = [f"dw-evil @ {evil.as_uri()}"]
    archives = [make_wheel("dw-app", requires=asks if smuggled == "metadata" else ["dw-evil"])]
    archives.append(sdist("dw-evil", files={"backend.py": backend, "pyproject.toml": pyproject}))
    text = "dw-app\n"
    if smuggled == "constraint":
        write_files(here, {"c.txt": f"{asks[0]}\n"})
        text += "-c c.txt\n"
    elif smuggled == "requirement":
        text += f"{asks[0]}\n"
    with Server(**index_of(archives)) as server:
        with contextlib.suppress(DeadweightError):
            measure(server, text, installer=installer)
    assert not (here / "ran").exists()


def test_no_install__swap_of_what_nobody_asks_for__is_refused(here: Path) -> None:
    with Server(**index_of([*WHEELS, make_wheel("dw-light")])) as server:
        with pytest.raises(DeadweightError, match="nothing requires dw-lob"):
            measure(server, "dw-app\n", swap=("dw-lob=dw-light",))


@pytest.mark.parametrize("options", [{"swap": ("a=b",)}, {"torch": "cpu"}, {"keep_env": "x"}])
def test_lock__options_that_mean_nothing__are_refused(server: Server, options: dict[str, Any]) -> None:
    write_files(Path(), {"pylock.toml": pylock(server)})
    with pytest.raises(DeadweightError, match="does not apply to a lock file"):
        profile("pylock.toml", Settings.of(**options))


def test_no_install__sdist_whose_setup_py_states_requirements__brings_them(here: Path) -> None:
    stated = "from setuptools import setup\nneeds = ['dw-lib']\nsetup(name='dw-old', install_requires=needs)\n"
    with Server(**index_of([*WHEELS, sdist("dw-old", files={"setup.py": stated})])) as server:
        found = measure(server, "dw-old\n")
    assert set(sizes(found)) == {"dw-old", "dw-lib"}


def test_project__groups_for_developers__are_evidence(server: Server, here: Path) -> None:
    project = (
        '[project]\nname = "p"\nversion = "1"\ndependencies = ["dw-extra"]\n'
        '[project.optional-dependencies]\nweb = ["odd"]\n[dependency-groups]\ntest = ["dw-app"]\n'
    )
    write_files(here, {"pyproject.toml": project})
    index = {"no_install": True, "index_url": f"{server.url}/simple/"}
    alone = profile("pyproject.toml", Settings.of(**index))
    found = profile("pyproject.toml", Settings.of(**index, extra=("web",), all_groups=True))
    assert set(sizes(alone)) == {"dw-extra"}
    assert {key: each.group for key, each in found.groups.items()} == {
        "dw-app": "dev", "dw-extra": "core", "dw-lib": "dev", "odd": "core",
    }  # fmt: skip
    assert found.groups["dw-app"].evidence[0].rule == "DW002"
    assert set(found.split("production").distributions) == {"dw-extra", "odd"}


def test_lock__split__pins_what_stays_and_names_directories_by_their_place(
    server: Server, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write_files(here / "local", {"pyproject.toml": '[project]\nname = "dw-local"\nversion = "2"\n', "dw_local.py": "x"})
    directory = '[[packages]]\nname = "dw-local"\ndirectory = { path = "local" }\n'
    write_files(here, {"pylock.toml": pylock(server) + directory})
    assert _run(["split", "pylock.toml", "-q"], debug=False) == 0
    assert (here / "requirements-production.txt").read_text().splitlines()[1:] == [
        "dw-app==1.0",
        "dw-lib==1.0",
        f"dw-local @ {(here / 'local').as_uri()}",
    ]


def test_lock__repository__stays_in_the_split_and_cannot_be_told(
    server: Server, here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    vcs = 'vcs = { type = "git", url = "https://h.example/far.git", commit-id = "c0ffee" }'
    vcs = f'[[packages]]\nname = "dw-far"\n{vcs}\n'
    write_files(here, {"pylock.toml": pylock(server) + vcs, "app.py": "import dw_far, dw_fars_own_requirement\n"})
    _run(["split", "pylock.toml", "-q", "--force"], debug=False)
    lines = (here / "requirements-production.txt").read_text().splitlines()
    assert lines[-2:] == ["# could not be measured", "dw-far @ git+https://h.example/far.git@c0ffee"]
    capsys.readouterr()
    arguments = ["requirements-production.txt", "--no-install", "--index-url", f"{server.url}/simple/", "-q"]
    assert _run(["verify", *arguments], debug=False) == 0
    said = capsys.readouterr().out
    assert "uncertain: a requirement that could not be measured may provide it:\n  dw_fars_own_requirement" in said
    assert "missing: " not in said


def test_verify__module_that_nothing_provides__is_named_by_what_the_index_shows(
    here: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    wheels = [
        make_wheel("dw-app"), make_wheel("pyyaml", files={"yaml/__init__.py": ""}),
        make_wheel("pillow", files={"other.py": ""}),
    ]  # fmt: skip
    write_files(here, {"split.txt": "dw-app\n", "app.py": "import yaml, PIL, dw_nowhere\n"})
    with Server(**index_of(wheels)) as server:
        options = ["--no-install", "--index-url", f"{server.url}/simple/", "-q"]
        assert _run(["verify", "split.txt", *options], debug=False) == 3
    missing = [line for line in capsys.readouterr().out.splitlines() if line.startswith("missing: ")]
    # Pillow's wheel here does not provide PIL, and nobody has heard of dw_nowhere.
    assert missing == ["missing: module PIL", "missing: module dw_nowhere", "missing: pyyaml"]
