"""The contract of ``deadweight.profile/1``: keys, types, order."""

from __future__ import annotations

import json
from typing import Any

from msgspec.structs import replace

import deadweight
from deadweight.analysis.profile import Profile
from deadweight.analysis.reporting import report_of
from deadweight.model import Skipped
from deadweight.settings import Settings
from tests.builders import bare, bare_inventory, dist_files, inventory_of, profile_of, requirements_file, wants

# DESIGN.md, section 3; the second part of each is what has come since.
TOP = {
    "schema", "version", "target", "environment", "totals", "distributions", "groups", "splits", "skipped",
    "conflicts", "warnings",
} | {
    "cuda", "lighter", "lighter_together_bytes", "shared", "image", "system", "environments", "source", "findings",
    "unowned", "not_measured", "direct_requirements",
}  # fmt: skip
TOTALS = {
    "distributions", "files", "apparent_bytes", "disk_bytes", "native_bytes", "bundled_library_bytes",
    "bytecode_bytes", "unowned_bytes",
} | {
    "kinds", "download_bytes", "estimated_bytecode_bytes", "required_distributions", "required_bytes", "unmeasured",
}  # fmt: skip
DISTRIBUTION = {
    "name", "version", "direct", "group", "tags", "evidence", "apparent_bytes", "disk_bytes", "native_bytes",
    "bundled_library_bytes", "bytecode_bytes", "files", "closure_bytes", "retained_bytes", "requires", "required_by",
    "import_names", "programs",
} | {
    "kinds", "freed_bytes", "editable", "archive", "layers", "environment", "sure", "key", "extras", "orphan", "url",
    "requirements", "metadata_path", "largest_files", "largest_directories",
}  # fmt: skip
SPLIT = {"requirements", "distributions", "apparent_bytes", "saved_bytes"} | {
    "groups", "dropped", "unsure", "proof", "saved_groups",
}  # fmt: skip


def read(profile: Profile) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(report_of(profile).to_json())
    return found


def small() -> Profile:
    """A data distribution that needs another, and one for tests."""
    frame, tester = bare("frame", 1000, requires=["base>=1"], requested=True), bare("tester", 10)
    file = requirements_file("frame\ntester\n")
    settings = Settings.of(groups={"data.tables": ("frame",), "dev": ("tester",)})
    return profile_of(bare_inventory(frame, bare("base", 100), tester), file, settings)


def test_json__keys__are_the_contract() -> None:
    found = read(small())
    assert set(found) == TOP
    assert set(found["target"]) == {"kind", "location", "method", "form", "requirements"}
    assert set(found["environment"]) == {"prefix", "python", "platform", "installer"}
    assert set(found["totals"]) == TOTALS
    assert [set(row) for row in found["distributions"]] == [DISTRIBUTION] * 3
    assert set(found["distributions"][0]["evidence"][0]) == {"rule", "group", "reason"}
    assert set(found["groups"]) == {"core", "data", "dev", "ml"}
    assert all(set(group) == {"distributions", "apparent_bytes", "largest"} for group in found["groups"].values())
    assert set(found["splits"]) == {"production", "minimal"}
    assert all(set(split) == SPLIT for split in found["splits"].values())
    assert set(found["splits"]["production"]["dropped"][0]) == {
        "name", "group", "rule", "later", "reason", "freed_bytes", "brought_bytes", "locations"
    }  # fmt: skip


def test_json__values__are_those_of_the_profile() -> None:
    found = read(small())
    assert (found["schema"], found["version"]) == ("deadweight.profile/1", deadweight.__version__)
    assert found["target"] == {
        "kind": "requirements", "location": "requirements.txt", "method": "install", "form": "file", "requirements": 2,
    }  # fmt: skip
    assert found["totals"]["distributions"] == 3
    assert found["totals"]["apparent_bytes"] == 1110
    assert found["groups"]["data"] == {"distributions": 2, "apparent_bytes": 1100, "largest": ["frame", "base"]}
    assert found["groups"]["ml"] == {"distributions": 0, "apparent_bytes": 0, "largest": []}
    base, frame, tester = found["distributions"]
    assert (base["name"], base["direct"], base["required_by"], base["freed_bytes"]) == ("base", False, ["frame"], None)
    assert (frame["tags"], frame["requires"], frame["closure_bytes"]) == (["tables"], ["base"], 1100)
    assert (tester["group"], tester["freed_bytes"]) == ("dev", 10)
    production = found["splits"]["production"]
    assert production["requirements"] == ["frame"]
    assert production["distributions"] == ["base", "frame"]
    assert (production["apparent_bytes"], production["saved_bytes"]) == (1100, 10)
    assert production["groups"] == ["core", "data", "ml"]


def test_json__environment__is_measured_from_files() -> None:
    found = read(profile_of(bare_inventory(bare("a")), path=".venv"))
    assert found["target"] == {
        "kind": "environment", "location": ".venv", "method": "files", "form": None, "requirements": None,
    }  # fmt: skip


