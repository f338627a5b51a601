"""The closed set of what deadweight measures. Nothing after ``parse_target`` looks at a scheme or a file name again."""

from __future__ import annotations

from typing import ClassVar, Literal

from msgspec import Struct

Kind = Literal["requirements", "environment", "image", "container", "report"]
Form = Literal["file", "project", "lock", "names"]
EngineName = Literal["docker", "podman", "containerd"]


class Target(Struct, frozen=True):
    """What to measure.

    location: the argument as the user gave it, or the file in the directory that they gave; "-" for standard input
    kind, form: what the JSON report calls it; only requirements have a form
    noun:     what messages call it
    """

    location: str

    kind: ClassVar[Kind]
    form: ClassVar[Form | None] = None
    noun: ClassVar[str]

    @property
    def label(self) -> str:
        """What progress calls it: its location, except for standard input."""
        return "standard input" if self.location == "-" else self.location


class File(Target, frozen=True):
    """A file that requires distributions; ``beside`` names what else in its directory could have been measured."""

    beside: tuple[str, ...] = ()

    kind: ClassVar[Kind] = "requirements"


class Requirements(File, frozen=True):
    """A requirements file."""

    form: ClassVar[Form | None] = "file"
    noun: ClassVar[str] = "a requirements file"


class Project(File, frozen=True):
    """The ``pyproject.toml`` of a project."""

    form: ClassVar[Form | None] = "project"
    noun: ClassVar[str] = "a project"


class Lock(File, frozen=True):
    """A lock file."""

    form: ClassVar[Form | None] = "lock"
    noun: ClassVar[str] = "a lock file"


class Names(Target, frozen=True):
    """Names of projects, as requirement lines: "pandas", "torch==2.5"."""

    lines: tuple[str, ...] = ()

    kind: ClassVar[Kind] = "requirements"
    form: ClassVar[Form | None] = "names"
    noun: ClassVar[str] = "package names"


class Environment(Target, frozen=True):
    """The directory of a venv, a prefix, or a site-packages directory."""

    kind: ClassVar[Kind] = "environment"
    noun: ClassVar[str] = "an environment"


class Image(Target, frozen=True):
    """An image in an archive, in a directory, or on standard input.

    image: which image of a file or directory that contains several: a tag, a digest, or "@" and a number
    """

    image: str = ""

    kind: ClassVar[Kind] = "image"
    noun: ClassVar[str] = "an image"


class EngineImage(Target, frozen=True):
    """An image of an engine: ``docker:app:1.0``."""

    engine: EngineName
    name: str

    kind: ClassVar[Kind] = "image"
    noun: ClassVar[str] = "an image of an engine"


class RegistryImage(Target, frozen=True):
    """An image in a registry: ``registry:HOST/REPOSITORY:TAG``."""

    reference: str

    kind: ClassVar[Kind] = "image"
    noun: ClassVar[str] = "an image in a registry"


class Container(Target, frozen=True):
    """A container of an engine: ``container:web``."""

    name: str

    kind: ClassVar[Kind] = "container"
    noun: ClassVar[str] = "a container"


class RootFs(Target, frozen=True):
    """The directory of a root file system."""

    directory: str

    kind: ClassVar[Kind] = "image"
    noun: ClassVar[str] = "a root file system"


class SavedReport(Target, frozen=True):
    """A JSON report that deadweight wrote."""

    kind: ClassVar[Kind] = "report"
    noun: ClassVar[str] = "a saved report"


INSTALLABLE = (Requirements, Project)
REQUIRING = (Requirements, Project, Lock, Names)
IMAGES = (Image, EngineImage, RegistryImage)
SYSTEMS = (*IMAGES, Container, RootFs)
EVERY = (*REQUIRING, Environment, *SYSTEMS, SavedReport)
