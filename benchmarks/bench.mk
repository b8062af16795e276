# Speed, measured: `make bench`; `make bench-peers` first for the peers that need an environment of their own.
# Included by the Makefile, which gives BIN, READY and PEER (PyRadiomics beside radiomix, where it builds).
.PHONY: bench bench-kernels bench-curves bench-peers bench-chance bench-tables

PEERS := $(if $(RADIOMIX_PEERS),$(RADIOMIX_PEERS),.peers)

# pictologics needs Python 3.12 or newer: the first that starts, on the path or among pyenv's.
ifndef PEER_PYTHON
PEER_PYTHON = $(shell for python in python3.12 python3.13 python3 \
	$(wildcard $(or $(PYENV_ROOT),$(HOME)/.pyenv)/versions/3.1[23].*/bin/python); do \
	if $$python -c 'import sys, venv; sys.exit(sys.version_info < (3, 12))' 2>/dev/null; then echo $$python; break; fi; done)
endif

bench: $(READY) $(PEER)
	RADIOMIX_PEERS=$(abspath $(PEERS)) $(BIN)/python -m benchmarks.run

bench-kernels: $(READY)
	$(BIN)/python -m benchmarks.kernels

bench-curves: $(READY)
	$(BIN)/python -m benchmarks.curves --page docs/costs.md

# What evaluations find in noise (half an hour), and in the shared tables (hours); both go on where they were stopped.
bench-chance: $(READY)
	$(BIN)/python -m benchmarks.chance

bench-tables: $(READY)
	$(BIN)/python -m benchmarks.tables

bench-peers: $(PEER) $(PEERS)/.complete

# A peer that cannot be installed leaves its reason, which stands in its rows of the table.
$(PEERS)/.complete:
	@python="$(PEER_PYTHON)"; test -n "$$python" || \
		{ echo "pictologics and MIRP need Python 3.12 or newer; none was found (set PEER_PYTHON=...)"; exit 1; }; \
	$$python -m venv $(PEERS)
	@for peer in pictologics==0.9.0 mirp==2.7.0; do \
		name=$${peer%%==*}; reason=$(PEERS)/$$name.reason; \
		echo "$$peer: installing, then the first import, which compiles pictologics' kernels: minutes"; \
		if $(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check $$peer nibabel 2> $$reason && \
			$(PEERS)/bin/python -c "import $$name" 2>> $$reason; \
		then rm $$reason; else echo "$$peer could not be installed: $$(tail -n 1 $$reason)"; fi; \
	done
	@touch $@
