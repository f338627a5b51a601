"""fixtures/proofs → values: applications with what they name, and the distributions that their requirements come to.

Facts only (names, paths, who requires whom), read from public applications with ``read_application`` and
``profile --no-install``; no code of theirs. A file's keys say how it names something: the first letter of the kind
(import, command, string, url), then nothing for at start, ``l`` for lazy, ``c`` conditional, ``o`` optional, ``t`` for
types; then ``:ROLE`` where it differs from the file's, and ``@MARKER``.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any, cast

from msgspec import Struct

from deadweight.model import Application, Distribution, Environment, Inventory, Mention, Metadata, Sizes, Skipped
from deadweight.model.application import How, Naming, Role

FIXTURES = Path(__file__).parent.parent / "fixtures/proofs"
_KINDS: Mapping[str, Naming] = {"i": "import", "c": "command", "s": "string", "u": "url"}
_HOWS: Mapping[str, How] = {"": "start", "l": "lazy", "c": "conditional", "o": "optional", "t": "types"}
_KEY = re.compile(r"([icsu])([lcot]?)(?::(\w+))?(?:@(.*))?", re.DOTALL)


class LabelledApplication(Struct, frozen=True):
    """One application. ``labels``: requirement → "runtime" or "dev", as its author has split them."""

    name: str
    labels: Mapping[str, str]
    code: Application
    environment: Environment
    distributions: tuple[Distribution, ...]
    requires: Mapping[str, tuple[str, ...]]
    unmeasured: frozenset[str]

    def closure(self, roots: Iterable[str]) -> frozenset[str]:
        """Return the roots that were measured, with everything that they require."""
        seen: set[str] = set()
        pending = [name for name in roots if name in self.requires]
        while pending:
            name = pending.pop()
            if name not in seen:
                seen.add(name)
                pending += (each for each in self.requires[name] if each in self.requires)
        return frozenset(seen)

    def inventory(self, names: Iterable[str]) -> Inventory:
        """Return the inventory of some of the distributions."""
        wanted = frozenset(names)
        found = tuple(d for d in self.distributions if d.name in wanted)
        sizes = Sizes(files=len(found), apparent=sum(d.sizes.apparent for d in found))
        return Inventory(
            environments=(self.environment,),
            distributions=found,
            unowned=Sizes(),
            total=sizes,
            skipped=tuple(Skipped(name, "not measured") for name in sorted(self.unmeasured)),
        )


def read_applications(path: Path = FIXTURES / "applications.jsonl") -> list[LabelledApplication]:
    return [_application(json.loads(line)) for line in path.read_text("utf-8").splitlines()]


def _application(facts: Mapping[str, Any]) -> LabelledApplication:
    distributions = tuple(_distribution(name, each) for name, each in sorted(facts["distributions"].items()))
    return LabelledApplication(
        name=facts["id"],
        labels=facts["labels"],
        code=Application(
            directory="",
            mentions=tuple(_mentions(facts["files"])),
            local=frozenset(facts["local"]),
            subprojects=tuple(facts["subprojects"]),
            files=1,
        ),
        environment=Environment(python=facts["python"], platform=facts["platform"]),
        distributions=distributions,
        requires={name: tuple(each["requires"]) for name, each in facts["distributions"].items()},
        unmeasured=frozenset(facts["unmeasured"]),
    )


def _distribution(name: str, facts: Mapping[str, Any]) -> Distribution:
    metadata = Metadata(name=name, version=facts["version"], requires=tuple(facts["requires"]))
    return Distribution(
        key=name,
        metadata=metadata,
        sizes=Sizes(files=1, apparent=facts["bytes"]),
        import_names=tuple(facts["modules"]),
        programs=tuple(facts["programs"]),
    )


def _mentions(files: Mapping[str, Mapping[str, Any]]) -> Iterator[Mention]:
    for file, keys in files.items():
        for key, names in keys.items():
            match = _KEY.fullmatch(key)
            if match is None:
                continue  # the role
            role = cast("Role", match[3] or keys["role"])
            for name in names:
                yield Mention(_KINDS[match[1]], name, file, 1, role, _HOWS[match[2]], marker=match[4] or "")
