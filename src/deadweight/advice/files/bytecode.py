"""The bytecode in an image → findings: bytecode of other interpreters or optimization levels for the same modules.

source: PEP 3147 (``__pycache__/NAME.TAG.pyc``), PEP 488 (``NAME.TAG.opt-LEVEL.pyc``)
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence

from deadweight.advice.case import Case
from deadweight.advice.portions import Portion
from deadweight.model import ImageFinding

_RULE = "DW508"
_VARIANT = re.compile(r"\.(?P<variant>(?:cpython|pypy|graalpy)-?\d+\w*(?:\.opt-\w+)?)\.pyc")


def bytecode_findings(case: Case) -> Iterator[ImageFinding]:
    """Yield a finding for each layer with bytecode for modules that have other bytecode, too."""
    if not case.inventory.total.bytecode:
        return
    several = _with_several(case.inventory.entries)
    if not several:
        return
    ranked = _ranked(case, several)
    portions: dict[int, Portion] = defaultdict(Portion)
    for variants in several.values():
        stays = min(variants, key=ranked.index)
        for variant, path in variants.items():
            if variant != stays:
                portions[case.layer_of(path)].add(path, case.inventory.entries[path], "", variant)
    for layer, portion in portions.items():
        portion.settle(case.links)
        variants_here = portion.names
        reason = "contains bytecode of modules that also have other bytecode"
        yield portion.finding(_RULE, layer, reason=reason, change=_change(variants_here, layer, case))


def _with_several(paths: Iterable[str]) -> Mapping[str, Mapping[str, str]]:
    """Return module → variant → path, for modules with several."""
    one: dict[str, str] = {}
    more: dict[str, list[str]] = {}
    for path in paths:
        if path.endswith(".pyc"):
            module = path[: path.find(".", path.rfind("/"))]  # the name of a module contains no dot
            if one.setdefault(module, path) is not path:
                more.setdefault(module, [one[module]]).append(path)
    variants = {
        module: {match["variant"]: path for path in paths if (match := _VARIANT.fullmatch(path, len(module)))}
        for module, paths in more.items()
    }
    return {module: paths for module, paths in variants.items() if len(paths) > 1}


def _ranked(case: Case, several: Mapping[str, Mapping[str, str]]) -> Sequence[str]:
    """Return the variants, the one that the program needs first."""
    environment = case.inventory.environment
    version = "".join((environment.python or "").split(".")[:2])
    level = case.start.variables.get("PYTHONOPTIMIZE", "")
    suffix = f".opt-{min(int(level), 2) if level.isdigit() else 1}" if level not in ("", "0") else ""
    used = {f"{environment.implementation}-{version}{suffix}", f"{environment.implementation}{version}{suffix}"}
    counted = Counter(variant for variants in several.values() for variant in variants)
    return sorted(counted, key=lambda variant: (variant not in used, "opt" in variant, -counted[variant], variant))


def _change(variants: Sequence[str], layer: int, case: Case) -> str:
    if case.is_base(layer):
        return "use a base image without it"
    if all(".opt-" in variant for variant in variants):
        return "compile only for the optimization level of the Python that the container starts"
    return "install one Python, or delete the bytecode of the others in the RUN that creates it"
