"""radiomix against PyRadiomics 3.0.1: golden numbers everywhere, live where PyRadiomics is installed.

The default suite runs PyRadiomics live on a few runs; RADIOMIX_AGREEMENT=all runs it on every one.
"""

from __future__ import annotations

import csv
import gzip
import importlib.util
import math
import os
from collections.abc import Mapping
from functools import cache
from pathlib import Path

import pytest

from radiomix.compat import run_pyradiomics
from radiomix.extraction import extract
from tests.agreement import CASES, RUNS, SETTINGS

GOLDEN = Path(__file__).parent / "golden" / "pyradiomics.csv.gz"
RELATIVE_TOLERANCE = 1e-6
# Differences and correlations of nearly equal numbers end in rounding noise, which has no relative accuracy.
NOISE = 1e-10

A_FEW = [
    ("synthetic_one_label", "default"),
    ("synthetic_one_label", "wavelet"),
    ("synthetic_one_label", "log"),
    ("synthetic_one_label", "resampledPixelSpacing"),
    ("synthetic_one_label", "force2D"),
    ("synthetic_2d", "shape2D_plain"),
    ("prostate", "default"),
    ("prostate", "Params"),
]
LIVE = RUNS if os.environ.get("RADIOMIX_AGREEMENT") == "all" else A_FEW

pytestmark = pytest.mark.agreement


@cache
def golden() -> dict[tuple[str, str], dict[str, str]]:
    """The text of every value, by (case, setting) and column."""
    runs: dict[tuple[str, str], dict[str, str]] = {}
    with gzip.open(GOLDEN, "rt", newline="") as file:
        for row in csv.DictReader(line for line in file if not line.startswith("#")):
            runs.setdefault((row["case"], row["setting"]), {})[row["column"]] = row["value"]
    return runs


def differences(ours: Mapping[str, object], theirs: Mapping[str, object]) -> list[str]:
    """What disagrees, one line per column."""
    lines = []
    for column, expected in theirs.items():
        found = ours[column]
        if column.startswith("diagnostics_"):
            if str(found) != str(expected):
                lines.append(f"{column}: {found!r}, PyRadiomics {expected!r}")
            continue
        number = float(expected)
        if math.isnan(number) and math.isnan(found):
            continue
        if not math.isclose(found, number, rel_tol=RELATIVE_TOLERANCE, abs_tol=NOISE):
            relative = abs(found - number) / abs(number) if number else math.inf
            lines.append(f"{column}: {found!r}, PyRadiomics {number!r}, relative difference {relative:.2g}")
    return lines


def ours(case: str, setting: str, columns: Mapping[str, object]) -> Mapping[str, object]:
    values = dict(extract(*CASES[case](), SETTINGS[setting]))
    features = [column for column in columns if not column.startswith("diagnostics_")]
    found = [column for column in values if not column.startswith("diagnostics_")]
    if setting == "deprecated":  # PyRadiomics leaves out most of them even when asked
        found = [column for column in found if column in features]
    assert found == features
    return values


@pytest.mark.filterwarnings("ignore:the shape family needs a volume")  # as PyRadiomics, which says it in its log
@pytest.mark.parametrize(("case", "setting"), RUNS, ids=[f"{case}-{setting}" for case, setting in RUNS])
def test_golden_numbers_of_pyradiomics(case: str, setting: str) -> None:
    theirs = golden()[case, setting]
    assert not differences(ours(case, setting, theirs), theirs)


@pytest.mark.skipif(
    importlib.util.find_spec("radiomics") is None,
    reason="PyRadiomics is not installed (it builds on Python <= 3.11 only)",
)
@pytest.mark.parametrize(
    ("case", "setting"), RUNS if os.environ.get("RADIOMIX_AGREEMENT") == "all" else LIVE, ids="-".join
)
def test_installed_pyradiomics(case: str, setting: str) -> None:
    if setting.startswith("lbp"):
        pytest.skip("PyRadiomics' LBP needs scikit-image and trimesh, and LBP3D names that SciPy has removed")
    theirs = run_pyradiomics(*CASES[case](), SETTINGS[setting])
    theirs = {
        name: v for name, v in theirs.items() if not name.startswith(("diagnostics_Versions", "diagnostics_Conf"))
    }
    assert not differences(ours(case, setting, theirs), theirs)


def test_every_run_has_golden_numbers() -> None:
    assert set(golden()) == set(RUNS)
