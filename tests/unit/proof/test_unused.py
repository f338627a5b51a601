"""Requirements that nothing uses, judged together."""

from __future__ import annotations

from deadweight.model import Application, Mention
from deadweight.proof.unused import unused_together
from tests.builders import bare, bare_inventory, profile_of, requirements_file


def unused(lines: str, *imports: str, **requires: str) -> set[str]:
    """Return the unused ones of some requirements; ``requires``: name → what it requires."""
    names = {*lines.split(), *requires, *(each for text in requires.values() for each in text.split())}
    inventory = bare_inventory(*(bare(name, 10, requires=requires.get(name, "").split()) for name in names))
    mentions = tuple(Mention("import", name, "main.py", 1, "application") for name in imports)
    application = Application(directory=".", mentions=mentions, files=1)
    profile = profile_of(inventory, requirements_file(lines.replace(" ", "\n")), application=application)
    distributions = {each.key: each for each in profile.inventory.distributions}
    return set(unused_together(profile.dependencies, distributions, profile.uses, profile.groups))


def test_unused__not_imported__is_unused() -> None:
    assert unused("acme zebra", "acme") == {"zebra"}


def test_unused__engine_of_what_is_imported__may_be_loaded() -> None:
    assert unused("torch transformers acme", "acme") == {"torch", "transformers"}
    assert unused("torch transformers", "transformers") == set()


def test_unused__brings_what_is_imported__is_used() -> None:
    assert unused("acme zebra", "inner", acme="inner") == {"zebra"}


def test_unused__required_by_what_is_used__is_not_freed() -> None:
    assert unused("acme zebra", "acme", acme="zebra") == set()
