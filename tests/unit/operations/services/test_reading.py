"""The names of services."""

from __future__ import annotations

import pytest

from deadweight.operations.services.reading import names_of


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("services/ai.txt", "ai"), ("api/requirements.txt", "api"), ("api/requirements-prod.txt", "api"),
        ("requirements-job.txt", "job"), ("job-requirements.txt", "job"), ("web/Dockerfile", "web"),
        ("Dockerfile.ai", "ai"), ("docker/ai.Dockerfile", "ai"), ("api/requirements/requirements.txt", "api"),
        ("api/pyproject.toml", "api"), ("a b/requirements.txt", "a-b"), ("base.txt", "base-service"),
        ("ml-2.txt", "ml-2-service"), ("constraints.txt", "constraints-service"), ("x/..hidden.txt", "hidden"),
        ("/requirements.txt", "service"),
    ],
)  # fmt: skip
def test_names_of__path__is_the_file_or_its_directory(path: str, name: str) -> None:
    assert names_of([path]) == (name,)


def test_names_of__duplicates__are_numbered() -> None:
    assert names_of(["a/api.txt", "b/api.txt", "c/API.txt", "api-2.txt"]) == ("api", "api-2", "API-3", "api-2-2")
