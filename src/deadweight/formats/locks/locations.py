"""References in a lock to archives, directories and repositories → values with absolute URLs or paths."""

from __future__ import annotations

import re
from collections.abc import Iterable
from os.path import abspath, dirname, join
from posixpath import basename
from urllib.parse import quote, unquote, urlsplit

from deadweight.formats.tables import Malformed, Table, outline
from deadweight.model import Archive

_SHA256 = re.compile(r"[0-9a-f]{64}\Z")
_UNSAFE = re.compile(r"[/\\\0-\x1f\x7f]")
_UNSAFE_IN_URLS = re.compile(r"[\s\0-\x1f\x7f]")
_SCHEMES = frozenset({"http", "https", "file"})


def archive(table: Table, url: str, *, filename: str = "") -> Archive:
    """Return the archive that a table with ``hash`` and ``size`` describes.

    url:      "" if the archive must be looked up on an index
    filename: needed if the URL does not end in it
    """
    return Archive(
        filename=file_name(filename or last_part(url), table.where),
        url=checked_url(url, table.where) if url else "",
        sha256=sha256_of(table.text("hash"), table.where),
        size=table.size("size"),
    )


def sha256_of(text: str, where: str) -> str | None:
    """Return the hexadecimal digits of "sha256:…"; None for another algorithm.

    raises: Malformed for invalid digits, because ignoring them would skip the verification
    """
    algorithm, _, digits = text.partition(":")
    if algorithm != "sha256":
        return None
    if not _SHA256.match(digits.lower()):
        raise Malformed(f"{where}: invalid SHA-256 hash: {outline(digits)}")
    return digits.lower()


def last_part(url: str) -> str:
    """Return the file name at the end of a URL."""
    return unquote(url.partition("#")[0].partition("?")[0].rpartition("/")[2])


def file_name(name: str, where: str) -> str:
    """Return a file name after checking that it is not a path; raises Malformed."""
    if not name or name in (".", "..") or _UNSAFE.search(name) or len(name) > 255:
        raise Malformed(f"{where}: invalid file name: {outline(name)}")
    return name


def checked_url(url: str, where: str) -> str:
    """Return a URL after checking that it can be fetched; raises Malformed."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in _SCHEMES and bool(parts.hostname or parts.scheme == "file")
    except ValueError:
        usable = False
    if not usable or _UNSAFE_IN_URLS.search(url):
        raise Malformed(f"{where}: unsupported URL")
    return url


def absolute_path(lock: str, path: str) -> str:
    """Return an absolute path for a path or file URL that is relative to the directory of the lock."""
    if "\0" in path:
        raise Malformed("a path contains a NUL character")
    plain = unquote(path.removeprefix("file://")) if path.startswith("file:") else path
    return abspath(join(dirname(lock), plain.replace("\\", "/")))


def file_url(lock: str, path: str) -> str:
    """Return the file URL of a path that is relative to the directory of the lock."""
    return "file://" + quote(absolute_path(lock, path))


def url_from(lock: str, text: str) -> str:
    """Return a URL or a path as a URL."""
    return text if "://" in text or not text else file_url(lock, text)


def repository(url: str, commit: str, *, subdirectory: str = "", kind: str = "git") -> str:
    """Return a commit of a repository as in a requirement (PEP 508): "git+URL@COMMIT#subdirectory=…"."""
    whole = url if url.startswith(f"{kind}+") else f"{kind}+{url}"
    return whole + (f"@{commit}" if commit else "") + (f"#subdirectory={subdirectory}" if subdirectory else "")


def by_kind(archives: Iterable[Archive]) -> tuple[tuple[Archive, ...], Archive | None]:
    """Return (wheels, sdist or None) of the archives of one version, each file name once."""
    named = {archive.filename: archive for archive in archives}
    wheels = tuple(archive for name, archive in named.items() if name.endswith(".whl"))
    return wheels, next((archive for name, archive in named.items() if not name.endswith(".whl")), None)


def named_as(path: str) -> str:
    """Return the last part of a path with slashes or backslashes."""
    return basename(path.replace("\\", "/"))
