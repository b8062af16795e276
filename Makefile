# Everything sets itself up: `make demo` and `make test` work on a fresh clone.

VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.radiomix-ready
PEER := $(VENV)/.radiomix-peer
DOCS := $(VENV)/.radiomix-docs

# The first Python that starts and is new enough; PyRadiomics 3.0.1, the reference, builds on 3.11 only.
ifndef PYTHON
PYTHON := $(shell for python in python3.11 python3 python3.12 python3.13; do \
	if $$python -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then echo $$python; break; fi; done)
endif

.PHONY: demo test lint docs help

help:
	@echo "make demo   a synthetic cohort from images to an HTML report in demo-output/"
	@echo "make test   the tests"
	@echo "make lint   ruff and mypy"
	@echo "make docs   the documentation as a site in build/site"
	@echo "make bench  speed beside the peers that are installed (make bench-peers installs them)"
	@echo "make bench-kernels, make bench-curves  every feature alone; cost against size, grey levels and filters"

demo: $(READY)
	$(BIN)/radiomix demo --out demo-output --overwrite

test: $(READY) $(PEER)
	$(BIN)/radiomix verify > /dev/null # one process compiles the kernels before several load them
	$(BIN)/python -m pytest -n 2 --dist loadscope

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy radiomix

docs: $(READY) $(DOCS)
	$(BIN)/python docs/make_reference.py
	$(BIN)/mkdocs build --strict

$(READY): pyproject.toml
	@test -n "$(PYTHON)" || { echo "radiomix needs Python 3.11 or newer; none was found on PATH (set PYTHON=...)"; exit 1; }
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[test]'
	@touch $@

# The reference engine. Where it does not build (no compiler, newer Python), the live comparison is skipped and says so.
$(PEER): $(READY)
	@if $(BIN)/python -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))'; then \
		$(BIN)/python -c 'import radiomics' 2>/dev/null || { \
			$(BIN)/python -m pip install --quiet --disable-pip-version-check numpy setuptools wheel versioneer && \
			$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-build-isolation pyradiomics==3.0.1; } || \
		echo "PyRadiomics 3.0.1 could not be built here: the live comparison will be skipped"; \
	fi
	@touch $@

$(DOCS): $(READY)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[docs]'
	@touch $@

-include benchmarks/bench.mk
