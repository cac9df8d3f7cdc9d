# What people and CI run. `make` alone lists it.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
UV := $(BIN)/uv

# Byte code is compiled once, when packages are installed; imports cost several times more without it.
unexport PYTHONDONTWRITEBYTECODE
# An index or a folder of wheels that pip was told of by its environment is meant for uv as well.
ifdef PIP_INDEX_URL
UV_DEFAULT_INDEX ?= $(PIP_INDEX_URL)
export UV_DEFAULT_INDEX
endif
ifdef PIP_FIND_LINKS
UV_FIND_LINKS ?= $(shell echo $(PIP_FIND_LINKS) | tr ' ' ',')
export UV_FIND_LINKS
endif
export UV_PYTHON_DOWNLOADS := never
export VIRTUAL_ENV := $(CURDIR)/$(VENV)

LOCKS_CORE := requirements/bootstrap.txt requirements/mlpc.txt
LOCKS_DEV := $(LOCKS_CORE) requirements/dev.txt

## help: list the targets
.PHONY: help
help:
	@echo "mlpc: one .mlp file from data to a served model"
	@echo
	@sed -n 's/^## \([a-z-]*\): \(.*\)/  make \1|\2/p' $(MAKEFILE_LIST) | awk -F'|' '{ printf "%-20s %s\n", $$1, $$2 }'

## setup: make .venv with what mlpc itself needs; .venv/bin/mlpc is the command
.PHONY: setup
setup: $(VENV)/.core
	@echo "mlpc is ready: $(BIN)/mlpc"

$(BIN)/python:
	@echo "setting up $(VENV)"
	@test -n "$(PYTHON)" || { echo "make: no python3 found; install Python 3.11 or newer" >&2; exit 1; }
	@"$(PYTHON)" -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
	  || { echo "make: Python 3.11 or newer is needed, $(PYTHON) is older; say which: make PYTHON=python3.12 setup" >&2; exit 1; }
	@"$(PYTHON)" -m venv --clear $(VENV) || { echo "make: python3 -m venv failed; on Debian: apt-get install python3-venv" >&2; exit 1; }

# pip brings uv and the build backend, by hash; uv does everything after that.
$(UV): | $(BIN)/python
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/bootstrap.txt

# An environment that already has the tools for development keeps them.
$(VENV)/.core: $(LOCKS_CORE) pyproject.toml | $(UV)
	@if [ -e $(VENV)/.dev ]; then $(MAKE) --no-print-directory $(VENV)/.dev; else \
	  $(UV) pip sync --quiet --require-hashes --compile-bytecode $(LOCKS_CORE) && $(MAKE) --no-print-directory editable; fi
	@touch $@

$(VENV)/.dev: $(LOCKS_DEV) pyproject.toml | $(UV)
	@$(UV) pip sync --quiet --require-hashes --compile-bytecode $(LOCKS_DEV)
	@$(MAKE) --no-print-directory editable
	@touch $@ $(VENV)/.core

# Nothing is resolved here: every package and the build backend itself come from the lock.
.PHONY: editable
editable:
	@$(UV) pip install --quiet --no-deps --no-build-isolation --editable .

## setup-dev: the same and all that the tests need
.PHONY: setup-dev
setup-dev: $(VENV)/.dev
	@:

## demo: check, run and serve examples/tumor, with real requests
.PHONY: demo
demo: $(VENV)/.core
	@$(BIN)/python examples/demo.py

# What the tests of engines need is installed and started by them, once for all processes of a run.
# A file is run by one process: its tests share what they start, and take nothing away from each other.
PYTEST := $(BIN)/python -m tests.with_docker $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

## test: what CI runs: lint, types, import contracts, tests, with all engines
.PHONY: test
test: lint
	$(PYTEST)

## test-full: the long versions: more examples, longer fuzzing, whole matrices
.PHONY: test-full
test-full: lint
	MLPC_TEST_FULL=1 $(PYTEST) --timeout=7200

## test-quick: all that needs no engine
.PHONY: test-quick
test-quick: setup-dev
	$(BIN)/pytest -n 2 -m "not engine"

## test-engines: what runs real engines, which the tests install and start
.PHONY: test-engines
test-engines: setup-dev
	$(PYTEST) -m engine

## matrix: three examples on all engines, and every cell of the table of what becomes what, as tables
.PHONY: matrix
matrix: setup-dev
	@status=0; $(BIN)/python -m tests.matrix || status=1; $(BIN)/python -m tests.mlpc_stdlib.cells || status=1; exit $$status

## mutate: every kind of mistake at every place of every correct program: how well it is met, as a table
.PHONY: mutate
mutate: setup-dev
	$(BIN)/python -m tests.mutation

## lint: ruff, mypy --strict and the import contracts
.PHONY: lint
lint: setup-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

## format: let ruff lay out the Python
.PHONY: format
format: setup-dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

## tables: generate the parser's tables from the grammar
.PHONY: tables
tables: setup-dev
	$(BIN)/python tools/make_tables.py

## textmate: generate the grammar of VS Code from the words of the language
.PHONY: textmate
textmate: setup-dev
	$(BIN)/python tools/make_textmate.py

## docs: generate the pages that say what each target does and what the linter finds
.PHONY: docs
docs: setup-dev
	$(BIN)/python tools/make_targets.py
	$(BIN)/python tools/make_rules.py

## site: build the documentation site into build/site, every example checked
.PHONY: site
site: setup-dev
	$(BIN)/python -m tools.documentation

## bench: the benchmarks, as ratios
.PHONY: bench
bench: setup-dev
	$(BIN)/python -m tests.benchmarks

## lock: resolve anew what is declared and write requirements/*.txt and examples/*/mlpc.lock
.PHONY: lock
lock: $(VENV)/.core
	@UV="$(UV)" VENV="$(CURDIR)/$(VENV)" tools/lock.sh

## clean: remove the environment, caches and what the examples left
.PHONY: clean
clean:
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build
	find . -name __pycache__ -type d -not -path './.git/*' -prune -exec rm -rf {} +
	for store in examples/*/.mlpc; do [ ! -d "$$store" ] || { chmod -R u+w "$$store"; rm -rf "$$store"; }; done
