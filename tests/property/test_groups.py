"""More evidence of a use never makes anything dev, whatever else is known."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from deadweight.graph import build_graph
from deadweight.groups import assign_groups
from deadweight.groups.rules import config_names
from deadweight.model import Mention, Use
from tests.builders import bare, bare_inventory, wants

# Known as dev, as runtime, as machinery, as a companion of tests, by a word, by nothing; engines of each other.
NAMES = (
    "pytest",
    "faker",
    "pandas",
    "openpyxl",
    "pip",
    "httpx",
    "playwright",
    "scrapy",
    "acme-debugger",
    "x-unheard-of",
)
CLASSIFIERS = ("Framework :: Pytest", "Topic :: Software Development :: Testing", "Topic :: Database")
mentions = st.builds(
    Mention,
    st.sampled_from(["import", "command", "string", "url"]),
    st.just("it"),
    st.sampled_from(["app/main.py", "app/settings.py", "tests/test_it.py"]),
    st.just(1),
    st.sampled_from(["application", "tests", "docs", "scripts", "notebooks", "build"]),
    st.sampled_from(["start", "lazy", "optional", "types"]),
)
runtime = st.builds(
    Mention,
    st.sampled_from(["import", "command", "string", "url"]),
    st.just("it"),
    st.sampled_from(["app/main.py", "app/settings.py"]),
    st.just(1),
    st.sampled_from(["application", "scripts", "notebooks"]),
    st.sampled_from(["start", "lazy", "optional"]),
)
uses = st.dictionaries(st.sampled_from(NAMES), st.lists(mentions, max_size=4))
edges = st.dictionaries(st.sampled_from(NAMES), st.sets(st.sampled_from(NAMES), max_size=3))


@given(
    uses, edges, st.sets(st.sampled_from(NAMES), min_size=1), st.sampled_from(NAMES), runtime,
    st.dictionaries(st.sampled_from(NAMES), st.sampled_from(CLASSIFIERS)),
)  # fmt: skip
def test_groups__one_more_use_by_the_application__nothing_becomes_dev(
    used: dict[str, list[Mention]],
    needs: dict[str, set[str]],
    asked: set[str],
    name: str,
    more: Mention,
    classifiers: dict[str, str],
) -> None:
    inventory = bare_inventory(
        *(
            bare(n, requires=sorted(needs.get(n, ())), classifiers=[classifiers[n]] if n in classifiers else [])
            for n in NAMES
        )
    )
    graph = build_graph(inventory, wants(*sorted(asked)))

    def left_out(mentioned: dict[str, list[Mention]]) -> set[str]:
        reported = {n: tuple(Use(m, "name") for m in found) for n, found in mentioned.items()}
        found = assign_groups(inventory, graph, config_names({}), None, reported)
        return {key for key, a in found.items() if a.group == "dev" and a.sure}

    assert left_out({**used, name: [*used.get(name, []), more]}) <= left_out(used)
