# What a newcomer types. Every target makes what it needs; `make` alone lists them.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
UV_VERSION := 0.13.9
COMPILE := $(BIN)/uv pip compile --quiet --generate-hashes --no-emit-index-url --no-header --no-annotate --python-version 3.11
INSTALL := $(BIN)/uv pip sync --quiet --require-hashes

.DEFAULT_GOAL := help
.PHONY: help setup setup-dev test check demo bench faults docs lock clean format

help: ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

$(BIN)/uv:
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(VENV)/runtime.stamp: locks/runtime.txt pyproject.toml | $(BIN)/uv
	test -e $(VENV)/dev.stamp || $(INSTALL) locks/runtime.txt
	$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	touch $@

$(VENV)/dev.stamp: locks/dev.txt pyproject.toml | $(BIN)/uv
	$(INSTALL) locks/dev.txt
	$(BIN)/uv pip install --quiet --no-deps --no-build-isolation --editable .
	test ! -d .git || $(BIN)/pre-commit install >/dev/null
	touch $@ $(VENV)/runtime.stamp

setup: $(VENV)/runtime.stamp ## make .venv/ with the program in it

setup-dev: $(VENV)/dev.stamp ## the same with the tools for tests and checks

demo: setup ## two tenants, a trust, a site and a OneDrive moved and proved (CONTENT=/some/folder)
	$(BIN)/xtenant demo $(if $(CONTENT),--content "$(CONTENT)")

test: setup-dev ## the whole suite
	$(BIN)/python -m pytest -q -n auto --dist loadfile --no-loadscope-reorder

check: setup-dev ## format, lint, types, import contracts, lock files
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/pyright
	$(BIN)/lint-imports

format: setup-dev ## let ruff lay out the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: setup-dev ## figures, each beside a peer in the same run
	$(BIN)/python -m bench

faults: setup-dev ## the long fault runs
	$(BIN)/python -m pytest -q -m faults tests/faults tests/simulation tests/merger tests/races

docs: setup-dev ## generate the reference pages
	$(BIN)/python -m xtenant.cli.reference docs/reference

lock: | $(BIN)/uv ## renew the lock files
	$(COMPILE) --extra lab --extra postgres --group build pyproject.toml -o locks/runtime.txt
	$(COMPILE) --extra lab --extra postgres --group build --group dev --group test --group foreign \
		-c locks/runtime.txt pyproject.toml -o locks/dev.txt

clean: ## remove the environment and caches
	rm -rf $(VENV) .pytest_cache .ruff_cache
