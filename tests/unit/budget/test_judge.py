"""What each rule finds in a report, which lines it blames, and which ways out it names."""

from __future__ import annotations

import pytest
from msgspec.structs import replace
from tests.builders import bare, bare_inventory, profile_of
from tests.reports import MB, archived, measured

from deadweight.analysis.reporting import report_of
from deadweight.budget import Budget, judge
from deadweight.model.report import (
    Finding,
    ImageReport,
    LayerFacts,
    LighterBuild,
    Report,
    Wasted,
    WastedFile,
)
from deadweight.model.report.check import Result
from deadweight.model.tree import Skipped
from deadweight.settings import Settings

LOST = Skipped("lost", "no compatible wheel", 5)


def only(report: Report, budget: Budget, baseline: Report | None = None) -> Result:
    (result,) = judge(report, budget, baseline)
    return result


def shop() -> Report:
    """web needs common, plot needs common and fonts, tester is for tests."""
    return measured(
        "# the application\nweb>=1\nplot\n\ntester  # tests\n",
        bare("web", 40 * MB, requires=["common"]),
        bare("plot", 20 * MB, requires=["common", "fonts"]),
        bare("common", 30 * MB),
        bare("fonts", 10 * MB),
        bare("tester", 5 * MB),
        settings=Settings.of(no_install=True, groups={"dev": ("tester",)}),
    )


@pytest.mark.parametrize(("limit", "status"), [("105MB", "pass"), ("104.999999MB", "fail"), ("1GB", "pass")])
def test_max__limit__is_the_most_that_passes(limit: str, status: str) -> None:
    result = only(shop(), Budget(max=limit))
    assert (result.code, result.rule, result.status, result.value_bytes) == ("DW401", "max", status, 105 * MB)


def test_max__breach__names_the_largest_and_the_lines_that_require_them() -> None:
    result = only(shop(), Budget(max="50MB"))
    assert [(cause.name, cause.size_bytes) for cause in result.causes] == [
        ("web", 40 * MB), ("common", 30 * MB), ("plot", 20 * MB), ("fonts", 10 * MB), ("tester", 5 * MB),
    ]  # fmt: skip
    web, common, *_ = result.causes
    assert [(each.file, each.line, each.text) for each in web.requirements] == [("requirements.txt", 2, "web>=1")]
    assert [each.key for each in common.requirements] == ["web", "plot"]  # web holds more


def test_max__requirement_of_an_extra__is_blamed_on_who_asks_for_the_extra() -> None:
    report = measured(
        "plain\nfull\n",
        bare("plain", 2 * MB, requires=["lib"]),
        bare("full", 1 * MB, requires=["lib[fast]"]),
        bare("lib", 1 * MB, requires=["speed; extra == 'fast'"]),
        bare("speed", 9 * MB),
    )
    result = only(report, Budget(max_package="5MB"))
    assert [each.key for each in result.causes[0].requirements] == ["full"]
    assert [each.action for each in result.remedies] == ["drop the requirement full (requirements.txt:2)"]


def test_max__breach_that_leaving_out_dev_repairs__names_the_split() -> None:
    (remedy,) = only(shop(), Budget(max="100MB")).remedies
    assert remedy.action.endswith("deadweight split requirements.txt")
    assert (remedy.saves_bytes, remedy.enough) == (5 * MB, True)


def test_max__breach_that_one_requirement_repairs__names_the_smallest_that_does() -> None:
    (remedy,) = only(shop(), Budget(max="80MB")).remedies
    assert remedy.action == "drop the requirement plot (requirements.txt:3)"
    assert (remedy.saves_bytes, remedy.enough) == (30 * MB, True)


def test_max__breach_that_nothing_repairs_alone__names_several_ways() -> None:
    remedies = only(shop(), Budget(max="1MB")).remedies
    assert [remedy.enough for remedy in remedies] == [False, False]
    assert remedies[0].action.startswith("drop the requirement web>=1")
    assert "split" in remedies[1].action
    assert [remedy.saves_bytes for remedy in remedies] == [40 * MB, 5 * MB]


def test_max__requirement_that_is_unused__is_named_once() -> None:
    unused = Finding(kind="unused", name="web", reason="is not used", freed_bytes=40 * MB, locations=())
    remedies = only(replace(shop(), findings=(unused,)), Budget(max="1MB")).remedies
    assert [remedy.action.partition(",")[0] for remedy in remedies] == [
        "drop web", "drop the requirement plot (requirements.txt:3)",
        "leave out what production does not need: deadweight split requirements.txt",
    ]  # fmt: skip


def test_max__requirement_that_production_does_not_need__is_named_once() -> None:
    report = measured(
        "web\ntester\n", bare("web", MB), bare("tester", 50 * MB),
        settings=Settings.of(no_install=True, groups={"dev": ("tester",)}),
    )  # fmt: skip
    split, web = only(report, Budget(max="1kB")).remedies
    assert (split.saves_bytes, web.action) == (50 * MB, "drop the requirement web (requirements.txt:1)")


