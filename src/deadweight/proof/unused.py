"""Requirements that the application never imports, judged together.

One by one, PyTorch looks used if Transformers can load it. If nothing imports either of them, neither is.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping

from deadweight.formats.distributions.metadata import normalize
from deadweight.graph import Graph
from deadweight.graph.roots import DEVELOPERS_EXTRAS
from deadweight.groups.evidence import rules_of
from deadweight.model import Assignment, Distribution, Use
from deadweight.usage import engines_of
from deadweight.usage.programs import may_be_started
from deadweight.usage.standard import ALWAYS_THERE

_OPTIONAL = re.compile(r"\s*([A-Za-z0-9][\w.-]*)[^;]*;.*\bextra\s*==\s*['\"]([\w.-]+)['\"]")


def unused_together(
    graph: Graph,
    distributions: Mapping[str, Distribution],
    uses: Mapping[str, tuple[Use, ...]],
    groups: Mapping[str, Assignment],
) -> frozenset[str]:
    """Return the keys of the direct requirements that could all be dropped without removing anything that is used.

    distributions: key → distribution
    uses:          project → its uses in the code
    """
    used = {key for key, each in distributions.items() if uses.get(each.name)}
    loaders = loaders_of(distributions.values())
    candidates = {
        root.key
        for root in graph.direct
        if root.key in distributions and root.key not in used and not _is_explained(distributions[root.key], groups)
    }
    while True:
        kept = graph.closure(root for root in graph.direct if root.key not in candidates)
        names = {distributions[key].name for key in kept if key in distributions}
        bringing = graph.reaching(used - kept)
        needed = {
            key for key in candidates if key in kept or key in bringing or loaders[distributions[key].name] & names
        }
        if not needed:
            return frozenset(candidates)
        candidates -= needed


def loaders_of(distributions: Collection[Distribution]) -> Mapping[str, set[str]]:
    """Return name → the distributions that may load it without an import of the application."""
    loaders = defaultdict(set, {name: set(users) for name, users in _optional_for(distributions).items()})
    for name, engines in engines_of(each.name for each in distributions).items():
        loaders[name] |= {engine.by for engine in engines}
    return loaders


def _optional_for(distributions: Iterable[Distribution]) -> Mapping[str, set[str]]:
    """Return name → the distributions that name it in an extra, except for extras for development."""
    users: dict[str, set[str]] = defaultdict(set)
    for distribution in distributions:
        for line in distribution.metadata.requires:
            match = _OPTIONAL.match(line) if "extra" in line else None
            if match and normalize(match[2]) not in DEVELOPERS_EXTRAS and normalize(match[1]) != distribution.name:
                users[normalize(match[1])].add(distribution.name)
    return users


def _is_explained(distribution: Distribution, groups: Mapping[str, Assignment]) -> bool:
    """Return whether something other than a distribution may need a requirement that the code does not import."""
    rules = rules_of(groups[distribution.key].evidence)
    loaded = any(rule.decided_by == "user" or rule.required for rule in rules)
    return loaded or may_be_started(distribution.name) or distribution.name in ALWAYS_THERE
