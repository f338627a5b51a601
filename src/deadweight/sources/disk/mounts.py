"""The folders and files of this machine that something is mounted on.

source: proc_pid_mountinfo(5)
"""

from __future__ import annotations

import os

# What holds no files of its own, or those of containers and archives that lie elsewhere as well.
_PSEUDO = frozenset(
    "proc sysfs tmpfs ramfs devtmpfs devpts cgroup cgroup2 mqueue debugfs tracefs securityfs pstore bpf configfs"
    " fusectl hugetlbfs autofs binfmt_misc nsfs efivarfs rpc_pipefs selinuxfs overlay squashfs".split()
)


def mounted_below(root: str, table: str = "/proc/self/mountinfo") -> dict[str, str]:
    """Return path relative to ``root`` → type of the file system that is mounted there; none where nobody tells."""
    start = root.rstrip("/") + "/"
    try:
        with open(table, "rb") as file:
            lines = [line.split() for line in file]
    except OSError:
        return {}
    found: dict[str, str] = {}
    for fields in lines:
        if len(fields) > 6 and b"-" in fields[6:]:
            place = os.fsdecode(fields[4].decode("unicode_escape").encode("latin-1"))
            if place.startswith(start) and place != start:
                found[place[len(start) :]] = os.fsdecode(fields[fields.index(b"-", 6) + 1])
    return found


def is_worth_telling(kind: str) -> bool:
    """Say whether files of a type of file system are missed where they are not measured."""
    return kind not in _PSEUDO
