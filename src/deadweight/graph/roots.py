"""The direct requirements: REQUESTED files of an environment, or lines of a file that may be a full freeze."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from deadweight.formats.distributions.metadata import is_name, normalize
from deadweight.graph.condensation import condense
from deadweight.graph.holding import reached_by_others
from deadweight.graph.matching import Matcher
from deadweight.graph.nodes import Extra, Node
from deadweight.graph.value import Root, extend
from deadweight.model import Distribution, Requirement

_EXTRA = re.compile(r"extra\s*==\s*['\"]([^'\"]+)['\"]")
DEVELOPERS_EXTRAS = frozenset(
    "dev devel develop development test tests testing doc docs lint linting format typing types mypy ci check checks"
    " style quality coverage bench benchmark benchmarks release notebook notebooks debug profiling".split()
)


def requested(distributions: Iterable[Distribution], matcher: Matcher) -> tuple[list[Root], set[str]]:
    """Return the distributions marked REQUESTED (PEP 376), else those that nothing requires; and the marked keys.

    Some installers mark everything they install. So the marks of an installer count only if it left a distribution
    unmarked.
    """
    by_installer: dict[str, list[Distribution]] = defaultdict(list)
    for distribution in distributions:
        by_installer[distribution.installer].append(distribution)
    required = matcher.required(matcher.by_key)
    roots: set[str] = set()
    marked: set[str] = set()
    for group in by_installer.values():
        keys, marks = {d.key for d in group}, {d.key for d in group if d.requested}
        informative = marks and (marks != keys or not required & keys)
        roots |= marks if informative else keys - required
        marked |= marks if informative else set()
        if not informative and required & keys:
            matcher.warnings.append(
                "the environment does not record what was requested: distributions that nothing requires count as"
                " direct (use --requirements FILE to tell)"
            )
    return [Root(key) for key in sorted(roots)], marked


def with_inferred_extras(direct: list[Root], marked: Collection[str], matcher: Matcher) -> list[Root]:
    """Infer the extras that roots were requested with, because environments do not record them (pypa/pip#5823).

    An extra counts as requested if everything it adds is installed and some of that has no other explanation: no root
    reaches it, or it is a root only because nothing requires it. The second sign is weak, so it takes three of them.
    Extras for development are never inferred, because nothing needs them at run time.
    """
    unmarked = {root.key for root in direct if root.key not in marked}
    unreached = matcher.by_key.keys() - matcher.reached(direct)
    with_extras: list[Root] = []
    for root in direct:
        extras: set[str] = set()
        for extra, names in sorted(_offered(root.key, matcher).items(), key=lambda item: (-len(item[1]), item[0])):
            keys = {matcher.keys[name] for name in names if name in matcher.keys}
            informative = bool(keys & unreached) or len(keys & unmarked) >= 3
            if informative and len(keys) == len(names):
                extras.add(extra)
                matcher.visit(Extra(root.key, extra))
                brought = matcher.reached([Root(root.key, frozenset({extra}))]) - {root.key}
                unreached -= brought
                unmarked -= brought
        with_extras.append(Root(root.key, frozenset(extras)))
    inferred = [f"{root.key}[{','.join(sorted(root.extras))}]" for root in with_extras if root.extras]
    if inferred:
        matcher.warnings.append(
            f"environments do not record extras; inferred from the installed distributions: {', '.join(inferred)}"
        )
    brought = reached_by_others(
        matcher.edges, [root for root in with_extras if root.extras], [root.key for root in with_extras]
    )
    return [root for root in with_extras if root.key not in brought or root.key in marked]


def _offered(key: str, matcher: Matcher) -> Mapping[str, set[str]]:
    """Return extra → the names that it adds, for the extras in the requirements of a distribution."""
    offered: dict[str, set[str]] = {}
    distribution = matcher.by_key[key]
    # A marker may compare ``extra`` with any text, but an inferred extra is written into requirements files.
    extras_in_markers = {
        extra for line in distribution.metadata.requires for extra in _EXTRA.findall(line) if is_name(extra)
    }
    for extra in extras_in_markers - DEVELOPERS_EXTRAS:
        names = {line.name for line in matcher.requirements_of(distribution, normalize(extra))} - {key}
        if names:
            offered[normalize(extra)] = names
    return offered


def is_frozen(requirements: Collection[Requirement], direct: list[Root], matcher: Matcher) -> bool:
    """Return whether the requirements are a full freeze: nearly all are pinned, and nearly everything is listed."""
    active = [requirement for requirement in requirements if matcher.holds(requirement)]
    pinned = [requirement for requirement in active if requirement.url or requirement.specifier.startswith("==")]
    named = {root.key for root in direct}
    reached = matcher.reached(direct)
    return (
        len(pinned) >= 0.9 * len(active)
        and len(named) >= 0.95 * len(reached)
        and len(named & matcher.required(named)) >= 3
    )


def unrequired(direct: list[Root], known: Collection[str | None], matcher: Matcher) -> list[Root]:
    """Return the roots that no other root requires, those known to be direct, and one root of each cycle."""
    named = {root.key: root for root in direct}
    required = matcher.required(named)
    kept = [root for root in direct if root.key in known or root.key not in required]
    return sorted([*kept, *_entries(named.values(), kept, matcher)])


def strays_of(direct: list[Root], matcher: Matcher) -> list[Root]:
    """Return roots for what direct roots do not reach, such as pip or leftovers of an uninstall."""
    return sorted(_entries((Root(key) for key in matcher.by_key), direct, matcher))


def _entries(candidates: Iterable[Root], roots: Iterable[Root], matcher: Matcher) -> Iterator[Root]:
    """Yield the candidates that must also be roots for all candidates to be reached; of a cycle, the first.

    Candidates are tried in topological order, and by name within a cycle.
    """
    reached: set[Node] = set()
    extend(reached, matcher.edges, (node for root in roots for node in root.nodes()))
    left = sorted(root for root in candidates if root.key not in reached)
    if not left:
        return
    condensed = condense(matcher.edges_of_keys(), [root.key for root in left])
    for root in sorted(left, key=lambda root: -condensed.number[root.key]):
        if root.key not in reached:
            extend(reached, matcher.edges, root.nodes())
            yield root
