"""The HTML report in a real browser: it renders, zooms, filters and sorts, and is accessible and inert."""

from __future__ import annotations

import random
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from msgspec.structs import replace

from deadweight import Settings
from deadweight.analysis.diff import compare
from deadweight.analysis.reporting import report_of
from deadweight.model.documents import Published
from deadweight.model.report import Report
from deadweight.model.report.diff import Diff
from deadweight.model.report.fleet import FleetReport
from deadweight.model.report.imports import ImportsReport
from deadweight.model.report.services import ServicesReport
from deadweight.operations.measure import profile
from deadweight.report.documents import imports, services
from deadweight.report.html import difference, fleet
from deadweight.report.html.as_html import as_html
from deadweight.report.units import human, percent
from deadweight.report.view import View
from tests.browser import PROGRAM, chromium, opened
from tests.builders import ELF_X86_64, bare, bare_inventory, dist_files, make_env, profile_of, requirements_file
from tests.engines import needs
from tests.functional.test_images import site
from tests.html_reports import EVIL, hostile_report, large_report
from tests.images import Content, make_image
from tests.unit.report.documents.test_formats import hostile_start
from tests.unit.report.documents.test_services import hostile as hostile_services
from tests.unit.report.fleet.test_fleet_formats import built

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

pytestmark = pytest.mark.engines
# Report → its page, for those whose page has no script
PAGES: dict[type[Published], Callable[[Any, View], str]] = {
    Diff: difference.as_html,
    FleetReport: lambda report, view: fleet.as_html(report, (), view),
    ImportsReport: imports.as_html,
    ServicesReport: services.as_html,
}
Show = Callable[..., "Page"]
CONFIG = {"data": ("frame*",), "dev": ("tester",)}


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    needs(PROGRAM)
    with chromium() as running:
        yield running


@pytest.fixture
def show(browser: Browser, tmp_path: Path) -> Iterator[Show]:
    """A function that opens a report; afterwards, the page must have had no error and no violation of its policy."""
    problems: list[str] = []
    contexts = []

    def opening(report: Published, *, view: View | None = None, **options: Any) -> Page:
        contexts.append(browser.new_context(**{"viewport": {"width": 1200, "height": 900}, **options}))
        page = contexts[-1].new_page()
        page.on("console", lambda message: problems.append(message.text))
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda request: problems.append(request.url) if request.url[:5] != "file:" else None)
        page.add_init_script(
            "addEventListener('securitypolicyviolation', (event) => console.error(event.violatedDirective))"
        )
        view = view or View()
        if isinstance(report, Report):
            return opened(page, tmp_path / "report.html", as_html(report, view))
        path = tmp_path / "tables.html"
        path.write_text(PAGES[type(report)](report, view), "utf-8")
        page.goto(path.as_uri())
        return page

    yield opening
    for context in contexts:
        context.close()
    assert problems == []


def every(service: Report, directory: Path) -> list[Published]:
    """Return a report for each template, also with hostile texts."""
    return [
        service,
        image_report(directory),
        hostile_image(directory),
        large_report(60),
        hostile_report(),
        changes(),
        built(directory, EVIL),
        hostile_start(),
        hostile_services(),
    ]


@pytest.fixture
def service(tmp_path: Path) -> Report:
    """The report of an environment: native code in directories, a test tool, an application that needs it all."""
    env = make_env(
        tmp_path / "env",
        dist_files(
            "app",
            "2.0",
            files={"app/__init__.py": "x" * 120_000},
            requires=["frame>=3", "shared"],
            requested=True,
        ),
        dist_files(
            "frame",
            "3.1",
            files={"frame/core/_core.so": ELF_X86_64 + bytes(4_200_000), "frame/__init__.py": "f" * 300_000},
            requires=["shared"],
        ),
        dist_files("shared", files={"shared.py": "y" * 1_500_000}),
        dist_files("tester", files={"tester/__init__.py": "t" * 640_000}, requires=["shared"], requested=True),
    )  # fmt: skip
    (tmp_path / "code").mkdir()
    (tmp_path / "code/main.py").write_text("import app\n\n\ndef later():\n    import frame\n")
    return report_of(profile(env, Settings.of(groups=CONFIG, source=str(tmp_path / "code"))))


