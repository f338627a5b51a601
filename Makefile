# Everything sets itself up: Python 3.11 or later, make and the network are all that is needed.
PYTHON ?= python3
VENV ?= .venv
BIN = $(VENV)/bin

.PHONY: demo test check docs man mutation bench format clean

demo: $(VENV)/ready
	$(BIN)/deadweight fixtures/bookgen/requirements.txt

test: $(VENV)/ready
	$(BIN)/python -m pytest -q

check: $(VENV)/ready
	$(BIN)/ruff check src tests benchmarks docs action
	$(BIN)/ruff format --check src tests benchmarks docs action
	$(BIN)/mypy
	$(BIN)/python -m pytest -q tests/unit/test_architecture.py

docs: $(VENV)/ready
	$(BIN)/python -m pip install --quiet --editable '.[docs]'
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict

man: $(VENV)/ready
	$(BIN)/python docs/manual.py

mutation: $(VENV)/ready
	$(BIN)/python -m pip install --quiet --editable '.[mutation]'
	$(BIN)/python benchmarks/mutants.py $(MUTATION)

bench: $(VENV)/ready
	$(BIN)/python benchmarks/run.py

format: $(VENV)/ready
	$(BIN)/ruff check --fix src tests benchmarks docs action
	$(BIN)/ruff format src tests benchmarks docs action

$(VENV)/ready: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --upgrade pip
	$(BIN)/python -m pip install --quiet --editable '.[dev]'
	touch $@

clean:
	rm -rf $(VENV) dist site .mypy_cache .ruff_cache .pytest_cache .hypothesis .coverage mutants
