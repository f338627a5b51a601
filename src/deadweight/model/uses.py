"""A mention of the source that is taken for a project's."""

from __future__ import annotations

from typing import Literal, NamedTuple

from deadweight.model.source import Mention


class Use(NamedTuple):
    """One place where the source uses a project.

    by: how it was matched: by the measured files, by a shipped table, or by the project's own name
    """

    mention: Mention
    by: Literal["files", "table", "name"]
