# Everything one does with this project. `make` alone lists it.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
MAKEFLAGS += --no-builtin-rules

VENV := .venv
PYTHON := $(VENV)/bin/python
HOST ?= 127.0.0.1
PORT ?= 8080

PAGE_SOURCES := $(shell find frontend -path '*/node_modules' -prune -o -path '*/dist' -prune -o -path '*/generated' -prune -o -type f -print) schema/schema.graphql

.PHONY: help
help: ## List the targets
	@printf 'K8s GPU Management\n\n'
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-12s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@printf '\nFirst time: make run, then open http://%s:%s/\n' '$(HOST)' '$(PORT)'

.PHONY: run
run: $(VENV)/.installed frontend/dist/index.html ## Set up what is missing and start the server (HOST=, PORT=)
	@printf 'Serving on http://%s:%s/ (GraphQL: /graphql). Ctrl+C ends it.\n' '$(HOST)' '$(PORT)'
	@exec $(VENV)/bin/gpuctl serve --host '$(HOST)' --port '$(PORT)'

.PHONY: test
test: setup ## Run everything that gates a landing; stops at the first gate that fails
	@$(PYTHON) scripts/gates.py

.PHONY: setup
setup: $(VENV)/.installed frontend/dist/index.html packages ## Install everything for running, testing and developing

.PHONY: bench
bench: $(VENV)/.installed frontend/dist/index.html ## Measure side by side with the peers; prints JSON lines and ratios
	@$(PYTHON) -m benchmarks.run $(BENCH)

.PHONY: schema
schema: $(VENV)/.installed ## Write schema/schema.graphql anew and show what changed
	@$(PYTHON) scripts/schema.py

.PHONY: settings
settings: $(VENV)/.installed ## Write the README's table of settings anew
	@$(PYTHON) scripts/settings_table.py --write

.PHONY: migrations
migrations: $(VENV)/.installed ## Show whether tables and migrations agree
	@$(PYTHON) scripts/migrations.py

.PHONY: lint
lint: $(VENV)/.installed frontend/node_modules/.installed ## Format and check the code, without running tests
	@$(VENV)/bin/ruff check --fix .
	@$(VENV)/bin/ruff format .
	@cd frontend && npm run --silent format
	@$(PYTHON) scripts/gates.py --only lint

.PHONY: frontend
frontend: frontend/dist/index.html ## Build the page

.PHONY: wheel
wheel: $(VENV)/.installed frontend/dist/index.html ## Build the wheel, install it elsewhere and see that it serves
	@$(PYTHON) scripts/check_wheel.py

.PHONY: packages
packages: ## Install the Debian packages that tests use (as root), or say which are missing
	@scripts/packages.sh

.PHONY: clean
clean: ## Remove everything that make has made
	rm -rf $(VENV) frontend/node_modules frontend/dist build dist test-output .bench *.egg-info
	rm -rf .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

$(PYTHON):
	@scripts/venv.sh $(VENV)

$(VENV)/.installed: pyproject.toml constraints.txt | $(PYTHON)
	@echo 'Installing the Python packages (a minute or two the first time)'
	@$(PYTHON) -m pip install --quiet --disable-pip-version-check --no-input -c constraints.txt -e '.[dev]'
	@touch $@

frontend/node_modules/.installed: frontend/package.json frontend/package-lock.json
	@scripts/node.sh
	@echo 'Installing the npm packages'
	@cd frontend && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

frontend/dist/index.html: frontend/node_modules/.installed $(PAGE_SOURCES)
	@echo 'Building the page'
	@cd frontend && npm run --silent build -- --logLevel warn
	@touch $@
