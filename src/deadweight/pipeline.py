"""profile(): the stages in order. The only module that knows them all."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import TYPE_CHECKING

from deadweight.errors import BadInput, BadRequirement
from deadweight.progress import Observer, Progress, silent
from deadweight.settings import Settings
from deadweight.sources.environment import Listing
from deadweight.targets import Target, parse_target

if TYPE_CHECKING:
    from deadweight.findings import Profile
    from deadweight.formats.requirements import RequirementsFile
    from deadweight.model import Inventory


def profile(
    target: str | os.PathLike[str] = "", settings: Settings | None = None, *, observe: Observer = silent
) -> Profile:
    """Measure a requirements file or an environment, and work out what could be left out.

    target:  path of a requirements file, a venv, a prefix or a site-packages folder; "" for the running interpreter's.
             A requirements file is installed into a throwaway venv, which may run code of what it installs (see
             ``Settings.no_build``); nothing of an environment is run.
    returns: sizes in bytes, ``None`` where unknown
    raises:  BadInput (and its kinds) for what cannot be read, InstallFailed where the installer refused
    """
    settings = settings or Settings()
    found = parse_target(os.fspath(target))
    if found.kind == "environment":
        observe(Progress("measuring", found.path))
        return _conclude(found, _take_inventory(found.path), settings)
    observe(Progress("reading", found.path))
    return _profile_requirements(found, settings, observe)


def _profile_requirements(target: Target, settings: Settings, observe: Observer) -> Profile:
    """Install a requirements file into a throwaway venv and measure that."""
    from deadweight.sources.installer import InstallOptions, find_installer, install
    from deadweight.sources.requirements import read_requirements
    from deadweight.sources.scratch import scratch_folder

    file = read_requirements(target.path)
    if settings.no_build:
        _refuse_builds(file)
    installer = find_installer(settings.installer)
    options = InstallOptions(
        python=settings.python,
        index_url=settings.index_url,
        extra_index_urls=settings.extra_index_url,
        find_links=settings.find_links,
        no_build=settings.no_build,
        bytecode=settings.bytecode,
    )
    with scratch_folder() as scratch:
        folder = os.path.join(scratch.path, "env")
        if settings.keep_env:
            folder = os.path.abspath(settings.keep_env)
            if os.path.lexists(folder):
                raise BadInput(f"{settings.keep_env} is there already", hint="give --keep-env a folder that is not")
            scratch.answers_for(folder)
        # A pipe, as the shell's <(…) makes it, can be read once only: the installer gets a copy.
        path = target.path if os.path.isfile(target.path) else scratch.write("requirements.txt", file.text)
        install(folder, path, options, installer=installer, observe=observe, scratch=scratch)
        observe(Progress("measuring", settings.keep_env or "the environment"))
        inventory = _take_inventory(folder)
        scratch.let_go()
    environment = replace(inventory.environment, installer=installer.name)
    return _conclude(target, replace(inventory, environment=environment), settings, file)


def _refuse_builds(file: RequirementsFile) -> None:
    """Refuse what an installer builds whatever it is told: places that are no wheel, options against wheels."""
    for wanted in file.all_wanted():
        if wanted.url and not wanted.url.endswith(".whl"):
            raise BadRequirement(wanted.file, wanted.number, wanted.url, "--no-build, but this is no wheel")
    for included in file.with_included():
        for line in included.lines:
            if line.kind == "option" and line.body.startswith("--no-binary"):
                raise BadRequirement(included.path, line.number, line.body, "--no-build, but this asks for builds")


def _take_inventory(folder: str) -> Inventory:
    listing = Listing(folder)
    # Other processes list the tree; meanwhile the stages are imported, those after the inventory too.
    import deadweight.findings  # noqa: F401
    from deadweight.inventory import take_inventory

    return take_inventory(listing.finish())


def _conclude(
    target: Target, inventory: Inventory, settings: Settings, file: RequirementsFile | None = None
) -> Profile:
    from deadweight.findings import conclude

    return conclude(target, inventory, settings, file)
