"""The path of a file → its role."""

from __future__ import annotations

import pytest

from deadweight.codescan.roles import role_of


@pytest.mark.parametrize(
    ("path", "role"),
    [
        ("app/main.py", "application"),
        ("manage.py", "application"),
        ("config/settings.yaml", "application"),
        ("Dockerfile", "application"),
        ("docker-compose.prod.yml", "application"),
        ("Procfile", "application"),
        ("deploy/web.service", "application"),
        ("tests/x.py", "tests"),
        ("app/tests/x.py", "tests"),
        ("app/test_x.py", "tests"),
        ("app/x_test.py", "tests"),
        ("conftest.py", "tests"),
        ("tests/docs/x.py", "tests"),
        ("docker-compose.test.yml", "tests"),
        ("docs/conf.py", "docs"),
        ("mkdocs.yml", "docs"),
        ("scripts/run.py", "scripts"),
        ("bin/start", "scripts"),
        ("examples/flask/app.py", "scripts"),
        ("a.ipynb", "notebooks"),
        ("docs/a.ipynb", "notebooks"),
        ("setup.py", "build"),
        ("noxfile.py", "build"),
        ("tasks.py", "build"),
        ("Makefile", "build"),
        ("tox.ini", "build"),
        ("pyproject.toml", "build"),
        (".github/workflows/ci.yml", "build"),
        (".gitlab-ci.yml", "build"),
        (".pre-commit-config.yaml", "build"),
        (".devcontainer/Dockerfile", "build"),
        ("Dockerfile.dev", "build"),
        ("compose.dev.yaml", "build"),
        ("app/tasks.py", "application"),
        ("src/tools/x.py", "application"),
        ("shop/urls.py", "application"),
        ("shop/settings.py", "application"),
        ("shop/settings/production.py", "application"),
        ("shop/settings/local.py", "development"),
        ("config/settings_dev.py", "development"),
        ("config/gunicorn-dev.conf.py", "development"),
        ("shop/views/local.py", "application"),
        ("users/profile/views.py", "application"),
        ("shop/factories.py", "development"),
        ("shop/management/populate_db.py", "development"),
        ("shop/samples/a.py", "scripts"),
        ("locustfile.py", "development"),
        (".env.example", "development"),
        ("settings.sample.py", "development"),
        ("additional_tests/base.py", "tests"),
        ("load_testing/data.py", "tests"),
        ("e2e/models/home.py", "tests"),
        ("latest/x.py", "application"),
        ("contrib/play.py", "scripts"),
        ("app/contrib/x.py", "scripts"),
        ("build.py", "build"),
        ("app/build.py", "application"),
        ("pyinstaller/hook-acme.py", "build"),
        ("entrypoint.sh", "application"),
        ("start-dev.sh", "build"),
        ("run_tests.sh", "tests"),
        ("Procfile.dev", "build"),
    ],
)
def test_role_of__path__has_a_role(path: str, role: str) -> None:
    assert role_of(path) == role


def test_role_of__tools_in_a_package__are_application() -> None:
    assert role_of("app/tools/x.py", {"app", "app/tools"}) == "application"
    assert role_of("app/tools/x.py") == "scripts"
    assert role_of("tools/x.py", {"tools"}) == "scripts"


def test_role_of__package_called_docs__is_application() -> None:
    assert role_of("docs/views.py", {"docs"}) == "application"
    assert role_of("docs/api/views.py", {"docs", "docs/api"}) == "application"
    assert role_of("docs/_ext/roles.py", {"docs/_ext"}) == "docs"
    assert role_of("docs/conf.py", {"docs"}) == "docs"
