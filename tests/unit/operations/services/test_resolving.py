"""Requirements of services → resolutions, with runs that answer at once."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from deadweight.errors import InstallFailed, TimedOut
from deadweight.formats.builds import Wishes
from deadweight.formats.requirements import RequirementsFile
from deadweight.model import Archive, Lock, Pinned
from deadweight.operations.services.reading import Service
from deadweight.operations.services.resolving import Resolver, constraint_lines, is_conflict
from deadweight.operations.session import Session
from deadweight.progress import Progress
from deadweight.settings import Settings
from deadweight.sources.resolve.uninstalled import Resolved
from deadweight.targets.types import Requirements
from tests.builders import requirements_file

WEB = Pinned(name="web", version="1.0")


class Run:
    """Resolves to one distribution for each requirement; ``late`` and ``missing`` fail."""

    def __init__(self, asked: list[RequirementsFile]) -> None:
        self._asked = asked

    def resolved(self, file: RequirementsFile) -> Resolved:
        self._asked.append(file)
        names = sorted({each.name or "" for each in file.all_requirements()})
        if "late" in names:
            raise TimedOut("uv did not finish within 0 s")
        if "missing" in names:
            raise InstallFailed("uv: no version of missing")
        return Resolved(lock=Lock(packages=tuple(Pinned(name=name, version="1.0") for name in names)))


@pytest.fixture
def asked() -> list[RequirementsFile]:
    return []


@pytest.fixture
def seen() -> list[Progress]:
    return []


@pytest.fixture
def resolver(
    asked: list[RequirementsFile], seen: list[Progress], monkeypatch: pytest.MonkeyPatch
) -> Iterator[Resolver]:
    monkeypatch.setattr(Resolver, "run_for", lambda *_: Run(asked))
    with Session(observe=seen.append) as session, Resolver(Wishes(), Settings(), session, 5) as resolver:
        yield resolver


def service(name: str, text: str) -> Service:
    return Service(
        name=name, target=Requirements(f"{name}.txt"), file=requirements_file(text, f"{name}.txt"), settings=Settings()
    )


def test_each__equal_requirements__are_resolved_once(resolver: Resolver, asked: list[RequirementsFile]) -> None:
    files = {
        name: (requirements_file(text), Settings()) for name, text in (("a", "web\n"), ("b", "web\n"), ("c", "x\n"))
    }
    found = resolver.each(files)
    assert found["a"] is found["b"]
    assert len(asked) == 2
    assert resolver.each(files) == found
    assert len(asked) == 2


def test_each__another_python__is_resolved_again(resolver: Resolver, asked: list[RequirementsFile]) -> None:
    file = requirements_file("web\n")
    resolver.each({"a": (file, Settings()), "b": (file, Settings().replacing(python="3.12"))})
    assert len(asked) == 2


def test_each__failures__are_outcomes_and_the_time_limit_is_the_given_one(resolver: Resolver) -> None:
    found = resolver.each({name: (requirements_file(f"{name}\n"), Settings()) for name in ("web", "late", "missing")})
    assert isinstance(found["web"], Resolved)
    assert isinstance(found["late"], TimedOut)
    assert str(found["late"]) == "resolving did not finish within 5 s"
    assert [name for name, outcome in found.items() if is_conflict(outcome)] == ["missing"]


def test_each__progress__begins_before_the_first_result(resolver: Resolver, seen: list[Progress]) -> None:
    resolver.each({"a": (requirements_file("web\n"), Settings()), "b": (requirements_file("x\n"), Settings())})
    assert [(each.phase, each.done, each.total) for each in seen] == [
        ("resolving", 0, 2), ("resolving", 1, 2), ("resolving", 2, 2),
    ]  # fmt: skip


def test_together__several_services__are_resolved_as_one(resolver: Resolver, asked: list[RequirementsFile]) -> None:
    found = resolver.together([service("a", "web\n"), service("b", "http\n")])
    assert isinstance(found, Resolved)
    assert [each.name for each in found.lock.packages] == ["http", "web"]
    assert len(asked) == 1


def test_together__one_service__is_the_same_as_the_service(resolver: Resolver, asked: list[RequirementsFile]) -> None:
    one = service("a", "web\n")
    alone = resolver.each({"a": (one.file, one.settings)})["a"]
    assert resolver.together([one]) is alone
    assert len(asked) == 1


def test_within__lock_and_gained_lines__are_constraints_and_requirements(
    resolver: Resolver, asked: list[RequirementsFile]
) -> None:
    found = resolver.within([service("a", "http\n")], Lock(packages=(WEB,)), {"a": ("web>=1",)})
    assert list(found) == ["a"]
    assert {each.name for each in asked[0].all_requirements()} == {"http", "web"}
    assert asked[0].rules.constraints == ("web==1.0",)


def test_constraint_lines__urls_and_directories__have_none_unless_wished() -> None:
    packages = (
        WEB,
        Pinned(name="local", version="1.0", location="../local"),
        Pinned(name="editable", version="1.0", sdist=Archive(filename="editable", url="file:///home/editable")),
        Pinned(
            name="sdist", version="1.0", sdist=Archive(filename="sdist-1.0.tar.gz", url="https://host/sdist-1.0.tar.gz")
        ),
        Pinned(name="torch", version="2.5+cpu", origin="https://host/torch.whl"),
        Pinned(name="unknown", version=None),
    )
    lock = Lock(packages=packages)
    assert constraint_lines(lock) == ("web==1.0", "sdist==1.0")
    assert constraint_lines(lock, {"torch": "https://host/"}) == ("web==1.0", "sdist==1.0", "torch==2.5+cpu")
