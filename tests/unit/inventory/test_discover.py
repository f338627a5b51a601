"""The metadata in a tree, and the distributions that it describes."""

from __future__ import annotations

import io
import sys
import zipfile
from collections.abc import Mapping
from typing import Any

import pytest
from msgspec.structs import replace

from deadweight.inventory import take_inventory
from deadweight.inventory.systems.contents import contents_of
from deadweight.model import Distribution, Entry, Inventory
from tests.builders import SITE, dist_files, inventory_of, make_tree, metadata, site_tree


def only(found: Inventory) -> Distribution:
    (distribution,) = found.distributions
    return distribution


def test_discover__vendored_metadata__is_not_a_distribution() -> None:
    vendored = dist_files("wheel", files={})
    a = dist_files("a", files={f"a/_vendor/{path}": data for path, data in vendored.items()})
    found = inventory_of(a)
    assert [d.name for d in found.distributions] == ["a"]
    assert found.unowned.files == 0


def test_discover__two_site_packages_side_by_side__both_count() -> None:
    b = {f"lib64/python3.11/site-packages/{path}": data for path, data in dist_files("b").items()}
    assert [d.name for d in inventory_of(dist_files("a"), extra=b).distributions] == ["a", "b"]


def test_discover__site_packages_directory_alone__counts() -> None:
    found = take_inventory(make_tree(dist_files("a", files={"a/x.py": "1"})))
    assert (only(found).name, found.unowned.files) == ("a", 0)


