PYTHON ?= python3
UV ?= $(if $(wildcard .venv/bin/uv),.venv/bin/uv,uv)
BIN := .venv/bin

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help demo test serve check proofs lock format clean

help: ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/installed ## tell the story of three cases through the HTTP API and show what each role sees
	$(BIN)/hub demo

test: .venv/installed ## run the tests, every proof once and small; needs Python and make only
	$(BIN)/python -m pytest -n 2 --ignore=tests/machine --cov --cov-report=term

serve: .venv/installed ## serve the hub on HUB_HOST and HUB_PORT (127.0.0.1:8000), after `make demo` the demonstration
	$(BIN)/hub serve

check: .venv/installed ## format, lint, types and import contracts
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Not in parallel and not captured: several proofs measure, and each prints its line of the scoreboard.
proofs: .venv/installed ## run every proof at CI size; needs strace as well
	HUB_PROOF_SIZE=ci $(BIN)/python -m pytest -s tests/proofs tests/machine

format: .venv/installed ## put the code into its format and mend what can be mended by rule
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

# Versions already locked stay; `make lock LOCK=--upgrade` takes the newest. The file names no address of any registry.
lock: ## lock the requirements of pyproject.toml with their hashes; needs uv
	$(UV) pip compile pyproject.toml --quiet --universal --python-version 3.11 --extra dev --generate-hashes \
		--no-header --no-annotate --no-emit-index-url --no-emit-find-links $(LOCK) --output-file requirements.txt
	@! grep -nE 'https?:|file:|@ ' requirements.txt || { echo 'requirements.txt names an address'; exit 1; }

clean: ## remove what the tools left; keeps .venv and the hub's data in var/
	rm -rf build dist htmlcov .coverage .coverage.* .hypothesis .import_linter_cache .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -not -path './.venv/*' -prune -exec rm -rf {} +

# The build tool is among the locked requirements, so nothing is installed that has no hash.
.venv/installed: pyproject.toml requirements.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo 'The hub needs Python 3.11 or later: make PYTHON=python3.12 ...'; exit 1; }
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.txt
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation --no-deps -e .
	@touch $@