def changes() -> Diff:
    """A difference with a hostile name in it."""
    new = large_report(30)
    first, *others = new.distributions
    hostile = replace(first, name="</script><img src=x onerror=window.broken=1>", version="2")
    return compare(large_report(20), replace(new, distributions=(hostile, *others)))


def names(page: Page) -> list[str]:
    """Return the names in the table, from the top, without the rows that the filter hides."""
    return page.locator("#table tbody tr:visible th a").all_inner_texts()


def cell(page: Page, name: str) -> Any:
    return page.locator("#map button", has=page.get_by_text(name, exact=True)).first


def test_treemap__click_and_escape__zooms_in_and_out(show: Show, service: Report) -> None:
    page = show(service)
    assert page.locator("#map .region").evaluate_all("all => all.map((each) => each.ariaLabel)") == [
        "data, 4.50 MB", "core, 1.62 MB", "dev, 640 kB",
    ]  # fmt: skip
    cell(page, "frame").click()
    assert page.locator("#crumbs li").all_inner_texts() == ["everything", "data", "frame"]
    assert cell(page, "_core.so").get_attribute("aria-label") == "_core.so, 4.20 MB, 62 %, show dependencies"
    page.keyboard.press("Escape")
    assert page.locator("#crumbs li").all_inner_texts() == ["everything", "data"]
    page.locator("#crumbs button", has_text="everything").click()
    assert cell(page, "tester").is_visible()


def test_treemap__area__is_proportional_to_the_chosen_size(show: Show, service: Report) -> None:
    page = show(service)
    boxes = {name: cell(page, name).bounding_box() for name in ("app", "shared")}
    shares = {name: box["width"] * box["height"] for name, box in boxes.items()}
    assert shares["shared"] / shares["app"] == pytest.approx(1_500_000 / 120_000, rel=0.1)
    page.select_option("#measure", "native")
    assert cell(page, "shared").count() == 0
    page.select_option("#measure", "retained")
    assert cell(page, "app").get_attribute("aria-label").startswith("app, 4.62 MB")


def test_treemap__any_size__has_cells_inside_the_map_that_do_not_overlap(show: Show) -> None:
    page = show(large_report(200))
    boxes = page.locator("#map button:not(.head)").evaluate_all(
        "all => all.map((each) => each.getBoundingClientRect()).map((b) => [b.left, b.top, b.right, b.bottom])"
    )
    frame = page.locator("#map").bounding_box()
    assert frame
    assert all(left >= frame["x"] - 0.1 and right <= frame["x"] + frame["width"] + 0.1 for left, _, right, _ in boxes)
    assert all(top >= frame["y"] - 0.1 and bottom <= frame["y"] + frame["height"] + 0.1 for _, top, _, bottom in boxes)
    overlaps = [
        (a, b) for n, a in enumerate(boxes) for b in boxes[n + 1 :]
        if min(a[2], b[2]) - max(a[0], b[0]) > 0.1 and min(a[3], b[3]) - max(a[1], b[1]) > 0.1
    ]  # fmt: skip
    assert len(boxes) > 50
    assert overlaps == []


@pytest.mark.parametrize("width", [360, 500, 1280])
def test_treemap__tiny_cell__stays_inside_its_region(show: Show, service: Report, width: int) -> None:
    page = show(service, viewport={"width": width, "height": 900})
    for name in ("", "data"):
        if name:
            page.locator("#map .head", has_text=name).click()
        outside = page.locator("#map .region, #map button").evaluate_all(
            """all => all.filter((each) => {
              const [own, around] = [each, each.parentElement].map((one) => one.getBoundingClientRect());
              return own.right > around.right + 0.1 || own.bottom > around.bottom + 0.1;
            }).map((each) => each.ariaLabel)"""
        )
        assert outside == []


