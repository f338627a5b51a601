from __future__ import annotations

from collections.abc import Sequence

import pytest

from deadweight.errors import BadInput, FetchFailed
from deadweight.sources.registries import catalogue
from deadweight.sources.registries.catalogue import images_of, is_pattern
from tests.images import image_files
from tests.registries import Registries

pytestmark = pytest.mark.usefixtures("loopback")
IMAGE = image_files({"a": "a"}, form="oci")


def found(registry: Registries, pattern: str, newest: int | None = 1, known: Sequence[str] = ()) -> list[str]:
    """Return the images that a pattern chooses; ``known`` are the tags that every repository had before."""
    images = images_of(f"{registry.host}/{pattern}", newest=newest, known=lambda repository: known)
    return [image.partition("/")[2] for image in images]


def test_catalogue__all_repositories__are_listed_over_all_pages() -> None:
    with Registries({f"team/app{n}": {"1": IMAGE} for n in range(7)}, page=2) as registry:
        assert found(registry, "*") == [f"team/app{n}:1" for n in range(7)]


def test_catalogue__pattern__chooses_repositories_and_tags() -> None:
    tags = {"prod-9": IMAGE, "prod-10": IMAGE, "dev-1": IMAGE}
    with Registries({"team/app": tags, "team/web": {"dev-1": IMAGE}, "other/app": tags}, page=2) as registry:
        assert found(registry, "team/*:prod-*") == ["team/app:prod-10"]
        assert found(registry, "team/*:prod-*", None) == ["team/app:prod-10", "team/app:prod-9"]
        assert "/v2/other/app/tags/list" not in registry.asked


def test_catalogue__pattern_of_tags__needs_no_catalogue() -> None:
    with Registries({"team/app": {"1": IMAGE, "2": IMAGE}}) as registry:
        assert found(registry, "team/app:*", None) == ["team/app:2", "team/app:1"]
        assert "/v2/_catalog" not in registry.asked


def test_catalogue__newest_tags__are_latest_then_the_highest_versions() -> None:
    names = ["1.9", "1.10", "1.10rc1", "main", "v2.0", "latest", f"sha256-{'0' * 64}.sig"]
    with Registries({"app": dict.fromkeys(names, IMAGE)}) as registry:
        assert found(registry, "*", None) == [
            f"app:{tag}" for tag in ("latest", "v2.0", "1.10", "1.10rc1", "1.9", "main")
        ]
        assert found(registry, "*", 2) == ["app:latest", "app:v2.0"]


@pytest.mark.parametrize("pattern", ["reg*/app:1", "*", "host.example/"])
def test_catalogue__no_pattern_for_images__is_refused(pattern: str) -> None:
    with pytest.raises(BadInput):
        list(images_of(pattern, newest=1, known=lambda repository: ()))


def test_catalogue__registry_without_one__fails() -> None:
    with Registries({}, refuse=lambda path: (404, "0") if "_catalog" in path else None) as registry:
        with pytest.raises(FetchFailed, match="has no catalogue of repositories"):
            found(registry, "*")


@pytest.mark.parametrize("status", [403, 404])
def test_catalogue__repository_whose_tags_are_refused__is_named_and_the_others_are_listed(status: int) -> None:
    def refuse(path: str) -> tuple[int, str] | None:
        return (status, "0") if path.startswith("/v2/b/tags") else None

    with Registries({"a": {"1": IMAGE}, "b": {"1": IMAGE}, "c": {"1": IMAGE}}, refuse=refuse) as registry:
        assert found(registry, "*") == ["a:1", "b:latest", "c:1"]
        assert found(registry, "*", known=["1", "2", "1@sha256:0"]) == ["a:1", "b:2", "b:1", "c:1"]
        assert found(registry, "*:1", known=["1", "2"]) == ["a:1", "b:1", "c:1"]
        with pytest.raises(FetchFailed):
            found(registry, "b:*")


def test_catalogue__registry_that_fails__ends_the_list() -> None:
    with Registries({"a": {"1": IMAGE}}, refuse=lambda path: (500, "0") if "tags" in path else None) as registry:
        with pytest.raises(FetchFailed):
            found(registry, "*")


def test_catalogue__name_that_is_no_tag__is_skipped() -> None:
    with Registries({"app": {"9" * 5000: IMAGE, "-x": IMAGE, "1": IMAGE}}) as registry:
        assert found(registry, "*", None) == ["app:1"]


def test_catalogue__too_many_names__fails(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue, "_MOST_NAMES", 3)
    with Registries({f"app{n}": {"1": IMAGE} for n in range(4)}, page=2) as registry:
        with pytest.raises(FetchFailed, match="lists more than 3 repositories"):
            found(registry, "*")


@pytest.mark.parametrize(
    ("reference", "expected"), [("[::1]:5000/a", False), ("[::1]:5000/a*", True), ("//[::1]/a", False)]
)
def test_is_pattern__ipv6_address__is_no_wildcard(reference: str, expected: bool) -> None:
    assert is_pattern(reference) is expected
