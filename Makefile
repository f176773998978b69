# Two commands are enough: `make demo` and `make test`. Everything installs into .venv.
.PHONY: setup demo test check slow lock
.DEFAULT_GOAL := setup

PYTHON ?= python3
BIN := .venv/bin
UV := uv==0.13.9

setup: .venv/.done

# uv through pip: it alone needs nothing but Python. The lock holds names, versions and hashes, no addresses.
.venv/.done: requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check $(UV)
	SAM2_BUILD_CUDA=0 $(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements.lock
	$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --editable .
	touch $@

# Make the small benchmark, train phase 2 of the tiny thinker, evaluate it beside its baselines and oracles.
demo: setup
	$(BIN)/python -m tgs.stickers
	$(BIN)/python -m tgs.train +experiment=phase2_lora
	$(BIN)/python -m tgs.eval +sweep=demo

test: check
	$(BIN)/python -m pytest -q

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

slow: setup
	$(BIN)/python -m pytest -q -m slow

# After a change of dependencies in pyproject.toml.
lock:
	SAM2_BUILD_CUDA=0 $(BIN)/uv pip compile pyproject.toml --all-extras --generate-hashes --no-annotate --no-header \
		--no-emit-index-url --python-version 3.11 --output-file requirements.lock
