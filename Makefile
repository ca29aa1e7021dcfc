# Each target sets itself up in .venv; nothing needs to be installed first but Python 3.11 or newer.
PYTHON ?= python3
BIN := .venv/bin

.PHONY: demo test test-all check docs bench clean

demo: .venv/demo
	$(BIN)/aliquot demo $(FOLDER)

test: check
	$(BIN)/python -m pytest

# Adds the integrations that only continuous integration installs.
test-all: test

check: .venv/test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

docs: .venv/test
	$(BIN)/sphinx-build -W -b html docs docs/_build/html

bench: .venv/test
	$(BIN)/python benchmarks/arrays.py
	$(BIN)/python benchmarks/order.py
	$(BIN)/python benchmarks/sampling.py --sizes 1e5

.venv/python:
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --upgrade "pip>=25.1"
	touch $@

.venv/demo: .venv/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable ".[demo]"
	touch $@

.venv/test: .venv/python pyproject.toml
	$(BIN)/python -m pip install --quiet --editable ".[all]" --group test
	touch $@

clean:
	rm -rf .venv docs/_build build dist
