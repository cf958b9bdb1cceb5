# Two commands need nothing but python3 with venv, make and a package registry: `make demo` and `make test`.
# Each builds .venv itself, and only again when pyproject.toml or constraints.txt change.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
# Nothing is compiled to bytecode before somebody imports it: most of what is installed never is. What is imported is kept,
# or every process would compile it again: an empty variable forbids nothing.
export PYTHONDONTWRITEBYTECODE :=
INSTALL := $(PIP) install --no-compile --constraint constraints.txt --build-constraint constraints.txt --editable .

# Numba keys a cached kernel by its own file only, so an edited callee would leave its callers stale. Each state of
# the kernels gets a cache of its own.
KERNELS := $(shell cat synthmix/kernels/*.py | cksum | tr ' ' '-')
export NUMBA_CACHE_DIR := $(CURDIR)/$(VENV)/numba-cache/$(KERNELS)

.DEFAULT_GOAL := help
.PHONY: help demo warm test test-lowest test-wheel wheel docs bench lint types format clean

help:
	@echo "make demo    synthesize two real tables into ./demo-output with certificates and a figure, and audit a third"
	@echo "make warm    compile all kernels into the cache that the other targets use"
	@echo "make test    run the tests; ARGS='-k name' passes arguments on"
	@echo "make test-lowest  the same without extras, on the lowest versions that are supported"
	@echo "make test-wheel   the same without extras, on the built wheel"
	@echo "make wheel   build wheel and sdist into dist, and look whether they are complete"
	@echo "make docs    run the tutorials and build the documentation into docs/_build/html; warnings are errors"
	@echo "make bench   measure speed, also of other programs (long); ARGS='--no-peers --only limits' passes arguments on"
	@echo "make lint    ruff: lint and format, changes nothing"
	@echo "make types   mypy, strict, and on the examples of pages and docstrings"
	@echo "make format  let ruff fix and format"
	@echo "make clean   remove everything that the other targets made"

# pip came with --group in 25.1 and a new venv may hold an older one, so pip itself comes first.
$(VENV)/.base: pyproject.toml constraints.txt
	@echo "making $(VENV) (only when pyproject.toml or constraints.txt changed)"
	@$(PYTHON) -m venv --clear $(VENV)
	@$(PIP) install --constraint constraints.txt --upgrade pip
	@$(INSTALL)
	@touch $@

$(VENV)/.dev: $(VENV)/.base
	@$(INSTALL) --group dev
	@touch $@

$(VENV)/.docs: $(VENV)/.base
	@$(INSTALL) --group docs
	@touch $@

demo: $(VENV)/.base
	@$(BIN)/synthmix demo --out demo-output

warm: $(VENV)/.base
	@$(BIN)/synthmix warmup

# One thread in each process. Threads of OpenMP wait for each other by spinning, which on cores that have other work to do
# takes ten times as long.
test docs: export OMP_NUM_THREADS := 1

# Two processes. A file is run by one of them: both would compile its kernels, and make its fixtures. Files of small tests are the last.
SHARE := -n 2 --dist loadfile --no-loadscope-reorder
test: $(VENV)/.dev
	@$(BIN)/python -m pytest -q $(SHARE) $(ARGS)

# What runs them, and nothing of the extras: the tests that need these say that they skip.
RUNNER := pytest pytest-xdist hypothesis
LOWEST := .venv-lowest
WHEEL := .venv-wheel

$(LOWEST)/.base: pyproject.toml constraints-lowest.txt
	@$(PYTHON) -m venv --clear $(LOWEST)
	@$(LOWEST)/bin/python -m pip --quiet install --upgrade pip
	@$(LOWEST)/bin/python -m pip --quiet install --constraint constraints-lowest.txt --editable . $(RUNNER)
	@touch $@

test-lowest: export OMP_NUM_THREADS := 1
test-lowest: export NUMBA_CACHE_DIR := $(CURDIR)/$(LOWEST)/numba-cache/$(KERNELS)
test-lowest: $(LOWEST)/.base
	@$(LOWEST)/bin/python -m pytest -q -W default $(SHARE) $(ARGS)

wheel: $(VENV)/.base
	@$(INSTALL) --group release
	@rm -rf dist $(WHEEL) # whose link would lead the builder to benchmarks a first time, and it goes nowhere twice
	@$(BIN)/python -m build --no-isolation --outdir dist .
	@$(BIN)/python tests/hardening/archives.py dist

# Benchmarks are reached by a link and the library is not, so that what is tested is the wheel and not this folder.
test-wheel: export OMP_NUM_THREADS := 1
test-wheel: export NUMBA_CACHE_DIR := $(CURDIR)/$(WHEEL)/numba-cache/$(KERNELS)
test-wheel: wheel
	@$(PYTHON) -m venv --clear $(WHEEL)
	@$(WHEEL)/bin/python -m pip --quiet install --constraint constraints.txt --upgrade pip
	@$(WHEEL)/bin/python -m pip --quiet install --constraint constraints.txt dist/*.whl $(RUNNER)
	@mkdir -p $(WHEEL)/beside && ln -sfn $(CURDIR)/benchmarks $(WHEEL)/beside/benchmarks
	@PYTHONSAFEPATH=1 PYTHONPATH=$(WHEEL)/beside $(WHEEL)/bin/pytest -q $(SHARE) $(ARGS)

# Always from nothing: a tutorial depends on the whole library, which Sphinx cannot know.
docs: $(VENV)/.docs
	@rm -rf docs/_build
	@$(BIN)/python -m sphinx --jobs 2 --quiet --fail-on-warning --keep-going docs docs/_build/html
	@$(BIN)/python docs/check.py docs/_build/html

bench: $(VENV)/.dev
	@$(BIN)/python -m benchmarks.speed $(ARGS)

lint: $(VENV)/.dev
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

types: $(VENV)/.dev
	@$(BIN)/mypy
	@rm -rf $(VENV)/examples
	@$(BIN)/python docs/examples.py $(VENV)/examples > $(VENV)/examples.txt
	@$(BIN)/mypy --config-file docs/examples.ini @$(VENV)/examples.txt

format: $(VENV)/.dev
	@$(BIN)/ruff check --fix .
	@$(BIN)/ruff format .

clean:
	rm -rf $(VENV) $(LOWEST) $(WHEEL) benchmarks/.envs demo-output docs/_build build dist .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
