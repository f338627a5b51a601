"""The conclusions about an image → findings: distributions for development or GPUs, and those that nothing reaches."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping

from msgspec import Struct

from deadweight.advice.portions import MOST_NAMES
from deadweight.graph import Graph
from deadweight.graph.value import Root
from deadweight.image_rules import rules
from deadweight.model import (
    Application,
    Assignment,
    Distribution,
    FileKey,
    ImageFacts,
    ImageFinding,
    Inventory,
    Use,
)
from deadweight.planning.lighter import is_cuda
from deadweight.proof.unused import unused_together
from deadweight.wording import listed

_DEV, _CUDA, _UNREACHED = "DW513", "DW514", "DW515"
_GPU = "gpu"  # see ``codescan.python.features``
_MOST_NAMED = 4
_INSTALLERS = frozenset(("pip", "setuptools", "wheel", "uv"))


class Judgement(Struct, frozen=True, kw_only=True):
    """What is known about the distributions of an image.

    graph:       of the requirements
    groups:      key → group
    production:  keys of what the production split installs
    with_requirements: whether the user's requirements are known
    application: the code; None if it was not read
    uses:        project → its uses in the code
    """

    inventory: Inventory
    facts: ImageFacts
    graph: Graph
    groups: Mapping[str, Assignment]
    production: frozenset[str]
    with_requirements: bool = False
    application: Application | None = None
    uses: Mapping[str, tuple[Use, ...]] = {}


def distribution_findings(known: Judgement) -> Iterator[ImageFinding]:
    """Yield the findings about distributions of the environment in which the program runs."""
    rows = {d.key: d for d in known.inventory.distributions if d.prefix == known.inventory.environment.prefix}
    required = known.graph.closure(known.graph.direct) & rows.keys()
    # The base image stays as it is, and its installers are needed to install the rest.
    own = {key for key, each in rows.items() if each.name not in _INSTALLERS and not _is_base(key, known.facts)}
    dev = (required - known.production) & own
    reason = "contains distributions for development"
    change = "install only what production needs: `deadweight split` writes its requirements"
    yield from _by_layer(_DEV, dev, known, (reason, change))
    cuda = {key for key, each in rows.items() if is_cuda(each)} & own
    yield from _cuda(cuda, known)
    yield from _unreached(rows, required, own - dev, known)


def _cuda(keys: Collection[str], known: Judgement) -> Iterator[ImageFinding]:
    code = known.application
    if known.facts.gpu or (code and any(each.name == _GPU and each.role == "application" for each in code.features)):
        return
    unused = ", and your code uses none" if code else ""
    reason = f"contains libraries for NVIDIA GPUs, and nothing in the image asks for a GPU{unused}"
    change = "if containers run without a GPU, install builds without CUDA, such as the CPU build of PyTorch"
    yield from _by_layer(_CUDA, keys, known, (reason, change))


def _unreached(
    rows: Mapping[str, Distribution], required: set[str], own: set[str], known: Judgement
) -> Iterator[ImageFinding]:
    """Yield the distributions that nothing reaches: neither requirements nor code, as far as known, nor the command."""
    graph = known.graph
    if known.with_requirements:
        reached = set(required) | _reached_from(_used(rows.values(), known), graph)
        reason = "contains distributions that nothing in your requirements needs"
    elif known.application:
        unused = unused_together(graph, rows, known.uses, known.groups) - set(_used(rows.values(), known))
        reached = graph.closure(root for root in graph.direct if root.key not in unused)
        reached |= _reached_from(_used(rows.values(), known), graph)
        reason = "contains distributions that your code does not use"
    else:
        return
    keys = own - reached
    change = f"do not install {listed(_largest(keys, rows), _MOST_NAMED)}, or add them to your requirements"
    yield from _by_layer(_UNREACHED, keys, known, (reason, change))


def _used(rows: Iterable[Distribution], known: Judgement) -> list[str]:
    """Return the keys of what the code uses or the image starts."""
    words = known.facts.started
    return [
        each.key
        for each in rows
        if known.uses.get(each.name) or not words.isdisjoint(each.programs) or not words.isdisjoint(each.import_names)
    ]


def _reached_from(keys: Iterable[str], graph: Graph) -> set[str]:
    return graph.closure(Root(key, graph.extras.get(key, frozenset())) for key in keys)


def _largest(keys: Iterable[str], rows: Mapping[str, Distribution]) -> list[str]:
    return sorted(keys, key=lambda key: (-rows[key].sizes.apparent, key))


def _is_base(key: str, facts: ImageFacts) -> bool:
    return key in facts.homes and facts.homes[key] < (facts.base or 0)


def _by_layer(rule: str, keys: Collection[str], known: Judgement, texts: tuple[str, str]) -> Iterator[ImageFinding]:
    """Yield a finding for each layer with some of the distributions.

    texts: the reason and the change
    """
    by_layer: dict[int, list[Distribution]] = defaultdict(list)
    for each in known.inventory.distributions:
        if each.key in keys and each.key in known.facts.homes:
            by_layer[known.facts.homes[each.key]].append(each)
    for layer, rows in by_layer.items():
        rows.sort(key=lambda each: (-each.sizes.apparent, each.key))
        parts = _files_of({each.key for each in rows}, known.inventory)
        yield ImageFinding(
            rule=rule,
            layer=layer,
            size=sum(each.sizes.apparent for each in rows),
            files=sum(each.sizes.files for each in rows),
            names=tuple(each.key for each in rows[:MOST_NAMES]),
            reason=texts[0],
            change=texts[1],
            sure=rules()[rule].sure,
            parts=parts,
        )


def _files_of(keys: Collection[str], inventory: Inventory) -> dict[FileKey, int]:
    """Return the bytes of each file of some distributions."""
    numbers = {number for number, each in enumerate(inventory.distributions) if each.key in keys}
    files: dict[FileKey, int] = {}
    for path, number in inventory.owner.items():
        if number in numbers:
            entry = inventory.entries[path]
            files[entry.inode or path] = entry.size
    return files
