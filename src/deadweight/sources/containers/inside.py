"""The program that runs in a container, on its own Python (3.6 and later): it lists and reads files.

Standard library only; it is sent over standard input. First it writes a line of JSON for each path below the root that
is not a directory, ``[path, size, blocks, inode, kind]``, with the kind "unreadable" if it may not list or read it, and
``null`` after the last. Then it answers lines of requests, ``[[path, offset, length], …]``: for each a line with the
number of bytes (-1 if they cannot be read), then the bytes. Mounts are not listed.
"""

import json
import os
import signal
import sys

_IDLE = 300  # seconds without a request; then deadweight is gone, and the engine has not noticed
_READING_CAPABILITIES = 0b110  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH (linux/capability.h)

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing


def mounted() -> "set[str]":
    """Return the mount points: volumes, /proc, files that the engine mounts."""
    try:
        with open("/proc/self/mountinfo", "rb") as file:
            points = [line.split()[4].decode("unicode_escape") for line in file]
    except (OSError, IndexError):
        points = ["/proc", "/sys", "/dev"]
    return {os.fsdecode(point.encode("latin-1")) for point in points} - {"/"}


def may_read_all() -> bool:
    """Return whether this process can read files whatever their mode."""
    try:
        with open("/proc/self/status", "rb") as file:
            masks = [line.split()[1] for line in file if line.startswith(b"CapEff:")]
        return bool(int(masks[0], 16) & _READING_CAPABILITIES)
    except (OSError, IndexError, ValueError):
        return False


def rows(root: str) -> "typing.Iterator[typing.Any]":
    """Yield a row for each path below ``root`` ("" for /) that is not a directory; follows no symlink."""
    mounts = mounted()
    trusted = may_read_all()
    pending = [root]
    while pending:
        directory = pending.pop()
        signal.alarm(_IDLE)
        try:
            items = list(os.scandir(directory or "/"))
        except PermissionError:
            yield [directory[len(root) + 1 :], 0, 0, None, "unreadable"]
            continue
        except OSError:
            continue  # it was removed meanwhile
        for item in items:
            path = directory + "/" + item.name
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
            kind = "symlink" if item.is_symlink() else "other"
            if regular:
                kind = "file" if trusted or os.access(path, os.R_OK) else "unreadable"
            yield [path[len(root) + 1 :], seen.st_size, seen.st_blocks, inode, kind]


def read(root: str, path: str, offset: int, length: int) -> "bytes | None":
    """Return a part of a regular file, None if it cannot be read."""
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
    """List everything, then answer requests until the input ends."""
    for row in rows(root):
        answers.write(json.dumps(row).encode("ascii") + b"\n")
    answers.write(b"null\n")
    answers.flush()
    for line in iter(requests.readline, b""):
        signal.alarm(_IDLE)
        for path, offset, length in json.loads(line.decode("ascii")):
            data = read(root, path, offset, length)
            answers.write(b"%d\n" % (-1 if data is None else len(data)))
            answers.write(data or b"")
        answers.flush()


if __name__ == "__main__":
    main(sys.stdin.buffer, sys.stdout.buffer, os.environ.get("DEADWEIGHT_ROOT", ""))
