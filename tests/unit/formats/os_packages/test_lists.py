from __future__ import annotations

import pytest

from deadweight.formats.os_packages.lists import dpkg_list, is_package_list, packages_in


def test_dpkg_list__relative_lines__are_left_out() -> None:
    assert dpkg_list(b"/.\n/usr/bin/x\nnoise\n\n") == ["/.", "/usr/bin/x"]


@pytest.mark.parametrize(
    ("path", "text", "expected"),
    [
        (
            "var/lib/dpkg/info/libc6:amd64.list",
            "/.\n/lib\n/lib/libc.so.6\n",
            [("libc6", (".", "lib", "lib/libc.so.6"))],
        ),
        ("var/lib/dpkg/status.d/base.md5sums", "0cc1  etc/motd\n0cc2  a  b\n", [("base", ("etc/motd", "a  b"))]),
        ("lib/apk/db/installed", "P:musl\nF:lib\nR:libc.so\n\nP:none\n", [("musl", ("lib/libc.so",)), ("none", ())]),
    ],
)
def test_packages_in__each_manager__its_packages_with_paths(path: str, text: str, expected: object) -> None:
    assert is_package_list(path)
    assert [(name, tuple(paths)) for name, paths in packages_in(path, text.encode())] == expected
