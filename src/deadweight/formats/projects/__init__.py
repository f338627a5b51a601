"""pyproject.toml, setup.py and setup.cfg → the requirements that a project asks for."""
