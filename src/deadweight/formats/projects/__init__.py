"""pyproject.toml, setup.py and setup.cfg → the requirements of a project."""
