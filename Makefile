# For people and for CI. Every target sets up what it needs first.
SHELL := bash
.SHELLFLAGS := -euo pipefail -c
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

VENV ?= .venv
# what the environment is made with; by default the first that fits
PYTHON ?=
# onedl: the maintained forks; openmmlab: the originals
STACK ?= onedl
# what each stack was tested with
TORCH_onedl := 2.10.0
TORCHVISION_onedl := 0.25.0
TORCH_openmmlab := 2.5.1
TORCHVISION_openmmlab := 0.20.1
TORCH ?= $(TORCH_$(STACK))
TORCHVISION ?= $(TORCHVISION_$(STACK))
# another index for torch and torchvision, for example a CPU-only one
TORCH_INDEX ?=
DATA ?=
PYTEST_ARGS ?=
# as many compilers as cores: mmcv's own choice may exhaust the memory
MAX_JOBS ?= $(shell nproc 2>/dev/null || echo 2)
export DATA MAX_JOBS

ifneq ($(words $(VENV)),1)
$(error VENV must be one path without spaces, got '$(VENV)')
endif

ifeq ($(filter onedl openmmlab,$(STACK)),)
$(error STACK must be onedl or openmmlab, got '$(STACK)')
endif

PY := $(VENV)/bin/python
PIP := $(PY) -m pip install --disable-pip-version-check
PYTHONS := python3.11 python3.12 python3.13 python3.10 python3
STAMPS := $(VENV)/stamps
OTHER_STACK := $(wildcard $(STAMPS)/stack-$(filter-out $(STACK),onedl openmmlab))
ifneq ($(OTHER_STACK),)
$(error $(VENV) holds the other stack: choose another folder with VENV=folder)
endif
version := -c 'import sys; print(*sys.version_info[:2], sep=".")'
ifneq ($(and $(PYTHON),$(wildcard $(PY))),)
ifneq ($(shell $(PYTHON) $(version)),$(shell $(PY) $(version)))
$(error $(VENV) holds Python $(shell $(PY) $(version)), not $(PYTHON): choose \
  another folder with VENV=folder)
endif
endif
TORCH_STAMP := $(STAMPS)/torch-$(TORCH)-$(TORCHVISION)
REQUIREMENTS := requirements/$(STACK).txt
OPENCV := $(shell grep '^opencv-' $(REQUIREMENTS))
MMCV := $(shell grep -E '^(onedl-)?mmcv==' $(REQUIREMENTS))
MMCV_NAME := $(firstword $(subst =, ,$(MMCV)))

compiler_hint = echo 'Compiling mmcv needs a C++ compiler and the headers of' \
  'Python (Debian and Ubuntu: apt install g++ python3-dev). A prebuilt wheel' \
  'is taken from the folder that PIP_FIND_LINKS names.' >&2
compile_mmcv = $(PIP) -q --no-build-isolation --no-deps --force-reinstall \
  --no-cache-dir --no-binary $(MMCV_NAME) '$(MMCV)'
# torch refuses a compiler of another major version than its own CUDA, and does
# so after minutes.
cpu_without_nvcc = \
  wanted=$$($(PY) -c 'import torch; print(torch.version.cuda or "")'); \
  home=$$($(PY) -c 'from torch.utils.cpp_extension import CUDA_HOME as home; \
    print(home or "")' 2>/dev/null); \
  found=$$("$$home/bin/nvcc" --version 2>/dev/null \
    | sed -n 's/.*release \([0-9.]*\).*/\1/p') || true; \
  if [ "$${found%%.*}" != "$${wanted%%.*}" ]; then \
    echo "CUDA compiler (nvcc) for torch: $${wanted:-none}, here:" \
      "$${found:-none}. Operators of mmcv are compiled for the processor" \
      "only (detection on a GPU wants more: docs/detection.md)."; \
    export CUDA_VISIBLE_DEVICES=; \
  fi;
say = @printf '\n\033[1m==> %s\033[0m\n'

.PHONY: help
help:  ## show this list
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' \
	  | awk -F'\t' '{printf "  make %-10s %s\n", $$1, $$2}'
	@echo
	@echo '  VENV=folder         another place for the environment (.venv)'
	@echo '  PYTHON=python3.13   the Python that it is made with'
	@echo '  STACK=openmmlab     the original packages in place of the forks'
	@echo '  TORCH=, TORCHVISION=, TORCH_INDEX=   another build of torch'
	@echo '  PIP_FIND_LINKS=folder   prebuilt wheels, for example of mmcv'
	@echo '  PYTEST_ARGS="-k masking"   arguments of pytest'

.PHONY: env
env: $(STAMPS)/package  ## set up the environment

.PHONY: mmcv
mmcv: env  ## compile mmcv anew: where CUDA's compiler came later
	$(say) 'Compiling $(MMCV) (8 to 15 minutes on 2 cores, longer with CUDA)'
	@$(cpu_without_nvcc) $(compile_mmcv) || { $(compiler_hint); exit 1; }
	@$(PY) -c 'import mmcv.ops as ops; \
	  print("CUDA:", ops.get_compiling_cuda_version())'

