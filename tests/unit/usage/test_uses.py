"""Which projects a mention is taken for."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import pytest

from deadweight.model import Application, Mention
from deadweight.model.application import Naming
from deadweight.usage import Provided, engines_of, provided, usage_of
from tests.builders import dist_files, inventory_of


def used(
    kind: Naming, name: str, projects: str, *, provides: Mapping[str, Collection[str]] | None = None, local: str = ""
) -> dict[str, str]:
    """Return project → how it was matched."""
    application = Application(
        directory="",
        mentions=(Mention(kind, name, "app/main.py", 3, "application"),),
        local=frozenset(local.split()),
    )
    modules = {module: tuple(names) for module, names in (provides or {}).items()}
    found = usage_of(application, Provided(modules=modules), projects.split()).uses
    assert all(use.mention is application.mentions[0] for uses in found.values() for use in uses)
    return {project: use.by for project, (use,) in found.items()}


@pytest.mark.parametrize(
    ("module", "project", "by"),
    [
        ("PIL.Image", "pillow", "table"),
        ("cv2", "opencv-python-headless", "table"),
        ("sklearn.svm", "scikit-learn", "table"),
        ("bs4", "beautifulsoup4", "table"),
        ("rest_framework.views", "djangorestframework", "table"),
        ("corsheaders", "django-cors-headers", "table"),
        ("yaml", "pyyaml", "name"),
        ("dotenv", "python-dotenv", "name"),
        ("psycopg2.extras", "psycopg2-binary", "name"),
        ("google.cloud.storage", "google-cloud-storage", "name"),
        ("llama_index.llms.openai", "llama-index-llms-openai", "name"),
        ("airflow.providers.google.cloud.hooks", "apache-airflow-providers-google", "name"),
        ("rest_framework_simplejwt.tokens", "djangorestframework-simplejwt", "name"),
        ("ruamel.yaml", "ruamel-yaml", "name"),
        ("ACME_Lib", "acme-lib", "name"),
    ],
)
def test_import__nothing_measured__is_found_by_table_or_name(module: str, project: str, by: str) -> None:
    assert used("import", module, f"{project} unrelated") == {project: by}
    assert used("string", module, f"{project} unrelated") == {project: by}


def test_import__measured__is_what_the_files_tell() -> None:
    provides = {"acme.web": ["acme-server"], "acme.db": ["acme-store"]}
    projects = "acme-server acme-store acme-web"
    assert used("import", "acme.web.views", projects, provides=provides) == {"acme-server": "files"}


def test_import__of_a_measured_one__is_not_believed_to_be_what_the_table_says() -> None:
    assert used("import", "PIL", "pillow", provides={"other": ["pillow"]}) == {}


def test_import__module_of_two__is_a_use_of_both() -> None:
    assert used("import", "psycopg2", "psycopg2 psycopg2-binary") == {"psycopg2": "name", "psycopg2-binary": "name"}


def test_import__longest_prefix__wins() -> None:
    projects = "google-api-core google-cloud-storage google-cloud-core"
    assert used("import", "google.cloud.storage.blob", projects) == {"google-cloud-storage": "name"}


def test_import__no_more_than_a_namespace__may_mean_all_below() -> None:
    projects = "google-cloud-storage google-cloud-bigquery google-auth"
    assert set(used("import", "google.cloud", projects)) == {"google-cloud-storage", "google-cloud-bigquery"}
    provides = {"acme.web": ["acme-server"], "acme.db": ["acme-store"]}
    assert set(used("import", "acme", "acme-server acme-store", provides=provides)) == {"acme-server", "acme-store"}


def test_import__plugin_of_what_is_missing__is_not_the_plugin() -> None:
    assert used("import", "pytest", "pytest-cov") == {}


def test_import__project_with_a_word_before_its_name__does_not_take_anothers_module() -> None:
    assert set(used("import", "redis", "redis django-redis")) == {"redis"}


def test_import__of_the_standard_library__is_no_project_that_is_nearly_called_so() -> None:
    assert used("import", "urllib.parse", "urllib3") == {}
    assert used("import", "pip", "pip-api") == {}


def test_string__own_module_of_the_application__is_no_use() -> None:
    assert used("string", "redis.client", "redis", local="redis") == {}


def test_import__called_like_a_module_elsewhere_in_the_source__is_a_use() -> None:
    assert used("import", "redis.client", "redis", local="redis") == {"redis": "name"}


def test_import__deep_path_or_long_name__is_cut() -> None:
    assert used("import", ".".join(["acme"] * 10_000), "acme") == {"acme": "name"}
    assert used("import", "acme", "-".join(["acme"] * 10_000)) == {}


@pytest.mark.parametrize(
    ("command", "projects", "found"),
    [
        ("gunicorn", "gunicorn", {"gunicorn"}),
        ("django-admin", "django", {"django"}),
        ("celery", "celery flower", {"celery"}),
        ("aws", "awscli", {"awscli"}),
        ("Acme_Tool", "acme-tool", {"acme-tool"}),
        ("sphinx-build", "sphinx sphinx-rtd-theme", {"sphinx"}),
        ("python -m yaml", "pyyaml", {"pyyaml"}),
        ("ls", "pyyaml", set()),
    ],
    ids=["same", "table", "one-of-two", "other-name", "spelling", "of-many", "python-m", "unknown"],
)
def test_command__brings_its_project(command: str, projects: str, found: set[str]) -> None:
    assert set(used("command", command, projects)) == found


@pytest.mark.parametrize(
    ("scheme", "found"),
    [
        ("postgresql+psycopg2", {"psycopg2-binary"}),
        ("postgresql+asyncpg", {"asyncpg"}),
        ("postgresql", {"psycopg2-binary", "asyncpg"}),
        ("postgresql+unheardof", {"psycopg2-binary", "asyncpg"}),
        ("MYSQL+pymysql", {"pymysql"}),
        ("redis", {"redis"}),
        ("amqp", {"kombu"}),
        ("mongodb+srv", {"pymongo"}),
        ("https", set()),
        ("", set()),
        ("+", set()),
    ],
)
def test_url__scheme__tells_driver_or_all_that_support_it(scheme: str, found: set[str]) -> None:
    assert set(used("url", scheme, "psycopg2-binary asyncpg pymysql redis kombu pymongo")) == found


def test_uses__of_one_project__are_in_the_sources_order() -> None:
    mentions = tuple(Mention("import", "acme", f"{n}.py", n, "application") for n in (1, 2, 3))
    (uses,) = usage_of(Application(directory="", mentions=mentions), Provided(), ["acme"]).uses.values()
    assert [use.mention.line for use in uses] == [1, 2, 3]


def test_provided__measured_files__tell_the_import_names() -> None:
    found = inventory_of(dist_files("acme-lib", files={"lib/__init__.py": "", "tool.py": ""}), dist_files("other"))
    assert provided(found.distributions).modules == {"lib": ("acme-lib",), "tool": ("acme-lib",), "other": ("other",)}


def test_engines__both_present__is_reported_with_who_and_when() -> None:
    (engine,) = engines_of(["pandas", "openpyxl"])["openpyxl"]
    assert engine.by == "pandas"
    assert engine.reason.startswith("pandas loads it ")


def test_engines__who_would_load_it_is_missing__is_silent() -> None:
    assert engines_of(["openpyxl", "numpy"]) == {}
