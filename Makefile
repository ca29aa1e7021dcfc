# Each target sets itself up in .venv; nothing needs to be installed first but Python 3.11 or newer.
PYTHON ?= python3
BIN := .venv/bin

KERNEL := setup.py $(wildcard src/kernel/*)
DIST ?= dist

.PHONY: demo test test-all check docs bench wheel clean

demo: .venv/demo
	$(BIN)/aliquot demo $(FOLDER)

test: check
	$(BIN)/python -m pytest -m "not heavy"

# Adds what takes long or much room: torch, albumentations, sanitizers, a wheel.
test-all: check .venv/heavy
	$(BIN)/python -m pytest

check: .venv/test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/clang-format --dry-run --Werror src/kernel/* tests/heavy/*.c
	$(BIN)/mypy
	$(BIN)/lint-imports

# One wheel for all versions of Python on this kind of Linux, with libjpeg-turbo inside.
wheel: .venv/wheel
	rm -rf build
	ALIQUOT_KERNEL=required $(BIN)/python -m pip wheel --quiet --no-deps --wheel-dir build/wheel .
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/auditwheel repair --wheel-dir $(DIST) build/wheel/*.whl

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

.venv/demo: .venv/python pyproject.toml $(KERNEL)
	$(BIN)/python -m pip install --quiet --editable ".[demo]"
	touch $@

.venv/test: .venv/python pyproject.toml $(KERNEL)
	$(BIN)/python -m pip install --quiet --editable ".[all]" --group test
	touch $@

.venv/heavy: .venv/test
	$(BIN)/python -m pip install --quiet --group heavy
	touch $@

.venv/wheel: .venv/python pyproject.toml
	$(BIN)/python -m pip install --quiet --group wheel
	touch $@

clean:
	rm -rf .venv docs/_build build dist src/*.egg-info src/aliquot/image/*.so