# A process of two gigabytes for each core, four at most
in_parallel := -n logical --maxprocesses 4 --dist worksteal

.PHONY: test
test: env  ## run the tests
	$(say) 'Running the tests'
	@$(PY) -m pytest $(in_parallel) $(PYTEST_ARGS)

.PHONY: test-fast
test-fast: env  ## run the tests that take about a minute
	$(say) 'Running the fast tests'
	@$(PY) -m pytest -m 'not slow' $(in_parallel) $(PYTEST_ARGS)

.PHONY: docs
docs: env  ## build the documentation site in site/
	$(say) 'Building the documentation'
	@$(PIP) -q -r requirements/docs.txt
	@NO_MKDOCS_2_WARNING=1 $(PY) -m mkdocs build -d site

.PHONY: demo
demo: env  ## pre-train a small model, DATA=folder of infrared images
	@PYTHON=$(PY) tools/demo.sh "$$DATA"

.PHONY: lint
lint: env  ## check the style
	@$(PY) -m ruff check .
	@$(PY) -m ruff format --check .

.PHONY: clean
clean:  ## delete build products and caches; no results, no environment
	@rm -rf build dist *.egg-info .pytest_cache .ruff_cache .ci-venv
	@find infmae_mm tools tests configs -name __pycache__ -prune \
	  -exec rm -rf {} + 2>/dev/null || true
	@echo 'work_dirs/, demo_data/ and $(VENV)/ are left: delete them by hand.'

# Set-up. A stamp is written after its step succeeded, so that a run that was
# interrupted goes on at that step.

$(STAMPS)/venv:
	$(say) 'Creating $(VENV) (seconds)'
	@fits='import ensurepip, sys; sys.exit(not (3,10) <= sys.version_info < (3,14))'; \
	if [ ! -x $(PY) ]; then \
	  found=; \
	  for python in $(or $(PYTHON),$(PYTHONS)); do \
	    if $$python -c "$$fits" 2>/dev/null; then found=$$python; break; fi; \
	  done; \
	  if [ -z "$$found" ]; then \
	    echo '$(if $(PYTHON),$(PYTHON) is not a,There is no) Python 3.10 to' \
	      '3.13 with venv (Debian, Ubuntu: apt install python3' \
	      'python3-venv python3-dev).' >&2; \
	    exit 1; \
	  fi; \
	  $$found -m venv $(VENV); \
	fi; \
	$(PY) -c "$$fits" || { \
	  echo '$(VENV) holds another Python than 3.10 to 3.13: delete it, or' \
	    'choose another folder with VENV=folder.' >&2; \
	  exit 1; }; \
	$(PY) -m ensurepip >/dev/null; \
	$(PY) --version
	@mkdir -p $(STAMPS)
	@touch $(STAMPS)/stack-$(STACK)
	@touch $@

$(TORCH_STAMP): $(STAMPS)/venv
	$(say) 'Installing torch $(TORCH) and the build tools (2 to 10 minutes)'
	@$(PIP) -q 'setuptools>=77,<82' wheel ninja packaging psutil
	@$(PIP) $(if $(TORCH_INDEX),--index-url '$(TORCH_INDEX)') \
	  'torch==$(TORCH)' 'torchvision==$(TORCHVISION)'
	@touch $@

# Two builds of OpenCV share a folder and the last one wins: let it be the one
# that runs on machines without a display.
$(STAMPS)/opencv: $(TORCH_STAMP) $(REQUIREMENTS)
	$(say) 'Installing OpenCV (seconds)'
	@$(PIP) -q $(OPENCV)
	@$(PIP) -q --no-deps --force-reinstall \
	  $(filter opencv-python-headless==%,$(OPENCV))
	@touch $@

# pip takes a wheel that it built without torch, hence without operators, from
# its cache as readily as a good one: only the import tells.
$(STAMPS)/mmcv: $(STAMPS)/opencv
	$(say) 'Installing $(MMCV) (seconds where pip finds a prebuilt wheel)'
	@echo 'Otherwise it is compiled, in silence: 8 to 15 minutes on 2 cores,'
	@echo 'much longer with CUDA.'
	@$(cpu_without_nvcc) \
	$(PIP) -q --no-build-isolation '$(MMCV)' || { $(compiler_hint); exit 1; }; \
	if ! $(PY) -c 'import mmcv.ops' 2>/dev/null; then \
	  echo 'This wheel has no operators for this torch: compiling anew.'; \
	  $(compile_mmcv) || { $(compiler_hint); exit 1; }; \
	fi; \
	$(PY) -c 'import mmcv.ops'
	@touch $@

$(STAMPS)/package: $(STAMPS)/mmcv setup.py pyproject.toml \
    $(wildcard requirements/*.txt)
	$(say) 'Installing mmpretrain, mmseg, mmdet and infmae_mm (1 to 3 minutes)'
	@$(PIP) -q --no-build-isolation -e '.[$(STACK),tests]' 'torch==$(TORCH)'
	@$(PY) -c 'import infmae_mm, mmpretrain, mmseg, mmdet'
	@touch $@
