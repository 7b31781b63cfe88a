# One command each; every target sets up what it needs. `make setup` builds .venv inside the checkout from hash-checked locks.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
LOCKS := requirements/build.lock requirements/all.lock
JOBS ?= 2

.DEFAULT_GOAL := help
.PHONY: help setup check format test agree spec spec-known bench bench-criteria bench-search demo readme golden docs lock clean

help:  ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | expand -t 12

setup: $(VENV)/.project  ## make .venv, or bring it up to date

$(VENV)/.made:
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; set PYTHON=…")'
	$(PYTHON) -m venv $(VENV)
	@touch $@

# pyspark comes as source: with the build tools already locked and in place, pip need not fetch unhashed ones.
$(VENV)/.locks: $(VENV)/.made $(LOCKS)
	$(PIP) install --quiet --require-hashes -r requirements/build.lock
	$(PIP) install --quiet --require-hashes --no-build-isolation -r requirements/all.lock
	@touch $@

$(VENV)/.project: $(VENV)/.locks pyproject.toml
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

check: setup  ## lint, format, types, house rules
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy src
	$(BIN)/python -m pytest -q tests/house

format: setup  ## rewrite the layout and the imports
	$(BIN)/ruff check --fix --select I .
	$(BIN)/ruff format .

test: setup  ## every test
	$(BIN)/python -m pytest -q -n $(JOBS)

agree: setup  ## the agreement of memory, DuckDB and Spark on random trees, long: about half an hour
	AGREE_EXAMPLES=1500 AGREE_SPARK_EXAMPLES=60 $(BIN)/python -m pytest -q tests/agree

# Spark takes many minutes over the same pages: make spec SPEC_ENGINES=duckdb,spark
spec: setup  ## run the pages of docs/spec: what sentences compile to, and patients' verdicts on each engine
	$(if $(SPEC_ENGINES),SPEC_ENGINES=$(SPEC_ENGINES)) $(BIN)/python -m pytest -q tests/spec

spec-known: setup  ## take out of tests/spec/known_wrong.tsv what is right by now, and print what is newly wrong
	PYTHONPATH=tests/criteria $(BIN)/python tests/spec/spec_known.py

bench: setup  ## measure speed and size; appends to the CSV files in bench/
	for script in bench/bench_*.py; do $(BIN)/python $$script || exit 1; done

bench-criteria: setup  ## measure the criteria compiler on real data (SAMPLE=400 for a quick run); appends to bench/results/criteria.csv
	$(BIN)/python bench/criteria.py $(if $(SAMPLE),--sample $(SAMPLE))

bench-search: setup  ## measure the library on real data (TRIALS=20000 for a quick run); appends to bench/results/search.csv
	$(BIN)/python bench/search.py $(if $(TRIALS),--trials $(TRIALS))

demo: setup  ## screen the built-in patients for the built-in trials
	$(BIN)/trialwright demo -o report.html

readme: setup  ## rewrite the transcripts in README.md and docs/ from what the commands print
	$(BIN)/python docs/transcripts.py

golden: setup  ## rewrite the kept trees of tests/golden; read the diff before it is taken
	$(BIN)/python tests/golden/golden_trees.py

docs: setup  ## rewrite the generated pages of docs/
	$(BIN)/python tests/docs/generated.py

# uv is needed here only, so it lives in a venv of its own.
lock:  ## resolve the dependencies anew
	$(PYTHON) -m venv $(VENV)-lock
	$(VENV)-lock/bin/python -m pip install --quiet uv
	$(VENV)-lock/bin/uv pip compile $(LOCK_FLAGS) --group build -o requirements/build.lock
	$(VENV)-lock/bin/uv pip compile $(LOCK_FLAGS) --group build --group dev --all-extras -o requirements/all.lock pyproject.toml
	rm -rf $(VENV)-lock
LOCK_FLAGS := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --no-annotate

clean:  ## remove what was built, .venv included
	rm -rf $(VENV) $(VENV)-lock .mypy_cache .pytest_cache .ruff_cache .hypothesis dist build
	find src tests bench -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true
