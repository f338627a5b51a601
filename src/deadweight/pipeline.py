"""profile(): the stages in order. The only module that knows them all."""

from __future__ import annotations

import contextlib
import os
import threading
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from msgspec import Struct
from msgspec.structs import replace

from deadweight.errors import BadInput, BadRequirement, InstallFailed, NoInterpreter
from deadweight.model import Wanted
from deadweight.progress import Observer, Progress, silent
from deadweight.reading import machine_of, read_asked, read_lock_of, read_requirements_of
from deadweight.settings import Settings
from deadweight.sources.environment import Listing
from deadweight.targets import Target, parse_target

if TYPE_CHECKING:
    from deadweight.findings import Profile
    from deadweight.formats.requirements import RequirementsFile
    from deadweight.model import FileTree, Inventory, Lock, Source
    from deadweight.sources.installer import InstallOptions
    from deadweight.sources.scratch import Scratch

_ASKS = "TARGET is what asks for distributions here"


class Installed(Struct, frozen=True):
    """A throwaway environment, as long as it is there, and what was found of it."""

    profile: Profile
    folder: str
    scratch: Scratch


def profile(
    target: str | os.PathLike[str] | Sequence[str] = "",
    settings: Settings | None = None,
    *,
    observe: Observer = silent,
) -> Profile:
    """Measure requirements, an environment or an image, and work out what could be left out.

    target:  path of a requirements file, a ``pyproject.toml``, a lock, an image's archive or folder, a venv, a prefix
             or a site-packages folder; "" for the running interpreter's; or what an engine or a registry has, as in
             ``docker:IMAGE``; or names of projects, as requirements. Requirements are installed into a throwaway venv,
             which may run code of what it installs (see ``Settings.no_build``), or measured without (``no_install``),
             as locks and names always are; nothing of an environment or an image is run.
    returns: sizes in bytes, ``None`` where unknown
    raises:  BadInput (and its kinds) for what cannot be read, InstallFailed where the installer refused, FetchFailed
             where nothing could be fetched; what is missing of the rest is in ``skipped``
    """
    settings = settings or Settings()
    found = parse_target(os.fspath(target) if isinstance(target, os.PathLike) else target)
    if found.kind == "environment":
        observe(Progress("measuring", found.path))
        refuse(settings, ("environment",), "only a whole system has several: an image, a container, rootfs:DIR")
        return _conclude(
            found,
            _take_inventory(found.path),
            settings,
            _its_requirements(settings),
            source_of(found, settings, observe),
        )
    observe(Progress("reading", found.path))
    if found.kind in ("image", "container"):
        return _profile_system(found, settings, observe)
    if found.form in ("lock", "names") or settings.no_install:
        return _profile_archives(found, settings, observe)
    try:
        return _profile_install(found, settings, observe)
    except NoInterpreter as error:
        if settings.keep_env:
            raise
        observe(Progress("reading", f"{found.path} again, without installing: {error.cause}"))
        return _profile_archives(found, replace(settings, no_install=True), observe)


def _profile_install(target: Target, settings: Settings, observe: Observer) -> Profile:
    """Install requirements into a throwaway venv and measure that."""
    with installed(target, settings, observe) as environment:
        return environment.profile


@contextlib.contextmanager
def installed(target: Target, settings: Settings, observe: Observer) -> Iterator[Installed]:
    """Install requirements into a venv that is gone afterwards, unless it is to be kept, and measure it."""
    from deadweight.formats.requirements import for_resolver, swapped
    from deadweight.sources.builds import read_wishes
    from deadweight.sources.installer import find_installer, install
    from deadweight.sources.project_rules import with_rules
    from deadweight.sources.scratch import new_folder, scratch_folder

    refuse(settings, ("requirements", "environment"), _ASKS)
    refuse(settings, ("platform", "torch", "index"), "that measures what is not installed; give --no-install with it")
    wishes = read_wishes(settings.swap, settings.index, settings.torch)
    read = read_requirements_of(target, settings, installing=True)
    settings, file = read.settings, swapped(read.asked, wishes.swaps)
    source = source_of(target, settings, observe)
    if settings.no_build:
        _refuse_builds(file)
    installer = find_installer(settings.installer)
    with contextlib.ExitStack() as stack:
        scratch = stack.enter_context(scratch_folder())
        folder = os.path.join(scratch.path, "env")
        if settings.keep_env:
            folder = os.path.abspath(settings.keep_env)
            stack.enter_context(new_folder(folder))
        if settings.swap or target.form == "project":
            path = scratch.write("requirements.txt", for_resolver(file, {}))
        elif target.form == "file" and target.path != "-" and os.path.isfile(target.path):
            path = target.path
        else:
            # Standard input, or a pipe as the shell's <(…) makes it, can be read once only.
            path = scratch.write("requirements.txt", file.text)
        options = with_rules(install_options(settings), file, installer, scratch)
        install(folder, path, options, installer=installer, observe=observe, scratch=scratch)
        observe(Progress("measuring", settings.keep_env or "the environment"))
        inventory = _take_inventory(folder)
        environment = replace(inventory.environment, installer=installer.name)
        inventory = _with_notes(replace(inventory, environments=(environment,)), read.note, file)
        found = _conclude(target, inventory, settings, file, source)
        if not inventory.distributions and found.conflicts:
            raise InstallFailed(
                f"{installer.name} reported success, but installed nothing into the environment",
                hint="one of its settings or a wrapper of it may lead elsewhere; --installer chooses another",
            )
        yield Installed(found, folder, scratch)


