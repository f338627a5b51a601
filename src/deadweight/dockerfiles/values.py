"""What a Dockerfile is written from."""

from __future__ import annotations

from msgspec import Struct


class Pin(Struct, frozen=True, kw_only=True, order=True):
    """One version of one project to install.

    url:       of its archive or repository (PEP 508), without credentials; "" to look it up on an index
    directory: with its code, relative to the build context, in which "." is the user's own project; "" for none
    is_editable: whether it is installed so that its code stays in ``directory``, which is one of the image
    index:     the URL of the only index that it comes from, without credentials; "" for the usual ones
    hashes:    SHA-256 hashes of its archives, in hexadecimal
    """

    name: str
    version: str = ""
    url: str = ""
    directory: str = ""
    index: str = ""
    hashes: tuple[str, ...] = ()
    is_editable: bool = False

    @property
    def is_own(self) -> bool:
        """Whether it is the user's own project, with the code of the whole build context."""
        return self.is_editable or self.directory == "."


class Piece(Struct, frozen=True, kw_only=True):
    """A distribution of a variant, with its size.

    apparent_bytes: installed, without bytecode; None if it could not be measured
    bytecode:       an estimate of what compiling adds; None if unknown
    is_estimated:   whether its size is an estimate: it must be built
    is_at_most:     whether it is the size of a larger build
    compiles:       whether building it probably takes a compiler
    needs_netrc:    whether its URL or its own index had credentials, which the pin does not have
    version_variable: which states the version of what is built, if only a repository knows it; "" otherwise
    """

    pin: Pin
    apparent_bytes: int | None
    bytecode: int | None = None
    is_estimated: bool = False
    is_at_most: bool = False
    compiles: bool = False
    needs_netrc: bool = False
    version_variable: str = ""

    @property
    def name(self) -> str:
        return self.pin.name


class Variant(Struct, frozen=True, kw_only=True):
    """What one stage installs.

    purpose:  for a comment
    pieces:   by name
    has_code: whether it also has the files of the build context
    """

    name: str
    purpose: str
    pieces: tuple[Piece, ...]
    has_code: bool = True


class Layer(Struct, frozen=True, kw_only=True):
    """A layer of distributions.

    is_heavy: whether it has distributions of its own; else it has all the others of a variant, or the user's project
    variants: names of the variants that have it
    """

    name: str
    is_heavy: bool
    pieces: tuple[Piece, ...]
    variants: tuple[str, ...]

    @property
    def own(self) -> Pin | None:
        """The user's own project, if the layer consists of it."""
        return next((piece.pin for piece in self.pieces if piece.pin.is_own), None)


class Listing(Struct, frozen=True, kw_only=True):
    """A file that lists pins.

    name:  relative to the directory of lists
    lines: of a requirements file
    """

    name: str
    lines: tuple[str, ...]


class Sync(Struct, frozen=True, kw_only=True):
    """How ``uv sync`` installs a layer from uv.lock.

    options:  words of the command
    files:    those that it reads, relative to the build context
    listings: names of the lists of heavy layers, which must have the versions of the lock
    """

    options: tuple[str, ...]
    files: tuple[str, ...]
    listings: tuple[str, ...] = ()


class Sources(Struct, frozen=True, kw_only=True):
    """Where the archives come from.

    options:     lines of a requirements file with indexes and the like, without credentials
    directories: with archives, relative to the build context
    netrc:       whether a URL needs credentials, which the build takes from a netrc file
    """

    options: tuple[str, ...] = ()
    directories: tuple[str, ...] = ()
    netrc: bool = False


class Start(Struct, frozen=True, kw_only=True):
    """What the image starts and how.

    entrypoint, command: of the exec form; empty for none
    environment: (name, value)
    ports:       such as "8000" and "53/udp"
    user:        numbers of a user and a group, such as "1000:1000"; "" for the default
    origin:      where that was read: "Procfile:1"; "" if nothing was found
    notes:       sentences about what was left out
    """

    command: tuple[str, ...] = ()
    entrypoint: tuple[str, ...] = ()
    environment: tuple[tuple[str, str], ...] = ()
    directory: str = "/app"
    ports: tuple[str, ...] = ()
    user: str = ""
    origin: str = ""
    notes: tuple[str, ...] = ()


class Style(Struct, frozen=True, kw_only=True):
    """The user's choices.

    base_image: of all stages
    buildkit:   whether the builder understands ``RUN --mount``; the classic builder does not
    uv:         the version of uv to install with; "" for pip
    compiled:   whether bytecode is compiled when the image is built
    """

    base_image: str
    buildkit: bool = True
    uv: str = ""
    compiled: bool = False


class Recipe(Struct, frozen=True, kw_only=True):
    """Everything that a Dockerfile is written from.

    origin:   what was measured, for a comment
    path:     of the Dockerfile, relative to the build context
    lists:    directory of the lists, relative to the build context
    variants: the last one is built by default
    layers:   those with heavy distributions first
    syncs:    name of a layer → how uv installs it from its lock, in place of a list
    packages: system packages that native code needs
    """

    origin: str
    path: str
    lists: str
    style: Style
    variants: tuple[Variant, ...]
    layers: tuple[Layer, ...]
    sources: Sources
    start: Start
    listings: dict[str, tuple[Listing, ...]] = {}
    syncs: dict[str, Sync] = {}
    packages: tuple[str, ...] = ()
