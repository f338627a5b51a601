"""Whether what was measured provides what the application needs, and what would bring the rest."""

from __future__ import annotations

import json
from collections.abc import Mapping

import pytest
from msgspec.structs import replace

from deadweight.analysis.verdict import Original, Verdict, judge, original_of, to_import, with_trials
from deadweight.model import Application, Environment, Mention, Smoke, Trial
from deadweight.model.application import How, Naming, Role
from deadweight.proof.bringing import Providers
from deadweight.report.results.verdict import verdict_json, verdict_text
from tests.builders import dist_files, inventory_of, profile_of, requirements_file


def names(
    what: str, kind: Naming = "import", how: How = "start", role: Role = "application", file: str = "app.py"
) -> Mention:
    return Mention(kind, what, file, 3, role, how)


def verdict(
    *mentions: Mention, split: Mapping[str, str] | None = None, against: str = "", local: str = "", transitive: str = ""
) -> Verdict:
    """Judge a source by a split: distribution → the file that it holds."""
    held = split or {}
    found = [
        dist_files(name, files={file: ""}, requires=[transitive] if name == "dw-first" else ())
        for name, file in held.items()
    ]
    application = Application(directory="src", mentions=mentions, local=frozenset(local.split()), files=1)
    lines = "\n".join(name for name in held if name != transitive)
    profile = profile_of(inventory_of(*found), requirements_file(lines, "split.txt"), application=application)
    original = original_of(requirements_file(against), profile.inventory.environment) if against else Original()
    return judge(profile, application, original)


def lines(found: Verdict) -> list[tuple[str, str, bool]]:
    return [(found.line(gap.name), gap.what, gap.excused) for gap in found.proof.gaps]


def test_judge__everything_is_provided__holds() -> None:
    found = verdict(names("dw_app.web"), names("json"), split={"dw-app": "dw_app/__init__.py"})
    assert (found.holds, found.proof.checked, lines(found)) == (True, 2, [])


def test_judge__transitive_one__is_provided() -> None:
    split = {"dw-first": "dw_first.py", "dw-second": "dw_second.py"}
    assert verdict(names("dw_second"), split=split, transitive="dw-second").holds


@pytest.mark.parametrize("how", ["start", "lazy"])
def test_judge__import_that_nothing_provides__is_a_gap(how: How) -> None:
    found = verdict(names("cv2", how=how), split={"dw-app": "dw_app.py"})
    assert not found.holds
    assert lines(found) == [("", "cv2", False)]
    assert "missing: module cv2\n" in verdict_text(found)


@pytest.mark.parametrize("mention", [names("cv2", how="optional"), names("cv2", role="tests", file="tests/test_x.py")])
def test_judge__optional_import_or_test__is_a_note(mention: Mention) -> None:
    found = verdict(mention, split={"dw-app": "dw_app.py"})
    assert found.holds
    assert [(gap.what, gap.excused) for gap in found.notes] == [("cv2", True)]
    assert "note: missing, but " in verdict_text(found)


def test_judge__for_types_alone__is_nothing() -> None:
    found = verdict(names("cv2", how="types"), split={"dw-app": "dw_app.py"})
    assert (found.holds, found.notes) == (True, ())


def test_judge__own_module__is_no_gap_and_not_tried() -> None:
    found = verdict(names("helpers"), split={"dw-app": "dw_app.py"}, local="helpers")
    assert (found.holds, to_import(found)) == (True, ())


def test_judge__namespace__each_part_is_another_distribution() -> None:
    found = verdict(
        names("google.cloud.storage"),
        names("google.cloud.bigquery"),
        split={"dw-store": "google/cloud/storage/__init__.py"},
    )
    assert lines(found) == [("", "google.cloud.bigquery", False)]


def test_judge__namespace_without_init__each_module_counts() -> None:
    split = {"opentelemetry-api": "opentelemetry/util/types.py"}
    assert verdict(names("opentelemetry.util.types.Attributes"), split=split).holds
    assert not verdict(names("opentelemetry.util.http"), split=split).holds


