"""What runs inside a container, on its own Python (3.6 and later), fed over standard input: it lists and it reads.

Standard library only. First it writes a line of JSON for each path below the root that is no folder,
``[path, size, blocks, inode, kind]``, and ``null`` after the last. Then it answers lines of requests,
``[[path, offset, length], …]``: for each a line with the count of the bytes (-1 where they cannot be read), and the
bytes. What is mounted is not listed.
"""

import json
import os
import signal
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing


def mounted() -> "set[str]":
    """Return the paths that something is mounted on: volumes, /proc, the files that an engine puts in place."""
    try:
        with open("/proc/self/mountinfo", "rb") as file:
            places = [line.split()[4].decode("unicode_escape") for line in file]
    except (OSError, IndexError):
        places = ["/proc", "/sys", "/dev"]
    return {os.fsdecode(place.encode("latin-1")) for place in places} - {"/"}


def rows(root: str) -> "typing.Iterator[typing.Any]":
    """Yield a row for each path below ``root`` ("" for the whole) that is no folder; follows no symlink."""
    mounts = mounted()
    pending = [root]
    while pending:
        folder = pending.pop()
        try:
            found = list(os.scandir(folder or "/"))
        except OSError:
            continue
        for item in found:
            path = folder + "/" + item.name
            if path in mounts:
                continue
            try:
                if item.is_dir(follow_symlinks=False):
                    pending.append(path)
                    continue
                seen = item.stat(follow_symlinks=False)
            except OSError:
                continue
            inode = [seen.st_dev, seen.st_ino] if seen.st_nlink > 1 else None
            regular = item.is_file(follow_symlinks=False)
            kind = "file" if regular else "symlink" if item.is_symlink() else "other"
            yield [path[len(root) + 1 :], seen.st_size, seen.st_blocks, inode, kind]


def read(root: str, path: str, offset: int, length: int) -> "bytes | None":
    """Return a part of a regular file; None where it cannot be read."""
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK
    try:
        descriptor = os.open(root + "/" + path, flags)
    except OSError:
        return None
    try:
        with os.fdopen(descriptor, "rb") as file:
            file.seek(offset)
            return file.read(length)
    except (OSError, ValueError):
        return None


def main(requests: "typing.BinaryIO", answers: "typing.BinaryIO", root: str = "") -> None:
    """List everything, then answer until there is nobody who asks."""
    for row in rows(root):
        answers.write(json.dumps(row).encode("ascii") + b"\n")
    answers.write(b"null\n")
    answers.flush()
    for line in iter(requests.readline, b""):
        for path, offset, length in json.loads(line.decode("ascii")):
            data = read(root, path, offset, length)
            answers.write(b"%d\n" % (-1 if data is None else len(data)))
            answers.write(data or b"")
        answers.flush()


if __name__ == "__main__":
    signal.alarm(3600)  # nobody needs it for so long: who asked has gone, and its engine has not noticed
    main(sys.stdin.buffer, sys.stdout.buffer, os.environ.get("DEADWEIGHT_ROOT", ""))
