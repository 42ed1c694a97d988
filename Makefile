# `make help` lists the targets. They need git, make and Python 3.11 or newer; uv is used where it is installed.
UV := $(shell command -v uv 2>/dev/null)
# Make 3.81, as on macOS, looks for programs on the new PATH only if the shell is not the default one.
SHELL := bash
export VIRTUAL_ENV := $(CURDIR)/.venv
export PATH := $(CURDIR)/.venv/bin:$(PATH)

.DEFAULT_GOAL := help
.PHONY: help demo test test-fast test-all lint docs tutorial lock marks benchmarks clean

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "%-10s  %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.venv/installed: requirements.txt
	$(if $(UV),uv venv --allow-existing --quiet --no-project --python python3,python3 -m venv .venv)
	$(if $(UV),uv pip install --compile-bytecode,python -m pip install) --quiet --require-hashes -r requirements.txt
	touch $@

demo: .venv/installed ## Generate the default project into build/, install it, run its pipeline, print its metrics
	rm -rf build && mkdir build
	cookiecutter . --no-input --output-dir build
	$(MAKE) -C build/my-ml-project setup all

test: .venv/installed ## Run the tests
	python -m pytest --numprocesses 2 --dist loadgroup --no-loadscope-reorder -m "not exhaustive"

test-fast: .venv/installed ## Run the tests that need no project installed
	python -m pytest --numprocesses 2 --dist loadgroup --no-loadscope-reorder -m "not slow"

test-all: .venv/installed ## Run every test: also tox, pipenv, pip and other Pythons
	python -m pytest --numprocesses 2 --dist loadgroup --no-loadscope-reorder

lint: .venv/installed ## Check the style of this repository's own Python
	ruff check
	ruff format --check

docs: .venv/installed ## Build this repository's site into docs/_build
	python -m sphinx --fail-on-warning --keep-going -q docs docs/_build

tutorial: .venv/installed ## Run the tutorial's commands, and write what it shows (needs Chromium)
	python scripts/tutorial.py

lock: .venv/installed ## Compile every lock again (ARGS=--upgrade: to the newest versions)
	python scripts/lock.py $(ARGS)

marks: ## List again the files that hold marks of exercises
	python3 scripts/marked_files.py

benchmarks: .venv/installed ## Measure what docs/costs.md quotes
	python benchmarks/run.py

clean: ## Remove what the other targets made
	rm -rf .venv build
