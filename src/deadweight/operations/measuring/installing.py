"""Requirements → a throwaway environment that an installer made, and its Measurement."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from deadweight.errors import BadRequirement, InstallFailed
from deadweight.operations.measuring.reading import Read, read_requirements_of
from deadweight.progress import Progress
from deadweight.settings import Settings, refuse
from deadweight.targets.types import Project, Requirements

if TYPE_CHECKING:
    from deadweight.analysis.measurement import Measurement
    from deadweight.formats.requirements import RequirementsFile
    from deadweight.model import Inventory
    from deadweight.operations.session import Session
    from deadweight.sources.install.installer import InstallOptions
    from deadweight.sources.system.scratch import Scratch
    from deadweight.targets.types import Target


class Installed(Struct, frozen=True):
    """A throwaway environment, as long as it is there, and what was found of it."""

    measurement: Measurement
    folder: str
    scratch: Scratch


@contextlib.contextmanager
def installed(
    target: Target, settings: Settings, session: Session, already: Read[RequirementsFile] | None = None
) -> Iterator[Installed]:
    """Install requirements into a venv that is gone afterwards, unless it is to be kept, and measure it.

    already: the requirements, where they were read: standard input and pipes can be read only once
    """
    from deadweight.analysis.measurement import Measurement
    from deadweight.formats.requirements import for_resolver, swapped
    from deadweight.sources.install.installer import find_installer, install
    from deadweight.sources.resolve.builds import read_wishes
    from deadweight.sources.resolve.project_rules import with_rules
    from deadweight.sources.system.scratch import new_folder, scratch_folder

    refuse(
        settings, ("platform", "torch", "index"), "only --no-install measures for another machine or from another index"
    )
    wishes = read_wishes(settings.swap, settings.index, settings.torch)
    read = already if already and not already.note else read_requirements_of(target, settings, installing=True)
    settings, file = replace(read.settings, no_install=False), swapped(read.asked, wishes.swaps)
    session.application(target, settings)  # code that cannot be read is reported before minutes of installing
    if settings.no_build:
        refuse_builds(file)
    installer = find_installer(settings.installer)
    with contextlib.ExitStack() as stack:
        scratch = stack.enter_context(scratch_folder())
        folder = os.path.join(scratch.path, "env")
        if settings.keep_env:
            folder = os.path.abspath(settings.keep_env)
            stack.enter_context(new_folder(folder))
        if settings.swap or isinstance(target, Project):
            path = scratch.write("requirements.txt", for_resolver(file, {}))
        elif isinstance(target, Requirements) and target.location != "-" and os.path.isfile(target.location):
            path = target.location
        else:
            # Standard input, or a pipe as the shell's <(…) makes it, can be read once only.
            path = scratch.write("requirements.txt", file.text)
        options = with_rules(install_options(settings), file, installer, scratch)
        install(folder, path, options, installer=installer, observe=session.observe, scratch=scratch)
        session.observe(Progress("measuring", settings.keep_env or "the environment"))
        inventory = take_inventory_of(folder)
        environment = replace(inventory.environment, installer=installer.name)
        inventory = with_notes(replace(inventory, environments=(environment,)), file, read.note)
        if not inventory.distributions and _asks_for_something(file, inventory):
            raise InstallFailed(
                f"{installer.name} reported success, but installed nothing into the environment",
                hint="one of its settings or a wrapper of it may lead elsewhere; --installer chooses another",
            )
        yield Installed(Measurement(target=target, inventory=inventory, settings=settings, file=file), folder, scratch)


def _asks_for_something(file: RequirementsFile, inventory: Inventory) -> bool:
    """Say whether a requirement holds for the environment, so that something must have been installed."""
    from deadweight.graph.lines import Markers
    from deadweight.platforms.markers import marker_values

    markers = Markers(marker_values(inventory.environment))
    return any(markers.hold(wanted.marker) for wanted in file.all_wanted())


def install_options(settings: Settings) -> InstallOptions:
    """Return what an installer is told."""
    from deadweight.sources.install.installer import InstallOptions

    return InstallOptions(
        python=settings.python,
        index_url=settings.index_url,
        extra_index_urls=settings.extra_index_url,
        find_links=settings.find_links,
        no_build=settings.no_build,
        bytecode=settings.bytecode,
    )


def with_notes(inventory: Inventory, file: RequirementsFile | None, *told: str) -> Inventory:
    """Return the inventory with what is worth knowing of how its target was read, as warnings."""
    notes = file.notes if file else ()
    return replace(inventory, warnings=(*filter(None, (*told, *notes)), *inventory.warnings))


def refuse_builds(file: RequirementsFile) -> None:
    """Refuse what an installer builds whatever it is told: places that are no wheel, options against wheels."""
    for wanted in file.all_wanted():
        if wanted.url and not wanted.url.endswith(".whl"):
            raise BadRequirement(wanted.file, wanted.number, wanted.url, "--no-build, but this is no wheel")
    for included in file.with_included():
        for line in included.lines:
            if line.kind == "option" and line.body.startswith("--no-binary"):
                raise BadRequirement(included.path, line.number, line.body, "--no-build, but this asks for builds")


def take_inventory_of(folder: str) -> Inventory:
    """List an environment on the disk, and take its inventory."""
    from deadweight.sources.disk.environment import Listing

    listing = Listing(folder)
    # Other processes list the tree; meanwhile the stages are imported, those after the inventory too.
    import deadweight.analysis.concluding  # noqa: F401
    from deadweight.inventory import take_inventory

    return take_inventory(listing.finish())
