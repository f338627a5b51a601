"""The frozen values that stages hand to each other. Sizes are bytes; ``None`` is unknown, never 0.

tree.py   files, wherever they are         asked.py  requirements, locks, archives
found.py  distributions with their sizes   image.py  layers and system packages
groups.py groups with their evidence
"""

from __future__ import annotations

from deadweight.model.asked import Archive, Lock, Pinned, Wanted
from deadweight.model.found import (
    ArchiveFacts,
    CacheUsage,
    Conflict,
    Distribution,
    Environment,
    Inventory,
    Metadata,
    Sizes,
)
from deadweight.model.groups import GROUPS, Assignment, Evidence, Group
from deadweight.model.image import Content, ImageFacts, Layer, Need, SystemFacts, SystemPackage, Twins
from deadweight.model.tree import Entry, FileTree, Linking, Reader, Skipped

__all__ = [
    "GROUPS",
    "Archive",
    "ArchiveFacts",
    "Assignment",
    "CacheUsage",
    "Conflict",
    "Content",
    "Distribution",
    "Entry",
    "Environment",
    "Evidence",
    "FileTree",
    "Group",
    "ImageFacts",
    "Inventory",
    "Layer",
    "Linking",
    "Lock",
    "Metadata",
    "Need",
    "Pinned",
    "Reader",
    "Sizes",
    "Skipped",
    "SystemFacts",
    "SystemPackage",
    "Twins",
    "Wanted",
]
