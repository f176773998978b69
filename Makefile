# Two commands are enough: `make demo` and `make test`. Everything installs into .venv.
.PHONY: setup demo zoo test check slow bench lock
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
	$(BIN)/python -m tgs.stickers set=demo
	$(BIN)/python -m tgs.train +experiment=phase2_demo
	$(BIN)/python -m tgs.eval +sweep=demo

# All tiny models from nothing, into runs/zoo; the shipped ones stay as they are. `make -j2 zoo` trains two at once, and
# -k goes on with what does not need a stage that failed. The same command goes on where it was stopped.
# ZOO_ARGS go to every training, as in ZOO_ARGS=gate.enforce=false.
ZOO := runs/zoo
ZOO_PARTS := zoo_llm zoo_vision zoo_audio phase1_visual phase1_audio zoo_grounder zoo_segmenter_memory
ZOO_DEVICE = $(shell nvidia-smi -L >/dev/null 2>&1 && echo gpu || echo cpu)
ZOO_TRAIN = OMP_NUM_THREADS=1 $(BIN)/python -m tgs.train +experiment=$@ paths.zoo=$(ZOO) trainer=$(ZOO_DEVICE) \
	hydra.run.dir=runs/train/$@/log \
	'hydra.job_logging.formatters.short.format="[%(asctime)s] $@: %(message)s"' $(ZOO_ARGS)
.PHONY: zoo_stages zoo_captions zoo_grounder_backbone zoo_segmenter $(ZOO_PARTS)

zoo: setup
	$(MAKE) --no-print-directory zoo_stages; status=$$?; $(BIN)/python -m tgs.zoo stages; exit $$status

zoo_stages: phase1_visual phase1_audio zoo_grounder zoo_segmenter_memory

$(ZOO_PARTS): setup
	$(ZOO_TRAIN)
	$(BIN)/python -m tgs.zoo install runs/train/$@ --to $(ZOO)

zoo_grounder_backbone zoo_segmenter: setup
	$(ZOO_TRAIN)

zoo_captions: setup
	$(BIN)/python -m tgs.stickers set=captions workers=1

# Both phases of captions build the whole thinker, and so need both encoders in place.
phase1_visual phase1_audio: zoo_llm zoo_vision zoo_audio zoo_captions
zoo_grounder: zoo_grounder_backbone
zoo_segmenter_memory: zoo_segmenter

# A file's tests stay in one process, for they share what is costly to make; a thread each.
test: check
	OMP_NUM_THREADS=1 $(BIN)/python -m pytest -q --numprocesses auto --dist loadfile

check: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/pyright
	$(BIN)/lint-imports

slow: setup
	$(BIN)/python -m pytest -q -m slow

# Speed claims, each as a ratio against the plain way in the same run. BENCH="scale=small ..." takes another thinker.
bench: setup
	OMP_NUM_THREADS=1 $(BIN)/python tests/bench $(BENCH)

# After a change of dependencies in pyproject.toml.
lock:
	SAM2_BUILD_CUDA=0 $(BIN)/uv pip compile pyproject.toml --all-extras --generate-hashes --no-annotate --no-header \
		--no-emit-index-url --python-version 3.11 --output-file requirements.lock
