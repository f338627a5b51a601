from __future__ import annotations

from pathlib import Path

import msgspec
import pytest

from deadweight.model import Archive
from deadweight.operations.fleet.measuring import Plan, measure_fleet
from deadweight.operations.fleet.tasks import Done, Failed, Identified, Measured, Planned, Result
from deadweight.sources.system.pool import Call, Finished
from tests.builders import report_on

REPORT = Measured(report_on().to_json().encode())


class Workers:
    """Ends calls in the order that a test gives.

    A call is "function target", "read_layer digest", or "list_wheels" with the names of the wheels.
    """

    is_remote = False

    def __init__(self, order: list[str], results: dict[str, Result]) -> None:
        self.size, self.workers, self.order, self.results = 8, 8, order, results
        self.calls: list[str] = []
        self._running: dict[str, Call] = {}

    def submit(self, call: Call) -> None:
        name = call.function.rpartition(":")[2]
        text = f"{name} {str(call.arguments[-1 if name == 'read_layer' else 2]).rpartition('/')[2]}"
        if name == "list_wheels":
            wheels = msgspec.json.decode(call.arguments[2], type=list[Archive])
            text = f"{name} {' '.join(wheel.filename for wheel in wheels)}"
        self.calls.append(text)
        self._running[text] = call

    def next(self, seconds: float | None) -> Finished | None:
        text = next((each for each in self.order if each in self._running), None) or next(iter(self._running))
        call = self._running.pop(text)
        return Finished(call.key, msgspec.msgpack.encode(self.results[text]))


def results(**layers: list[str]) -> dict[str, Result]:
    """Return the results of images, by their names and layers."""
    found: dict[str, Result] = {}
    for name, digests in layers.items():
        found[f"identify {name}"] = Identified(f"sha256:{name}")
        found[f"plan {name}"] = Planned([f"blobs/{digest}" for digest in digests])
        found[f"measure {name}"] = REPORT
        found |= {f"read_layer {digest}": Done() for digest in digests}
    return found


def measured(tmp_path: Path, workers: Workers, *names: str) -> list[str]:
    """Measure images; return the reasons of those that failed."""
    targets = [f"registry:reg.example/{name}" for name in names]
    run = measure_fleet(str(tmp_path / "fleet.db"), Plan(targets=targets, cache="cache"), workers)
    return [skipped.reason for skipped in run.skipped]


def test_measuring__layer_read_while_another_is__is_not_read_again(tmp_path: Path) -> None:
    # b is planned before the base is read, and goes on after that, while a still waits for its own layer.
    order = ["identify a", "identify b", "plan a", "read_layer base", "plan b", "read_layer b1", "measure b"]
    workers = Workers(order, results(a=["base", "a1"], b=["base", "b1"]))
    assert measured(tmp_path, workers, "a", "b") == []
    assert sorted(call for call in workers.calls if "read" in call) == [
        "read_layer a1", "read_layer b1", "read_layer base",
    ]  # fmt: skip


def test_measuring__layer_that_failed__fails_all_images_of_the_repository_that_wait_for_it(tmp_path: Path) -> None:
    order = ["identify a:1", "identify a:2", "plan a:1", "plan a:2", "read_layer base"]
    answers = results(**{"a:1": ["base", "a1"], "a:2": ["base", "a2"], "c": ["c1"]})
    answers["read_layer base"] = Failed(reason="torn", exit_code=4)
    workers = Workers(order, answers)
    assert measured(tmp_path, workers, "a:1", "a:2", "c") == ["torn", "torn"]
    assert workers.calls.count("read_layer base") == 1
    assert [call for call in workers.calls if call.startswith("measure")] == ["measure c"]


class Refusing(Workers):
    """Workers of which some calls are refused in the repository ``secret``."""

    def __init__(self, order: list[str], results: dict[str, Result], refused: str) -> None:
        super().__init__(order, results)
        self._refused = refused
        self.asked: list[str] = []

    def submit(self, call: Call) -> None:
        super().submit(call)
        target = str(call.arguments[2])
        text = next(text for text, each in self._running.items() if each is call)
        self.asked += [target] if call.function.endswith(self._refused) else []
        if call.function.endswith(self._refused) and target.endswith("/secret"):
            self._running[f"{text} refused"] = self._running.pop(text)
            self.results[f"{text} refused"] = Failed(reason="secret: access denied", exit_code=5)