def _profile_archives(target: Target, settings: Settings, observe: Observer) -> Profile:
    """Measure what installing requirements would leave, by the archives' own directories."""
    from deadweight.formats.requirements import swapped, unpinned
    from deadweight.model import Lock
    from deadweight.sources.builds import read_wishes
    from deadweight.sources.cache import Cache, NoCache
    from deadweight.sources.installer import find_installer
    from deadweight.sources.project_rules import with_rules
    from deadweight.sources.scratch import scratch_folder
    from deadweight.sources.uninstalled import Uninstalling

    refuse(settings, ("requirements", "environment"), _ASKS)
    wishes = read_wishes(settings.swap, settings.index, settings.torch)
    asked: RequirementsFile | Lock
    file, named = None, frozenset[str | None]()
    if target.form == "lock":
        refuse(settings, ("swap", "index", "torch", "keep_env"), "what a lock pins is measured as it is")
        locked = read_lock_of(target, settings)
        asked, settings, note = locked.asked, locked.settings, locked.note
    else:
        refuse(settings, ("keep_env",), "there is no environment without installing")
        read = read_requirements_of(target, settings)
        settings, note = read.settings, read.note
        named = frozenset(wanted.name for wanted in read.asked.all_wanted())
        asked = file = unpinned(swapped(read.asked, wishes.swaps), wishes.places())
    installer, options = find_installer(settings.installer), install_options(settings)
    with (
        scratch_folder() as scratch,
        Uninstalling(
            machine_of(settings),
            with_rules(options, file, installer, scratch) if file else options,
            installer,
            file,
            wishes=wishes,
            cache=NoCache() if settings.no_cache else Cache(),
            scratch=scratch,
            observe=observe,
        ) as run,
    ):
        # The stages are imported while a resolver or a server is waited for.
        threading.Thread(target=_import_stages, daemon=True).start()
        lock = run.located(asked) if isinstance(asked, Lock) else run.resolved(asked)
        found = run.measured(lock, compiled=settings.bytecode == "compiled")
        observe(Progress("measuring", f"{len(found.measured.facts)} distributions"))
    from deadweight.findings import conclude
    from deadweight.inventory import take_inventory
    from deadweight.inventory.archives import is_required, with_archives, with_swaps

    inventory = with_archives(take_inventory(found.measured.tree), found.measured.facts, found.told)
    wishes.check({d.name for d in inventory.distributions})
    for old in wishes.swaps:
        if old not in named and not is_required(old, inventory):
            raise BadInput(f"--swap {old}={wishes.swaps[old]}: nothing asks for {old}")
    inventory = _with_notes(with_swaps(inventory, found.swaps), note, file)
    declared = {package.name: package.groups for package in lock.packages if package.groups}
    source = source_of(target, settings, observe)
    not_measured = not_measured_of(lock, inventory) if file is None else ()
    return conclude(
        target,
        inventory,
        settings,
        file,
        wanted=lock.wanted,
        declared=declared,
        source=source,
        not_measured=not_measured,
    )


def not_measured_of(lock: Lock, inventory: Inventory) -> tuple[Wanted, ...]:
    """Return the requirements for what a lock holds and could not be measured, so that splits can keep them."""
    skipped = {each.name for each in inventory.skipped}
    return tuple(
        Wanted(
            name=package.name,
            specifier="" if package.place or package.origin or not package.version else f"=={package.version}",
            url=package.place or package.origin,
        )
        for package in lock.packages
        if package.name in skipped
    )


