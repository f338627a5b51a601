from __future__ import annotations

import contextlib
import json
import time

import pytest
from packaging.utils import InvalidSdistFilename, InvalidWheelFilename, parse_sdist_filename, parse_wheel_filename

from deadweight.errors import BadInput
from deadweight.formats.installers.simple_index import MOST_LINKS, Link, read_page, version_of
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
    archive = Archive(filename="a-1.0-py3-none-any.whl", url=url, sha256="abc0", metadata=True, metadata_sha256="00")
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
def test_html__separate_metadata__as_announced(attribute: str, announced: bool) -> None:
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
def test_html__link_that_is_not_an_archive__is_left_out(href: str) -> None:
    assert html(f'<a href="{href}">a</a>') == ()


def test_json__file__gives_an_archive() -> None:
    found = {
        "filename": "a-1.0.tar.gz", "url": "../../files/a-1.0.tar.gz", "hashes": {"sha256": "AB"}, "size": 12,
        "requires-python": ">=3.9", "core-metadata": {"sha256": "00"}, "yanked": "no good",
    }  # fmt: skip
    (link,) = read_page(json.dumps({"files": [found]}).encode(), f"{JSON}; charset=utf-8", HERE)
    url = "https://index.example/files/a-1.0.tar.gz"
    archive = Archive(filename="a-1.0.tar.gz", url=url, sha256="ab", size=12, metadata=True, metadata_sha256="00")
    assert link == Link(archive, True, ">=3.9")


@pytest.mark.parametrize(
    "body",
    ["", "[]", "null", "{}", '{"files": 1}', '{"files": [1]}', '{"files": [{}]}', '{"files": {"a": 1}}', "[" * 99999,
     '{"files": [{"url": "x", "hashes": 5}]}'],
)  # fmt: skip
def test_json__invalid_page__is_bad_input(body: str) -> None:
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


@pytest.mark.parametrize("head", ['<base href="http://[x">', f'<a title="&#{"9" * 5000};">'], ids=["base", "number"])
def test_html__that_cannot_be_understood__is_bad_input(head: str) -> None:
    with pytest.raises(BadInput):
        html('<a href="a-1.zip">', head=head)


@pytest.mark.parametrize("body", ["<![ x", "<![what[ <a href='a-1.zip'>", "<!", "<a href='", "<script>" * 999])
def test_html__malformed__is_read_or_bad_input(body: str) -> None:
    # Some versions of the standard library's parser give up where others read on.
    with contextlib.suppress(BadInput):
        assert len(read_page(body.encode(), "text/html", HERE)) <= 1


def test_html__second_base__does_not_count() -> None:
    (link,) = html('<a href="a-1.zip">', head='<base href="/x/"><base href="/y/">')
    assert link.archive.url == "https://index.example/x/a-1.zip"


@pytest.mark.parametrize("href", ["file:///srv/a-1.zip", "FILE:///srv/a-1.zip"])
def test_html__file_on_this_machine__only_from_a_page_on_it(href: str) -> None:
    page = f'<a href="{href}">a</a>'.encode()
    assert read_page(page, "text/html", HERE) == ()
    (link,) = read_page(page, "text/html", "file:///srv/index.html")
    assert link.archive.url == "file:///srv/a-1.zip"


def test_html__base_that_is_a_directory_of_this_machine__gives_nothing() -> None:
    assert html('<a href="a-1.zip">', head='<base href="file:///srv/">') == ()


@pytest.mark.parametrize("name", ["a-1%1B[2J.zip", "a-1%0A.zip", "a-1%00.zip", "a" * 255 + "-1.zip"])
def test_html__invalid_file_name__is_left_out(name: str) -> None:
    assert html(f'<a href="{name}">a</a>') == ()


@pytest.mark.parametrize("url", ["5", "null", "[]", '{"a": 1}'])
def test_json__url_that_is_not_a_string__is_bad_input(url: str) -> None:
    with pytest.raises(BadInput):
        read_page(f'{{"files": [{{"url": {url}}}]}}'.encode(), JSON, HERE)


