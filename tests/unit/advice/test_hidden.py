"""Files that later layers delete, rewrite unchanged or replace."""

from __future__ import annotations

from collections.abc import Mapping

import pytest
from hypothesis import given
from hypothesis import strategies as st

from deadweight.advice.files.hidden import hidden_findings
from deadweight.formats.images.overlay import wasted
from tests.builders import dist_files
from tests.images import Content
from tests.unit.advice.cases import case_of

SITE = "opt/venv/lib/python3.12/site-packages"


def numpy(version: str, files: Mapping[str, str | bytes]) -> dict[str, Content]:
    return {f"{SITE}/{path}": data for path, data in dist_files("numpy", version, files=files).items()}


def test_hidden__deleted_by_a_later_layer__names_both_layers_and_the_directory() -> None:
    case = case_of({"tmp/build/a.o": "x" * 700, "tmp/build/b.o": "y" * 300}, {"tmp/build": None})
    [finding] = hidden_findings(case)
    assert (finding.rule, finding.layer, finding.by, finding.size, finding.files) == ("DW504", 0, 1, 1000, 2)
    assert finding.paths == (("tmp/build/a.o", 700), ("tmp/build/b.o", 300))
    assert finding.reason == "layer 1 deletes files of this layer"
    assert finding.change.startswith("delete them in the instruction that creates them")


@pytest.mark.parametrize(
    ("command", "expected"),
    [
        ("RUN /bin/sh -c chown -R app /app", "COPY --chown"),
        ("RUN /bin/sh -c chmod -R a+r /app", "COPY --chmod"),
        ("COPY . .", "create them once"),
    ],
)
def test_hidden__same_files_again__names_the_cause(command: str, expected: str) -> None:
    files: dict[str, Content] = {"app/model.bin": "x" * 900, "app/main.py": "y" * 100}
    [finding] = hidden_findings(case_of(files, files, commands=["COPY . /app", command]))
    assert (finding.rule, finding.layer, finding.by, finding.others) == ("DW505", 1, None, (0,))
    assert (finding.size, finding.files) == (1000, 2)
    assert finding.reason == "contains files of layer 0 again, with the same sizes"
    assert expected in finding.change


def test_hidden__distribution_upgraded__is_replaced_as_a_whole() -> None:
    old = numpy("1.26", {"numpy/core.py": "x" * 900, "numpy/gone.py": "y" * 50, "numpy/same.py": "z" * 50})
    new = numpy("2.0.0", {"numpy/core.py": "x" * 950, "numpy/same.py": "z" * 50})
    removed: dict[str, Content] = dict.fromkeys(set(old) - set(new))
    case = case_of(old, {**removed, **new})
    [finding] = hidden_findings(case)
    size = sum(len(content) for content in old.values() if isinstance(content, bytes))
    assert (finding.rule, finding.names, finding.size) == ("DW506", ("numpy",), size)
    assert finding.change == "install numpy once: put all requirements into one install command"


def test_hidden__distribution_with_a_new_owner__is_rewritten() -> None:
    files = numpy("2.0", {"numpy/core.py": "x" * 900})
    [finding] = hidden_findings(case_of(files, files, commands=["RUN pip install numpy", "RUN chown -R app /opt"]))
    assert (finding.rule, finding.names) == ("DW505", ("numpy",))


def test_hidden__distribution_uninstalled__is_deleted() -> None:
    files = numpy("2.0", {"numpy/core.py": "x" * 900})
    [finding] = hidden_findings(case_of(files, dict.fromkeys(files)))
    assert (finding.rule, finding.names) == ("DW504", ("numpy",))


def test_hidden__package_database_written_again__is_about_system_packages() -> None:
    case = case_of({"var/lib/rpm/rpmdb.sqlite": "x" * 500}, {"var/lib/rpm/rpmdb.sqlite": "x" * 600})
    [finding] = hidden_findings(case)
    assert (finding.rule, finding.size) == ("DW506", 500)
    assert finding.change == "install all system packages in one RUN, which writes the package database once"


def test_hidden__file_of_the_base_image__asks_for_another_base() -> None:
    case = case_of({"usr/share/doc/a": "x" * 500}, {"usr/share/doc": None}, base=1)
    assert [finding.change for finding in hidden_findings(case)] == [
        "use a base image without them: deleting or replacing them does not make the image smaller"
    ]


def test_hidden__user_replaces_files_of_the_base_image__asks_to_change_the_users_instruction() -> None:
    base: dict[str, Content] = {"usr/lib/libssl.so": "x" * 500}
    case = case_of(base, {"usr/lib/libssl.so": "y" * 600}, commands=["", "RUN apt-get upgrade"], base=1)
    [finding] = hidden_findings(case)
    assert (finding.rule, finding.layer, finding.by, finding.others) == ("DW506", 1, None, (0,))
    assert finding.reason == "replaces files of the base image (layer 0)"
    assert finding.change == "keep the files that the base image has, or use a newer base image"


def test_hidden__user_upgrades_a_distribution_of_the_base_image__names_it() -> None:
    case = case_of(numpy("1.26", {"numpy/a.py": "x" * 900}), numpy("2.0", {"numpy/a.py": "x" * 950}), base=1)
    changes = {finding.change for finding in hidden_findings(case)}
    assert "keep the versions of numpy that the base image has, or use another base image" in changes


def test_hidden__package_database_of_the_base_image__asks_for_no_packages() -> None:
    case = case_of({"var/lib/dpkg/status": "x" * 500}, {"var/lib/dpkg/status": "x" * 600}, base=1)
    [finding] = hidden_findings(case)
    assert (finding.layer, finding.size) == (1, 500)
    assert finding.change == "install no system packages here: copy what they provide from an earlier stage"


@pytest.mark.parametrize("size", [500, 600])
def test_hidden__cache_written_again__asks_to_delete_it(size: int) -> None:
    case = case_of({"var/cache/apt/pkgcache.bin": "x" * 500}, {"var/cache/apt/pkgcache.bin": "x" * size})
    [finding] = hidden_findings(case)
    assert finding.change == "delete the caches at the end of each RUN that creates them, such as with `apt-get clean`"


def test_hidden__files_of_several_layers_again__are_one_finding() -> None:
    case = case_of({"a": "x" * 10}, {"b": "y" * 20}, {"a": "x" * 10, "b": "y" * 20}, commands=["", "", "RUN chown"])
    [finding] = hidden_findings(case)
    assert (finding.layer, finding.others, finding.size) == (2, (0, 1), 30)
    assert finding.reason == "contains files of layers 0, 1 again, with the same sizes"


def test_hidden__replaced_twice__is_one_finding_for_each_layer_that_hides() -> None:
    case = case_of({"a": "x" * 10}, {"a": "y" * 10}, {"a": "z" * 30})
    found = {(finding.rule, finding.layer, finding.by, finding.size) for finding in hidden_findings(case)}
    assert found == {("DW505", 1, None, 10), ("DW506", 1, 2, 10)}


_PATHS = st.sampled_from(["a", "b", "d/a", "d/b", "d/e/a", f"{SITE}/numpy/a.py", f"{SITE}/numpy/b.py"])
_LAYERS = st.lists(
    st.dictionaries(_PATHS, st.none() | st.integers(0, 5).map(lambda n: "x" * n), max_size=5), min_size=1, max_size=5
)


@given(_LAYERS)
def test_hidden__any_layers__every_wasted_byte_is_in_one_finding(layers: list[dict[str, Content]]) -> None:
    case = case_of(*layers)
    assert sum(finding.size for finding in hidden_findings(case)) == sum(h.placed.size for h in wasted(case.overlay))