ORDERS = {
    "at once": ["identify secret", "identify open", "plan secret", "plan open"],
    "one after the other": ["identify secret", "plan secret", "read_layer base refused", "measure secret refused"],
}


@pytest.mark.parametrize("order", ORDERS)
@pytest.mark.parametrize(("refused", "cache"), [("read_layer", "cache"), ("plan", "cache"), ("measure", "")])
def test_measuring__another_repository_refuses__image_has_no_part_in_that(
    tmp_path: Path, order: str, refused: str, cache: str
) -> None:
    answers = results(secret=["base"], open=["base"], third=["base"])
    answers |= {f"identify {name}": Identified("sha256:same") for name in ("secret", "open", "third")}
    workers = Refusing(ORDERS[order], answers, refused)
    targets = [f"registry:reg.example/{name}" for name in ("secret", "open", "third")]
    run = measure_fleet(str(tmp_path / "fleet.db"), Plan(targets=targets, cache=cache), workers)
    assert [(each.name, each.reason) for each in run.skipped] == [(targets[0], "secret: access denied")]
    assert workers.asked[0] == targets[0]
    assert len(workers.asked) <= 3


class Joining(Workers):
    """One worker, until a call is submitted; then there are 40."""

    def submit(self, call: Call) -> None:
        super().submit(call)
        self.size = 40


def test_measuring__workers_join__more_targets_are_begun(tmp_path: Path) -> None:
    names = [f"a{number}" for number in range(40)]
    workers = Joining([], results(**{name: [] for name in names}))
    workers.size = 1
    targets = [f"registry:reg.example/{name}" for name in names]
    measure_fleet(str(tmp_path / "fleet.db"), Plan(targets=targets, cache="cache", connections=40), workers)
    # One worker is enough for 16 targets; the first of them goes on while the others are begun.
    assert workers.calls[16] == "plan a0"
    assert workers.calls[17:41] == [f"identify {name}" for name in names[16:]]


def wheel(name: str, url: str = "https://files.example") -> Archive:
    return Archive(filename=name, url=f"{url}/{name}", sha256="0" * 64)


def requiring(**repositories: list[Archive]) -> dict[str, Result]:
    """Return the results of repositories, by their names and wheels."""
    found: dict[str, Result] = {}
    for name, wheels in repositories.items():
        found |= {f"plan {name}": Planned(archives=wheels, resolution=name.encode()), f"measure {name}": REPORT}
    return found


def repositories_measured(tmp_path: Path, workers: Workers, *names: str) -> list[str]:
    """Measure repositories; return the reasons of those that failed."""
    run = measure_fleet(str(tmp_path / "fleet.db"), Plan(targets=names, cache="cache"), workers)
    return [skipped.reason for skipped in run.skipped]


def test_measuring__wheels_of_several_repositories__are_listed_by_one_task_each(tmp_path: Path) -> None:
    answers = requiring(a=[wheel("x"), wheel("y")], b=[wheel("y"), wheel("z")], c=[wheel("x"), wheel("z")])
    answers |= {"list_wheels x y": Done(), "list_wheels z": Done()}
    workers = Workers(["plan a", "plan b", "list_wheels x y", "measure a", "plan c"], answers)
    assert repositories_measured(tmp_path, workers, "a", "b", "c") == []
    assert sorted(call for call in workers.calls if "list" in call) == ["list_wheels x y", "list_wheels z"]
    assert workers.calls.index("measure b") > workers.calls.index("list_wheels z")


def test_measuring__same_hash_at_another_url__is_another_wheel(tmp_path: Path) -> None:
    answers = requiring(a=[wheel("x")], b=[wheel("x", "https://evil.example")]) | {"list_wheels x": Done()}
    workers = Workers(["plan a", "list_wheels x", "measure a"], answers)
    assert repositories_measured(tmp_path, workers, "a", "b") == []
    assert workers.calls.count("list_wheels x") == 2


def test_measuring__wheels_that_cannot_be_listed__do_not_fail_their_repositories(tmp_path: Path) -> None:
    answers = requiring(a=[wheel("x")]) | {"list_wheels x": Failed(reason="torn", exit_code=5)}
    workers = Workers(["plan a", "list_wheels x"], answers)
    assert repositories_measured(tmp_path, workers, "a") == []
    assert workers.calls[-1] == "measure a"
