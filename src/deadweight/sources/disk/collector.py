"""Directories → the files below them, by lstat alone.

It imports nothing but ``os``, because workers that list a part of a tree must start in milliseconds.
"""

import os

TYPE_CHECKING = False
if TYPE_CHECKING:
    import typing


def collect(
    root: "str", directories: "list[str]", excluded: "tuple[str, ...]" = (), enough: "int | None" = None
) -> "tuple[typing.Any, ...]":
    """List everything below ``directories`` (each "" or ending in "/", relative to ``root``) that is not a directory.

    Breadth first; follows no symlink, reads no file.

    excluded: paths, relative to ``root``, that are not listed
    enough:   stop once so many directories are known but not listed yet
    returns:  (paths, sizes, blocks, inodes) of the regular files, four lists of equal length, where an inode is
              (device, number) of a file with several names, else None; then tuples of the same, with the kind
              ("symlink" or "other"), for the other paths; then (directory, reason) for those that could not be listed;
              then the remaining directories
    """
    paths, sizes, blocks, inodes, others, skipped = [], [], [], [], [], []  # type: ignore[var-annotated]
    flags = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW
    pending = list(directories)
    left_out = set(excluded)
    for index, directory in enumerate(pending):  # which grows
        if enough is not None and len(pending) - index >= enough:
            return paths, sizes, blocks, inodes, others, skipped, pending[index:]
        try:
            # By descriptor, so that each lstat resolves one name instead of the whole path.
            descriptor = os.open(root + "/" + directory, flags)
        except OSError as error:
            skipped.append((directory.rstrip("/"), error.strerror or str(error)))
            continue
        try:
            for item in os.scandir(descriptor):
                path = directory + item.name
                if left_out and path in left_out:
                    continue
                if item.is_dir(follow_symlinks=False):
                    pending.append(path + "/")
                    continue
                try:
                    seen = item.stat(follow_symlinks=False)
                except OSError as error:  # it was removed meanwhile
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
            skipped.append((directory.rstrip("/"), error.strerror or str(error)))
        finally:
            os.close(descriptor)
    return paths, sizes, blocks, inodes, others, skipped, []