def test_treemap__keyboard__moves_between_cells_and_zooms(show: Show, service: Report) -> None:
    page = show(service)
    page.locator("#measure").focus()
    page.keyboard.press("Tab")  # the position
    page.keyboard.press("Tab")  # one stop for the whole map
    focused = page.locator(":focus")
    assert focused.get_attribute("aria-label") == "data, 4.50 MB, 67 %, zoom in"
    page.keyboard.press("ArrowRight")
    assert focused.get_attribute("aria-label") == "core, 1.62 MB, 24 %, zoom in"
    page.keyboard.press("Enter")
    assert page.locator("#crumbs li").all_inner_texts() == ["everything", "core"]
    assert page.locator("#map :focus").count() == 1
    assert page.locator("#map-status").inner_text().startswith("core, 1.62 MB")
    page.keyboard.press("End")
    page.keyboard.press("Escape")
    assert focused.get_attribute("aria-label") == "core, 1.62 MB, 24 %, zoom in"


def test_treemap__image__has_what_no_distribution_owns(show: Show, tmp_path: Path) -> None:
    page = show(image_report(tmp_path))
    cell(page, "not in distributions").click()
    assert cell(page, "other files").is_visible()


def test_breakdown__image__has_rows_findings_and_a_total(show: Show, tmp_path: Path) -> None:
    report = image_report(tmp_path)
    assert report.image is not None
    assert report.system is not None
    page = show(report)
    breakdown, findings = page.locator("section[aria-labelledby=breakdown] table").all()
    rows = [row.locator("th, td").all_inner_texts() for row in breakdown.locator("tbody tr").all()]
    assert [row[0] for row in rows] == [row.name for row in report.system.breakdown]
    assert rows[0] == ["caches and wheels", "200 kB", "46 %", "/root/.cache/pip 200 kB"]
    assert breakdown.locator("tfoot th, tfoot td").all_inner_texts()[:2] == [
        "shipped",
        human(report.image.shipped_bytes),
    ]
    assert len(findings.locator("tbody tr").all()) == len(report.image.findings)
    assert "layer 1: RUN install" in findings.inner_text()


def test_image__layers_and_copies__say_what_they_hold(show: Show, tmp_path: Path) -> None:
    text = show(image_report(tmp_path)).locator("section[aria-labelledby=system]").inner_text()
    assert "Layer 0 is the base image." in text
    assert "by layer 2" in text
    assert "/root/.cache 200 kB" in text
    assert "hides gone" in text
    assert "Compressed" in text
    assert "Distributions with several copies" in text


def test_table__heading__sorts_by_keyboard(show: Show, service: Report) -> None:
    page = show(service)
    assert names(page) == ["frame", "shared", "tester", "app"]
    page.locator("#table thead button", has_text="Distribution").focus()
    page.keyboard.press("Enter")
    assert names(page) == ["app", "frame", "shared", "tester"]
    sorting = page.locator("#table [aria-sort]").evaluate_all(
        "all => all.map((each) => [each.innerText, each.ariaSort])"
    )
    assert sorting == [["Distribution", "ascending"]]
    page.keyboard.press("Space")
    assert names(page) == ["tester", "shared", "frame", "app"]
    page.locator("#table thead button", has_text="Retained").click()
    assert names(page)[0] == "app"


def test_table__filter__by_name_group_and_direct(show: Show, service: Report) -> None:
    page = show(service)
    page.fill("#search", "FRA")
    assert names(page) == ["frame"]
    assert page.locator("#found").inner_text() == f"1 of 4 distributions, {human(service['frame'].apparent_bytes)}"
    page.fill("#search", "")
    page.uncheck("#filter [value=core]")
    assert names(page) == ["frame", "tester"]
    page.check("#direct")
    assert names(page) == ["tester"]


def test_table__view_of_groups__is_filtered_from_the_start(show: Show, service: Report) -> None:
    assert names(show(service, view=View(groups=("dev",)))) == ["tester"]


def test_table__many_rows__the_first_until_all_are_requested(show: Show) -> None:
    page = show(large_report(210))
    assert len(names(page)) == 200
    page.fill("#search", "distribution-02")
    assert len(names(page)) == 10
    page.fill("#search", "")
    page.get_by_role("button", name="Show all 210 rows").click()
    assert len(names(page)) == 210