def test_discover__symlink_out_of_the_tree__is_skipped_unless_it_is_the_interpreter(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    tree = make_tree(dist_files("a"))
    monkeypatch.setattr(tree.reader, "target", lambda path: f"/usr/{path}")
    links = {path: Entry(4, None, None, "symlink") for path in ("lib64", "bin/python3")}
    found = take_inventory(replace(tree, entries={**tree.entries, **links}))
    assert [(s.name, s.reason) for s in found.skipped] == [
        ("lib64", "a symlink to /usr/lib64, which is outside of the measured tree")
    ]


def test_discover__no_distributions__leaves_all_unowned() -> None:
    found = take_inventory(make_tree({"x": "12345"}))
    assert (found.distributions, found.unowned.apparent, found.total.apparent) == ((), 5, 5)


def test_discover__metadata_without_a_name__is_skipped_and_reported() -> None:
    found = inventory_of(extra={f"{SITE}/~umpy-2.0.dist-info/METADATA": "Version: 2.0\n"})
    assert found.distributions == ()
    assert [s.name for s in found.skipped] == [f"{SITE}/~umpy-2.0.dist-info"]
    assert found.unowned.files == 1


def test_discover__unreadable_metadata__is_reported_and_the_directory_gives_the_name() -> None:
    tree = make_tree({f"{SITE}/a-1.dist-info/RECORD": ""})
    entries = {**tree.entries, f"{SITE}/a-1.dist-info/METADATA": Entry(9, None, None, "file")}
    found = take_inventory(replace(tree, entries=entries))
    assert (only(found).name, only(found).version) == ("a", "1")
    assert [s.name for s in found.skipped] == [f"{SITE}/a-1.dist-info/METADATA"]


def test_discover__small_files__give_requested_and_installer() -> None:
    a = only(inventory_of(dist_files("a", requested=True, installer="uv")))
    b = only(inventory_of(dist_files("b")))
    assert (a.requested, a.installer) == (True, "uv")
    assert (b.requested, b.installer) == (False, "pip")


def test_discover__editable__is_reported_with_a_warning() -> None:
    url = b'{"url": "file:///src/a", "dir_info": {"editable": true}}'
    found = inventory_of(dist_files("a", files={"a-1.0.dist-info/direct_url.json": url, "a.pth": "/src/a"}))
    assert (only(found).editable, only(found).url) == (True, "file:///src/a")
    assert found.warnings == (
        "a is editable: its source at file:///src/a is outside of the environment and is not counted",
    )


def test_discover__egg_link__is_an_editable_of_its_own_bytes() -> None:
    found = inventory_of({"My_App.egg-link": b"/src/app\n."})
    assert (only(found).name, only(found).version, only(found).editable) == ("my-app", None, True)
    assert only(found).sizes.apparent == 10
    assert found.warnings == ("my-app is editable: its source is outside of the environment and is not counted",)


def test_discover__egg_link_without_a_name__is_unowned() -> None:
    found = inventory_of({"~.egg-link": b"12345"})
    assert (found.distributions, found.unowned.apparent) == ((), 5)


def test_discover__egg_info_directory__has_the_requirements_of_requires_txt() -> None:
    egg = {"a-1-py3.11.egg-info/PKG-INFO": metadata("a", "1").encode(), "a-1-py3.11.egg-info/requires.txt": b"b>=1\n"}
    assert only(inventory_of(egg)).metadata.requires == ("b>=1",)


# --- conda ----------------------------------------------------------------------------------------


def test_conda__record_of_a_distribution__adds_its_files_and_requirements() -> None:
    a = dist_files("a", "2.0", files={"a/x.py": "1"}, requires=["b"], installer="conda")
    record = (
        '{"name": "py-a", "version": "2.0", "depends": ["libc >=2"], "requested_spec": "a",'
        f' "files": ["{SITE}/a-2.0.dist-info/METADATA", "share/a.dat", "/etc/x", "../y"]}}'
    )
    found = inventory_of(a, extra={"conda-meta/py-a-2.0-0.json": record, "share/a.dat": "12345"})
    assert (only(found).name, only(found).requested) == ("a", True)
    assert only(found).metadata.requires == ("b", "libc")
    assert found.unowned.files == 0


def test_conda__package_without_python__has_its_own_row() -> None:
    record = '{"name": "OpenSSL", "version": "3.2.0", "files": ["lib/libssl.so"], "depends": ["ca-certificates"]}'
    found = inventory_of(extra={"conda-meta/openssl-3.2.0-0.json": record, "lib/libssl.so": "12345"})
    assert (only(found).name, only(found).version, only(found).installer) == ("openssl", "3.2.0", "conda")
    assert only(found).sizes.apparent == len(record) + 5
    assert found.warnings == ()


@pytest.mark.parametrize("record", ["{", "[]", "{}", "[" * 100_000])
def test_conda__malformed_record__is_skipped_and_reported(record: str) -> None:
    found = inventory_of(extra={"conda-meta/x.json": record})
    assert [s.name for s in found.skipped] == ["conda-meta/x.json"]
    assert found.unowned.files == 1


# --- the environment ------------------------------------------------------------------------------


def environment_of(files: dict[str, str | bytes], **changes: Any) -> tuple[str | None, str, str | None, str | None]:
    found = take_inventory(replace(make_tree(files, python=None), **changes)).environment
    return (found.python, found.implementation, found.platform, found.installer)


def test_environment__python_from_the_source__takes_precedence() -> None:
    assert environment_of({"pyvenv.cfg": "version = 3.9.1\n"}, python="3.12.1")[0] == "3.12.1"


def test_environment__pyvenv_cfg__gives_the_python() -> None:
    assert environment_of({"pyvenv.cfg": "home = /usr\nversion = 3.9.1\n"})[0] == "3.9.1"


@pytest.mark.parametrize(
    ("directory", "python", "implementation"),
    [
        ("lib/python3.13/site-packages", "3.13", "cpython"),
        ("lib64/python3.13t/site-packages", "3.13", "cpython"),
        ("lib/pypy3.10/site-packages", "3.10", "pypy"),
        ("lib/python3/dist-packages", None, "cpython"),
        ("Lib/site-packages", None, "cpython"),
    ],
)
def test_environment__directory_of_a_distribution__gives_the_python(
    directory: str, python: str | None, implementation: str
) -> None:
    found = environment_of({f"{directory}/a-1.dist-info/METADATA": metadata("a")})
    assert found[:2] == (python, implementation)


def test_environment__native_code__gives_the_platform_by_majority() -> None:
    def elf(machine: int) -> bytes:
        return b"\x7fELF\x02\x01" + bytes(12) + machine.to_bytes(2, "little") + bytes(44)

    assert environment_of({"a.so": elf(183), "b.so": elf(62), "c.so": elf(183)})[2] == "linux_aarch64"


def test_environment__several_installers__is_the_most_common() -> None:
    tree = site_tree(dist_files("a", installer="uv"), dist_files("b", installer="pip"), dist_files("c", installer="uv"))
    assert take_inventory(tree).environment.installer == "uv"


def test_environment__no_evidence__is_unknown() -> None:
    assert environment_of({"x": ""}) == (None, "cpython", None, None)


def test_discover__egg_info_at_the_prefix__hides_no_site_packages() -> None:
    found = inventory_of(dist_files("a"), extra={"proj.egg-info/PKG-INFO": metadata("proj")})
    assert "a" in [d.name for d in found.distributions]


@pytest.mark.parametrize(
    ("config", "python"), [("version_info = 3.9.1.final.0\n", "3.9.1"), ("version = \x1b[31mx\n", "3.11")]
)
def test_environment__invalid_version__is_ignored(config: str, python: str) -> None:
    tree = replace(site_tree(dist_files("a"), extra={"pyvenv.cfg": config}), python=None)
    assert take_inventory(tree).environment.python == python


def test_discover__conda_base__excludes_its_cache_and_its_environments() -> None:
    extra = {
        "conda-meta/python.json": '{"name": "python", "files": []}',
        f"envs/other/{SITE}/b-1.dist-info/METADATA": metadata("b"),
        "pkgs/c-1/site-packages/c-1.dist-info/METADATA": metadata("c"),
    }
    found = inventory_of(dist_files("a"), extra=extra)
    assert [d.name for d in found.distributions] == ["a", "python"]
    assert found.unowned.files == 2


def test_discover__conda_path_that_leaves_the_prefix__is_reported() -> None:
    record = '{"name": "x", "files": ["../y", "/etc/passwd"]}'
    (conflict,) = inventory_of(extra={"conda-meta/x.json": record, "z": ""}).conflicts
    assert conflict.kind == "escape"


def test_discover__entry_points__are_read_wherever_the_files_come_from() -> None:
    text = "[console_scripts]\nacme = a:b\n[flake8.extension]\nAC = a:c\n"
    found = only(inventory_of(dist_files("a", files={"a/x.py": "1", "a-1.0.dist-info/entry_points.txt": text})))
    assert (found.metadata.commands, found.metadata.plugin_groups) == (("acme",), ("flake8.extension",))


@pytest.mark.parametrize(
    "row",
    ["a//__init__.py", "./a/__init__.py", "a/./__init__.py", "b/../a/__init__.py", "../site-packages/a/__init__.py"],
)
def test_discover__recorded_path_that_is_not_normalized__is_matched(row: str) -> None:
    found = inventory_of(dist_files("a", files={"a/__init__.py": "x = 1\n"}, record=[f"{row},,"]))
    assert found.unowned.files == 0
    assert only(found).import_names == ("a",)


# --- directories inside each other ---------------------------------------------------------------------


def at(prefix: str, *distributions: Mapping[str, bytes]) -> dict[str, bytes]:
    return {f"{prefix}/{path}": data for files in distributions for path, data in files.items()}


def whole(*parts: Mapping[str, str | bytes]) -> Inventory:
    """Return the inventory of a whole system."""
    files: dict[str, str | bytes] = {}
    for part in parts:
        files |= part
    return take_inventory(replace(make_tree(files, python=None), whole=True))


def locations(found: Inventory) -> set[tuple[str, str]]:
    return {(d.name, d.prefix) for d in found.distributions}


VENV = "app/.venv/lib/python3.12/site-packages"


@pytest.mark.parametrize(
    ("above", "venv"),
    [
        ("app/myapp.egg-info/PKG-INFO", VENV),
        ("root/x.egg-info/PKG-INFO", "root/.local/lib/python3.11/site-packages"),
        ("root/x.egg-info", "root/.pyenv/versions/3.12.1/lib/python3.12/site-packages"),
        ("opt/python/x-1.dist-info/METADATA", "opt/python/lib/python3.12/site-packages"),
        ("x-1.dist-info/METADATA", VENV),
        ("app/x-1.dist-info/METADATA", "app/vendor"),
    ],
)
def test_discover__metadata_above_an_environment__does_not_hide_it(above: str, venv: str) -> None:
    found = whole({above: metadata("x")}, at(venv, dist_files("a"), dist_files("b")))
    assert {d.name for d in found.distributions} == {"a", "b", "x"}


def test_discover__checkout_next_to_its_venv__does_not_own_the_venv() -> None:
    checkout = {"app/myapp.egg-info/PKG-INFO": metadata("myapp"), "app/myapp/__init__.py": "x"}
    found = whole(checkout, at(VENV, dist_files("a")))
    assert locations(found) == {("myapp", "app"), ("a", "app/.venv")}
    assert found.unowned.apparent == 0


@pytest.mark.parametrize(
    "app",
    [
        {"app/x-1.dist-info/METADATA": metadata("x"), "app/x-1.dist-info/top_level.txt": "package\n"},
        at("app", dist_files("x", files={"package/_vendor/six-1.dist-info/METADATA": metadata("six")})),
    ],
    ids=["by its name", "by its RECORD"],
)
def test_discover__vendored_below_any_directory__is_not_a_distribution(app: Mapping[str, str | bytes]) -> None:
    found = whole(app, at("app/package/_vendor", {"six-1.dist-info/METADATA": metadata("six").encode()}))
    assert [d.name for d in found.distributions] == ["x"]


def test_discover__thousands_of_nested_directories__take_linear_time() -> None:
    deep = "/".join(["d"] * 1900)
    files = {f"{deep[: 2 * n + 1]}/x{n}-1.dist-info/METADATA": metadata(f"x{n}") for n in range(0, 1900, 10)}
    assert len(whole(files).distributions) == 190


# --- caches ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("cache", "name"),
    [
        ("root/.cache/uv/archive-v0/Vpgk3YYOLNz_-o1gYtHDc", "uv's cache"),
        ("uv-cache/archive-v0/Vpgk3YYOLNz_-o1gYtHDc", "uv's cache"),
        ("opt/conda/pkgs/numpy-2-py312_0/lib/python3.12/site-packages", "conda's cache"),
        ("root/.local/share/virtualenv/wheel/3.12/image/1/CopyPipInstall/pip-24-py3-none-any", None),
    ],
)
def test_discover__cache_of_an_installer__is_not_an_environment(cache: str, name: str | None) -> None:
    files = {"opt/conda/pkgs/numpy-2-py312_0/info/index.json": "{}"}
    found = whole(at(VENV, dist_files("a")), at(cache, dist_files("a"), dist_files("b")), files)
    assert locations(found) == {("a", "app/.venv")}
    assert found.conflicts == ()
    tree = make_tree({**at(cache, dist_files("b")), **files})
    contents = {c.name: c.size for c in contents_of(tree, take_inventory(replace(tree, whole=True)), None).rows}
    if name:
        assert contents[name] >= sum(map(len, dist_files("b").values()))