def _import_stages() -> None:
    import deadweight.findings
    import deadweight.inventory.archives  # noqa: F401


def _profile_system(target: Target, settings: Settings, observe: Observer) -> Profile:
    """Measure a whole system: what a container of an image would see, and what the image ships in vain."""
    from deadweight.findings import conclude
    from deadweight.inventory import take_inventory
    from deadweight.inventory.contents import contents_of, packages_of
    from deadweight.inventory.layers import image_facts
    from deadweight.inventory.libraries import libraries_of
    from deadweight.model import SystemFacts
    from deadweight.sources.image import Which
    from deadweight.sources.systems import opened_system

    file = _its_requirements(settings)
    which = Which(target.image, settings.platform, settings.tls_verify)
    with opened_system(target.path, which, observe=observe) as (tree, image):
        observe(Progress("measuring", target.path))
        inventory = take_inventory(_searched_first(tree, settings.environment))
        _check_environment(inventory, settings.environment)
        needs, twins = libraries_of(tree, inventory)
    system = SystemFacts(
        contents=contents_of(tree, inventory, image.overlay.is_lowest if image and len(image.layers) > 1 else None),
        packages=packages_of(tree, inventory),
        needs=needs,
        twins=twins,
    )
    facts = None
    if image:
        facts = image_facts(inventory, image.layers, image.overlay)
        inventory = replace(inventory, warnings=(*inventory.warnings, *image.warnings))
    source = source_of(target, settings, observe)
    return conclude(target, inventory, settings, file, image=facts, system=system, source=source)


def source_of(target: Target, settings: Settings, observe: Observer) -> Source | None:
    """Read the application's source, where there is any."""
    folder = source_folder(target, settings)
    if not folder:
        return None
    from deadweight.sources.source_tree import read_source

    return read_source(folder, observe=observe)


def source_folder(target: Target, settings: Settings) -> str:
    """Return where the application's source lies: where the user says, else beside the requirements; "" for none."""
    if settings.no_source:
        refuse(settings, ("source",), "and --no-source cannot both be")
        return ""
    if settings.source or target.kind != "requirements" or target.form == "names":
        return settings.source
    from deadweight.sources.source_tree import holds_python

    folder = os.path.dirname(target.path) or "."
    return folder if holds_python(folder) else ""


def _searched_first(tree: FileTree, prefix: str) -> FileTree:
    """Return the tree as if the Python of a prefix were what it starts."""
    return replace(tree, start=tree.start._replace(command=(f"{prefix}/bin/python",), folder="/")) if prefix else tree


def _below_root(path: str) -> str:
    return os.path.normpath(f"/{path}").strip("/")


def _check_environment(inventory: Inventory, prefix: str) -> None:
    if prefix and inventory.environment.prefix != _below_root(prefix):
        there = ", ".join(f"/{environment.prefix}" for environment in inventory.environments)
        raise BadInput(f"--environment: there is no environment {prefix}", hint=f"there is {there}")


def _its_requirements(settings: Settings) -> RequirementsFile | None:
    """Read the requirements that what is there was made from, where the user names them."""
    if not settings.requirements:
        return None
    found = parse_target(settings.requirements)
    if found.kind != "requirements" or found.form in ("lock", "names"):
        raise BadInput(f"--requirements: {settings.requirements} is no requirements file and no pyproject.toml")
    return read_asked(found, settings)


def refuse(settings: Settings, options: tuple[str, ...], why: str) -> None:
    """Refuse options that mean nothing here, rather than pass over them."""
    for option in options:
        if getattr(settings, option):
            raise BadInput(f"--{option.replace('_', '-')}: {why}")


def install_options(settings: Settings) -> InstallOptions:
    """Return what an installer is told."""
    from deadweight.sources.installer import InstallOptions

    return InstallOptions(
        python=settings.python,
        index_url=settings.index_url,
        extra_index_urls=settings.extra_index_url,
        find_links=settings.find_links,
        no_build=settings.no_build,
        bytecode=settings.bytecode,
    )


def _with_notes(inventory: Inventory, note: str, file: RequirementsFile | None) -> Inventory:
    """Return the inventory with what is worth knowing of how its target was read, as warnings."""
    notes = file.notes if file else ()
    return replace(inventory, warnings=(*filter(None, (note, *notes)), *inventory.warnings))


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
    target: Target, inventory: Inventory, settings: Settings, file: RequirementsFile | None, source: Source | None
) -> Profile:
    from deadweight.findings import conclude

    return conclude(target, inventory, settings, file, source=source)
