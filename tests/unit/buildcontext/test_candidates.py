"""What of a context is of which kind, by names and places."""

from __future__ import annotations

import re

import pytest

from deadweight.buildcontext.candidates import candidates_in
from deadweight.buildcontext.kinds import DEFAULT, KINDS, NAMES
from tests.contexts import make_context

KEY = b"-----BEGIN RSA PRIVATE KEY-----\n"


def found(files: dict[str, int], heads: dict[str, bytes] | None = None) -> dict[str, str]:
    """Return path → kind."""
    candidates = candidates_in(make_context(files), lambda path, most: (heads or {}).get(path, b"")[:most])
    return {each.path: each.kind.name for each in candidates}


@pytest.mark.parametrize(
    ("files", "expected"),
    [
        ({".git/HEAD": 1, "sub/.git": 1}, {".git": "version-control", "sub/.git": "version-control"}),
        ({"env39/pyvenv.cfg": 1, "env39/lib/x.py": 1}, {"env39": "environments"}),
        ({"c/conda-meta/history": 1}, {"c": "environments"}),
        ({"env/settings.py": 1}, {}),
        ({"a/__pycache__/x.pyc": 1, "__pycache__/y.pyc": 1}, {"a/__pycache__": "caches", "__pycache__": "caches"}),
        ({"node_modules/a/__pycache__/x": 1}, {"node_modules": "node-modules"}),  # the outermost
        ({"dist/a.whl": 1, "pyproject.toml": 1}, {"dist": "build-outputs"}),
        ({"dist/a.js": 1, "package.json": 1, "pyproject.toml": 1}, {}),
        ({"dist/a.js": 1}, {}),
        ({"build/gen.py": 1, "pyproject.toml": 1}, {}),  # code
        ({"src/app.egg-info/PKG-INFO": 1}, {"src/app.egg-info": "build-outputs"}),
        ({".env": 1, ".env.local": 1, ".env.example": 1, "a/.envrc": 1}, {".env": "secrets", ".env.local": "secrets"}),
        ({"tests/test_a.py": 1, "app/tests/test_b.py": 1}, {"tests": "tests", "app/tests": "tests"}),
        ({"docs/a.md": 1, "app/docs/b.md": 1}, {"docs": "docs"}),
        ({"data/a.csv": 2_000_000}, {"data": "data"}),
        ({"data/a.csv": 2_000}, {}),
        ({"app/__init__.py": 1, "app/data/a.csv": 2_000_000, "app/m.pt": 9_000_000}, {}),  # data of a package
        ({"a/m.safetensors": 9_000_000}, {"a/m.safetensors": "models"}),
        ({"Dockerfile": 1, "ai.Dockerfile": 1, "d/Dockerfile": 1}, {"Dockerfile": "docker", "ai.Dockerfile": "docker"}),
        ({"a~": 1, "b/.DS_Store": 1}, {"a~": "editors", "b/.DS_Store": "editors"}),
    ],
)
def test_candidates_in__files__have_kinds(files: dict[str, int], expected: dict[str, str]) -> None:
    # Sizes below the least one of a kind count only once rules are made.
    small = {path for path, size in files.items() if 1 < size < 1_000_000}
    assert {path: kind for path, kind in found(files).items() if path not in small} == expected


def test_candidates_in__pem_file__is_a_secret_only_with_a_private_key() -> None:
    files = {"certs/server.pem": 9, "certs/ca.pem": 9}
    assert found(files, {"certs/server.pem": KEY, "certs/ca.pem": b"-----BEGIN CERTIFICATE-----"}) == {
        "certs/server.pem": "secrets"
    }


def test_candidates_in__directory__has_the_size_of_all_in_it() -> None:
    (git,) = candidates_in(make_context({".git/a": 1, ".git/b/c": 20, "x": 300}), lambda path, most: b"")
    assert (git.path, git.size, git.is_directory) == (".git", 21, True)


def test_kinds__table__is_consistent() -> None:
    assert set(DEFAULT) <= set(NAMES)
    assert {"tests", "docs", "data", "models"}.isdisjoint(DEFAULT)
    for kind in KINDS:
        assert re.fullmatch(r"[a-z-]+", kind.name)
        assert kind.reason[0].islower()
        assert not kind.reason.endswith(".")
        assert kind.directories or kind.files or kind.markers