def test_discover__micromamba_with_one_environment__has_only_that() -> None:
    record = '{"name": "openssl", "version": "3", "files": ["lib/libssl.so"]}'
    app = {"opt/conda/envs/app/conda-meta/openssl-3.json": record, "opt/conda/envs/app/lib/libssl.so": "x"}
    cache = at("opt/conda/pkgs/numpy-2-0/lib/python3.12/site-packages", dist_files("numpy"))
    found = whole(app, cache, {"opt/conda/pkgs/numpy-2-0/info/index.json": "{}"})
    assert locations(found) == {("openssl", "opt/conda/envs/app")}


# --- RECORD ----------------------------------------------------------------------------------------


def test_record__path_outside_of_its_prefix__is_not_counted_for_it() -> None:
    record = ["../../../bin/a,,", "../../../../../etc/passwd,,", "a.py,,"]
    venv = at("opt/venv/lib/python3.12/site-packages", dist_files("a", files={"a.py": "1234"}, record=record))
    found = whole(venv, {"opt/venv/bin/a": "12", "etc/passwd": "x" * 1000})
    assert only(found).sizes.apparent == sum(map(len, venv.values())) + 2
    (conflict,) = found.conflicts
    assert conflict.kind == "escape"
    assert "../../../../../etc/passwd" in conflict.reason


