# `make` alone lists what there is. Everything is installed into .venv on first use;
# inside an activated conda environment (environment.yml) that one is used instead.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
JOBS ?=

ifneq ($(and $(CONDA_PREFIX),$(findstring fieldnotes,$(CONDA_PREFIX))),)
  BIN := $(CONDA_PREFIX)/bin
else
  BIN := .venv/bin
endif
READY := $(BIN)/.fieldnotes-ready

.DEFAULT_GOAL := help
.PHONY: help site lab test test-slow check benchmarks clean

help:  ## this list
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z-]+):.*## */\1|/' \
	  | awk -F'|' '{printf "make %-12s %s\n", $$1, $$2}'

site: $(READY)  ## run the tour (params/tour.yml) and build the results site in _site/
	@$(BIN)/fieldnotes run params/tour.yml $(if $(JOBS),--jobs $(JOBS)); code=$$?; \
	  test $$code -ge 2 || $(BIN)/fieldnotes site params/tour.yml || code=$$?; exit $$code

lab: $(READY)  ## JupyterLab on the project
	$(BIN)/fieldnotes lab

test: $(READY)  ## the tests, the linter and the type checker
	$(BIN)/python -m pytest tests/test_notebooks.py  # its runs keep both cores busy
	$(BIN)/python -m pytest -n 2 --dist loadfile --no-loadscope-reorder --ignore tests/test_notebooks.py
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright

test-slow: $(READY)  ## the tests marked slow: full-size numbers, tens of minutes
	$(BIN)/python -m pytest -m slow

check: $(READY)  ## linter and type checker only
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/basedpyright

# Two scripts compare with PyTorch, which lives in an environment of its own
# (benchmarks/torch.txt): make benchmarks TORCH_PYTHON=/path/to/its/python
WITH_TORCH := benchmarks/orbit_torchdiffeq.py benchmarks/latent_training.py
ALONE := $(filter-out $(WITH_TORCH) %_torch.py,$(wildcard benchmarks/*.py))

benchmarks: $(READY)  ## every script in benchmarks/, one after the other
	@for script in $(ALONE); do echo "== $$script"; $(BIN)/python $$script; done
ifdef TORCH_PYTHON
	@for script in $(WITH_TORCH); do echo "== $$script"; \
	  $(BIN)/python $$script --torch-python $(TORCH_PYTHON); done
else
	@echo "TORCH_PYTHON is not set: left out $(WITH_TORCH)"
endif

clean:  ## remove the environment and the site; the catalogue stays
	rm -rf .venv _site results

$(READY): pyproject.toml constraints.txt
ifeq ($(BIN),.venv/bin)
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed and was not found. Set PYTHON=/path/to/python3.11." >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
	  echo "Python 3.11 or newer is needed; $(PYTHON) is older. Set PYTHON=/path/to/python3.11." >&2; exit 2; }
	@test -x .venv/bin/python || $(PYTHON) -m venv .venv || { \
	  echo "This Python cannot make environments. On Debian or Ubuntu: apt install python3-venv." >&2; exit 2; }
endif
	$(BIN)/python -m pip install --quiet --disable-pip-version-check \
	  --constraint constraints.txt --editable '.[studies,test]'
	@touch $@
