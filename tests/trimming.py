"""Real environments to trim, and what tests compare of them."""

from __future__ import annotations

import hashlib
import os
import shutil
import stat
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path

from tests.builders import make_wheel, make_wheelhouse

Snapshot = dict[str, tuple[int, int, str]]

# dw-app uses a directory of tests of dw-lib, and opens one of its documents; dw-lib has everything that can be removed.
APP = {
    "dw_app/__init__.py": "import dw_lib\nfrom dw_lib.helpers.tests import util\n",
    "dw_app/tests/test_app.py": "import dw_app\n",
    "dw_app/py.typed": "",
}
LIB = {
    "dw_lib/__init__.py": "import os\nwith open(os.path.dirname(__file__) + '/README.md') as f: text = f.read()\n",
    "dw_lib/__init__.pyi": "text: str\n",
    "dw_lib/README.md": "opened by the code\n",
    "dw_lib/CHANGELOG.md": "not opened\n" * 100,
    "dw_lib/LICENSE": "stays\n",
    "dw_lib/tests/__init__.py": "",
    "dw_lib/tests/test_lib.py": "import dw_lib\n" * 1000,
    "dw_lib/tests/data/deep/big.csv": "1,2,3\n" * 1000,
    "dw_lib/helpers/__init__.py": "",
    "dw_lib/helpers/tests/__init__.py": "",
    "dw_lib/helpers/tests/util.py": "",
    "dw_lib/include/dw.h": "#define DW 1\n",
    "dw_lib/locale/de/LC_MESSAGES/dw.po": "msgid\n",
}


def make_venv(directory: Path, *wheels: tuple[str, bytes]) -> Path:
    """Create an environment on this Python, and install wheels with pip, which compiles them; return its prefix."""
    env = directory / "env"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", env], check=True)
    wheelhouse = make_wheelhouse(directory / "wheels", *wheels)
    pip(env, "install", "-q", "--no-index", *(str(wheelhouse / name) for name, _ in wheels))
    return env


def make_demo(directory: Path, **changes: Mapping[str, str | bytes]) -> Path:
    """Create an environment with dw-app and dw-lib.

    changes: "app" or "lib" → path → content, added to the files of that wheel
    """
    return make_venv(
        directory,
        make_wheel("dw-lib", files={**LIB, **changes.get("lib", {})}),
        make_wheel("dw-app", files={**APP, **changes.get("app", {})}, requires=["dw-lib"]),
    )


def pip(env: Path, *arguments: str) -> str:
    command = [sys.executable, "-m", "pip", "--disable-pip-version-check", "--python", f"{env}/bin/python", *arguments]
    return str(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def site_of(env: Path) -> Path:
    return next((env / "lib").glob("python3.*/site-packages"))


def snapshot(root: Path) -> Snapshot:
    """Return path → (mode, time of modification, content) of everything below ``root``, which is "."."""
    found: Snapshot = {}
    for directory, directories, files in os.walk(root):
        for name in (".", *files, *(d for d in directories if Path(directory, d).is_symlink())):
            path = Path(directory, name)
            status = path.lstat()
            content = ""
            if stat.S_ISLNK(status.st_mode):
                content = os.readlink(path)
            elif stat.S_ISREG(status.st_mode):
                content = hashlib.sha256(path.read_bytes()).hexdigest()
            found[os.path.relpath(path, root)] = (status.st_mode, status.st_mtime_ns, content)
    return found


def copy_of(env: Path, to: Path) -> Path:
    """Copy an environment with modes and times."""
    shutil.copytree(env, to, symlinks=True)
    return to


def check_records(env: Path) -> int:
    """Check that every RECORD lists just what exists, with its hash and size; return how many files it lists."""
    code = (
        "import base64, hashlib, importlib.metadata, os\n"
        "count = 0\n"
        "for distribution in importlib.metadata.distributions():\n"
        "    for file in distribution.files or ():\n"
        "        path, count = file.locate(), count + 1\n"
        "        assert os.path.isfile(path), path\n"
        "        data = open(path, 'rb').read()\n"
        "        if file.hash:\n"
        "            digest = base64.urlsafe_b64encode(hashlib.new(file.hash.mode, data).digest())\n"
        "            assert digest.rstrip(b'=').decode() == file.hash.value, path\n"
        "            assert file.size == len(data), path\n"
        "print(count)\n"
    )
    done = subprocess.run([env / "bin/python", "-I", "-B", "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return int(done.stdout)