def test_record__file_of_a_system_package__belongs_to_the_package() -> None:
    record = ["../../x86_64-linux-gnu/libc.so.6,,", "evil.py,,"]
    evil = at("usr/lib/python3/dist-packages", dist_files("evil", files={"evil.py": "1"}, record=record))
    system = {"usr/lib/x86_64-linux-gnu/libc.so.6": "x" * 500}
    lists = {"var/lib/dpkg/info/libc6.list": "/usr/lib/x86_64-linux-gnu/libc.so.6\n"}
    found = whole(evil, system, lists)
    assert only(found).sizes.apparent == sum(map(len, evil.values()))
    (conflict,) = found.conflicts
    assert (conflict.kind, conflict.names) == ("path", ("evil",))
    assert "libc6" in conflict.reason
    mine = {"var/lib/dpkg/info/evil.list": "/".join(["", *min(p for p in evil if p.endswith("METADATA")).split("/")])}
    both = {
        **mine,
        "var/lib/dpkg/info/libc6.list": mine["var/lib/dpkg/info/evil.list"] + "\n" + lists[next(iter(lists))],
    }
    assert whole(evil, system, both).conflicts == ()


def test_record__of_pip_install_target__has_programs_at_their_new_paths() -> None:
    target = at("opt/deps", dist_files("a", files={"a.py": "1"}, record=["../../bin/a,,", "a.py,,"]))
    found = whole(target, {"opt/deps/bin/a": "12345"})
    assert only(found).sizes.apparent == sum(map(len, target.values())) + 5
    assert found.conflicts == ()


