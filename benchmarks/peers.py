"""The other libraries: PyRadiomics in this process, pictologics and MIRP each in a process of their own environment."""

from __future__ import annotations

import importlib.metadata as metadata
import importlib.util
import json
import os
import subprocess
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from .clock import Work, timed
from .rois import Region

ENVIRONMENT = Path(os.environ.get("RADIOMIX_PEERS", Path(__file__).resolve().parents[1] / ".peers"))
WORKER = Path(__file__).with_name("peer_worker.py")
INSTALL = "make bench-peers"
NO_PYRADIOMICS = "PyRadiomics is not installed (its source builds on Python <= 3.11)"
PACKAGES = {"pictologics": "pictologics", "MIRP": "mirp"}


class Absent(Exception):
    """A peer cannot be run here; the message says why."""


def pyradiomics(region: Region, parameters: dict[str, Any] | None = None) -> Work:
    """PyRadiomics' extractor without diagnostics, on images in memory."""
    return timed(pyradiomics_call(region, parameters))


def pyradiomics_call(
    region: Region, parameters: dict[str, Any] | None = None, *, voxel_based: bool = False
) -> Callable[[], object]:
    if importlib.util.find_spec("radiomics") is None:
        raise Absent(NO_PYRADIOMICS)
    import logging

    from radiomics.featureextractor import RadiomicsFeatureExtractor

    logging.getLogger("radiomics").setLevel(logging.CRITICAL)
    if parameters is None:
        extractor = RadiomicsFeatureExtractor(additionalInfo=False)
    else:
        setting = {**parameters.get("setting", {}), "additionalInfo": False}
        extractor = RadiomicsFeatureExtractor({**parameters, "setting": setting})
    return lambda: extractor.execute(region.image, region.mask, voxelBased=voxel_based)


class Peer:
    """A library in its own process; `load` gives it a region, and what it returns runs it and gives its own seconds."""

    def __init__(self, name: str) -> None:
        python = peer_python(name)
        self.name = name
        self.folder = TemporaryDirectory()
        self.process = subprocess.Popen(
            [str(python), str(WORKER)],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )

    def load(self, region: Region, features: str = "default") -> Work:
        image, mask = region.write(Path(self.folder.name))
        self._ask(do="load", peer=self.name, image=str(image), mask=str(mask), features=features)
        return lambda: self._ask(do="run")["seconds"]

    def close(self) -> None:
        if self.process.stdin and self.process.stdout:
            self.process.stdin.close()
            self.process.wait(timeout=60)
            self.process.stdout.close()
        self.folder.cleanup()

    def _ask(self, **request: str) -> dict[str, float]:
        if self.process.stdin is None or self.process.stdout is None:
            raise Absent(f"{self.name} has no pipes")
        self.process.stdin.write(json.dumps(request) + "\n")
        self.process.stdin.flush()
        answer = self.process.stdout.readline()
        if not answer:
            raise Absent(f"{self.name} stopped while it was asked to {request['do']}")
        return json.loads(answer)


def peer_python(name: str) -> Path:
    """The Python of the peers' environment, where it holds the peer of that name."""
    python = ENVIRONMENT / "bin" / "python"
    if not python.exists():
        raise Absent(f"no environment for {' and '.join(PACKAGES)} ({INSTALL} builds it where Python 3.12 exists)")
    reason = ENVIRONMENT / f"{PACKAGES[name]}.reason"
    if reason.exists():
        said = reason.read_text(encoding="utf-8").strip().splitlines()[-1:]
        raise Absent(" ".join((f"{name} could not be installed:", *said)))
    if peer_version(python, name) is None:
        raise Absent(f"{name} is not in {ENVIRONMENT} ({INSTALL} installs it)")
    return python


@cache
def peer_version(python: Path, name: str) -> str | None:
    code = f"import importlib.metadata as m; print(m.version({PACKAGES[name]!r}))"
    answer = subprocess.run([str(python), "-c", code], capture_output=True, text=True, check=False)
    return answer.stdout.strip() if answer.returncode == 0 else None


@cache
def versions() -> dict[str, str]:
    """The versions of the contestants that are present."""
    found = {}
    for name in ("radiomix", "pyradiomics", "numpy", "numba", "SimpleITK"):
        try:
            found[name] = metadata.version(name)
        except metadata.PackageNotFoundError:
            continue
    for name in PACKAGES:
        try:
            found[name] = str(peer_version(peer_python(name), name))
        except Absent:
            continue
    return found
