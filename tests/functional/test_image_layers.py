"""What the layers of an image ship, what they hide of each other, and whose it was."""

from __future__ import annotations

import gzip
import json
import tarfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import pytest

from deadweight.analysis.profile import Profile
from deadweight.cli import _run
from deadweight.model import ImageFacts
from deadweight.operations.measure import profile
from deadweight.report.units import human
from tests.builders import ELF_X86_64, dist_files
from tests.conftest import Golden
from tests.images import Compression, Content, Form, image_files, make_elf, make_image, make_tar, packed

SITE = "usr/local/lib/python3.12/site-packages"
NUMPY = dist_files(
    "numpy",
    files={
        "numpy/__init__.py": "x" * 500, "numpy/core.so": ELF_X86_64 * 99, "numpy.libs/libblas.so": ELF_X86_64 * 50,
        "numpy/__pycache__/__init__.cpython-312.pyc": "y" * 70,
    },
    record=["numpy/__init__.py,,", "numpy/core.so,,", "numpy.libs/libblas.so,,"],
)  # fmt: skip


def site(files: Mapping[str, bytes]) -> dict[str, Content]:
    return {f"{SITE}/{path}": data for path, data in files.items()}


def facts_of(directory: Path, *layers: Mapping[str, Content], commands: Sequence[str] = ()) -> ImageFacts:
    found = measured(directory, *layers, commands=commands).image
    assert found is not None
    return found


def measured(directory: Path, *layers: Mapping[str, Content], commands: Sequence[str] = ()) -> Profile:
    (directory / "image.tar").write_bytes(make_image(*layers, commands=commands))
    return profile(directory / "image.tar")


def size(files: Mapping[str, bytes], start: str = "") -> int:
    return sum(len(data) for path, data in files.items() if path.startswith(start))


def test_layers__directory_removed_and_its_metadata_left__is_its_distribution_s_waste(tmp_path: Path) -> None:
    gone = {f"{SITE}/numpy": None, f"{SITE}/numpy.libs": None}
    facts = facts_of(tmp_path, site(NUMPY), gone)
    assert facts.wasted == {"numpy": size(NUMPY, "numpy/") + size(NUMPY, "numpy.libs/")}


def test_layers__conda_package_removed__is_its_waste(tmp_path: Path) -> None:
    record = '{"name": "openssl", "version": "3", "files": ["lib/libssl.so", "lib/engines/x.so"]}'
    lower: dict[str, Content] = {
        "opt/conda/conda-meta/openssl-3.json": record, "opt/conda/lib/libssl.so": "x" * 90,
        "opt/conda/lib/engines/x.so": "x" * 10,
    }  # fmt: skip
    assert facts_of(tmp_path, lower, {"opt/conda/lib": None}).wasted == {"openssl": 100}


DPKG: dict[str, Content] = {
    "var/lib/dpkg/info/gcc-12:amd64.list": "/.\n/usr\n/usr/bin/gcc\n/lib/gcc/cc1\n",
    "usr/bin/gcc": "x" * 30, "usr/lib/gcc/cc1": "y" * 500, "tmp/a": "z" * 7,
}  # fmt: skip
NO_DPKG: dict[str, Content] = dict.fromkeys(DPKG)
LIST = len(str(DPKG["var/lib/dpkg/info/gcc-12:amd64.list"]))
APK = "C:Q1=\nP:gcc\nV:1\nF:usr/bin\nR:gcc\n\n"


def test_layers__package_of_the_system_removed__is_its_waste(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, DPKG, NO_DPKG)
    assert facts.wasted_packages == {"gcc-12": 530}
    assert facts.wasted == {"": LIST + 7}
    assert facts.wasted_size == 530 + LIST + 7


@pytest.mark.parametrize("later", [{"usr/bin/gcc": None}, {"usr/bin/gcc": "x" * 31}])
def test_layers__file_of_a_package_that_stays__is_its_waste(tmp_path: Path, later: dict[str, Content]) -> None:
    facts = facts_of(tmp_path, DPKG, later)
    assert (facts.wasted_packages, facts.wasted) == ({"gcc-12": 30}, {})


def test_layers__package_that_a_later_version_of_the_database_lacks__is_its_waste(tmp_path: Path) -> None:
    lower: dict[str, Content] = {"lib/apk/db/installed": APK, "usr/bin/gcc": "x" * 30}
    facts = facts_of(tmp_path, lower, {"usr/bin/gcc": None, "lib/apk/db/installed": "P:musl\n\n"})
    assert (facts.wasted_packages, facts.wasted) == ({"gcc": 30}, {"": len(APK)})


