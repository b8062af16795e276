# Speed, measured: `make bench`; `make bench-peers` first for the peers that need an environment of their own.
# Included by the Makefile, which gives BIN, READY and PEER (PyRadiomics beside radiomix, where it builds).
.PHONY: bench bench-kernels bench-curves bench-peers

PEERS := $(if $(RADIOMIX_PEERS),$(RADIOMIX_PEERS),.peers)
PEER_PYTHON ?= $(firstword $(foreach name,python3.12 python3.13,$(shell command -v $(name) 2>/dev/null)))

bench: $(READY) $(PEER)
	RADIOMIX_PEERS=$(abspath $(PEERS)) $(BIN)/python -m benchmarks.run

bench-kernels: $(READY)
	$(BIN)/python -m benchmarks.kernels

bench-curves: $(READY)
	$(BIN)/python -m benchmarks.curves --page docs/costs.md

bench-peers: $(PEER) $(PEERS)/.complete

$(PEERS)/.complete:
	@test -n "$(PEER_PYTHON)" || { echo "pictologics and MIRP need Python 3.12 or newer; none was found on PATH"; exit 1; }
	$(PEER_PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet --disable-pip-version-check "pictologics==0.9.*" "mirp==2.7.*" nibabel
	@touch $@
