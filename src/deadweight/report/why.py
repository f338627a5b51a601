"""Profile and a name → every path that brings it in, and what its leaving costs and saves."""

from __future__ import annotations

import json
from collections.abc import Iterator
from itertools import islice

from msgspec import Struct

from deadweight import __version__
from deadweight.findings import Profile
from deadweight.graph import base
from deadweight.report.tables import listed
from deadweight.report.units import human, plain, without_credentials

_MOST_PATHS = 1000
_MOST_NAMES = 12  # in a sentence


class Why(Struct, frozen=True, kw_only=True):
    """Why a distribution is there.

    paths:   from a direct requirement to it, each step a (node, requirement line that led there) pair
    cut:     whether there are more paths than were looked for
    holders: the direct requirements that hold it up together, those with the largest closure first
    leaves:  keys that leave with it, the largest first
    """

    key: str
    paths: tuple[tuple[tuple[str, str], ...], ...]
    cut: bool
    holders: tuple[str, ...]
    leaves: tuple[str, ...]


def why(profile: Profile, key: str) -> Why:
    """Find the paths from every root to ``key``, shortest first; raises KeyError where it is not there."""
    import networkx

    graph = profile.dependencies
    if key not in graph.own:
        raise KeyError(key)
    whole = graph.networkx(extras=True)
    whole.remove_nodes_from([node for node in whole if base(node) == key and node != key])
    found: list[list[str]] = []
    for root in graph.roots:
        start = [node for node in root.nodes() if node in whole]
        if root.key == key:
            found.append([key])
            continue
        for node in start:
            paths = networkx.all_simple_paths(whole, node, key)
            found += (p for p in islice(paths, _MOST_PATHS) if not any(base(n) == base(node) for n in p[1:]))
    found.sort(key=lambda path: (len(path), path))
    shown = tuple(tuple(_steps(profile, path)) for path in found[:_MOST_PATHS])
    return Why(
        key=key,
        paths=shown,
        cut=len(found) >= _MOST_PATHS,
        holders=tuple(sorted(graph.holders_of(key), key=lambda holder: (-profile.weights[holder].closure, holder))),
        leaves=tuple(sorted(graph.retained_by(key) - {key}, key=lambda leaf: (-graph.own[leaf], leaf))),
    )


def _steps(profile: Profile, path: list[str]) -> Iterator[tuple[str, str]]:
    previous = ""
    for node in path:
        yield node, profile.dependencies.lines.get((previous, base(node)), "") if previous else ""
        previous = node


def why_json(profile: Profile, found: Why) -> str:
    """Return schema ``deadweight.why/1``: name, group and bytes as in the profile, paths, holders, leaves."""
    weight, group = profile.weights[found.key], profile.groups[found.key]
    values = {
        "schema": "deadweight.why/1",
        "version": __version__,
        "name": found.key,
        "group": group.group,
        "sure": group.sure,
        "evidence": [{"rule": e.rule, "group": e.group, "says": e.says} for e in group.evidence],
        "apparent_bytes": profile.dependencies.own[found.key],
        "closure_bytes": weight.closure,
        "retained_bytes": weight.retained,
        "freed_bytes": weight.freed,
        "paths": [[{"node": node, "requirement": line} for node, line in path] for path in found.paths],
        "paths_cut": found.cut,
        "held_by": list(found.holders),
        "leaves_with_it": list(found.leaves),
    }
    return without_credentials(json.dumps(values, indent=1)) + "\n"


def why_text(profile: Profile, found: Why, *, most: int | None = 20) -> str:
    """Return the paths and the reckoning, for people."""
    graph, weight = profile.dependencies, profile.weights[found.key]
    direct = any(root.key == found.key for root in graph.direct)
    distribution = next(d for d in profile.inventory.distributions if d.key == found.key)
    group = profile.groups[found.key]
    version = distribution.version or "(version unknown)"
    sizes = f"{human(graph.own[found.key])}, with all it needs {human(weight.closure)}"
    lines = [f"{found.key} {version}: {sizes}; {group.group}{'' if group.sure else ', not sure'}", ""]
    lines += [f"  {e.rule} {e.group}: {e.says}" for e in group.evidence]
    lines += ["", "brought in by"]
    texts = list(dict.fromkeys(_path_text(path, direct) for path in found.paths))
    shown = texts if most is None else texts[:most]
    lines += [f"  {text}" for text in shown]
    if len(texts) > len(shown):
        lines.append(f"  … and {len(texts) - len(shown)}{' or more' if found.cut else ''} longer paths (--all)")
    lines += ["", *_reckoning(profile, found, direct)]
    return "\n".join(plain(line) if line else "" for line in lines) + "\n"


def _path_text(path: tuple[tuple[str, str], ...], direct: bool) -> str:
    if len(path) == 1:
        return f"{path[0][0]}: {'asked for by name' if direct else 'nothing here asks for it'}"
    text = path[0][0]
    for (node, line), (before, _) in zip(path[1:], path, strict=False):
        if base(node) == base(before):
            continue
        text += f" → {line.partition(';')[0].strip() or node}"
    return text


def _reckoning(profile: Profile, found: Why, direct: bool) -> Iterator[str]:
    graph, weight = profile.dependencies, profile.weights[found.key]
    with_it = f" with {listed(found.leaves, 6)}" if found.leaves else ""
    yield f"taken out, it frees {human(weight.retained)}{with_it}"
    holders = [name for name in found.holders if name != found.key]
    if direct and holders:
        line = "dropping its own line" if profile.requirements else "not asking for it by name"
        yield f"{line} frees {human(weight.freed)}: {_list(holders)} {_need(holders)} it too"
    elif len(holders) == 1:
        freed = profile.weights[holders[0]].freed
        yield f"to be rid of it, drop {holders[0]}, which frees {human(freed)}"
    elif holders:
        freed = graph.bytes_of(graph.freed_by_dropping(set(holders)))
        yield f"to be rid of it, drop all of {_list(holders)}, which frees {human(freed)}"


def _need(names: list[str]) -> str:
    return "needs" if len(names) == 1 else "need"


def _list(names: list[str]) -> str:
    if len(names) > _MOST_NAMES:
        return listed(names, _MOST_NAMES)
    return names[0] if len(names) == 1 else f"{', '.join(names[:-1])} and {names[-1]}"
