"""pip's configuration files and variables → its settings, as pip itself combines them."""

from __future__ import annotations

import ast
import os
import re
import sys
from collections.abc import Mapping
from typing import NamedTuple

from deadweight.sources.system.processes import OUR_PYTHON, answer_of

_SETTING = re.compile(r"(\S+)\.([\w-]+)=(.+)")


class Setting(NamedTuple):
    """One setting.

    section: "global", the name of a command, or ":env:" for a variable
    name:    of the option: "index-url"
    """

    section: str
    name: str
    value: str


def pip_settings() -> tuple[Setting, ...]:
    """Return all settings, none if pip fails."""
    command = [*OUR_PYTHON, "-m", "pip", "--disable-pip-version-check", "config", "list"]
    settings: list[Setting] = []
    for line in (answer_of(command, seconds=30) or b"").decode("utf-8", "replace").splitlines():
        match = _SETTING.match(line)
        if match:
            try:
                settings.append(Setting(match[1], match[2], str(ast.literal_eval(match[3]))))
            except (ValueError, SyntaxError):
                continue
    return tuple(settings)


def variables_for_install(environ: Mapping[str, str]) -> dict[str, str]:
    """Return the settings of ``pip install`` from files, as variables, and the variable that disables the files.

    Variables override files, and a command's own section overrides "global". As variables, settings from files can be
    dropped in the same way as those of the user's environment.
    """
    if environ.get("PIP_CONFIG_FILE") == os.devnull or not any(map(os.path.isfile, _files(environ))):
        return {}
    values: dict[str, str] = {}
    settings = pip_settings()
    for section in ("global", "install"):
        values |= {_variable(s.name): s.value for s in settings if s.section == section and s.value}
    unset = {name: value for name, value in values.items() if not environ.get(name)}
    return {**unset, "PIP_CONFIG_FILE": os.devnull}


def _variable(name: str) -> str:
    return "PIP_" + name.upper().replace("-", "_")


def _files(environ: Mapping[str, str]) -> list[str]:
    """Return the paths of pip's configuration files (https://pip.pypa.io/en/stable/topics/configuration/)."""
    home = os.path.expanduser("~")
    directories = [
        *(environ.get("XDG_CONFIG_DIRS") or "/etc/xdg").split(os.pathsep), "/Library/Application Support",
        environ.get("XDG_CONFIG_HOME") or f"{home}/.config", f"{home}/Library/Application Support",
    ]  # fmt: skip
    return [
        environ.get("PIP_CONFIG_FILE") or "", "/etc/pip.conf", f"{home}/.pip/pip.conf", f"{sys.prefix}/pip.conf",
        *(os.path.join(directory, "pip", "pip.conf") for directory in directories),
    ]  # fmt: skip
