# Every command runs from .venv, which scripts/environment.sh builds from the hash-locked requirements.
# WEEK=2026-W34 and SERVE=0 are for `demo`; PYTHON=/path/to/python chooses the interpreter.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help demo test style types layers tests coverage lint bench screenshots lock clean environment dev-environment

export PYTHON
BIN := .venv/bin

help: ## list the targets
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/\1|\2/p' Makefile | awk -F'|' '{ printf "  make %-12s %s\n", $$1, $$2 }'

demo: environment ## from the examples to mails in ./outbox, then the site on 127.0.0.1:8025 (SERVE=0, WEEK=2026-W34)
	@$(BIN)/briefings demo $(if $(WEEK),--week '$(WEEK)') $(if $(filter 0,$(SERVE)),--no-serve)

test: dev-environment ## everything: style, types, layers, tests, coverage; all of them run, also after a failure
	@$(MAKE) --no-print-directory --keep-going lint coverage

lint: style types layers ## ruff, basedpyright and import-linter

style: dev-environment
	$(BIN)/ruff check; checked=$$?; $(BIN)/ruff format --check && exit $$checked

types: dev-environment ## basedpyright in strict mode
	$(BIN)/basedpyright

layers: dev-environment
	$(BIN)/lint-imports --no-cache

tests: dev-environment ## pytest alone (ARGS="tests/unit -k weeks")
	$(BIN)/python -m pytest -n auto $(ARGS)

coverage: dev-environment ## pytest with branch coverage and its floors
	@rm -f .coverage .coverage.*
	$(BIN)/python -m pytest -n auto --cov --cov-report= $(ARGS) && $(BIN)/python scripts/coverage_floor.py

bench: dev-environment ## benchmarks (ARGS="send --subscribers 100000")
	$(BIN)/python benchmarks/run.py $(ARGS)

screenshots: dev-environment ## pictures of mails and pages, by Chromium
	$(BIN)/python scripts/screenshots.py $(ARGS)

lock: dev-environment ## write the lock files anew (OPTIONS=--upgrade takes newer versions)
	LOCK_OPTIONS='$(OPTIONS)' sh scripts/lock.sh

clean: ## remove .venv, caches and coverage; never a database, an outbox or STATE_DIR
	rm -rf .venv build dist htmlcov .coverage .coverage.* .pytest_cache .hypothesis .ruff_cache *.egg-info
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

environment:
	@sh scripts/environment.sh run

dev-environment:
	@sh scripts/environment.sh dev