def test_layers__text__names_packages_of_the_system(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "image.tar").write_bytes(make_image(DPKG, NO_DPKG))
    assert _run([str(tmp_path / "image.tar"), "--quiet"], debug=True) == 0
    assert "gcc-12 (system package) 530 B" in " ".join(capsys.readouterr().out.split())


def test_layers__what_hides_others__is_shown_with_the_heaviest_paths(tmp_path: Path) -> None:
    chown = site({path: data for path, data in NUMPY.items() if path.startswith("numpy.libs/")})
    facts = facts_of(tmp_path, site(NUMPY), {"tmp/wheels/a.whl": "w" * 9000}, {"tmp/wheels": None}, chown)
    libs = size(NUMPY, "numpy.libs/")
    assert [layer.hides for layer in facts.layers] == [0, 0, 9000, libs]
    assert [layer.wasted for layer in facts.layers] == [libs, 9000, 0, 0]
    assert [(each.path, each.size, each.layer, each.by) for each in facts.paths] == [
        ("tmp/wheels/a.whl", 9000, 1, 2),
        (f"{SITE}/numpy.libs/libblas.so", libs, 0, 3),
    ]
    assert (facts.shipped, facts.wasted_size) == (size(NUMPY) + 9000 + libs, 9000 + libs)


def test_layers__several_directories_removed_by_one_step__each_is_named(tmp_path: Path) -> None:
    removed: dict[str, Content] = {f"{SITE}/{name}/{n}.bin": "x" * 100 for name in ("a", "b", "c") for n in range(5)}
    facts = facts_of(tmp_path, removed, {f"{SITE}/{name}": None for name in ("a", "b", "c")})
    assert [(each.path, each.size) for each in facts.paths] == [(f"{SITE}/{name}", 500) for name in ("a", "b", "c")]


def test_layers__whiteouts__are_no_files(tmp_path: Path) -> None:
    facts = facts_of(tmp_path, {"a": "x", "b": "y"}, {"a": None, "d/.wh..wh..opq": "", "c": "z"})
    assert [layer.files for layer in facts.layers] == [2, 1]


@pytest.mark.parametrize("commands", [["FROM base", "RUN a", "RUN b"], ["FROM base"]])
def test_layers__history_of_another_length__is_not_paired(tmp_path: Path, commands: list[str]) -> None:
    found = measured(tmp_path, {"a": "x"}, {"b": "y"}, commands=commands)
    assert found.image is not None
    assert [layer.command for layer in found.image.layers] == ["", ""]
    assert any(f"history has {len(commands)} steps for 2 layers" in warning for warning in found.warnings)


def test_layers__one_alone__its_files_are_not_called_the_base_s(tmp_path: Path) -> None:
    found = measured(tmp_path, {"srv/app.py": "x" * 9})
    assert found.system is not None
    assert [content.name for content in found.system.contents] == ["other files"]


