"""Requirements → a temporary environment with them installed, and its Measurement."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from functools import partial
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
    """A temporary environment, valid until it is removed, and its measurement."""

    measurement: Measurement
    directory: str
    scratch: Scratch


@contextlib.contextmanager
def installed(
    target: Target, settings: Settings, session: Session, already: Read[RequirementsFile] | None = None
) -> Iterator[Installed]:
    """Install requirements into a venv, measure it, and remove it at the end unless the settings keep it.

    already: the requirements, if they were read before: standard input and pipes can be read only once
    """
    from deadweight.analysis.measurement import Measurement
    from deadweight.formats.builds import read_wishes
    from deadweight.formats.requirement_changes import swapped
    from deadweight.sources.install.installer import Configured, find_installer, install
    from deadweight.sources.resolve.project_rules import with_rules
    from deadweight.sources.system.scratch import new_directory, scratch_directory

    refuse(settings, ("platform", "torch", "index"), "cannot be used with --install")
    wishes = read_wishes(settings.request.swap, settings.request.index, settings.request.torch)
    read = already if already and not already.note else read_requirements_of(target, settings, installing=True)
    settings, file = read.settings.replacing(no_install=False), swapped(read.content, wishes.swaps)
    session.application(target, settings)  # report unreadable code before installing for minutes
    if settings.measuring.no_build:
        refuse_builds(file)
    installer = find_installer(settings.measuring.installer)
    with contextlib.ExitStack() as stack:
        scratch = stack.enter_context(scratch_directory())
        directory = os.path.join(scratch.path, "env")
        if settings.measuring.keep_env:
            directory = os.path.abspath(settings.measuring.keep_env)
            stack.enter_context(new_directory(directory))
        path = _file_for_installer(target, file, scratch, changed=bool(settings.request.swap))
        configured = Configured(installer, with_rules(install_options(settings), file, installer, scratch))
        install(directory, path, configured, scratch, session.observe)
        session.observe(Progress("measuring", settings.measuring.keep_env or "the environment"))
        inventory = take_inventory_of(directory)
        environment = replace(inventory.environment, installer=installer.name)
        inventory = with_notes(replace(inventory, environments=(environment,)), file, read.note)
        if not inventory.distributions and _asks_for_something(file, inventory):
            raise InstallFailed(
                f"{installer.name} reported success, but installed nothing",
                hint=f"check whether the configuration of {installer.name} redirects it, or use another --installer",
            )
        yield Installed(
            Measurement(target=target, inventory=inventory, settings=settings, file=file), directory, scratch
        )


def _file_for_installer(target: Target, file: RequirementsFile, scratch: Scratch, *, changed: bool) -> str:
    """Return the path of a requirements file: the user's own if the installer can read it, else a temporary one."""
    from deadweight.formats.requirements import for_resolver

    if changed or isinstance(target, Project):
        return scratch.write("requirements.txt", for_resolver(file, {}))
    # Standard input, or a pipe as the shell's <(…) makes it, can be read once only.
    if isinstance(target, Requirements) and target.location != "-" and os.path.isfile(target.location):
        return target.location
    return scratch.write("requirements.txt", file.text)


def _asks_for_something(file: RequirementsFile, inventory: Inventory) -> bool:
    """Return whether a requirement applies to the environment, so that something must have been installed."""
    from deadweight.graph.lines import Markers
    from deadweight.platforms.markers import marker_values

    markers = Markers(partial(marker_values, inventory.environment))
    return any(markers.hold(requirement.marker) for requirement in file.all_requirements())


def install_options(settings: Settings) -> InstallOptions:
    """Return the options of the settings that an installer takes."""
    from deadweight.sources.install.installer import InstallOptions

    return InstallOptions(
        python=settings.request.python,
        index_url=settings.measuring.index_url,
        extra_index_urls=settings.measuring.extra_index_url,
        find_links=settings.measuring.find_links,
        no_build=settings.measuring.no_build,
        bytecode=settings.measuring.bytecode,
    )


def with_notes(inventory: Inventory, file: RequirementsFile | None, *warnings: str) -> Inventory:
    """Return the inventory with more warnings: those given, and those about how the file was read."""
    notes = file.notes if file else ()
    return replace(inventory, warnings=(*filter(None, (*warnings, *notes)), *inventory.warnings))


def refuse_builds(file: RequirementsFile) -> None:
    """Refuse what installers build even if they must not: URLs and paths that are not wheels, and ``--no-binary``."""
    for requirement in file.all_requirements():
        if requirement.url and not requirement.url.endswith(".whl"):
            raise BadRequirement(
                requirement.file, requirement.number, requirement.url, "not a wheel, which --no-build requires"
            )
    for path, line in file.no_binary_lines():
        raise BadRequirement(path, line.number, line.body, "conflicts with --no-build")


def take_inventory_of(directory: str) -> Inventory:
    """List an environment on disk and take its inventory."""
    from deadweight.sources.disk.environment import Listing

    listing = Listing(directory)
    # Import the later stages while other processes list the tree.
    import deadweight.analysis.concluding  # noqa: F401
    from deadweight.inventory import take_inventory

    return take_inventory(listing.finish())