@pytest.mark.parametrize(
    ("against", "line"),
    [
        (
            "opencv-python-headless[x]>=4 ; python_version > '3'  # no GUI\n",
            "opencv-python-headless[x]>=4 ; python_version > '3'",
        ),
        ("opencv-python-headless==4 --hash=sha256:00\n", "opencv-python-headless==4"),
        ("other\n", ""),
    ],
    ids=["as-spelled", "without-hashes", "not-asked-for"],
)
def test_judge__against__its_own_line_would_bring_it_back(against: str, line: str) -> None:
    found = verdict(names("cv2"), split={"dw-app": "dw_app.py"}, against=against)
    assert lines(found) == [(line, "cv2", False)]


@pytest.mark.parametrize(
    ("mention", "project"),
    [
        (names("gunicorn", "command", file="Procfile"), "gunicorn"),
        (names("corsheaders", "string"), "django-cors-headers"),
        (names("postgresql+psycopg2", "url"), "psycopg2"),
    ],
)
def test_judge__command_string_or_url__is_a_gap_where_it_is_requested_elsewhere(mention: Mention, project: str) -> None:
    split = {"dw-app": "dw_app.py"}
    assert verdict(mention, split=split).holds
    assert lines(verdict(mention, split=split, against=f"{project}>1")) == [(f"{project}>1", mention.name, False)]


def test_judge__development_tool_under_a_condition__is_excused() -> None:
    mention = names("debug_toolbar", file="app/urls.py", how="conditional")._replace(condition="settings.DEBUG")
    found = verdict(mention, split={"dw-app": "dw_app.py"}, against="django-debug-toolbar\n")
    assert (found.holds, lines(found)) == (True, [("django-debug-toolbar", "debug_toolbar", True)])
    said = "used only conditionally: django-debug-toolbar (app/urls.py:3) if settings.DEBUG\n"
    assert said in verdict_text(found, width=200)
    assert to_import(found) == ()


@pytest.mark.parametrize("file", ["app/urls.py", "app/settings.py", "conf.py", "app/views.py"])
def test_judge__development_tool_without_a_condition__is_a_gap(file: str) -> None:
    found = verdict(names("debug_toolbar", file=file), split={"dw-app": "dw_app.py"}, against="django-debug-toolbar\n")
    assert not found.holds


def test_judge__runtime_project_under_a_condition__is_a_gap() -> None:
    mention = names("redis", how="conditional")._replace(condition="USE_REDIS")
    found = verdict(mention, split={"dw-app": "dw_app.py"}, against="redis\n")
    assert not found.holds
    assert "  app.py:3 imports redis if USE_REDIS\n" in verdict_text(found)


@pytest.mark.parametrize(
    ("marker", "holds"),
    [('python_full_version < "3.11.0"', True), ('python_full_version >= "3.11.0"', False), ("(((", False)],
)
def test_judge__import_for_other_pythons__counts_where_it_runs(marker: str, holds: bool) -> None:
    mention = names("tomli")._replace(marker=marker)
    assert verdict(mention, split={"dw-app": "dw_app.py"}, against="tomli\n").holds == holds


@pytest.mark.parametrize("name", ["pip", "setuptools", "pkg_resources", "distutils.core"])
def test_judge__installers_modules__are_always_available(name: str) -> None:
    assert verdict(names(name), split={"dw-app": "dw_app.py"}, against="setuptools\npip\n").holds


@pytest.mark.parametrize(("module", "holds"), [("telnetlib", True), ("tomllib", True), ("annotationlib", False)])
def test_judge__standard_library__is_that_of_the_measured_python(module: str, holds: bool) -> None:
    assert verdict(names(module), split={"dw-app": "dw_app.py"}).holds == holds  # for 3.11.7


@pytest.mark.parametrize("program", ["docker", "git"])
def test_judge__program_of_the_system__is_not_the_sdk_of_that_name(program: str) -> None:
    mention = names(program, "command", file="entrypoint.sh")
    assert verdict(mention, split={"dw-app": "dw_app.py"}, against=f"{program}\n").holds


