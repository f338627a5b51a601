"""Distributions as they were measured → the pieces of a variant: what to install, and its size."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import unquote, urlsplit

from msgspec import Struct

from deadweight.analysis.measurement import Measurement
from deadweight.dockerfiles.quoting import outlined
from deadweight.dockerfiles.values import Piece, Pin
from deadweight.errors import BadInput
from deadweight.formats.builds import read_wishes
from deadweight.model import Distribution, Pinned, Requirement
from deadweight.sources.buildcontext.paths import path_in
from deadweight.untrusted import without_userinfo

_ARCHIVES = (".gz", ".tgz", ".zip", ".bz2", ".xz", ".tar")
_REPOSITORIES = ("git+", "hg+", "svn+", "bzr+")


class Installed(Struct, frozen=True):
    """What a measurement says of how its distributions are installed.

    context: the directory that is sent to the builder
    """

    measurement: Measurement
    context: str

    def pieces(self, keys: Iterable[str], unmeasured: Iterable[Requirement] = ()) -> tuple[Piece, ...]:
        """Return the pieces of some distributions, by name; raises BadInput for code outside the build context.

        unmeasured: requirements on repositories, which are installed without being measured
        """
        chosen, indexes = set(keys), self._indexes()
        pinned = {each.name: each for each in self.measurement.lock.packages} if self.measurement.lock else {}
        pieces = [
            self._piece(distribution, pinned.get(distribution.name), indexes.get(distribution.name, ""))
            for distribution in self.measurement.inventory.distributions
            if distribution.key in chosen
        ]
        # The user's own project is installed apart from the others, or only its code is copied.
        measured = [piece for piece in pieces if not piece.pin.is_own]
        return tuple(sorted((*measured, *_of_repositories(unmeasured)), key=lambda piece: piece.pin))

    def _indexes(self) -> Mapping[str, str]:
        """Return project → the only index that it comes from."""
        request, file = self.measurement.settings.request, self.measurement.file
        wishes = read_wishes(request.swap, request.index, request.torch)
        own = {each.name: each.index for each in file.all_requirements() if each.name and each.index} if file else {}
        return {**own, **wishes.indexes()}

    def _piece(self, distribution: Distribution, pinned: Pinned | None, index: str) -> Piece:
        archive, sizes = distribution.archive, distribution.sizes
        estimated = archive is not None and archive.estimated
        return Piece(
            pin=self._pin(distribution, pinned, without_userinfo(index)),
            apparent_bytes=sizes.apparent - sizes.bytecode,
            bytecode=archive.bytecode if archive else sizes.bytecode,
            is_estimated=estimated,
            is_at_most=archive is not None and archive.at_most,
            compiles=estimated,
            needs_netrc=any(without_userinfo(url) != url for url in (distribution.url, index)),
        )

    def _pin(self, distribution: Distribution, pinned: Pinned | None, index: str) -> Pin:
        name, url = distribution.name, without_userinfo(distribution.url or _directory_url(pinned))
        if url.startswith("file:"):
            return Pin(name=name, directory=self._directory(name, url))
        version = distribution.version
        if not url and version is None:
            raise BadInput(f"{name} has no version, so it cannot be pinned")
        archives = [] if pinned is None else [*pinned.wheels, *([pinned.sdist] if pinned.sdist else [])]
        hashes = sorted({archive.sha256 for archive in archives if archive.sha256})
        if url or not all(archive.sha256 for archive in archives):
            hashes = []
        if index and distribution.archive and distribution.archive.at_most:
            # Another build than that of the index was measured. "2.5.1" matches "2.5.1+cpu" there (PEP 440).
            version, hashes = (version or "").partition("+")[0], []
        return Pin(name=name, version="" if url else version or "", url=url, index=index, hashes=tuple(hashes))

    def _directory(self, name: str, url: str) -> str:
        path = unquote(urlsplit(url).path)
        hint = "use --source with a directory that contains both"
        return path_in(self.context, path, f"{name} is installed from {outlined(path)}, which is", hint)


def _directory_url(pinned: Pinned | None) -> str:
    """Return the URL of the directory that a distribution was estimated from; "" for an archive."""
    source = pinned.sdist if pinned else None
    is_directory = source is not None and source.url.startswith("file:") and not source.filename.endswith(_ARCHIVES)
    return source.url if source and is_directory else ""


def _of_repositories(requirements: Iterable[Requirement]) -> Iterator[Piece]:
    for requirement in requirements:
        if requirement.name and requirement.url.startswith(_REPOSITORIES):
            url = without_userinfo(requirement.url)
            pin = Pin(name=requirement.name, url=url)
            yield Piece(pin=pin, apparent_bytes=None, is_estimated=True, needs_netrc=url != requirement.url)
