"""A mention in the application, matched to a project."""

from __future__ import annotations

from typing import Literal, NamedTuple

from deadweight.model.application import Mention


class Use(NamedTuple):
    """One use of a project in the application.

    by: whether the measured files, a shipped table or the name of the project matched
    """

    mention: Mention
    by: Literal["files", "table", "name"]
