"""Services → those that can have the same versions, with a resolver that answers at once."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from deadweight.errors import FetchFailed, InstallFailed, TimedOut
from deadweight.model import Lock
from deadweight.operations.services.agreeing import Agreeing, Agreement
from deadweight.operations.services.reading import Service
from deadweight.operations.services.resolving import Outcome
from deadweight.planning.sharing.wanted import service_file
from deadweight.settings import Settings
from deadweight.sources.resolve.uninstalled import Resolved
from deadweight.targets.types import Requirements
from tests.builders import requirements_file

NOTHING = Resolved(lock=Lock(packages=()))
CONFLICT = InstallFailed("uv: old requires http<2 and new requires http>=2")
LATE = TimedOut("resolving did not finish within 1 s")


class Resolver:
    """Answers with an error for services that contain all names of one of its errors, and records the questions."""

    def __init__(self, errors: Iterable[tuple[str, InstallFailed | FetchFailed]] = ()) -> None:
        self._errors = [(set(names.split()), error) for names, error in errors]
        self.asked: list[str] = []

    def together(self, services: Sequence[Service]) -> Outcome:
        names = [service.name for service in services]
        self.asked.append(" ".join(names))
        return next((error for each, error in self._errors if each <= set(names)), NOTHING)


def agree(texts: dict[str, str], resolver: Resolver, seconds: float = 300) -> Agreement:
    """Return the agreement of services, each of which can be resolved alone unless the resolver has an error for it."""
    services = [
        Service(
            name=name,
            target=Requirements(f"{name}.txt"),
            file=requirements_file(text, f"{name}.txt"),
            settings=Settings(),
        )
        for name, text in texts.items()
    ]
    files = {service.name: service_file(service.name, service.file) for service in services}
    agreeing = Agreeing(services, files, resolver.together, seconds)
    expected = agreeing.expected()
    return agreeing.found(expected, {service.name: resolver.together([service]) for service in services})


def sides(agreement: Agreement) -> set[tuple[str, str]]:
    return {(side.service, side.text) for clash in agreement.clashes for side in clash.sides}


def test_agreeing__no_conflicts__resolves_all_once() -> None:
    resolver = Resolver()
    found = agree({"a": "web\n", "b": "web>=1\n", "c": "http\n"}, resolver)
    assert found == Agreement(services=("a", "b", "c"), versions=NOTHING)
    assert resolver.asked == ["a b c", "a", "b", "c"]


def test_agreeing__contradicting_requirements__leave_one_out_before_asking() -> None:
    resolver = Resolver()
    found = agree({"a": "web==1\n", "b": "web==1.0\n", "c": "web>=2\n"}, resolver)
    assert found.services == ("a", "b")
    assert resolver.asked[0] == "a b"
    assert sides(found) == {("a", "web==1"), ("b", "web==1.0"), ("c", "web>=2")}


def test_agreeing__equal_pins_with_hashes__are_no_conflict() -> None:
    digest = "--hash=sha256:" + "0" * 64
    found = agree({"a": f"web==1 {digest}\n", "b": f"web==1.0 {digest}\n"}, Resolver())
    assert (found.services, found.clashes) == (("a", "b"), ())


def test_agreeing__different_indexes__keep_their_own_versions() -> None:
    found = agree({"a": "-i https://a/simple\nweb\n", "b": "web\n", "c": "web\n"}, Resolver())
    assert found.services == ("b", "c")
    assert {clash.services for clash in found.clashes} == {("a", "b"), ("a", "c")}


def test_agreeing__conflict_that_only_the_resolver_knows__names_the_requirements_of_its_explanation() -> None:
    resolver = Resolver([("a c", CONFLICT)])
    found = agree({"a": "old\n", "b": "web\n", "c": "web\nnew\n"}, resolver)
    assert found.services == ("b", "c")
    assert sides(found) == {("a", "old"), ("c", "new")}
    assert found.clashes[0].reason == CONFLICT.cause


def test_agreeing__conflict_of_three__is_explained_with_the_last_one() -> None:
    found = agree({"a": "web\n", "b": "http\n", "c": "new\n"}, Resolver([("a b c", CONFLICT)]))
    assert found.services == ("a", "c")
    assert [clash.services for clash in found.clashes] == [("b", "c")]


def test_agreeing__one_cannot_be_resolved__the_others_agree() -> None:
    resolver = Resolver([("b", InstallFailed("no version of b"))])
    found = agree({"a": "web\n", "b": "nowhere\n", "c": "web\n"}, resolver)
    assert (found.services, found.versions) == (("a", "c"), NOTHING)


def test_agreeing__all_together_take_too_long__have_no_common_versions() -> None:
    resolver = Resolver([("a b", LATE)])
    found = agree({"a": "web\n", "b": "http\n"}, resolver)
    assert found == Agreement(services=(), failure=LATE)
    assert resolver.asked.count("a b") == 2  # the real one answers the second time from memory


def test_agreeing__one_takes_too_long_with_the_others__keeps_its_own_versions() -> None:
    resolver = Resolver([("a c", CONFLICT), ("a d", LATE), ("b d", LATE), ("c d", LATE)])
    found = agree({"a": "old\n", "b": "web\n", "c": "new\n", "d": "http\n"}, resolver)
    assert (found.services, found.failure) == (("a", "b"), None)
    assert {clash.services: clash.reason for clash in found.clashes} == {
        ("a", "c"): CONFLICT.cause,
        ("b", "d"): LATE.cause,
    }
    assert "a d" not in resolver.asked  # pairs would take as long


def test_agreeing__no_time_left__tries_no_further_sets() -> None:
    resolver = Resolver([("a b c d", CONFLICT), ("b c d", CONFLICT)])
    found = agree({"a": "old\n", "b": "web\n", "c": "new\n", "d": "http\n"}, resolver, seconds=0)
    assert (found.services, found.versions, found.failure) == (("a",), NOTHING, None)
    assert {clash.services for clash in found.clashes} == {("a", "b"), ("a", "c"), ("a", "d")}
    assert {clash.reason for clash in found.clashes} == {"resolving sets of services did not finish within 0 s"}
    assert not {"a b", "a c", "a d", "b c"} & set(resolver.asked)


def test_agreeing__index_fails__is_no_conflict() -> None:
    failure = FetchFailed("the index is unreachable")
    found = agree({"a": "web\n", "b": "http\n"}, Resolver([("a b", failure)]))
    assert found == Agreement(services=(), failure=failure)


def test_without__services_that_the_versions_do_not_fit__keep_their_own_with_the_reason() -> None:
    services = [
        Service(name=name, target=Requirements(f"{name}.txt"), file=requirements_file("http\n"), settings=Settings())
        for name in "abc"
    ]
    files = {service.name: service_file(service.name, service.file) for service in services}
    agreeing = Agreeing(services, files, Resolver().together, 300)
    found = agreeing.without(agreeing.expected(), {"b": CONFLICT})
    assert (found.services, found.versions) == (("a", "c"), NOTHING)
    assert [(clash.services, clash.reason) for clash in found.clashes] == [(("a", "b"), CONFLICT.cause)]
    assert agreeing.without(agreeing.expected(), dict.fromkeys("abc", CONFLICT)) == Agreement(services=())
