# The words of this house. `make` alone does what a reviewer does first.

PYTHON ?= python3.11
BIN := .venv/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check
KERNELS := core/src/neckar/brainscales2/twin/kernels
SOURCES := core/pyproject.toml core/CMakeLists.txt $(wildcard $(KERNELS)/*.cpp $(KERNELS)/*.hpp)

# One chip is one thread; libraries that start more only disturb each other.
export OMP_NUM_THREADS = 1
export OPENBLAS_NUM_THREADS = 1
export MKL_NUM_THREADS = 1
export MPLBACKEND = Agg

all: check test

help:  ## what the words mean
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):[^#]*## */\1\t/' | expand -t 12

setup: .venv/compat.done .venv/jobs.done  ## .venv with everything installed and the compiled core built

demo: setup  ## run an unmodified PyNN script as a job of a service: submit, follow, fetch its figure
	@examples/demo_as_a_job $(BIN)

test: setup  ## every test: core, compat, jobs, examples, snippets in docs and README
	$(BIN)/python -m pytest -n auto --dist loadfile

slurm-test: setup  ## the tests that need Slurm, on one that is started for them; part of test
	@PYTHON=$(PYTHON) .ci/prepare
	$(BIN)/python -m pytest -n 0 -rs jobs/tests/slurm

check: setup  ## format, lint, types, floors, and that generated pages are fresh
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python docs/generate.py --check

docs: setup  ## draw the gallery and write the generated reference pages
	$(BIN)/python docs/generate.py
	$(BIN)/python examples/gallery/draw.py docs/figures
	$(BIN)/neckar show examples/gallery/recurrent_network.py -o docs/figures/placement.png
	$(BIN)/python docs/photograph.py docs/figures

bench: setup bench/.venv/done  ## what scripts cost; the twin beside its peers, in an environment of its own
	$(BIN)/python bench/front_end.py
	$(BIN)/python bench/unused.py
	$(BIN)/python bench/programs.py
	$(BIN)/python bench/job_service.py
	bench/.venv/bin/python bench/network_512.py
	$(BIN)/python docs/generate.py

clean:  ## remove what the other words have made
	rm -rf .venv bench/.venv build core/build out .pytest_cache .mypy_cache .ruff_cache .import_linter_cache .hypothesis
	find core compat jobs examples docs bench -name __pycache__ -prune -exec rm -rf {} +
	find core -name '*.so' -delete

.venv/tools.done: requirements.txt
	@PYTHON=$(PYTHON) .ci/prepare
	@echo "installing tools into .venv, which takes a minute"
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(INSTALL) -r requirements.txt
	@touch $@

.venv/core.done: .venv/tools.done $(SOURCES)
	@echo "compiling the inner loop"
	@$(INSTALL) --no-build-isolation --no-deps -e core
	@touch $@

.venv/compat.done: .venv/core.done compat/pyproject.toml
	@$(INSTALL) --no-build-isolation --no-deps -e compat
	@touch $@

.venv/jobs.done: .venv/tools.done jobs/pyproject.toml
	@$(INSTALL) --no-build-isolation --no-deps -e jobs
	@touch $@

bench/.venv/done: bench/requirements.txt .venv/core.done
	test -x bench/.venv/bin/python || $(PYTHON) -m venv bench/.venv
	bench/.venv/bin/python -m pip install --quiet --disable-pip-version-check -r bench/requirements.txt -e ./core
	touch $@

.PHONY: all help setup demo test slurm-test check docs bench clean
