"""The mount points of this machine.

source: proc_pid_mountinfo(5)
"""

from __future__ import annotations

import os

# File systems without files of their own: virtual ones, and views of files that are stored elsewhere.
_PSEUDO = frozenset(
    "proc sysfs tmpfs ramfs devtmpfs devpts cgroup cgroup2 mqueue debugfs tracefs securityfs pstore bpf configfs"
    " fusectl hugetlbfs autofs binfmt_misc nsfs efivarfs rpc_pipefs selinuxfs overlay squashfs".split()
)


def mounted_below(root: str, table: str = "/proc/self/mountinfo") -> dict[str, str]:
    """Return path relative to ``root`` → type of the mounted file system; empty if the system does not list mounts."""
    start = root.rstrip("/") + "/"
    try:
        with open(table, "rb") as file:
            lines = [line.split() for line in file]
    except OSError:
        return {}
    mounts: dict[str, str] = {}
    for fields in lines:
        if len(fields) > 6 and b"-" in fields[6:]:
            point = os.fsdecode(fields[4].decode("unicode_escape").encode("latin-1"))
            if point.startswith(start) and point != start:
                mounts[point[len(start) :]] = os.fsdecode(fields[fields.index(b"-", 6) + 1])
    return mounts


def holds_files(kind: str) -> bool:
    """Return whether a type of file system holds files of its own, which should be reported if not measured."""
    return kind not in _PSEUDO
