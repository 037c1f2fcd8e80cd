# The README's two commands are `make run` and `make test`; `make help` lists the rest.
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:
PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check
LOCKED := install --quiet --require-hashes --only-binary :all:

PROCESSES ?= 3 # of tests, side by side: on two processors, as much of what they do is waiting; a fourth gains nothing

CATALOGUES := $(patsubst %.po,%.mo,$(wildcard portal/translations/*/LC_MESSAGES/*.po))

.PHONY: help run .venv compiled pure test peers lint types bench fuzz guides screenshots lock clean
help: ## this list
	@grep -hE '^[a-z.-]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 14

run: .venv/installed $(CATALOGUES) ## the demo city: a controller, three simulated homes, an access point, logins that keep arriving
	@exec $(BIN)/proxeny run --demo

.venv: .venv/installed $(CATALOGUES) ## the virtual environment, from the lock file with hashes

# The stamp is written last, so that an interrupted install is begun again and never taken for a whole one.
.venv/installed: requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Proxeny needs Python 3.11 or newer: make PYTHON=python3.11 …")'
	$(PYTHON) -m venv .venv
	$(PIP) $(LOCKED) -r requirements.lock
	$(PIP) install --quiet --no-deps --no-build-isolation --editable .
	@touch $@

%.mo: %.po | .venv/installed
	@$(BIN)/python hatch_build.py

.venv/dev: .venv/installed $(CATALOGUES) requirements-dev.lock
	$(PIP) $(LOCKED) -r requirements-dev.lock
	@touch $@

compiled: .venv/dev ## the road as extension modules beside its sources: a third faster; needs a C compiler (docs/speed.md)
	@$(BIN)/python -m proxeny.compiling

pure: ## remove them again: the sources run, as everywhere else
	@rm -f radius/*.so radius_road__mypyc*.so radius/compiled.sha256

test: .venv/dev pure peers ## every test, with real peers where they install; what was skipped is named at the end (ARGS= for pytest, in one process)
	@exec $(BIN)/python -m pytest $(or $(ARGS),-n $(PROCESSES))

peers: ## the programs the tests meet (FreeRADIUS, hostapd, …), by apt-get where we are root
	@tests/peers/install.sh

lint: .venv/dev ## ruff, its formatter, and the arrows between the rooms
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/lint-imports --no-logo

types: .venv/dev ## mypy --strict over everything but the tests
	$(BIN)/mypy

bench: .venv/dev pure peers ## speed beside FreeRADIUS and radsecproxy: one table, and JSON
	@exec $(BIN)/python -m tests.bench $(ARGS)

fuzz: .venv/dev ## coverage-guided fuzzing of everything a stranger's octets reach (SECONDS=300 TARGET=engine ARGS=--keep)
	@exec $(BIN)/python -m tests.fuzz $(if $(SECONDS),--seconds $(SECONDS)) $(if $(TARGET),--target $(TARGET)) $(ARGS)

guides: .venv/dev ## docs/nas anew, from the families and their templates
	@$(BIN)/python -m proxeny.guides

texts: .venv/dev ## the catalogues of the pages' texts brought up to date with the sources; what is new there is untranslated
	@pot=$$(mktemp) && $(BIN)/pybabel -q extract -F pyproject.toml -k later -k lazy_gettext --omit-header --no-location --no-wrap -o $$pot . && \
	$(BIN)/pybabel -q update -d portal/translations -i $$pot --no-fuzzy-matching --ignore-pot-creation-date --no-wrap --ignore-obsolete && rm $$pot
	@sed -i -E '/^"(Project-Id-Version|Report-Msgid-Bugs-To|POT-Creation-Date|PO-Revision-Date|Last-Translator|Language-Team|Generated-By):/d' portal/translations/*/LC_MESSAGES/messages.po

screenshots: .venv/dev ## pictures of every page in both languages, light and dark, on a phone and a desk: var/screenshots
	@exec $(BIN)/python -m tests.screens $(ARGS)

lock: ## write the lock files anew (needs uv)
	uv pip compile pyproject.toml --group build --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links -o requirements.lock
	uv pip compile pyproject.toml --group build --group dev --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url --no-emit-find-links -o requirements-dev.lock

clean: ## remove the virtual environment and every cache; var/ stays, for it is yours
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis .import_linter_cache build dist
