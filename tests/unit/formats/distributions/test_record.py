"""RECORD and its predecessors → paths that stay below the prefix."""

from __future__ import annotations

import pytest

from deadweight.formats.distributions.record import (
    CondaPackage,
    below,
    installed_files,
    record_paths,
    rewritten_record,
)


def test_record_paths__plain_rows__gives_the_first_column() -> None:
    assert record_paths(b"a/__init__.py,sha256=x,3\na-1.dist-info/RECORD,,\n") == [
        "a/__init__.py",
        "a-1.dist-info/RECORD",
    ]


@pytest.mark.parametrize(
    ("row", "path"),
    [
        (b'"a,b.py",sha256=x,3', "a,b.py"),
        (b'"say ""hi"".py",sha256=x,3', 'say "hi".py'),
        (b"a,b.py,sha256=x,3", "a,b.py"),
        (b"a\\b.py,sha256=x,3", "a/b.py"),
        (b"a b.py,sha256=x,3", "a b.py"),
        (b"only-a-path.py", "only-a-path.py"),
    ],
    ids=["quoted comma", "quoted quotes", "comma that nobody quoted", "backslash", "space", "path alone"],
)
def test_record_paths__odd_spelling__gives_the_path(row: bytes, path: str) -> None:
    assert record_paths(row + b"\nz.py,,\n") == [path, "z.py"]


def test_record_paths__crlf_and_blank_lines__are_no_part_of_a_path() -> None:
    assert record_paths(b"a.py,,\r\n\r\nb.py,,\r\n") == ["a.py", "b.py"]


def test_record_paths__invalid_utf8__becomes_surrogates_as_in_file_names() -> None:
    assert record_paths(b"caf\xe9.py,,\n") == ["caf\udce9.py"]


def test_record_paths__field_too_long_for_csv__still_gives_the_other_paths() -> None:
    long = b"x" * 200_000
    assert record_paths(b'a.py,,\n"' + long + b'",,\n') == ["a.py", long.decode()]


def test_record_paths__empty__has_none() -> None:
    assert record_paths(b"") == []


def test_installed_files__lines__are_stripped() -> None:
    assert installed_files(b"../six.py\r\n\n  PKG-INFO\n") == ["../six.py", "PKG-INFO"]


@pytest.mark.parametrize(
    ("directory", "path", "expected"),
    [
        ("lib/site", "a/b.py", "lib/site/a/b.py"),
        ("lib/site", "../../bin/x", "bin/x"),
        ("lib/site", "a/./b//c.py", "lib/site/a/b/c.py"),
        ("lib/site", "../../../etc/passwd", None),
        ("lib/site", "../../..", None),
        ("lib/site", "/etc/passwd", None),
        ("lib/site", "a\0b", None),
        ("lib/site", "", None),
        ("", "a.py", "a.py"),
        ("", "../a.py", None),
        ("", "..a.py", "..a.py"),
    ],
)
def test_below__path__stays_below_the_prefix_or_is_none(directory: str, path: str, expected: str | None) -> None:
    assert below(directory, path) == expected


def test_conda_package__record__gives_its_parts() -> None:
    package = CondaPackage(
        b'{"name": "numpy", "version": "2.1.0", "files": ["bin/f2py", 7], "depends": ["python >=3.11", "libblas", " "],'
        b' "requested_spec": "numpy"}'
    )
    assert (package.name, package.version, package.requested) == ("numpy", "2.1.0", True)
    assert (package.files, package.depends) == (["bin/f2py"], ["python", "libblas"])


def test_conda_package__name_alone__has_no_files() -> None:
    package = CondaPackage(b'{"name": "_libgcc_mutex", "files": "bin/x"}')
    assert (package.version, package.files, package.depends, package.requested) == (None, [], [], False)


@pytest.mark.parametrize(
    "data", [b"", b"[]", b"{}", b'{"name": "../x"}', b'{"name": ""}', b'{"name": 5}', b"{", b'{"name": "\xff"}']
)
def test_conda_package__invalid__is_refused(data: bytes) -> None:
    with pytest.raises(ValueError, match=r"."):
        CondaPackage(data)


def test_record_paths__quotes_elsewhere__leave_a_bare_comma_alone() -> None:
    assert record_paths(b'"a,b.py",sha256=x,3\nc,d.py,sha256=y,4\n') == ["a,b.py", "c,d.py"]


def test_rewritten_record__some_rows__changes_only_these() -> None:
    data = b'a/x.py,sha256=1,1\r\n"b,c.so",sha256=2,2\n"""q""/t.py",sha256=3,3\nplain.so\nx-1.dist-info/RECORD,,\n'
    changes: dict[str, tuple[str, str] | bool] = {
        "a/x.py": False,
        "b,c.so": ("sha256=9", "9"),
        "plain.so": ("sha256=8", "8"),
    }
    assert rewritten_record(data, lambda path: changes.get(path, True)) == (
        b'"b,c.so",sha256=9,9\n"""q""/t.py",sha256=3,3\nplain.so,sha256=8,8\nx-1.dist-info/RECORD,,\n'
    )


def test_rewritten_record__nothing_to_change__keeps_every_byte() -> None:
    data = b"\n\ncaf\xe9.py,,\r\n,,\nlast.py,,"
    assert rewritten_record(data, lambda path: True) == data
