"""What an environment could do without."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import pytest
from msgspec.structs import replace

from deadweight.inventory import take_inventory
from deadweight.model import Entry, Inventory
from deadweight.trimming import Facts, trimmable
from deadweight.trimming.kinds import DEFAULT, KINDS, NAMES
from tests.builders import ELF_X86_64, SITE, dist_files, inventory_of, site_tree


def env(files: Mapping[str, str | bytes], *, requires: Iterable[str] = (), name: str = "demo") -> Inventory:
    code = {f"{name}/__init__.py": "x = 1\n"}
    return inventory_of(dist_files(name, files={**code, **files}, requires=requires))


def kinds(inventory: Inventory, facts: Facts | None = None) -> dict[str, list[str]]:
    """Return kind → paths below site-packages, without the kinds that have none."""
    return {
        part.kind.name: [path.removeprefix(f"{SITE}/") for path in part.files]
        for part in trimmable(inventory, facts)
        if part.files
    }


@pytest.mark.parametrize(
    ("path", "kind"),
    [
        ("demo/tests/test_x.py", "tests"),
        ("demo/sub/test/data/big.csv", "tests"),
        ("demo/tests/__init__.pyi", "tests"),
        ("tests/test_demo.py", "tests"),
        ("demo/__pycache__/__init__.cpython-311.pyc", "bytecode"),
        ("demo/__pycache__/__init__.cpython-311.opt-1.pyc", "bytecode"),
        ("demo/__init__.pyc", "bytecode"),
        ("demo/docs/index.html", "docs"),
        ("demo/README.md", "docs"),
        ("demo/__init__.pyi", "stubs"),
        ("demo/include/demo/api.h", "headers"),
        ("demo/include/Eigen/Core", "headers"),
        ("demo/api.pxd", "headers"),
        ("demo/lib/libdemo.a", "static-libraries"),
        ("demo/_fast.pdb", "debug-symbols"),
        ("demo/conf/locale/de/LC_MESSAGES/django.mo", "locale"),
    ],
)
def test_trimmable__file_of_a_kind__is_listed_with_its_bytes(path: str, kind: str) -> None:
    inventory = env({path: "12345"})
    assert kinds(inventory) == {kind: [path]}
    assert {part.kind.name: part.apparent_bytes for part in trimmable(inventory) if part.apparent_bytes} == {kind: 5}


@pytest.mark.parametrize(
    "path",
    [
        "demo/testing/utils.py",  # as numpy.testing
        "demo/docs/service.py",  # as botocore.docs
        "demo/templates/card.md",  # read when a template is used
        "demo/py.typed",
        "demo/tests/LICENSE.txt",
        "demo/LICENSE.md",
        "demo/docs/licenses/index.html",
        "demo/__pycache__/gone.cpython-311.pyc",  # the module itself, as compileall -b leaves it
        "demo/only.pyc",
        "demo/conf/locale/en/LC_MESSAGES/django.mo",
        "demo/conf/locale/en_GB/LC_MESSAGES/django.mo",
        "demo/locale-data/de.dat",  # Babel's own data
        "demo/include/base.html",
        "demo/contests/x.py",
        "demo-1.0.dist-info/docs/README.md",
    ],
)
def test_trimmable__file_that_is_needed__stays(path: str) -> None:
    assert kinds(env({path: "12345"})) == {}


def test_trimmable__tests_that_are_imported__stay() -> None:
    inventory = env({"demo/tests/util.py": "", "demo/sub/tests/test_y.py": ""})
    facts = Facts(imported=["demo.tests.util"])
    assert kinds(inventory, facts) == {"tests": ["demo/sub/tests/test_y.py"]}


@pytest.mark.parametrize("opened", ["demo/tests/util.py", "demo/tests/__pycache__/util.cpython-311.pyc"])
def test_trimmable__tests_that_were_opened__stay_with_their_directory(opened: str) -> None:
    files = {"demo/tests/util.py": "", "demo/tests/data.csv": "", "demo/tests/__pycache__/util.cpython-311.pyc": ""}
    left = kinds(env(files), Facts(opened=[f"{SITE}/{opened}"]))
    assert left == {"bytecode": ["demo/tests/__pycache__/util.cpython-311.pyc"]}


def test_trimmable__files_that_were_opened_or_are_in_no_record__stay_unless_bytecode() -> None:
    pyc = "demo/__pycache__/__init__.cpython-311.pyc"
    inventory = env({"demo/README.md": "", "demo/TODO": "", pyc: ""})
    paths = [f"{SITE}/{path}" for path in ("demo/README.md", "demo/TODO", pyc)]
    assert kinds(inventory, Facts(opened=paths[::2])) == {"bytecode": [pyc], "docs": ["demo/TODO"]}
    assert kinds(inventory, Facts(foreign=paths[1:])) == {"bytecode": [pyc], "docs": ["demo/README.md"]}


def test_trimmable__bytecode_of_tests_in_no_record__goes_with_them() -> None:
    files = ["demo/tests/__pycache__/a.cpython-311.pyc", "demo/tests/a.py"]
    inventory = env(dict.fromkeys((*files, "demo/tests/__pycache__/b.cpython-311.pyc"), ""))
    foreign = [f"{SITE}/demo/tests/__pycache__/{name}.cpython-311.pyc" for name in "ab"]
    assert kinds(inventory, Facts(foreign=foreign)) == {"tests": files}


def test_trimmable__documented_parts__are_no_tests() -> None:
    assert kinds(env({"django/test/client.py": ""}, name="django")) == {}


def test_trimmable__distribution_of_tests_alone__stays() -> None:
    assert kinds(inventory_of(dist_files("tests", files={"tests/__init__.py": "", "tests/a.py": ""}))) == {}


def test_trimmable__stubs_read_at_run_time__stay() -> None:
    files = {"demo/__init__.pyi": ""}
    assert kinds(env(files, requires=["Lazy_Loader>=0.4"])) == {}
    assert kinds(env(files, requires=["lazy-object-proxy", "; nonsense"])) == {"stubs": ["demo/__init__.pyi"]}


def test_trimmable__file_of_two_distributions__stays() -> None:
    one = dist_files("one", files={"one/__init__.py": "", "shared/README.md": ""})
    two = dist_files("two", files={"two/__init__.py": "", "shared/README.md": ""})
    assert kinds(inventory_of(one, two)) == {}


def test_trimmable__file_of_a_system_package__stays() -> None:
    inventory = env({"demo/README.md": ""})
    assert kinds(replace(inventory, packages=(("python3-demo", (f"{SITE}/demo/README.md",)),))) == {}


def test_trimmable__without_record__stays() -> None:
    files = dist_files("demo", files={"demo/__init__.py": "", "demo/README.md": ""})
    del files["demo-1.0.dist-info/RECORD"]
    assert kinds(inventory_of(files)) == {}


def test_trimmable__unowned_file_and_symlink__stay() -> None:
    tree = site_tree(
        dist_files("demo", files={"demo/__init__.py": "", "demo/README.md": ""}), extra={"share/doc/notes.md": ""}
    )
    entries = {**tree.entries, f"{SITE}/demo/README.md": Entry(8, 0, None, "symlink")}
    assert kinds(take_inventory(replace(tree, entries=entries))) == {}


def test_trimmable__hard_links__count_once() -> None:
    tree = site_tree(dist_files("demo", files={"demo/__init__.py": "", "demo/README.md": "", "demo/TODO.md": ""}))
    linked = Entry(100, 512, (1, 2), "file")
    entries = {**tree.entries, f"{SITE}/demo/README.md": linked, f"{SITE}/demo/TODO.md": linked}
    docs = next(p for p in trimmable(take_inventory(replace(tree, entries=entries))) if p.kind.name == "docs")
    assert (len(docs.files), docs.apparent_bytes) == (2, 100)


def test_trimmable__debug_symbols__are_unknown_until_native_code_is_read() -> None:
    library = f"{SITE}/demo/_fast.so"
    inventory = env({"demo/_fast.so": ELF_X86_64 + bytes(1000), "demo/_fast.debug": "12345"})

    def symbols(facts: Facts) -> tuple[tuple[str, ...], int | None]:
        part = next(part for part in trimmable(inventory, facts) if part.kind.name == "debug-symbols")
        return part.stripped, part.apparent_bytes

    assert symbols(Facts()) == ((), None)
    assert symbols(Facts(symbols={})) == ((), 5)
    assert symbols(Facts(symbols={library: 300})) == ((library,), 305)


def test_trimmable__no_native_code__has_no_debug_symbols() -> None:
    assert all(part.apparent_bytes == 0 for part in trimmable(env({})))


def test_trimmable__site_packages_alone__is_like_an_environment() -> None:
    files = dist_files("demo", files={"demo/__init__.py": "", "__pycache__/m.cpython-311.pyc": "", "m.py": ""})
    tree = site_tree(files)
    entries = {path.removeprefix(f"{SITE}/"): entry for path, entry in tree.entries.items()}

    class Reader:
        def read(self, path: str, limit: int = 1 << 26) -> bytes:
            return tree.reader.read(f"{SITE}/{path}", limit)

        def heads(self, paths: Iterable[str]) -> Iterable[bytes]:
            return (b"" for _ in paths)

        def linking(self, paths: Iterable[str]) -> Iterable[None]:
            return (None for _ in paths)

        def target(self, path: str) -> str | None:
            return None

    inventory = take_inventory(replace(tree, entries=entries, reader=Reader()))
    assert kinds(inventory) == {"bytecode": ["__pycache__/m.cpython-311.pyc"]}


def test_kinds__table__has_unique_names_and_a_default_of_low_risk() -> None:
    assert len(set(NAMES)) == len(KINDS)
    assert DEFAULT == ("tests", "bytecode", "docs", "stubs")
    assert {kind.risk for kind in KINDS} == {"low", "medium", "high"}
