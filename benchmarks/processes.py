"""Whole processes: the one-shot command, a cold cache, peak memory."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from tempfile import TemporaryDirectory

from .clock import Timing, alternate, timed
from .peers import Absent
from .rows import BANK_PARAMETERS, CLASSES, Peers, Row, ellipsoids

EXTRACT = """
import radiomix, sys
print(len(radiomix.extract(sys.argv[1], sys.argv[2])))
"""

ONE_KERNEL = """
import numpy
from radiomix.kernels.fingerprint import PRIMES, fingerprint
fingerprint(numpy.zeros(8, numpy.uint64), PRIMES)
"""

MEMORY = """
import json, re, sys
import SimpleITK as sitk
from pathlib import Path

engine, image, mask, parameters = sys.argv[1], sys.argv[2], sys.argv[3], json.loads(sys.argv[4])
sitk.ProcessObject.SetGlobalDefaultNumberOfThreads(1)
image, mask = sitk.ReadImage(image), sitk.ReadImage(mask)

def status(field):
    return int(re.search(field + r":\\s+(\\d+) kB", Path("/proc/self/status").read_text()).group(1)) * 1024

def run(image, mask):
    if engine == "radiomix":
        import radiomix
        radiomix.extract(image, mask, parameters)
    else:
        import logging
        from radiomics.featureextractor import RadiomicsFeatureExtractor
        logging.getLogger("radiomics").setLevel(logging.CRITICAL)
        RadiomicsFeatureExtractor(parameters).execute(image, mask)

box = tuple(slice(n // 2 - 6, n // 2 + 6) for n in image.GetSize())
small = sitk.Image(mask[box])
small[0:2, :, :] = 0
run(image[box], small)
before = status("VmRSS")
Path("/proc/self/clear_refs").write_text("5")
run(image, mask)
print(status("VmHWM") - before)
"""


def one_shot(peers: Peers) -> Iterator[Row]:
    """The whole command on files, caches warm; and the floor under it, the libraries and one kernel without a case."""
    region = ellipsoids()[0]
    with TemporaryDirectory() as folder:
        image, mask = (str(path) for path in region.write(Path(folder)))
        contestants = {
            "radiomix": timed(lambda: quiet([command("radiomix"), "extract", image, mask])),
            "floor": timed(lambda: quiet([sys.executable, "-c", ONE_KERNEL])),
        }
        absent = ""
        try:
            theirs = command("pyradiomics")
            contestants["PyRadiomics"] = timed(lambda: quiet([theirs, image, mask]))
        except Absent as reason:
            absent = str(reason)
        timings = alternate(contestants, seconds=15, most=9)
    for work, name, target in (
        ("one-shot command", "radiomix", 1.0),
        ("its floor: NumPy, Numba and one cached kernel", "floor", None),
    ):
        yield Row(work, region.name, "PyRadiomics", timings[name], timings.get("PyRadiomics"), target, absent)


def cold_cache(peers: Peers) -> Iterator[Row]:
    """The first extraction ever on this machine: everything compiles. The target is 15 s, and no peer."""
    region = ellipsoids()[0]
    timing = Timing()
    with TemporaryDirectory() as folder:
        paths = [str(path) for path in region.write(Path(folder))]
        for attempt in range(2):
            environment = {**os.environ, "NUMBA_CACHE_DIR": str(Path(folder) / f"cache{attempt}")}
            start = time.perf_counter()
            quiet([sys.executable, "-c", EXTRACT, *paths], environment)
            timing.seconds.append(time.perf_counter() - start)
    limit = Timing([15.0])
    yield Row("cold cache, default features", region.name, "the limit of 15 s", timing, limit, 1.0)


def peak_memory(peers: Peers) -> Iterator[Row]:
    """Peak memory above the loaded images, filter bank."""
    region = ellipsoids()[3]
    parameters = {**BANK_PARAMETERS, "featureClass": CLASSES, "setting": {"additionalInfo": False}}
    with TemporaryDirectory() as folder:
        paths = [str(path) for path in region.write(Path(folder))]
        peaks = {}
        for engine in ("radiomix", "PyRadiomics"):
            answer = subprocess.run(
                [sys.executable, "-c", MEMORY, engine, *paths, json.dumps(parameters)],
                capture_output=True,
                text=True,
                check=False,
            )
            peaks[engine] = Timing([float(answer.stdout.split()[-1]) / 2**20]) if answer.returncode == 0 else None
    reason = "" if all(peaks.values()) else "needs PyRadiomics and Linux' /proc"
    yield Row(
        "peak memory, filter bank",
        region.name,
        "PyRadiomics",
        peaks["radiomix"],
        peaks["PyRadiomics"],
        2.0,
        reason,
        "MiB",
    )


def command(name: str) -> str:
    """The command of that name beside this Python, or on the path."""
    beside = Path(sys.executable).with_name(name)
    found = str(beside) if beside.exists() else shutil.which(name)
    if found is None:
        raise Absent(f"no command {name} is installed")
    return found


def quiet(arguments: list[str], environment: dict[str, str] | None = None) -> None:
    environment = dict(environment or os.environ)
    environment.pop("PYTHONDONTWRITEBYTECODE", None)  # byte code is kept, as that of an installed package
    subprocess.run(arguments, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, check=True)


PROCESSES = (one_shot, cold_cache, peak_memory)
