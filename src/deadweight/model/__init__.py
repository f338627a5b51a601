"""The frozen values that stages hand to each other. Sizes are bytes; ``None`` is unknown, never 0.

tree.py          files of any target              distributions.py  distributions with their sizes
requirements.py  requirements, locks, archives    image.py          layers and system packages
application.py   what the user's code names       uses.py           which distribution provides each name
groups.py        groups with their evidence       trials.py         results of trying out a split
"""

from __future__ import annotations

from deadweight.model.application import Application, How, Mention, Naming, Reading, Role
from deadweight.model.by_name import ByName
from deadweight.model.distributions import (
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
from deadweight.model.image import (
    Area,
    Content,
    Copies,
    FileKey,
    ImageFacts,
    ImageFinding,
    Layer,
    Need,
    Part,
    PartKind,
    Step,
    SystemFacts,
    SystemPackage,
    Twins,
    WastedPath,
)
from deadweight.model.requirements import Archive, Lock, Pinned, Requirement
from deadweight.model.tree import Entry, FileTree, Linking, Reader, Skipped, Start
from deadweight.model.trials import Smoke, Trial
from deadweight.model.uses import Use

__all__ = [
    "GROUPS",
    "Application",
    "Archive",
    "ArchiveFacts",
    "Area",
    "Assignment",
    "ByName",
    "CacheUsage",
    "Conflict",
    "Content",
    "Copies",
    "Distribution",
    "Entry",
    "Environment",
    "Evidence",
    "FileKey",
    "FileTree",
    "Group",
    "How",
    "ImageFacts",
    "ImageFinding",
    "Inventory",
    "Largest",
    "Layer",
    "Linking",
    "Lock",
    "Mention",
    "Metadata",
    "Naming",
    "Need",
    "Part",
    "PartKind",
    "Pinned",
    "Reader",
    "Reading",
    "Requirement",
    "Role",
    "Sizes",
    "Skipped",
    "Smoke",
    "Start",
    "Step",
    "SystemFacts",
    "SystemPackage",
    "Trial",
    "Twins",
    "Use",
    "WastedPath",
]