def test_dependencies__link_in_the_table__shows_why_and_what(show: Show, service: Report) -> None:
    page = show(service)
    page.locator("#table a", has_text="frame").focus()
    page.keyboard.press("Enter")
    assert page.locator(":focus").inner_text() == "Dependencies"
    assert page.locator("#pick").evaluate("pick => pick.selectedOptions[0].label") == "frame"
    detail = page.locator("#detail").inner_text()
    assert "Direct requirements that lead to it: app" in detail
    assert "frame>=3" in detail
    assert "frame/core/" in detail
    page.select_option("#pick", label="app")
    assert page.locator("#detail div", has_text="Removed with it (frees").locator("ul a").all_inner_texts() == ["frame"]
    opener = page.get_by_role("button", name="Show what is required by frame")
    opener.click()
    assert opener.get_attribute("aria-expanded") == "true"
    assert page.locator("#detail .tree ul a").all_inner_texts() == ["shared"]


def test_dependencies__cycle__ends(show: Show) -> None:
    cycle = bare_inventory(bare("a", 20, requires=["b"]), bare("b", 10, requires=["a"]))
    page = show(report_of(profile_of(cycle, requirements_file("a"))))
    page.get_by_role("button", name="Show what is required by b").click()
    assert "a 20 B (a cycle)" in page.locator("#detail").inner_text()
    assert page.locator("#detail .tree .tree .toggle").count() == 0


def test_findings__and_splits__name_file_and_line(show: Show, service: Report) -> None:
    page = show(service)
    assert "main.py:5" in page.locator("section", has=page.locator("#findings")).inner_text()
    removed = page.get_by_role("table", name="Removed requirements.").first
    assert removed.locator("tbody tr").all_inner_texts() == ["tester\t640 kB\tdev\tset in your configuration DW001"]


def test_copy__button__copies_the_split(show: Show, service: Report) -> None:
    page = show(service, permissions=["clipboard-read", "clipboard-write"])
    page.locator(".copy").first.click()
    page.get_by_text("Copied.").wait_for(state="attached")
    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied == page.locator("#split-1").evaluate("pre => pre.textContent")
    assert copied.splitlines()[1:] == ["app==2.0"]


def test_theme__toggle__overrides_the_system(show: Show, service: Report) -> None:
    color = "getComputedStyle(document.body).backgroundColor"
    page = show(service, color_scheme="dark")
    assert page.evaluate(color) == "rgb(21, 24, 28)"
    assert page.locator("#theme").get_attribute("aria-pressed") == "true"
    page.locator("#theme").click()
    assert page.evaluate(color) == "rgb(255, 255, 255)"
    assert page.locator("#theme").get_attribute("aria-pressed") == "false"


def test_units__script__is_like_python(show: Show, service: Report) -> None:
    page = show(service)
    sizes = [0, 1, 999, 1000, 1125, 1375, 9994, 9995, 99_949, 999_499, 999_500, 2_125_000, 10_250, 10_350, 4_503_599]
    sizes += random.Random(0).sample(range(10**12), 2000)
    script = as_html(service).rpartition("<script>")[2]
    functions = script[script.index("function human") : script.index("const counted")]
    assert page.evaluate(f"(sizes) => {{ {functions} return sizes.map(human); }}", sizes) == list(map(human, sizes))
    parts = [0, 1, 4, 5, 499, 500, 501, 994, 995, 999, 1000, *range(15, 1000, 10)]
    shares = page.evaluate(f"(parts) => {{ {functions} return parts.map((part) => percent(part, 1000)); }}", parts)
    assert shares == [percent(part, 1000) for part in parts]


