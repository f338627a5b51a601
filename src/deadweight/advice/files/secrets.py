"""The files of an image → findings: files that usually contain secrets, by their names. Nothing of them is read."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator

from deadweight.advice.case import Case
from deadweight.advice.portions import Portion
from deadweight.model import Entry, ImageFinding

RULE = "DW511"
_NAME = re.compile(
    r"""(?:^|/)(?:
        \.env(?:\.(?!(?:ex(?:a|am)mples?|samples?|templates?|dist|defaults?|schema|tests?|ci)\b)[\w.-]+)?
      | \.netrc | \.pypirc | \.git-credentials | id_(?:rsa|dsa|ecdsa|ed25519) | \.htpasswd
      | \.aws/credentials | \.docker/config\.json | \.kube/config
      | \.config/gcloud/(?:application_default_)?credentials\.(?:json|db)
      | service[-_]?account[\w-]*\.json | client_secrets?\.json
    )\Z""",
    re.VERBOSE,
)
_STARTS = (
    ".env", ".netrc", ".pypirc", ".git-credentials", ".htpasswd", "id_", "config", "credentials", "access", "service",
    "client_secret", "application_default",
)  # fmt: skip
_CHANGE = (
    "add them to .dockerignore and change the secrets; pass them when the container starts, or to a RUN with"
    " `--mount=type=secret`"
)


def secret_findings(case: Case) -> Iterator[ImageFinding]:
    """Yield a finding for each layer that contains such files, also for files that a later layer deletes."""
    portions: dict[tuple[int, int | None], Portion] = defaultdict(Portion)
    for path in case.unowned:
        entry = case.inventory.entries[path]
        if entry.size and entry.kind == "file" and _may_be_secret(path):
            portions[case.layer_of(path), None].add(path, entry, path)
    for hidden in case.wasted:
        if hidden.placed.kind == "file" and _may_be_secret(hidden.path):
            entry = Entry(hidden.placed.size, None, None, "file")
            key = (hidden.path, hidden.placed.layer)
            portions[hidden.placed.layer, hidden.by].add(key, entry, hidden.path)
    for (layer, by), portion in portions.items():
        if not case.is_base(layer):
            portion.settle(case.links)
            yield portion.finding(RULE, layer, by=by, reason=_reason(by), change=_CHANGE, sure=False)


def _may_be_secret(path: str) -> bool:
    name = path.rpartition("/")[2]
    return name.startswith(_STARTS) and bool(_NAME.search(path))


def _reason(by: int | None) -> str:
    deleted = "" if by is None else f"; layer {by} hides them, but everyone who has the image can read them"
    return f"contains files that usually hold secrets{deleted}"
