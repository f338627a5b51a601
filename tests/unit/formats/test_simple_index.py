from __future__ import annotations

import json

import pytest

from deadweight.errors import BadInput
from deadweight.formats.simple_index import Link, read_page, version_of
from deadweight.model import Archive

HERE = "https://index.example/simple/a/"
JSON = "application/vnd.pypi.simple.v1+json"


def html(*anchors: str, head: str = "") -> tuple[Link, ...]:
    return read_page(f"<!DOCTYPE html><head>{head}</head><body>{''.join(anchors)}</body>".encode(), "text/html", HERE)


def test_html__anchor__gives_an_archive() -> None:
    (link,) = html(
        '<a href="../../files/a-1.0-py3-none-any.whl#sha256=ABC0" data-requires-python="&gt;=3.8, &lt;4"'
        ' data-dist-info-metadata="sha256=00">a-1.0-py3-none-any.whl</a>'
    )
    url = "https://index.example/files/a-1.0-py3-none-any.whl"
    archive = Archive(filename="a-1.0-py3-none-any.whl", url=url, sha256="abc0", metadata=True)
    assert link == Link(archive, False, ">=3.8, <4")


@pytest.mark.parametrize(
    ("attribute", "announced"),
    [
        ('data-core-metadata="true"', True),
        ('data-core-metadata="false"', False),
        ("data-core-metadata", False),
        ("", False),
    ],
)  # fmt: skip
def test_html__metadata_beside__as_announced(attribute: str, announced: bool) -> None:
    assert html(f'<a href="a-1.tar.gz" {attribute}>a</a>')[0].archive.metadata is announced


def test_html__yanked__with_or_without_a_reason() -> None:
    links = html(
        '<a href="a-1.tar.gz" data-yanked>a</a>', '<a href="a-2.tar.gz" data-yanked="bad">', '<a href="a-3.zip">'
    )
    assert [link.yanked for link in links] == [True, True, False]


def test_html__links__count_from_the_base() -> None:
    links = html('<a href="a-1.zip">', '<a href="/x/a-2.zip">', '<a href="//h.example/a%202.zip?x=1#egg=a">',
                 head='<base href="https://base.example/y/">')  # fmt: skip
    assert [link.archive.url for link in links] == [
        "https://base.example/y/a-1.zip", "https://base.example/x/a-2.zip", "https://h.example/a%202.zip?x=1",
    ]  # fmt: skip
    assert links[2].archive.filename == "a 2.zip"


@pytest.mark.parametrize(
    "href", ["javascript:alert(1)", "ftp://x.example/a-1.zip", "", "#", "../", "http://[", "mailto:a@b"]
)
def test_html__what_is_no_archive__is_left_out(href: str) -> None:
    assert html(f'<a href="{href}">a</a>') == ()


def test_json__file__gives_an_archive() -> None:
    found = {
        "filename": "a-1.0.tar.gz", "url": "../../files/a-1.0.tar.gz", "hashes": {"sha256": "AB"}, "size": 12,
        "requires-python": ">=3.9", "core-metadata": {"sha256": "00"}, "yanked": "no good",
    }  # fmt: skip
    (link,) = read_page(json.dumps({"files": [found]}).encode(), f"{JSON}; charset=utf-8", HERE)
    url = "https://index.example/files/a-1.0.tar.gz"
    archive = Archive(filename="a-1.0.tar.gz", url=url, sha256="ab", size=12, metadata=True)
    assert link == Link(archive, True, ">=3.9")


@pytest.mark.parametrize(
    "body",
    ["", "[]", "null", "{}", '{"files": 1}', '{"files": [1]}', '{"files": [{}]}', '{"files": {"a": 1}}', "[" * 99999,
     '{"files": [{"url": "x", "hashes": 5}]}'],
)  # fmt: skip
def test_json__that_is_no_page__is_bad_input(body: str) -> None:
    with pytest.raises(BadInput):
        read_page(body.encode(), JSON, HERE)


def test_html__a_page_of_a_megabyte__is_read() -> None:
    links = html(*(f'<a href="a-{n}.zip">a-{n}.zip</a>\n' for n in range(20_000)))
    assert len(links) == 20_000


@pytest.mark.parametrize(
    ("filename", "name", "version"),
    [
        ("A_b-1.0-py3-none-any.whl", "a-b", "1.0"), ("a.b-1.0.tar.gz", "a-b", "1.0"), ("a-b-1.0.zip", "a-b", "1.0"),
        ("other-1.0.zip", "a-b", None), ("a_b-1.0.exe", "a-b", None), ("a_b-1.0.whl", "a-b", None), ("", "a", None),
    ],
)  # fmt: skip
def test_version_of__file_names__of_that_project_alone(filename: str, name: str, version: str | None) -> None:
    assert version_of(filename, name) == version