def test_layers__headline__says_what_is_shipped_and_what_of_it_is_wasted(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("image.tar").write_bytes(make_image({"a": "x" * 1000}, {"a": "y" * 500}))
    assert _run(["image.tar", "-q"], debug=True) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[1].startswith("500 B in 0 distributions")
    assert lines[2] == "ships 1.50 kB in 2 layers, of which 1.00 kB (67 %) is wasted"
    assert _run(["image.tar", "-q", "--format", "json"], debug=True) == 0
    image = json.loads(capsys.readouterr().out)["image"]
    assert (image["shipped_bytes"], image["wasted_bytes"]) == (1500, 1000)
    assert image["wasted_paths"] == [{"path": "a", "wasted_bytes": 1000, "layer": 0, "hidden_by": 1}]


# --- sparse files ----------------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["GNU.sparse.size", "GNU.sparse.realsize"])
def test_sparse_file__of_any_pax_format__has_its_real_size(tmp_path: Path, key: str) -> None:
    member = tarfile.TarInfo()
    member.pax_headers = {key: "1000000", "GNU.sparse.name": "var/log/lastlog"}
    assert facts_of(tmp_path, {"GNUSparseFile.0/lastlog": member}).layers[0].size == 1_000_000


@pytest.mark.parametrize("form", ["docker", "oci"])
@pytest.mark.parametrize("compression", ["", "gzip", "zstd"])
@pytest.mark.parametrize("is_stream", [False, True])
def test_layers__compressed_size__is_that_of_the_archive_where_it_is_compressed(
    tmp_path: Path, form: Form, compression: Compression, is_stream: bool
) -> None:
    layers = ({"etc/issue": "x" * 5_000}, {"etc/motd": "y" * 7_000})
    files = image_files(*layers, form=form, compression=compression)
    whole = make_tar(files)
    (tmp_path / "image.tar").write_bytes(gzip.compress(whole) if is_stream else whole)
    image = profile(tmp_path / "image.tar").image
    assert image is not None
    expected = [len(packed(make_tar(layer), compression)) if compression else None for layer in layers]
    assert [layer.compressed for layer in image.layers] == expected


@pytest.mark.parametrize("width", [80, 120])
def test_layers__text_of_a_service__is_a_breakdown_findings_and_details(
    tmp_path: Path,
    golden: Golden,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    width: int,
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("COLUMNS", str(width))
    debian: dict[str, Content] = {
        "bin/sh": "x" * 900_000, "usr/share/doc/dash/copyright": "x" * 30_000,
        "usr/share/locale/de/dash.mo": "x" * 20_000,
        "var/lib/dpkg/info/dash.list": "/bin/sh\n/usr/share/doc/dash/copyright\n/usr/share/locale/de/dash.mo\n",
    }  # fmt: skip
    library = "usr/local/lib/python3.12"
    python: dict[str, Content] = {
        f"{library}/os.py": "x" * 700_000, f"{library}/test/test_os.py": "x" * 400_000,
        f"{library}/config-3.12-x86_64-linux-gnu/libpython3.12.a": "x" * 800_000,
    }  # fmt: skip
    compiler: dict[str, Content] = {
        "usr/bin/gcc": "x" * 1_500_000, "var/lib/dpkg/info/gcc-12.list": "/usr/bin/gcc\n",
        "var/lib/apt/lists/debian_main": "x" * 600_000,
    }  # fmt: skip
    core = make_elf(soname="libblas.so", build_id=b"same" * 5) + bytes(1_200_000)
    numpy = dist_files("numpy", files={"numpy/core.so": core}, requested=True)
    scipy = dist_files("scipy", files={"scipy/x.so": core}, requested=True)
    installed = {**site(numpy), **site(scipy), "root/.cache/pip/http/x": "x" * 300_000}
    jobs = {f"opt/jobs/lib/python3.12/site-packages/{path}": data for path, data in numpy.items()}
    application: dict[str, Content] = {
        "app/main.py": "x" * 5_000, "app/model.onnx": "x" * 250_000, "wheels/numpy-1.whl": "x" * 200_000,
        "app/__pycache__/main.cpython-312.pyc": "x" * 800, "etc/hosts": "127.0.0.1",
    }  # fmt: skip
    layers = (debian, python, compiler, installed, jobs, {"root/.cache": None}, site(scipy), application)
    commands = (
        "# debian.sh --arch 'amd64' out/ 'bookworm'", "RUN make install", 'CMD ["python3"]',
        "RUN apt-get update && apt-get install -y --no-install-recommends gcc", "RUN pip install numpy scipy",
        "RUN python -m venv /opt/jobs && /opt/jobs/bin/pip install numpy", "RUN rm -rf /root/.cache",
        f"RUN chown -R app /{SITE}/scipy", "COPY . /app",
    )  # fmt: skip
    Path("service.tar").write_bytes(make_image(*layers, commands=commands))
    assert _run(["service.tar", "--quiet"], debug=True) == 0
    text = capsys.readouterr().out
    assert text == golden(f"service-{width}.txt", text)


def test_layers__compressed__have_both_sizes_in_text(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = make_image({"a": "x" * 1_000_000}, {"b": "y" * 500_000}, form="oci", compression="gzip")
    (tmp_path / "image.tar").write_bytes(data)
    facts = profile(tmp_path / "image.tar").image
    assert facts is not None
    sizes = [layer.compressed or 0 for layer in facts.layers]
    assert all(0 < size < 100_000 for size in sizes)
    assert _run([str(tmp_path / "image.tar"), "--quiet"], debug=True) == 0
    text = capsys.readouterr().out
    assert f"ships 1.50 MB ({human(sum(sizes))} compressed) in 2 layers" in text
    assert [line.split()[:5] for line in text.splitlines() if "COPY . ." in line] == [
        ["0", "1.00", "MB", *human(sizes[0]).split()], ["1", "500", "kB", *human(sizes[1]).split()],
    ]  # fmt: skip
