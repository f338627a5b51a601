"""The frozen values that stages hand to each other. Sizes are bytes; ``None`` is unknown, never 0.

tree.py   files, wherever they are         requirements.py  requirements, locks, archives
found.py  distributions with their sizes   image.py  layers and system packages
groups.py groups with their evidence       source.py, uses.py  what source names, and whose it is
trials.py what became of trying a split
"""

from __future__ import annotations

from deadweight.model.by_name import ByName
from deadweight.model.found import (
    ArchiveFacts,
    CacheUsage,
    Conflict,
    Distribution,
    Environment,
    Inventory,
    Largest,
    Metadata,
    Sizes,
)
from deadweight.model.groups import GROUPS, Assignment, Evidence, Group
from deadweight.model.image import Content, ImageFacts, Layer, Need, SystemFacts, SystemPackage, Twins, WastedPath
from deadweight.model.requirements import Archive, Lock, Pinned, Requirement
from deadweight.model.source import How, Mention, Naming, Reading, Role, Source
from deadweight.model.tree import Entry, FileTree, Linking, Reader, Skipped, Start
from deadweight.model.trials import Smoke, Trial
from deadweight.model.uses import Use

__all__ = [
    "GROUPS",
    "Archive",
    "ArchiveFacts",
    "Assignment",
    "ByName",
    "CacheUsage",
    "Conflict",
    "Content",
    "Distribution",
    "Entry",
    "Environment",
    "Evidence",
    "FileTree",
    "Group",
    "How",
    "ImageFacts",
    "Inventory",
    "Largest",
    "Layer",
    "Linking",
    "Lock",
    "Mention",
    "Metadata",
    "Naming",
    "Need",
    "Pinned",
    "Reader",
    "Reading",
    "Requirement",
    "Role",
    "Sizes",
    "Skipped",
    "Smoke",
    "Source",
    "Start",
    "SystemFacts",
    "SystemPackage",
    "Trial",
    "Twins",
    "Use",
    "WastedPath",
]
