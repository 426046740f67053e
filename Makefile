# Lamplight on one machine. `make demo` shows it, `make test` checks it; both install what is missing.
SHELL := /bin/bash
PYTHON3 ?= python3
PY := var/venv/bin/python
SERVE ?= yes
PORT ?= 8000
export LAMPLIGHT_SHARED ?= ../shared
unexport PYTHONDONTWRITEBYTECODE  # a start without compiled libraries takes five times as long

.PHONY: demo test test-slow bench setup setup-test services migrate stop lint lock clean

demo: setup            ## install, start, build the demo city, run one cycle, serve it
	@$(PY) -m config.demo --serve $(SERVE) --port $(PORT)

test: setup-test       ## lint, types, import contracts and every test, on the real services
	@$(PY) -m config.checks

test-slow: setup-test  ## fault injection, fuzzing and a real city
	@$(PY) -m config.checks --slow

bench: setup-test      ## measurements, each beside a reference workload of the same run
	@$(PY) -m config.checks --bench

setup:
	@$(PYTHON3) config/provision.py setup

setup-test:
	@$(PYTHON3) config/provision.py setup-test

services: setup        ## start the private database and bring its tables up to date
	@$(PYTHON3) config/provision.py start
	@$(MAKE) --no-print-directory migrate

migrate:               ## as the owner role, the guards of the record open for just that long
	@$(PY) -m config.migrate

stop:                  ## stop the private services
	@$(PYTHON3) config/provision.py stop

lint:
	@$(PY) -m ruff check . && $(PY) -m ruff format --check . && $(PY) -m mypy . && var/venv/bin/lint-imports

lock:                  ## names and hashes only, never an address
	var/venv/bin/uv pip compile pyproject.toml --group dev --universal --python-version 3.11 --generate-hashes \
	  --no-emit-index-url --no-emit-find-links --no-annotate --no-header --quiet -o requirements.lock

clean: stop
	rm -rf var
