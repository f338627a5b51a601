"""What services agree on → the proposal."""

from __future__ import annotations

from deadweight.analysis.services.planned import plan_files
from deadweight.analysis.services.proposal import After, Agreed, proposal_of
from deadweight.analysis.services.today import MeasuredService
from deadweight.planning.sharing.wanted import service_file
from tests.builders import bare, bare_inventory, profile_of, requirements_file


def test_proposal_of__service_has_more_than_all_together__says_so_and_counts_it() -> None:
    file, together = requirements_file("web\n"), bare_inventory(bare("web", 10))
    more = bare_inventory(bare("web", 10), bare("extra", 5))
    services = [
        MeasuredService(path=name, file=service_file(name, file), profile=profile_of(more, file)) for name in ("a", "b")
    ]
    agreed = Agreed(
        planned=plan_files(services, together, 1.0),
        after={each.name: After(profile=each.profile, method="same") for each in services},
        clashes=(),
        constraints={"constraints": ("web==1.0",)},
        share=1.0,
        layers={"base": together, **dict.fromkeys("ab", bare_inventory(bare("extra", 5)))},
    )
    found = proposal_of(services, agreed)
    assert [(layer.name, layer.apparent_bytes) for layer in found.layers] == [("base", 10), ("a", 5), ("b", 5)]
    assert {check.problem for check in found.checks} == {"has other versions than constraints.txt: extra"}


def test_proposal_of__service_without_requirements__has_no_layer() -> None:
    web, nothing = requirements_file("web\n"), requirements_file("")
    services = [
        MeasuredService(
            path="a", file=service_file("a", web), profile=profile_of(bare_inventory(bare("web", 10)), web)
        ),
        MeasuredService(path="b", file=service_file("b", nothing), profile=profile_of(bare_inventory(), nothing)),
    ]
    agreed = Agreed(
        planned=plan_files(services, bare_inventory(bare("web", 10)), 1.0),
        after={each.name: After(profile=each.profile, method="same") for each in services},
        clashes=(),
        constraints={"constraints": ("web==1.0",)},
        share=1.0,
        layers={"a": bare_inventory(bare("web", 10))},
    )
    found = proposal_of(services, agreed)
    assert (found.before.layers, found.after.layers) == (1, 1)
    assert found.before.apparent_bytes == found.after.apparent_bytes == 10
