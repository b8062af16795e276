"""The IBSI's digital phantom, and the standard's values, codes and terms."""

from __future__ import annotations

import csv
from functools import cache

import numpy as np
import SimpleITK as sitk

from radiomix.config import Config
from radiomix.features.source import Source
from radiomix.image import Levels, Roi
from tests.data import shared

Row = dict[str, str]


def digital_phantom(config: Config | None = None) -> Source:
    """The phantom as families see it: its intensities are its grey levels."""
    image = sitk.ReadImage(str(shared("ibsi/phantoms/digital_1/image/phantom.nii.gz")))
    mask = sitk.ReadImage(str(shared("ibsi/phantoms/digital_1/mask/mask.nii.gz")))
    array, inside = sitk.GetArrayFromImage(image), sitk.GetArrayFromImage(mask) > 0
    levels = Levels.of(np.where(inside, array, 0).astype(np.uint8), 6)
    roi = Roi(array, inside, inside, image.GetSpacing()[::-1], around=array)
    return Source(roi, levels, Config.ibsi() if config is None else config, levels)


@cache
def reference_rows() -> tuple[Row, ...]:
    """Every row of the IBSI's first reference table."""
    return _rows("ibsi/reference/ibsi1_reference_values.csv")


@cache
def identifiers() -> frozenset[tuple[str, str, str]]:
    """(family code, feature code, term) of every feature that the IBSI names."""
    rows = _rows("ibsi/reference/ibsi_identifiers.csv")
    return frozenset((row["family_id"], row["feature_id"], row["feature_name"]) for row in rows)


def phantom_rows(family: str) -> dict[tuple[str, str], Row]:
    """The phantom's rows of a family that has no aggregations, by code and term."""
    return {
        (row["feature_id"], row["feature_name"]): row
        for row in reference_rows()
        if row["dataset"] == "digital_phantom" and row["family_id"] == family
    }


def verdict(value: float, row: Row) -> str:
    """What is wrong with a value, judged as the IBSI does and to 1e-9 where an exact value is known; empty if right."""
    if row["value"] and abs(float(f"{value:.3g}") - float(row["value"])) > float(row["tolerance"]) + 1e-12:
        return f"{row['tag']}: {value} is not {row['value']} within {row['tolerance']}"
    exact = row["exact_value"]
    if exact and abs(value - float(exact)) > 1e-9 * max(1e-3, abs(float(exact))):
        return f"{row['tag']}: {value} is not exactly {exact}"
    return ""


def _rows(path: str) -> tuple[Row, ...]:
    with shared(path).open(newline="") as file:
        return tuple(csv.DictReader(file))
