# Speed, measured: `make bench` here, `make bench-peers` first for the peers that need an environment of their own.
.PHONY: bench bench-peers bench-kernels

PEERS ?= $(if $(RADIOMIX_PEERS),$(RADIOMIX_PEERS),.peers)
BENCH_PYTHON ?= .venv/bin/python
PEER_PYTHON ?= $(firstword $(foreach name,python3.12 python3.13,$(shell command -v $(name) 2>/dev/null)))

bench:
	RADIOMIX_PEERS=$(abspath $(PEERS)) $(BENCH_PYTHON) -m benchmarks.run

bench-kernels:
	$(BENCH_PYTHON) -m benchmarks.kernels

bench-peers: $(PEERS)/.complete

$(PEERS)/.complete:
	@test -n "$(PEER_PYTHON)" || { echo "pictologics and MIRP need Python 3.12 or later, and none is on the path"; exit 1; }
	$(PEER_PYTHON) -m venv $(PEERS)
	$(PEERS)/bin/python -m pip install --quiet "pictologics==0.9.*" "mirp==2.7.*" nibabel
	touch $@
