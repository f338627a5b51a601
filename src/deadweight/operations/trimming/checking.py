"""The modules of an environment → which of them can be imported, and which files that opens."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable

from msgspec import Struct

from deadweight.model import Distribution, Inventory, Trial
from deadweight.operations.session import Session
from deadweight.sources.install.trials import Venv, opened_paths, try_imports


class Imported(Struct, frozen=True, kw_only=True):
    """The results of importing modules.

    worked: the modules that could be imported
    failed: the others, with the reason
    opened: the files of the environment that were opened meanwhile
    """

    worked: tuple[str, ...]
    failed: tuple[Trial, ...]
    opened: frozenset[str]


class Checks:
    """Imports modules in the Python of one environment, each with a time limit; this runs code of the environment."""

    def __init__(self, root: str, seconds: float, session: Session) -> None:
        self._root, self._session = root, session
        self._trace = os.path.join(session.scratch.path, "opened.txt")
        self._venv = Venv(directory=root, seconds=seconds, scratch=session.scratch, trace=self._trace)

    def run(self, modules: Iterable[str]) -> Imported:
        """Import modules."""
        trials, _ = try_imports(modules, self._venv, self._session.observe)
        return Imported(
            worked=tuple(trial.module for trial in trials if not trial.reason),
            failed=tuple(trial for trial in trials if trial.reason),
            opened=frozenset(self._inside(opened_paths(self._trace))),
        )

    def _inside(self, paths: Iterable[str]) -> Iterable[str]:
        """Yield the paths that are in the environment, relative to it; its ``lib64`` may be a symlink."""
        real: dict[str, str] = {}
        for path in paths:
            directory, name = os.path.split(path)
            if directory not in real:
                real[directory] = os.path.realpath(directory)
            if f"{real[directory]}/".startswith(f"{self._root}/"):
                yield os.path.relpath(os.path.join(real[directory], name), self._root)


def modules_of(inventory: Inventory) -> list[str]:
    """Return the top-level modules and packages of all distributions."""
    return sorted({name for distribution in inventory.distributions for name in distribution.import_names})


def causes(failed: Collection[Trial], distributions: Collection[Distribution]) -> dict[str, str]:
    """Return key of a distribution → why it is to blame for failed imports: it provides what failed or is missing."""
    blamed: dict[str, str] = {}
    for trial in failed:
        tops = {name.partition(".")[0] for name in (trial.module, trial.missing) if name}
        for distribution in distributions:
            if tops & {name.partition(".")[0] for name in distribution.import_names}:
                blamed.setdefault(
                    distribution.key, f"{trial.module} could not be imported without them: {trial.reason}"
                )
    return blamed
