"""The stages after the inventory: each works out its part once, however many others use it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

import pytest

import deadweight.analysis.concluding
import deadweight.graph.weights
import deadweight.planning.judging
import deadweight.usage
from deadweight.analysis.measurement import Measurement
from deadweight.analysis.profile import Profile
from deadweight.analysis.reporting import report_of
from deadweight.model import Application, Mention, Requirement
from deadweight.planning.judging import Judged, Plan
from deadweight.settings import Settings
from deadweight.targets.types import Environment
from tests.builders import bare, bare_inventory

ONCE = [
    (deadweight.analysis.concluding, "provided"),  # what the measured files provide
    (deadweight.analysis.concluding, "usage_of"),  # each mention with its projects
    (deadweight.usage, "Modules"),  # the modules of all projects
    (deadweight.analysis.concluding, "build_graph"),
    (deadweight.graph.weights, "retained_and_freed"),
    (deadweight.graph.weights, "closure_bytes"),
]


def concluded() -> Profile:
    """Return what is concluded of an application with a proof that fails, a remark and a requirement that goes."""
    inventory = bare_inventory(
        bare("web", 10, requires=["tool"], requested=True), bare("pytest", 20, requested=True), bare("tool", 5)
    )
    mentions = (
        Mention("import", "web", "app.py", 1, "application"),
        Mention("import", "pytest", "tests/x.py", 1, "tests"),
        Mention("import", "elsewhere", "app.py", 2, "application"),
    )
    measurement = Measurement(target=Environment("venv"), inventory=inventory, settings=Settings.of(drop=("web",)))
    return deadweight.analysis.concluding.conclude(measurement, Application(directory=".", mentions=mentions))


@pytest.mark.parametrize(("module", "name"), ONCE, ids=[name for _, name in ONCE])
def test_conclude__what_several_stages_use__is_worked_out_once(
    module: object, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls: Counter[str] = Counter()
    original: Callable[..., Any] = getattr(module, name)

    def counted(*args: Any, **named: Any) -> Any:
        calls[name] += 1
        return original(*args, **named)

    monkeypatch.setattr(module, name, counted)
    profile = concluded()
    report_of(profile).to_json()
    assert calls == {name: 1}
    assert not profile.proofs["production"].holds
    assert {remark.kind for remark in profile.remarks} >= {"missing"}


def test_conclude__lines_of_a_split__are_judged_once_for_all_splits(monkeypatch: pytest.MonkeyPatch) -> None:
    judged: Counter[str | None] = Counter()
    original = deadweight.planning.judging._judge

    def counted(want: Requirement, key: str | None, plan: Plan) -> Judged:
        judged[want.name] += 1
        return original(want, key, plan)

    monkeypatch.setattr(deadweight.planning.judging, "_judge", counted)
    assert len(concluded().splits) == 2
    assert judged == {"pytest": 1, "web": 1}
