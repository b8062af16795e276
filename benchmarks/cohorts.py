"""Cohorts in two processes: against one, against PyRadiomics, and what the machine itself allows."""

from __future__ import annotations

import importlib.util
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pandas as pd

from radiomix.cohort import extract_cases, find_cases
from radiomix.config import Config

from .clock import Work, alternate, on_all_cores, timed
from .peers import NO_PYRADIOMICS
from .rois import SHARED, ellipsoid
from .rows import BANK, CLASSES, Peers, Row

VOXELS = (4_000, 10_000, 20_000, 40_000, 60_000, 90_000)
EACH = 40
PET_TIMES = 6
PET_PARAMETERS: dict[str, Any] = {"featureClass": CLASSES, "setting": {"binWidth": 0.25, "additionalInfo": False}}

# One process that extracts again and again: how much two of them at once slow each other down is the machine's doing.
ALONE = """
import sys, time
import radiomix
from radiomix.config import Config, ImageType
from radiomix.filters import LoG
from radiomix.io import read_image, read_labels

image, mask = read_image(sys.argv[1]), read_labels(sys.argv[2])
config = Config(images=(ImageType(LoG((1.0, 2.0, 3.0))),))
radiomix.extract(image, mask, config)
print("ready", flush=True)
sys.stdin.readline()
start = time.perf_counter()
for _ in range(40):
    radiomix.extract(image, mask, config)
print(time.perf_counter() - start)
"""

PYRADIOMICS = """
import json, logging, sys, time
from multiprocessing import get_context
import SimpleITK as sitk
from radiomics.featureextractor import RadiomicsFeatureExtractor

logging.getLogger("radiomics").setLevel(logging.CRITICAL)
sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
cases, parameters = json.load(sys.stdin)
extractor = RadiomicsFeatureExtractor(parameters)

def one(case):
    return len(extractor.execute(*case))

start = time.perf_counter()
with get_context("fork").Pool(2) as pool:
    pool.map(one, cases, chunksize=1)
print(time.perf_counter() - start)
"""


def workers(peers: Peers) -> Iterator[Row]:
    """A cohort of mixed sizes with the filter bank, reading and the start of processes included."""
    config = Config(images=BANK)
    with TemporaryDirectory() as folder, on_all_cores():
        pairs = [ellipsoid(voxels, seed=voxels).write(Path(folder)) for voxels in VOXELS]
        cases = pd.DataFrame([{"Image": str(image), "Mask": str(mask)} for image, mask in pairs * EACH])
        runs = {str(n): timed(lambda n=n: extract_cases(cases, config, workers=n, progress=False)) for n in (1, 2)}
        timings = alternate(runs, seconds=60, most=3)
    work = f"cohort of {len(cases)}, filter bank, 2 processes (peer: 1)"
    region = f"ellipsoids of {VOXELS[0]:,} to {VOXELS[-1]:,}"
    yield Row(work, region, "radiomix", timings["2"], timings["1"], 1.7)


def two_alone(peers: Peers) -> Iterator[Row]:
    """Two processes that share nothing but the machine: the floor under the row above."""
    region = ellipsoid(VOXELS[-1])
    with TemporaryDirectory() as folder, on_all_cores():
        paths = [str(path) for path in region.write(Path(folder))]
        timings = alternate({"together": lambda: at_once(paths, 2), "in turn": lambda: 2 * at_once(paths, 1)}, most=5)
    work = "two processes that share nothing, at once (peer: in turn)"
    yield Row(work, region.name, "radiomix", timings["together"], timings["in turn"], None)


def at_once(paths: list[str], count: int) -> float:
    """Seconds of the slowest of as many processes that start their work at the same moment."""
    call = [sys.executable, "-c", ALONE, *paths]
    running = [subprocess.Popen(call, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) for _ in range(count)]
    for process in running:
        assert process.stdout is not None
        process.stdout.readline()
    for process in running:
        assert process.stdin is not None
        process.stdin.write("\n")
        process.stdin.flush()
    return max(float(process.communicate()[0]) for process in running)


def pet_cohort(peers: Peers) -> Iterator[Row]:
    """Small lesions on PET, two processes each, files read; PyRadiomics is imported before its time runs."""
    folder = SHARED / "cohorts" / "sts"
    if not folder.is_dir():
        return
    cases = pd.concat([find_cases(folder, "PET_image*", "PET_mask*")] * PET_TIMES, ignore_index=True)
    contestants = {"radiomix": timed(lambda: extract_cases(cases, PET_PARAMETERS, workers=2, progress=False))}
    absent = "" if importlib.util.find_spec("radiomics") else NO_PYRADIOMICS
    if not absent:
        contestants["PyRadiomics"] = pyradiomics_cohort(cases)
    with on_all_cores():
        timings = alternate(contestants, seconds=45, most=5)
    work = f"cohort of {len(cases)}, 2 processes, files read"
    yield Row(work, "PET", "PyRadiomics", timings["radiomix"], timings.get("PyRadiomics"), None, absent)


def pyradiomics_cohort(cases: pd.DataFrame) -> Work:
    request = json.dumps([cases[["Image", "Mask"]].values.tolist(), PET_PARAMETERS])

    def work() -> float:
        call = [sys.executable, "-c", PYRADIOMICS]
        answer = subprocess.run(call, input=request, capture_output=True, text=True, check=True)
        return float(answer.stdout.split()[-1])

    return work


COHORTS = (workers, two_alone, pet_cohort)
