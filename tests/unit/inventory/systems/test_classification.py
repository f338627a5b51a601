"""Files that no distribution owns → their rows and areas."""

from __future__ import annotations

import pytest

from deadweight.inventory.systems.classification import Classifier, directory_of

PACKAGED = ("usr/bin/ls", "usr/lib/python3.11/os.py", "usr/share/doc/ls/copyright", "usr/share/man/man1/ls.1")
LIBRARY = "usr/local/lib/python3.12"


@pytest.mark.parametrize(
    ("path", "row", "area"),
    [
        ("usr/bin/ls", "system packages", "system packages"),
        ("usr/share/doc/ls/copyright", "documentation of the system", "system packages"),
        ("usr/share/man/man1/ls.1", "documentation of the system", "system packages"),
        ("usr/local/share/man/man1/python3.1", "documentation of the system", "system packages"),
        ("usr/share/locale/de/LC_MESSAGES/ls.mo", "locales of the system", "system packages"),
        ("usr/share/i18n/charmaps/UTF-8.gz", "locales of the system", "system packages"),
        ("usr/lib/locale/C.utf8/LC_CTYPE", "locales of the system", "system packages"),
        ("srv/share/doc/readme", "other files", "other files"),
        ("var/lib/dpkg/status", "package databases", "system packages"),
        ("lib/apk/db/installed", "package databases", "system packages"),
        ("var/lib/apt/lists/debian", "package manager caches and lists", "caches and wheels"),
        ("var/cache/apt/pkgcache.bin", "package manager caches and lists", "caches and wheels"),
        ("usr/lib/python3.11/os.py", "Python", "Python"),
        (f"{LIBRARY}/os.py", "Python", "Python"),
        (f"{LIBRARY}/test/test_os.py", "Python's own tests", "Python"),
        (f"{LIBRARY}/ctypes/test/test_x.py", "Python's own tests", "Python"),
        (f"{LIBRARY}/idlelib/idle_test/x.py", "Python's own tests", "Python"),
        (f"{LIBRARY}/testing/x.py", "Python", "Python"),
        (f"{LIBRARY}/site-packages/test/x.py", "other files", "other files"),
        (f"{LIBRARY}/ensurepip/_bundled/pip-24.whl", "Python", "Python"),
        (f"{LIBRARY}/config-3.12-x86_64-linux-gnu/libpython3.12.a", "Python's static libraries", "Python"),
        (f"{LIBRARY}/config-3.12-x86_64-linux-gnu/Makefile", "Python", "Python"),
        ("usr/local/lib/libpython3.12.a", "Python's static libraries", "Python"),
        ("usr/local/lib/libpython3.12.so.1.0", "Python", "Python"),
        ("usr/lib/x86_64-linux-gnu/libpython3.11.so.1.0", "Python", "Python"),
        ("usr/local/include/python3.12/Python.h", "Python", "Python"),
        ("usr/local/bin/python3.13t", "Python", "Python"),
        ("usr/local/bin/python3.12-config", "Python", "Python"),
        ("srv/bin/pythonic", "other files", "other files"),
        ("opt/venv/pyvenv.cfg", "Python", "Python"),
        ("pyvenv.cfg", "Python", "Python"),
        ("opt/conda/pkgs/python-3.12/lib/python3.12/test/x.py", "conda's cache", "caches and wheels"),
        ("moved/archive-v0/a/x.py", "uv's cache", "caches and wheels"),
        ("root/.npm/_cacache/x", "caches of other installers", "caches and wheels"),
        ("wheels/a-1-py3-none-any.whl", "wheels", "caches and wheels"),
        ("root/.cache/pip/wheels/a.whl", "pip's cache", "caches and wheels"),
        ("data/hub/models--org--name/blobs/x", "downloaded models", "models"),
        ("usr/share/nltk_data/corpora/x.zip", "downloaded models", "models"),
        ("srv/weights.safetensors", "model files", "models"),
        ("srv/pytorch_model-00001-of-00002.bin", "model files", "models"),
        ("srv/firmware.bin", "other files", "other files"),
        ("srv/__pycache__/m.cpython-312.pyc", "unowned bytecode", "other files"),
        ("app/main.py", "application files", "application files"),
        ("app/__pycache__/m.cpython-312.pyc", "unowned bytecode", "application files"),
        ("application/x", "other files", "other files"),
    ],
)
def test_classifier__a_path__has_one_row_and_one_area(path: str, row: str, area: str) -> None:
    classify = Classifier(PACKAGED, {"moved": "uv's cache"}, None, "app")
    assert classify(path, 1_000_000) == (row, area)


def test_classifier__base_image__has_packages_and_other_files_and_not_the_rest() -> None:
    classify = Classifier(PACKAGED, {}, lambda path: True, "etc")
    assert classify("usr/bin/ls", 1) == ("system packages", "base image")
    assert classify("etc/hosts", 1) == ("other files of the base image", "base image")
    assert classify("etc/a.pyc", 1) == ("unowned bytecode", "base image")
    assert classify(f"{LIBRARY}/os.py", 1) == ("Python", "Python")
    assert classify("root/.cache/pip/x", 1) == ("pip's cache", "caches and wheels")


def test_classifier__small_file_with_the_suffix_of_a_model__is_none() -> None:
    classify = Classifier((), {})
    assert classify("srv/a.pt", 99_999) == ("other files", "other files")


def test_classifier__long_path__takes_linear_time() -> None:
    path = "lib/python3/" * 100_000 + "x.py"
    assert Classifier((), {})(path, 1) == ("Python", "Python")


@pytest.mark.parametrize(
    ("path", "directory"), [("a/b/c/d", "a/b"), ("a/b/c", "a/b"), ("a/b", "a"), ("a", "a"), ("", "")]
)
def test_directory_of__a_path__its_first_two_directories(path: str, directory: str) -> None:
    assert directory_of(path, 2) == directory