def test_record__with_too_many_lines__is_skipped(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys.modules["deadweight.inventory.claims"], "_MOST_CLAIMED", 9)
    found = inventory_of(dist_files("a"), dist_files("b", files={f"b/{n}.py": "" for n in range(9)}))
    assert [s.name for s in found.skipped] == [f"{SITE}/b-1.0.dist-info/RECORD"]
    assert [d.name for d in found.distributions] == ["a", "b"]


# --- eggs ------------------------------------------------------------------------------------------


def test_egg__directory_in_site_packages__is_a_distribution_with_all_its_files() -> None:
    egg = {
        "My_Lib-1.2-py3.11.egg/EGG-INFO/PKG-INFO": metadata("my-lib", "1.2").encode(),
        "My_Lib-1.2-py3.11.egg/EGG-INFO/requires.txt": b"six\n",
        "My_Lib-1.2-py3.11.egg/my_lib/__init__.py": b"x",
        "My_Lib-1.2-py3.11.egg/my_lib/data.bin": b"12345",
    }
    found = inventory_of(egg)
    assert (only(found).name, only(found).version, only(found).metadata.requires) == ("my-lib", "1.2", ("six",))
    assert only(found).import_names == ("my_lib",)
    assert (found.unowned.files, found.warnings) == (0, ())


def test_egg__zipped__is_a_distribution_with_its_file() -> None:
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("EGG-INFO/PKG-INFO", metadata("zipped", "2.0"))
        archive.writestr("EGG-INFO/top_level.txt", "zipped_module\n")
    found = inventory_of({"zipped-2.0-py3.11.egg": buffer.getvalue(), "broken-3-py3.egg": b"no zip"})
    assert [(d.name, d.version, d.import_names) for d in found.distributions] == [
        ("broken", "3", ()), ("zipped", "2.0", ("zipped_module",))
    ]  # fmt: skip


def test_egg__next_to_a_checkout__is_not_installed() -> None:
    found = whole(at("app/dist", {"a-1-py3.11.egg": b"x"}), at("app/.eggs", {"b-1-py3.egg/EGG-INFO/PKG-INFO": b"x"}))
    assert found.distributions == ()
