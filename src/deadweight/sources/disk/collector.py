"""Folders → what lies below them, by lstat alone. Standard library only: it also runs by itself, in a bare interpreter.

As a script it reads from stdin, and writes to stdout, values in marshal's format (version 2): it is fed (root, folders)
and answers with a Listing. So one tree can be listed by several processors, and one that another Python alone can see.
"""

import marshal
import os
import sys

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing


def collect(
    root: "str", folders: "list[str]", passed_over: "tuple[str, ...]" = (), enough: "int | None" = None
) -> "tuple[typing.Any, ...]":
    """List everything below ``folders`` (each "" or ending in "/", relative to ``root``) that is no folder.

    Breadth first; follows no symlink, reads no file.

    passed_over: paths, relative to ``root``, that are not listed
    enough:  stop once so many folders are known and not listed yet
    returns: (paths, sizes, blocks, inodes) of the regular files, four lists of one length, where an inode is
             (device, number) of a file with several names, else None; then the same as tuples with the kind
             ("symlink" or "other") of the rest; then (folder, reason) of what could not be listed; then the
             folders that were left
    """
    paths, sizes, blocks, inodes, others, skipped = [], [], [], [], [], []  # type: ignore[var-annotated]
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
    pending = list(folders)
    left_out = set(passed_over)
    for at, folder in enumerate(pending):  # which grows
        if enough is not None and len(pending) - at >= enough:
            return paths, sizes, blocks, inodes, others, skipped, pending[at:]
        try:
            # By descriptor, so that each lstat looks up one name and not the whole path.
            descriptor = os.open(root + "/" + folder, flags)
        except OSError as error:
            skipped.append((folder.rstrip("/"), error.strerror or str(error)))
            continue
        try:
            for item in os.scandir(descriptor):
                path = folder + item.name
                if left_out and path in left_out:
                    continue
                if item.is_dir(follow_symlinks=False):
                    pending.append(path + "/")
                    continue
                try:
                    seen = item.stat(follow_symlinks=False)
                except OSError as error:  # it went meanwhile
                    skipped.append((path, error.strerror or str(error)))
                    continue
                inode = (seen.st_dev, seen.st_ino) if seen.st_nlink > 1 else None
                if item.is_file(follow_symlinks=False):
                    paths.append(path)
                    sizes.append(seen.st_size)
                    blocks.append(seen.st_blocks)
                    inodes.append(inode)
                else:
                    kind = "symlink" if item.is_symlink() else "other"
                    others.append((path, seen.st_size, seen.st_blocks, inode, kind))
        except OSError as error:
            skipped.append((folder.rstrip("/"), error.strerror or str(error)))
        finally:
            os.close(descriptor)
    return paths, sizes, blocks, inodes, others, skipped, []


if __name__ == "__main__":
    sys.stdout.buffer.write(marshal.dumps(collect(*marshal.loads(sys.stdin.buffer.read())), 2))  # noqa: S302  from our own parent