def test_judge__image_installs_it_by_name__is_no_gap() -> None:
    mentions = [
        names("pip install gunicorn", "command", file="Dockerfile"), names("gunicorn", "command", file="Dockerfile")
    ]  # fmt: skip
    assert verdict(*mentions, split={"dw-app": "dw_app.py"}, against="gunicorn\n").holds


def test_judge__requested_on_other_machines__is_excused() -> None:
    against = "pywin32 ; sys_platform == 'win32'\n"
    found = verdict(names("win32api"), split={"dw-app": "dw_app.py"}, against=against)
    assert (found.holds, lines(found)[0][2]) == (True, True)
    assert "required only on other platforms" in verdict_text(found)


def test_to_import__application__dotted_names_of_others_once() -> None:
    found = verdict(
        names("dw_app.web"), names("dw_app.web", how="lazy"), names("dw_more", how="optional"), names("json"),
        names("dw_app.\ud800"), names("yaml", role="tests"), names("missing"), split={"dw-app": "dw_app/__init__.py"},
    )  # fmt: skip
    assert to_import(found) == ("dw_app.web", "missing")


def test_with_trials__it_fails__is_not_sufficient() -> None:
    found = verdict(names("dw_app"), split={"dw-app": "dw_app.py"}, against="opencv-python>=4\n")
    library = with_trials(found, [Trial("dw_app", "ImportError: libGL.so.1: cannot open")], None, seconds=1)
    assert not library.holds
    assert "failed: dw_app: ImportError: libGL.so.1: cannot open\n  app.py:3 imports dw_app" in verdict_text(library)
    missing = with_trials(
        found, [Trial("dw_app", "ModuleNotFoundError: No module named 'cv2'", "cv2")], None, seconds=1
    )
    assert "  opencv-python>=4 provides cv2\n" in verdict_text(missing)
    assert verdict_text(missing, width=200).splitlines()[-1].startswith("split.txt is not sufficient: ")


def test_with_trials__import_works_though_no_file_tells__is_no_gap() -> None:
    found = verdict(names("hooked"), split={"dw-app": "dw_app.py"})
    assert not found.holds
    assert with_trials(found, [Trial("hooked")], None, seconds=1).holds


def test_with_trials__wants_settings__is_a_note() -> None:
    found = verdict(names("dw_app"), split={"dw-app": "dw_app.py"})
    tried = with_trials(found, [Trial("dw_app", "ImproperlyConfigured: …", unclear=True)], None, seconds=1)
    assert tried.holds
    said = "note: could not be imported without the application's settings; try --smoke: dw_app"
    assert said in verdict_text(tried, width=120)


@pytest.mark.parametrize(("status", "said"), [(1, "exit status 1"), (None, "timed out after 1 s"), (-9, "signal 9")])
def test_with_trials__smoke_fails__is_not_sufficient(status: int | None, said: str) -> None:
    found = verdict(names("dw_app"), split={"dw-app": "dw_app.py"})
    tried = with_trials(found, (), Smoke("./check", status, "first\nlast\x1b[0m"), seconds=1)
    assert not tried.holds
    text = verdict_text(tried)
    assert "failed: ./check: " in text
    assert said in text
    assert "  last\\x1b[0m\n" in text


def test_verdict_text__uses_outside_of_the_application__name_only_their_roles() -> None:
    tests, script = names("cv2", role="tests", file="tests/test_x.py"), names("yaml", role="scripts", file="tools/x.py")
    one, two = (verdict(*each, split={"dw-app": "dw_app.py"}) for each in ((tests,), (tests, script)))
    assert "note: missing, but used only by tests: cv2 (tests/test_x.py:3)\n" in verdict_text(one)
    assert "used only by tests and scripts: cv2 (tests/test_x.py:3), yaml (" in verdict_text(two, width=200)