def test_deny__two_requirements_lead_to_it__are_named_with_it() -> None:
    (remedy,) = only(shop(), Budget(deny=("common",))).remedies
    assert remedy.action == "drop all of the requirements that lead to common: web>=1, plot"
    report = measured(
        "web\nplot\n", bare("web", MB, requires=["gpu-a", "gpu-b"]), bare("plot", MB, requires=["gpu-a", "gpu-b"]),
        bare("gpu-a", 2 * MB), bare("gpu-b", MB),
    )  # fmt: skip
    (remedy,) = only(report, Budget(deny=("gpu-*",))).remedies
    assert remedy.action == "drop all of the requirements that lead to gpu-a, gpu-b: plot, web"


def test_max__breach_with_an_unused_requirement_and_a_lighter_build__names_what_costs_least() -> None:
    lighter = LighterBuild(
        name="web", apparent_bytes=40 * MB, lighter="web-light", how="--swap web=web-light", loses="forms",
        saves_bytes=None, measured_saving_bytes=30 * MB,
    )  # fmt: skip
    unused = Finding(kind="unused", name="plot", reason="is not used", freed_bytes=30 * MB, locations=())
    report = replace(shop(), lighter=(lighter,), findings=(unused,))
    (remedy,) = only(report, Budget(max="80MB")).remedies
    assert remedy.action == "drop plot, which your code does not use"
    (remedy,) = only(replace(report, findings=()), Budget(max="80MB")).remedies
    assert remedy.action == "use web-light, without forms: --swap web=web-light"


def test_max__files_of_no_distribution__are_a_cause() -> None:
    report = shop()
    totals = replace(report.totals, apparent_bytes=305 * MB, unowned_bytes=200 * MB)
    result = only(replace(report, totals=totals), Budget(max="100MB"))
    assert (result.causes[0].name, result.causes[0].size_bytes) == (None, 200 * MB)


def test_max__many_causes__are_cut_and_counted() -> None:
    report = measured("a0\n", *(bare(f"a{number}", MB) for number in range(30)))
    result = only(report, Budget(max="1MB"))
    assert (len(result.causes), result.causes_left_out) == (5, 25)


def test_max__something_unmeasured__fails_even_if_the_rest_complies() -> None:
    report = measured("web\nlost\n", bare("web", MB), skipped=[LOST])
    result = only(report, Budget(max="10MB"))
    assert (result.status, result.incomplete, result.value_bytes) == ("fail", True, MB)
    assert result.reason == "incomplete: 1 could not be measured (lost)"


def test_max__breach_although_something_is_unmeasured__is_a_breach() -> None:
    report = measured("web\nlost\n", bare("web", 20 * MB), skipped=[LOST])
    result = only(report, Budget(max="10MB"))
    assert (result.status, result.incomplete) == ("fail", False)


def test_max__estimate__is_noted() -> None:
    estimated = archived("web", MB, 1)
    assert estimated.archive
    estimated = replace(estimated, archive=replace(estimated.archive, estimated=True))
    assert only(measured("web\n", estimated), Budget(max="10MB")).reason == "estimated from sdists: web"


def test_max_package__breach__names_each_that_is_larger() -> None:
    result = only(shop(), Budget(max_package="25MB"))
    assert (result.code, result.value_bytes) == ("DW402", 40 * MB)
    assert [cause.name for cause in result.causes] == ["web", "common"]
    assert [remedy.action for remedy in result.remedies] == [
        "drop the requirement web>=1 (requirements.txt:2)",
        "drop all of the requirements that lead to common: web>=1, plot",
    ]


def test_max_package__no_distribution__passes() -> None:
    assert only(measured(""), Budget(max_package="1MB")).status == "pass"


def test_max_download__archives__are_summed() -> None:
    report = measured("web\nplot\n", archived("web", 9, 3 * MB), archived("plot", 9, 2 * MB))
    assert only(report, Budget(max_download="5MB")).status == "pass"
    result = only(report, Budget(max_download="4MB"))
    assert (result.code, result.status, result.value_bytes) == ("DW403", "fail", 5 * MB)
    assert [(cause.name, cause.size_bytes) for cause in result.causes] == [("web", 3 * MB), ("plot", 2 * MB)]


def test_max_download__archive_of_unknown_size__fails_as_incomplete() -> None:
    result = only(measured("web\n", archived("web", 9, None)), Budget(max_download="5MB"))
    assert (result.status, result.incomplete, result.value_bytes) == ("fail", True, None)


def test_max_download__environment__is_skipped() -> None:
    report = report_of(profile_of(bare_inventory(bare("web"))))
    result = only(report, Budget(max_download="5MB"))
    assert (result.status, result.reason) == ("skip", "an environment downloads nothing")


def image_report() -> Report:
    layers = tuple(
        LayerFacts(digest=f"sha256:{n}", command=command, files=1, apparent_bytes=MB, wasted_bytes=0, hides_bytes=0)
        for n, command in enumerate(("RUN pip install", "RUN pip uninstall"))
    )
    image = ImageReport(
        layers=layers,
        shipped_bytes=2 * MB,
        wasted_bytes=MB,
        efficiency=0.5,
        wasted=(Wasted(name="web", wasted_bytes=MB),),
        wasted_paths=(WastedFile(path="usr/web.py", wasted_bytes=MB, layer=0, hidden_by=1),),
    )
    return replace(report_of(profile_of(bare_inventory(bare("web")))), image=image)


