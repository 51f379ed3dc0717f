# Needs Python 3.11 to 3.13 with venv, git and make; everything else is fetched from PyPI.
# `make help` lists what can be done.

PYTHON ?= python3
PORT ?= 8000
VENV := .venv
UV_VERSION := 0.13.8
export ENKAKU_VAR ?= $(CURDIR)/var
VAR := $(ENKAKU_VAR)

PY := $(VENV)/bin/python
UV := $(VENV)/bin/uv
# The environment is this folder's own, whatever else is active, and with the Python that is there.
UV_SYNC := VIRTUAL_ENV= UV_PROJECT_ENVIRONMENT=$(VENV) UV_PYTHON_DOWNLOADS=never $(UV) sync --quiet --frozen --inexact
MESSAGES := $(patsubst %.po,%.mo,$(wildcard locale/*/LC_MESSAGES/*.po))
ASSETS := $(shell find scheduler/static realtime/static classrooms/static clinics/static -type f 2>/dev/null)
.DEFAULT_GOAL := help
.PHONY: help run demo test check bench pictures messages format

help: ## Show this list
	@sed -n 's/^\([a-z]*\):.*## /\1	/p' $(MAKEFILE_LIST) | expand -t 12

run: $(VENV)/.run $(MESSAGES) $(VAR)/.assets ## Start the service on this machine (PORT=8000)
	@exec env ENKAKU_EMBEDDED=1 PORT=$(PORT) $(PY) manage.py serve --first 'migrate --verbosity=0' --first demonstrate

demo: $(VENV)/.run $(MESSAGES) ## Throw the demonstration's data away and load it anew
	@env ENKAKU_EMBEDDED=1 $(PY) manage.py migrate --verbosity=0
	@env ENKAKU_EMBEDDED=1 $(PY) manage.py demonstrate --reset

test: $(VENV)/.dev $(MESSAGES) ## Run every test on PostgreSQL, then what touches bookings on SQLite (ARGS="-k name")
	@$(PY) -m tests.run $(ARGS)

check: $(VENV)/.dev $(MESSAGES) ## Format, lint, types, import contracts, templates, JavaScript
	@$(PY) -m tests.check

bench: $(VENV)/.dev $(MESSAGES) ## Measure every performance figure beside its limit
	@$(PY) -m bench $(ARGS)

pictures: $(VENV)/.dev $(MESSAGES) ## Take a picture of every page into pictures/
	@$(PY) -m tests.pictures $(ARGS)

messages: $(VENV)/.dev ## Bring the Japanese message file to the strings in the source
	@$(PY) -m tests.messages

format: $(VENV)/.dev ## Put Python and JavaScript files into the usual form
	@$(PY) -m tests.check --write

$(UV):
	@$(PYTHON) -c 'import sys; sys.exit(0 if (3, 11) <= sys.version_info < (3, 14) else \
	  "Python 3.11〜3.13 が必要です（PYTHON=python3.12 のように選べます）。\n" \
	  "Python 3.11 to 3.13 is needed, and this is %d.%d. Choose one with PYTHON=python3.12." % sys.version_info[:2])'
	@echo "Python の環境を用意しています… / Preparing the Python environment…"
	@$(PYTHON) -m venv $(VENV) || { echo "venv がありません / venv is missing: apt install python3-venv" >&2; exit 1; }
	@$(VENV)/bin/pip install --quiet --disable-pip-version-check uv==$(UV_VERSION)

$(VENV)/.run: uv.lock | $(UV)
	@$(UV_SYNC) --no-dev
	@touch $@

$(VENV)/.dev: uv.lock | $(UV)
	@$(UV_SYNC)
	@touch $@ $(VENV)/.run

%.mo: %.po | $(VENV)/.run
	@$(VENV)/bin/pybabel --quiet compile --domain django --input-file $< --output-file $@

$(VAR)/.assets: $(ASSETS) uv.lock scheduler/config/settings.py | $(VENV)/.run
	@mkdir -p $(VAR)
	@env ENKAKU_EMBEDDED=1 $(PY) manage.py collectstatic --noinput --verbosity=0
	@touch $@
