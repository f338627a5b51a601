"""Files of a git repository at a revision → copies in a directory, without a checkout.

Only ``git rev-parse``, ``ls-tree`` and ``cat-file`` run: they use no index, no hooks, no filters and no textconv. What
a partial clone lacks is not fetched. Revisions and paths are untrusted: a revision is resolved to the hash of a tree
first, and paths reach git on standard input.
source: gitrevisions(7), git-cat-file(1)
"""

from __future__ import annotations

import os
import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from deadweight.errors import BadInput
from deadweight.sources.system.processes import answer_of

_SECONDS = 60.0
_LARGEST = 1 << 24  # bytes of one file
_MOST_BYTES = 1 << 27  # of all files that are read at once
# The user's repository may be somebody else's archive: it must not name programs to run.
_GIT = (
    "git", "--no-pager", "-c", "core.fsmonitor=false", "-c", "core.hooksPath=/dev/null", "-c", "protocol.allow=never"
)  # fmt: skip
_VARIABLES = {
    "GIT_ALLOW_PROTOCOL": "none",
    "GIT_NO_LAZY_FETCH": "1",
    "GIT_OPTIONAL_LOCKS": "0",
    "GIT_TERMINAL_PROMPT": "0",
}
_HASH = re.compile(r"[0-9a-f]{40,64}\Z")
# What --follow-symlinks answers for a link that leads nowhere; a text of the given length follows.
_LINKS = {"dangling": "a symbolic link to a missing file", "loop": "a symbolic link to itself",
          "notdir": "below a file", "symlink": "a symbolic link out of the repository"}  # fmt: skip


class Revision(Struct, frozen=True):
    """A revision of the repository that the working directory is in.

    name:   as the user gave it
    tree:   the hash of its tree
    prefix: path of the working directory in the repository, with a slash at its end; "" for its top
    """

    name: str
    tree: str
    prefix: str

    def path_of(self, path: str) -> str:
        """Return the path in the repository of one that is relative to the working directory, "" for its top.

        raises: BadInput for a path outside of the repository
        """
        normal = posixpath.normpath(posixpath.join(f"/{self.prefix}"[1:], path))
        if posixpath.isabs(path) or normal == ".." or normal.startswith("../") or not _is_line(path):
            raise BadInput(f"{self.name}:{path}: not a path in the repository")
        return "" if normal == "." else normal


class Kind(Struct, frozen=True):
    """What a path is in a tree.

    hash:   of its content; "" if it is neither a file nor a directory
    reason: why it is neither; "" for a file and a directory
    """

    name: str
    hash: str = ""
    size: int = 0
    reason: str = ""

    @property
    def is_file(self) -> bool:
        return self.name == "blob"

    @property
    def is_directory(self) -> bool:
        return self.name == "tree"


def find_revision(name: str) -> Revision | None:
    """Return a revision of the repository around the working directory; None if there is none of that name."""
    if not name or name.startswith("-") or not _is_line(name):
        return None
    answer = _answer("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{tree}}")
    tree = _text(answer).strip()
    if not _HASH.match(tree):
        return None
    return Revision(name, tree, _text(_answer("rev-parse", "--show-prefix")).removesuffix("\n"))


def kinds_of(revision: Revision, paths: Iterable[str]) -> dict[str, Kind]:
    """Return path → what it is, for paths in the repository; symbolic links within it are followed.

    raises: BadInput if git fails or does not answer in time
    """
    asked = list(dict.fromkeys(filter(_is_line, paths)))
    question = "".join(f"{revision.tree}:{path}\n" for path in asked)
    answer = _answer("cat-file", "--batch-check", "--follow-symlinks", question=question) if asked else b""
    if answer is None:
        raise BadInput(f"git cannot read the files of {revision.name}", hint="run git fsck to check the repository")
    return dict(zip(asked, _kinds(answer), strict=True))


def _kinds(answer: bytes) -> Iterator[Kind]:
    at = 0
    while at < len(answer):
        end = answer.index(b"\n", at)
        words = answer[at:end].decode("utf-8", "replace").split(" ")
        at = end + 1
        if words[0] in _LINKS:
            at += int(words[1]) + 1
            yield Kind(words[0], reason=_LINKS[words[0]])
        elif len(words) == 3 and _HASH.match(words[0]):
            yield Kind(words[1], words[0], int(words[2]))
        else:
            yield Kind("missing", reason="no such file")


def contents_of(revision: Revision, files: Mapping[str, Kind]) -> dict[str, bytes]:
    """Return path → content of files; raises BadInput for files that are too large or that the repository lacks."""
    for path, kind in files.items():
        if kind.size > _LARGEST:
            raise BadInput(f"{revision.name}:{path}: larger than {_LARGEST >> 20} MiB")
    if sum(kind.size for kind in files.values()) > _MOST_BYTES:
        raise BadInput(f"{revision.name}: the files to read are larger than {_MOST_BYTES >> 20} MiB")
    question = "".join(f"{kind.hash}\n" for kind in files.values())
    answer = _answer("cat-file", "--batch", question=question) if files else b""
    contents: dict[str, bytes] = {}
    at = 0
    for path, kind in files.items():
        header = f"{kind.hash} blob {kind.size}\n".encode()
        if answer is None or not answer.startswith(header, at):
            raise BadInput(f"cannot read {revision.name}:{path} from the git repository")
        start = at + len(header)
        contents[path] = answer[start : start + kind.size]
        at = start + kind.size + 1
    return contents


def names_in(revision: Revision, directory: str) -> list[str]:
    """Return the names in a directory of the repository, "" for its top."""
    answer = _answer("ls-tree", "-z", "--name-only", "--full-tree", f"{revision.tree}:{directory}")
    return [name for name in _text(answer).split("\0") if _is_safe(name)]


def paths_named(revision: Revision, name: str) -> list[str]:
    """Return the paths of all files of a name, in the whole repository."""
    answer = _answer("ls-tree", "-r", "-z", "--name-only", "--full-tree", revision.tree)
    paths = (path for path in _text(answer).split("\0") if path == name or path.endswith(f"/{name}"))
    return [path for path in paths if all(map(_is_safe, path.split("/")))]


def _is_safe(name: str) -> bool:
    """Return whether a name of a tree names a file below its directory; trees that git did not write may differ."""
    return name not in ("", ".", "..") and "/" not in name and _is_line(name)


def _is_line(text: str) -> bool:
    """Return whether git can be asked for a path: one line of bytes."""
    if "\n" in text or "\0" in text:
        return False
    try:
        os.fsencode(text)
    except UnicodeEncodeError:
        return False
    return True


def _answer(*arguments: str, question: str = "") -> bytes | None:
    return answer_of((*_GIT, *arguments), seconds=_SECONDS, question=os.fsencode(question), variables=_VARIABLES)


def _text(answer: bytes | None) -> str:
    return os.fsdecode(answer or b"")