def test_json__unknown__is_null_and_never_zero() -> None:
    inventory = inventory_of(dist_files("a"), {"b.dist-info/METADATA": b"Name: b\n", "b.dist-info/RECORD": b""})
    found = read(profile_of(inventory))
    assert found["totals"]["disk_bytes"] is None
    assert found["distributions"][0]["disk_bytes"] is None
    assert found["distributions"][1]["version"] is None
    assert found["environment"]["platform"] is None


def test_json__kinds__sum_to_the_apparent_bytes() -> None:
    found = read(profile_of(inventory_of(dist_files("a", files={"a/__init__.py": "x", "a/tests/t.py": "yy"}))))
    for row in (found["totals"], *found["distributions"]):
        assert sum(row["kinds"].values()) == row["apparent_bytes"]
        assert 0 not in row["kinds"].values()


def test_json__any_text__is_ascii_and_keeps_what_it_says() -> None:
    odd = "Grüße \x1b[31m \u202e \udcff"
    inventory = replace(bare_inventory(bare("a")), skipped=(Skipped(odd, odd),), warnings=(odd,))
    text = report_of(profile_of(inventory)).to_json()
    assert text.isascii()
    assert "\x1b" not in text
    assert text.endswith("}\n")
    assert json.loads(text)["skipped"] == [{"name": odd, "reason": odd, "exit_code": 0, "impossible": False}]


def test_json__conflicts_and_shared__are_listed() -> None:
    a, b = bare("a", requires=["s", "gone"]), bare("b", requires=["s"])
    found = read(profile_of(bare_inventory(a, b, bare("s", 7)), requirements_file("a\nb\n")))
    assert [(c["kind"], c["names"]) for c in found["conflicts"]] == [("missing", ["a", "gone"])]
    shared = {"name": "s", "apparent_bytes": 7, "direct": False, "holders": 2, "held_by": ["a", "b"]}
    assert found["shared"] == [shared]


def test_json__order__does_not_depend_on_the_files_order() -> None:
    files = requirements_file("a\nb\n"), requirements_file("b\na\n")
    inventory = bare_inventory(bare("b", requires=["c"]), bare("a", requires=["c"]), bare("c"))
    one, two = (json.loads(report_of(profile_of(inventory, file)).to_json()) for file in files)
    for found in (one, two):
        for split in found["splits"].values():
            split["requirements"].sort()
        found["direct_requirements"].sort(key=lambda each: each["name"])
        assert [each.pop("line") for each in found["direct_requirements"]] == ([1, 2] if found is one else [2, 1])
    assert one == two
    assert [row["name"] for row in one["distributions"]] == ["a", "b", "c"]


def test_json__credentials_in_a_url__are_blotted_out() -> None:
    file = requirements_file("a @ https://user:secret@host/a.whl\n")
    text = report_of(profile_of(bare_inventory(bare("a")), file)).to_json()
    assert "https://****@host/a.whl" in text
    assert "secret" not in text


def test_json__requirement_with_a_password__tells_none() -> None:
    (want,) = wants("a @ https://user:secret@host/a.whl")
    file = replace(requirements_file("a\n"), requirements={1: replace(want, name=None)})
    text = report_of(profile_of(bare_inventory(bare("b")), file)).to_json()
    assert "https://****@host/a.whl" in text
    assert "secret" not in text


def test_json__direct_requirements__are_the_lines_of_all_files_in_their_order() -> None:
    other = requirements_file("\nb[x]>=1 ; python_version > '3'  # why\nc ; python_version < '3'\n", "more/b.txt")
    file = requirements_file("# first\n-r more/b.txt\nA==1 --hash=sha256:00\n", included={"more/b.txt": other})
    found = read(profile_of(bare_inventory(bare("a"), bare("b")), file))["direct_requirements"]
    assert [tuple(each.values()) for each in found] == [
        ("more/b.txt", 2, "b", "b", "b[x]>=1 ; python_version > '3'"),
        ("more/b.txt", 3, "c", None, "c ; python_version < '3'"),
        ("requirements.txt", 3, "a", "a", "A==1"),
    ]
    assert list(found[0]) == ["file", "line", "name", "key", "text"]


def test_json__direct_requirements_of_a_project__have_no_lines() -> None:
    file = requirements_file("a\n", "pyproject.toml")
    file = replace(file, requirements={1: replace(file.requirements[1], groups=frozenset({""}))})
    (found,) = read(profile_of(bare_inventory(bare("a")), file))["direct_requirements"]
    assert (found["file"], found["line"], found["key"]) == ("pyproject.toml", None, "a")


def test_json__direct_requirements_on_standard_input__have_no_file() -> None:
    (found,) = read(profile_of(bare_inventory(bare("a")), requirements_file("a\n", "-")))["direct_requirements"]
    assert (found["file"], found["line"]) == (None, None)


def test_json__direct_requirements_without_a_file__are_empty() -> None:
    assert read(profile_of(bare_inventory(bare("a"))))["direct_requirements"] == []
