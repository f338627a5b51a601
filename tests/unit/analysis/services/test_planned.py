"""Services that agree → shared files, and what each of them installs."""

from __future__ import annotations

from deadweight.analysis.services.planned import Planned, plan_files
from deadweight.analysis.services.today import MeasuredService
from deadweight.planning.sharing.wanted import Identity, service_file
from tests.builders import bare, bare_inventory, profile_of, requirements_file

TOGETHER = bare_inventory(
    bare("web", 30, requires=["http", "fast ; extra == 'speed'"]),
    bare("http", 5),
    bare("fast", 7),
    bare("torch", 900, requires=["numpy"]),
    bare("numpy", 70),
)


def planned(share: float = 1.0, **texts: str) -> Planned:
    services = []
    for name, text in texts.items():
        file = requirements_file(text)
        profile = profile_of(TOGETHER, file)
        services.append(MeasuredService(path=f"{name}.txt", file=service_file(name, file), profile=profile))
    return plan_files(services, TOGETHER, share)


def shared(found: Planned) -> dict[str, tuple[str, ...]]:
    return {file.name: tuple(each.name for each in file.wanted) for file in found.layout.shared}


def test_plan_files__ml_of_several_services__has_a_file_of_its_own() -> None:
    found = planned(a="web\ntorch\n", b="web\ntorch\n", c="web\n")
    assert shared(found) == {"base": ("web",), "ml": ("torch",)}
    assert [file.services for file in found.layout.shared] == [("a", "b", "c"), ("a", "b")]
    assert found.layout.own == {"a": (), "b": (), "c": ()}


def test_closure__requirements__has_what_they_need_with_the_extras_of_the_requirement() -> None:
    found = planned(a="web\n", b="web[speed]\n")
    assert found.closure([Identity("web")]) == {"web", "http"}
    assert found.closure([Identity("web", ("speed",))]) == {"web", "http", "fast"}
    assert found.closure([]) == frozenset()


def test_gained__share__has_the_lines_that_a_service_lacks() -> None:
    found = planned(0.5, a="web>=1\n", b="web<9\n", c="torch\n", d="torch\n")
    assert shared(found) == {"base": ("torch", "web")}
    lines = {service.name: found.gained(service) for service in found.services}
    assert lines == {"a": ("torch",), "b": ("torch",), "c": ("web>=1,<9",), "d": ("web>=1,<9",)}


def test_gained__all_services_have_it__is_nothing() -> None:
    found = planned(a="web\ntorch\n", b="web\ntorch\n")
    assert [found.gained(service) for service in found.services] == [(), ()]