def test_max_wasted__image__names_the_files_and_the_layers() -> None:
    assert only(image_report(), Budget(max_wasted="1MB")).status == "pass"
    result = only(image_report(), Budget(max_wasted="999kB"))
    assert (result.code, result.status, result.value_bytes) == ("DW404", "fail", MB)
    (cause,) = result.causes
    assert (cause.name, cause.size_bytes) == ("usr/web.py", MB)
    assert cause.note == "added by layer 0 (RUN pip install), removed or replaced by layer 1 (RUN pip uninstall)"
    assert result.remedies


def test_max_wasted__no_image__is_skipped_with_the_reason() -> None:
    result = only(shop(), Budget(max_wasted="1MB"))
    assert (result.status, result.reason) == ("skip", "the target is not an image with layers")


@pytest.mark.parametrize("pattern", ["common", "Common", "com*", "*mm*"])
def test_deny__project_that_is_there__fails_with_the_requirements_that_lead_to_it(pattern: str) -> None:
    result = only(shop(), Budget(deny=(pattern,)))
    assert (result.code, result.status) == ("DW406", "fail")
    assert [each.key for each in result.causes[0].requirements] == ["web", "plot"]


@pytest.mark.parametrize("pattern", ["commons", "comm", "mm*"])
def test_deny__project_that_is_not_there__passes(pattern: str) -> None:
    assert only(shop(), Budget(deny=(pattern,))).status == "pass"


def test_deny__required_project_that_could_not_be_measured__fails() -> None:
    report = measured("web\nlost\n", bare("web", MB), skipped=[LOST])
    result = only(report, Budget(deny=("lost",)))
    assert (result.status, result.incomplete) == ("fail", False)
    assert (result.causes[0].name, result.causes[0].note) == ("lost", "could not be measured")


def test_deny__several_names__are_one_result_each() -> None:
    results = judge(shop(), Budget(deny=("fonts", "numpy")))
    assert [(result.limit, result.status) for result in results] == [("fonts", "fail"), ("numpy", "pass")]


def gpu() -> Report:
    """torch has a CPU build, and needs a library for GPUs."""
    cpu = LighterBuild(
        name="torch", apparent_bytes=9 * MB, lighter="the CPU build of PyTorch", how="--torch cpu",
        loses="GPU support", saves_bytes=70 * MB,
    )  # fmt: skip
    report = measured("torch\n", bare("torch", 9 * MB, requires=["nvidia-x"]), bare("nvidia-x", 70 * MB))
    return replace(report, lighter=(cpu,))


def test_deny__project_with_a_lighter_build__is_dropped_since_the_build_has_the_same_name() -> None:
    (remedy,) = only(gpu(), Budget(deny=("torch",))).remedies
    assert remedy.action == "drop the requirement torch (requirements.txt:1)"


def test_deny__library_for_gpus__names_the_build_without_it() -> None:
    (remedy,) = only(gpu(), Budget(deny=("nvidia-*",))).remedies
    assert remedy.action == "use the CPU build of PyTorch, without GPU support: --torch cpu"


def test_max_package__distribution_with_a_lighter_build__names_it() -> None:
    report = replace(gpu(), lighter=(replace(gpu().lighter[0], loses="plots"),))
    result = only(report, Budget(max_package="5MB"))
    assert [cause.name for cause in result.causes] == ["nvidia-x", "torch"]
    assert [(each.action, each.saves_bytes) for each in result.remedies] == [
        ("drop the requirement torch (requirements.txt:1)", 79 * MB),
        ("use the CPU build of PyTorch, without plots: --torch cpu", None),
    ]


def test_max__lighter_build_that_saves_most__is_named_beside_what_is_enough() -> None:
    remedies = only(gpu(), Budget(max="1MB")).remedies
    assert [(each.saves_bytes, each.enough) for each in remedies] == [(79 * MB, True), (70 * MB, False)]


def test_deny_group__sure_distributions__fail_and_the_split_repairs_it() -> None:
    result = only(shop(), Budget(deny_group=("dev",)))
    assert (result.code, result.status, [cause.name for cause in result.causes]) == ("DW407", "fail", ["tester"])
    assert [remedy.action for remedy in result.remedies] == [
        "leave out what production does not need: deadweight split requirements.txt"
    ]


def test_deny_group__uncertain_distribution__passes_and_is_named() -> None:
    report = shop()
    rows = tuple(replace(row, sure=False) if row.key == "tester" else row for row in report.distributions)
    result = only(replace(report, distributions=rows), Budget(deny_group=("dev",)))
    assert (result.status, result.reason) == ("pass", "uncertain, and not counted: tester")


def test_judge__several_rules__are_in_the_order_of_the_table() -> None:
    budget = Budget(deny_group=("dev",), max="1GB", deny=("x",), max_package="1GB")
    assert [result.rule for result in judge(shop(), budget)] == ["max", "max-package", "deny", "deny-group"]
