"""References that a lock makes, to archives, folders and repositories → values with a whole URL or path."""

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
    """Return the archive that a table with ``hash`` and ``size`` tells of.

    url:      "" where the lock leaves it to the index
    filename: where the URL does not end in it
    """
    return Archive(
        filename=file_name(filename or last_part(url), table.where),
        url=checked_url(url, table.where) if url else "",
        sha256=sha256_of(table.text("hash"), table.where),
        size=table.size("size"),
    )


def sha256_of(text: str, where: str) -> str | None:
    """Return the hexadecimal digits of "sha256:…"; None for another hash.

    raises: Malformed for digits that are none; to leave them out would be to check nothing
    """
    algorithm, _, digits = text.partition(":")
    if algorithm != "sha256":
        return None
    if not _SHA256.match(digits.lower()):
        raise Malformed(f"{where}: no sha256: {outline(digits)}")
    return digits.lower()


def last_part(url: str) -> str:
    """Return the file name that a URL ends in."""
    return unquote(url.partition("#")[0].partition("?")[0].rpartition("/")[2])


def file_name(name: str, where: str) -> str:
    """Return the name of a file if it can be no path; raises Malformed."""
    if not name or name in (".", "..") or _UNSAFE.search(name) or len(name) > 255:
        raise Malformed(f"{where}: no file's name: {outline(name)}")
    return name


def checked_url(url: str, where: str) -> str:
    """Return a URL if an archive can be taken from it; raises Malformed."""
    try:
        parts = urlsplit(url)
        usable = parts.scheme in _SCHEMES and bool(parts.hostname or parts.scheme == "file")
    except ValueError:
        usable = False
    if not usable or _UNSAFE_IN_URLS.search(url):
        raise Malformed(f"{where}: no URL that can be fetched")
    return url


def beside(lock: str, path: str) -> str:
    """Return a path, or a file URL, that counts from the folder of the lock, as an absolute path."""
    if "\0" in path:
        raise Malformed("a path with a NUL character")
    plain = unquote(path.removeprefix("file://")) if path.startswith("file:") else path
    return abspath(join(dirname(lock), plain.replace("\\", "/")))


def file_url(lock: str, path: str) -> str:
    """Return the file URL of a path that counts from the folder of the lock."""
    return "file://" + quote(beside(lock, path))


def url_from(lock: str, text: str) -> str:
    """Return what may be a URL or a path as a URL."""
    return text if "://" in text or not text else file_url(lock, text)


def repository(url: str, commit: str, *, subdirectory: str = "", kind: str = "git") -> str:
    """Return a commit of a repository as a requirement names it (PEP 508): "git+URL@COMMIT#subdirectory=…"."""
    whole = url if url.startswith(f"{kind}+") else f"{kind}+{url}"
    return whole + (f"@{commit}" if commit else "") + (f"#subdirectory={subdirectory}" if subdirectory else "")


def by_kind(archives: Iterable[Archive]) -> tuple[tuple[Archive, ...], Archive | None]:
    """Return (wheels, the sdist or None) of the archives of one version, each file name once."""
    named = {found.filename: found for found in archives}
    wheels = tuple(found for name, found in named.items() if name.endswith(".whl"))
    return wheels, next((found for name, found in named.items() if not name.endswith(".whl")), None)


def named_as(path: str) -> str:
    """Return the last part of a path, whichever way its slashes lean."""
    return basename(path.replace("\\", "/"))