@pytest.mark.parametrize("size", ["true", "-1", "0", "1.5", '"9"', "9" * 30])
def test_json__size_that_cannot_be__is_unknown(size: str) -> None:
    (link,) = read_page(f'{{"files": [{{"url": "a-1.zip", "size": {size}}}]}}'.encode(), "Application/JSON", HERE)
    assert link.archive.size is None


def test_version_of__tags_that_multiply__are_not_multiplied_out() -> None:
    many = ".".join(f"t{n}" for n in range(100))
    began = time.perf_counter()
    assert version_of(f"a-1.0-{many}-{many}-{many}.whl", "a") == "1.0"
    assert time.perf_counter() - began < 1


def test_version_of__build_number__is_no_part_of_the_version() -> None:
    assert version_of("a-1.0-7-py3-none-any.whl", "a") == "1.0"


@pytest.mark.parametrize(
    ("filename", "name"),
    [(f, n) for n in ("a-b", "a") for f in (
        "a_b-1.0-py3-none-any.whl", "a_b-1.0-1-py3-none-any.whl", "a_b-1.0-x-py3-none-any.whl", "a_b-1.0-py3-none.whl",
        "a__b-1.0-py3-none-any.whl", "a+b-1.0-py3-none-any.whl", "a_b-x-py3-none-any.whl", "a_b-01.0-py3-none-any.whl",
        "a_b-1.0+x.1-py3-none-any.whl", "a.b-1!2-py3-none-any.whl", "a-b-1.0.tar.gz", "a_b-1.0rc1.zip", "ab.tar.gz",
        "-1.tar.gz", "a-1.tar.bz2", "a-1..zip", "a-b-.zip", "a-1.0-py3-none-any.WHL", "ä-1.zip",
        "a-1.0-٣-py3-none-any.whl",
    )],
)  # fmt: skip
def test_version_of__odd_names__are_read_as_packaging_reads_them(filename: str, name: str) -> None:
    expected = None
    with contextlib.suppress(InvalidWheelFilename, InvalidSdistFilename):
        if filename.endswith(".whl"):
            found, version = parse_wheel_filename(filename)[:2]
        else:
            found, version = parse_sdist_filename(filename)
        expected = str(version) if found == name else None
    assert version_of(filename, name) == expected


@pytest.mark.parametrize(
    ("anchor", "files"),
    [
        ("<A HREF='a-1.zip'>", ["a-1.zip"]),
        ("<a href = a-1.zip >", ["a-1.zip"]),
        ('<a data-requires-python=">=3.8" href="a-1.zip">', ["a-1.zip"]),
        ('<a\n  href="a-1.zip"\n  rel="x" disabled>', ["a-1.zip"]),
        ('<!-- <a href="a-1.zip"> --><a href="a-2.zip">', ["a-2.zip"]),
        ('<!-- <a href="a-1.zip">', []),
        ('<abbr href="a-1.zip">', []),
        ('<a href="a-1.zip"', []),
        ('<a href="a&#45;1.zip">', ["a-1.zip"]),
    ],
)
def test_html__ways_to_write_an_anchor__are_read(anchor: str, files: list[str]) -> None:
    assert [link.archive.filename for link in html(anchor)] == files


@pytest.mark.parametrize(
    "piece",
    [
        "<a ",
        "<a href='",
        '<a href="',
        '<a b="<a c=" d="',
        ' b="<a "',
        "<a" + " " * 99,
        "<a x=",
        "<!--",
        "<",
        "<a b=c d",
        "<a href=x>",
        "&",
        "<a a a a ",
        "=\"'",
    ],
)
def test_html__twice_the_page__takes_about_twice_the_time(piece: str) -> None:
    def seconds(times: int) -> float:
        began = time.process_time()
        with contextlib.suppress(BadInput):
            html(piece * times)
        return time.process_time() - began

    count = (1 << 14) // len(piece)
    assert seconds(4 * count) < 16 * max(seconds(count), 0.05)


def test_html__more_links_than_any_project_has__is_refused() -> None:
    with pytest.raises(BadInput, match="links"):
        html('<a href="a-1.zip">' * (MOST_LINKS + 1))
