"""Compute the golden numbers with an installed PyRadiomics 3.0.1:  python -m tests.golden.make_pyradiomics

LBP2D needs scikit-image, LBP3D trimesh. SciPy has moved or removed two names that PyRadiomics' LBP3D imports; they are
supplied here, so that the golden numbers are those of its documented definition.
"""

from __future__ import annotations

import gzip
import importlib.metadata as metadata
import sys
import types
from pathlib import Path

import numpy as np
import scipy.ndimage
import scipy.special

from radiomix.compat import run_pyradiomics
from tests.agreement import CASES, RUNS, SETTINGS

TARGET = Path(__file__).with_name("pyradiomics.csv.gz")
PACKAGES = ("pyradiomics", "numpy", "SimpleITK", "PyWavelets", "scipy", "scikit-image", "trimesh")
UNSTABLE = ("diagnostics_Versions", "diagnostics_Configuration")


def supply_removed_names() -> None:
    """SciPy's former `scipy.ndimage.interpolation` and `scipy.special.sph_harm(m, n, azimuth, polar)`."""
    moved = types.ModuleType("scipy.ndimage.interpolation")
    moved.map_coordinates = scipy.ndimage.map_coordinates
    sys.modules["scipy.ndimage.interpolation"] = moved
    scipy.special.sph_harm = lambda m, n, azimuth, polar: scipy.special.sph_harm_y(n, m, polar, azimuth)


def as_text(value: object) -> str:
    """A number with all its digits; diagnostics as PyRadiomics writes them, whatever numpy calls its numbers."""
    if isinstance(value, np.ndarray | np.number | float):
        return repr(float(value))
    if isinstance(value, tuple):
        value = tuple(v.item() if isinstance(v, np.number) else v for v in value)
    return f'"{value}"'


def main() -> None:
    supply_removed_names()
    versions = ", ".join(f"{name} {metadata.version(name)}" for name in PACKAGES)
    lines = [f"# source: PyRadiomics' own results ({versions}); tolerance: 1e-6 relative", "case,setting,column,value"]
    for case, setting in RUNS:
        values = run_pyradiomics(*CASES[case](), SETTINGS[setting])
        print(f"{case} {setting}: {len(values)} values", flush=True)
        lines += [
            f"{case},{setting},{column},{as_text(value)}"
            for column, value in values.items()
            if not column.startswith(UNSTABLE)
        ]
    with gzip.GzipFile(TARGET, "wb", mtime=0) as file:
        file.write("\n".join(lines).encode() + b"\n")


if __name__ == "__main__":
    main()