@pytest.mark.parametrize("width", [360, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_axe__any_width_and_theme__no_violation(
    show: Show, service: Report, tmp_path: Path, width: int, scheme: str
) -> None:
    from axe_playwright_python.sync_playwright import Axe

    for report in every(service, tmp_path):
        page = show(report, color_scheme=scheme, viewport={"width": width, "height": 800})
        violations = Axe().run(page).response["violations"]
        assert [(each["id"], each["impact"], [n["html"] for n in each["nodes"]][:3]) for each in violations] == []


@pytest.mark.parametrize("width", [360, 800, 1440])
def test_layout__any_width__does_not_scroll_sideways(show: Show, service: Report, tmp_path: Path, width: int) -> None:
    for report in every(service, tmp_path):
        page = show(report, viewport={"width": width, "height": 800})
        assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.parametrize("width", [500, 768, 1280])
def test_layout__names_in_the_table__do_not_break(show: Show, width: int) -> None:
    page = show(large_report(60), viewport={"width": width, "height": 800})
    lines = page.locator("#table tbody th a").evaluate_all("all => all.map((each) => each.getClientRects().length)")
    assert set(lines[:20]) == {1}


def test_hostile_texts__everywhere__are_inert(show: Show) -> None:
    page = show(hostile_report())
    page.locator("#table a").first.click()
    cell(page, "core").click()
    for button in page.locator(".toggle").all():
        button.click()
    page.fill("#search", "</script>")
    assert page.evaluate("window.broken") is None
    assert page.locator("img").count() == 0
    assert "</script><script>window.broken=1</script>" in page.locator("#detail").inner_text()


def test_hostile_texts__of_an_image__are_inert(show: Show, tmp_path: Path) -> None:
    page = show(hostile_image(tmp_path))
    assert page.evaluate("window.broken") is None
    assert page.locator("img").count() == 0
    assert "<script>window.broken=1" in page.locator("section[aria-labelledby=breakdown]").inner_text()


@pytest.mark.parametrize("report", [hostile_start, hostile_services])
def test_hostile_texts__of_imports_and_services__are_inert(show: Show, report: Callable[[], Published]) -> None:
    page = show(report())
    assert page.evaluate("window.broken") is None
    assert page.locator("img").count() == 0
    assert "onerror" in page.locator("main").inner_text()


def test_hostile_texts__of_a_fleet__are_inert(show: Show, tmp_path: Path) -> None:
    page = show(built(tmp_path, EVIL))
    assert page.evaluate("window.broken") is None
    assert page.locator("img").count() == 0
    assert "</script><script>window.broken=1" in page.locator("section[aria-labelledby=failures]").inner_text()


def test_no_javascript__tables__are_there(show: Show, service: Report, browser: Browser, tmp_path: Path) -> None:
    path = tmp_path / "plain.html"
    path.write_text(as_html(service), "utf-8")
    context = browser.new_context(java_script_enabled=False)
    page = context.new_page()
    page.goto(path.as_uri())
    assert names(page) == ["frame", "shared", "tester", "app"]
    assert not page.locator("#map").is_visible()
    assert page.get_by_text("need JavaScript").is_visible()
    context.close()


def test_resize__window__lays_the_map_out_again(show: Show, service: Report) -> None:
    page = show(service)
    page.set_viewport_size({"width": 400, "height": 900})
    # Not wait_for_function: it polls by eval, which the policy of the page forbids.
    inside = "[...document.querySelectorAll('#map button')].every((each) => each.getBoundingClientRect().right < 400)"
    for _ in range(100):
        if page.evaluate(inside):
            break
        page.wait_for_timeout(50)
    assert page.evaluate(inside)


def image_report(directory: Path) -> Report:
    """Return the report of an image with a base, two environments, a cache, and a later layer that removes files."""
    lower = site(dist_files("numpy", files={"numpy/core.py": "x" * 90_000}), dist_files("gone"))
    lower["usr/bin/tool"] = "t" * 50_000
    lower["root/.cache/pip/http/x"] = "c" * 200_000
    lower |= {path.replace("usr/local", "opt/venv"): data for path, data in lower.items() if "numpy" in path}
    upper = {path: None for path in lower if "/gone" in path}
    commands = ["ADD root /", "CMD sh", "RUN install", "RUN remove"]
    image = make_image({"etc/os-release": "ID=x"}, lower, upper, commands=commands, form="oci", compression="gzip")
    (directory / "image.tar").write_bytes(image)
    return report_of(profile(directory / "image.tar"))


def hostile_image(directory: Path) -> Report:
    """Return the report of an image whose commands, paths and system packages are hostile."""
    evil = EVIL.replace("/", "-").replace("\udcff", "")
    layers: list[dict[str, Content]] = [
        {
            f"var/lib/dpkg/info/{evil}.list": f"/usr/{evil}\n",
            f"usr/{evil}": "x" * 9000,
            f"{evil}/{evil}": "x" * 2_000_000,
            f"root/.cache/pip/{evil}": "x" * 200_000,
        },
        {evil: None},
    ]
    commands = [f"RUN {EVIL}".replace("\udcff", ""), "RUN rm"]
    (directory / "image.tar").write_bytes(make_image(*layers, commands=commands))
    return report_of(profile(directory / "image.tar"))