def test_verdict_text__narrow__wraps_with_a_hanging_indent() -> None:
    text = verdict_text(verdict(names("cv2", role="tests"), split={"dw-app": "dw_app.py"}), width=40)
    assert max(map(len, text.splitlines())) <= 40
    assert "note: missing, but used only by tests:\n  cv2 (" in text


def test_verdict_text__many_places__shows_the_first_of_each_line() -> None:
    mentions = [Mention("import", "cv2" + ".x" * (n % 2), "app.py", n // 2, "application", "lazy") for n in range(14)]
    text = verdict_text(verdict(*mentions, split={"dw-app": "dw_app.py"}))
    assert text.count("imports cv2 in a function") == 5
    assert "  and 2 more\n" in text


def test_verdict_json__static__has_its_keys_and_no_run() -> None:
    found = json.loads(verdict_json(verdict(names("cv2"), split={"dw-app": "dw_app.py"}, against="opencv-python>4")))
    assert list(found) == [
        "schema", "version", "target", "source", "against", "depth", "holds", "checked", "gaps", "notes", "run",
        "skipped",
    ]  # fmt: skip
    assert (found["schema"], found["depth"], found["holds"]) == ("deadweight.verify/1", "static", False)
    assert found["target"] == {"kind": "requirements", "location": "split.txt", "method": "install"}
    assert (found["source"]["directory"], found["source"]["files"]) == ("src", 1)
    (gap,) = found["gaps"]
    assert list(gap) == ["name", "what", "excused", "excuse", "line", "locations"]
    assert (gap["name"], gap["line"], gap["locations"][0]["line"]) == ("opencv-python", "opencv-python>4", 3)
    assert found["run"] is None


def test_verdict_json__tried__tells_what_failed() -> None:
    judged = verdict(names("dw_app"), split={"dw-app": "dw_app.py"})
    trials = [Trial("dw_app", "ModuleNotFoundError: No module named 'yaml'", "yaml")]
    run = json.loads(verdict_json(with_trials(judged, trials, Smoke("true", 0, ""), seconds=2)))["run"]
    assert list(run) == ["seconds", "tried", "failures", "unclear", "smoke"]
    (failure,) = run["failures"]
    assert list(failure) == ["module", "reason", "missing", "name", "line", "locations"]
    assert (failure["missing"], failure["name"], failure["line"]) == ("yaml", None, None)
    assert run["smoke"] == {"command": "true", "status": 0, "reason": ""}


def test_original_of__project__what_extras_ask_for_has_lines_and_is_not_needed() -> None:
    file = requirements_file("app\npsycopg2\n")
    requirements = {
        1: replace(file.requirements[1], groups=frozenset({""})),
        2: replace(file.requirements[2], groups=frozenset({"db"})),
    }
    found = original_of(replace(file, requirements=requirements), Environment(python="3.11"))
    assert found.projects == {"app"}
    assert dict(found.lines) == {"app": "app", "psycopg2": "psycopg2"}


@pytest.mark.parametrize("module", ["PIL.Image", "yaml", "polars", "acme_lib.inner", "_c"])
def test_bringing__nothing_shows_who_provides_it__names_no_project(module: str) -> None:
    assert Providers(()).project(module) == ""


@pytest.mark.parametrize(
    ("module", "project"),
    [("PIL.Image", "pillow"), ("cv2", "opencv-python"), ("google.cloud.bigquery.client", "google-cloud-bigquery")],
)
def test_bringing__wheels_of_the_index_show_it__is_the_usual_project(module: str, project: str) -> None:
    shown = {
        "pillow": ["PIL"], "opencv-python-headless": ["cv2"], "opencv-python": ["cv2"],
        "google-api-core": ["google.api"], "google-cloud-bigquery": ["google.cloud.bigquery"],
    }  # fmt: skip
    assert Providers((), shown).project(module) == project


def test_bringing__requested_and_shown__is_what_is_required() -> None:
    assert Providers(["opencv-python-headless"], {"opencv-python": ["cv2"]}).project("cv2") == "opencv-python-headless"
