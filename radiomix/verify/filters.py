"""The IBSI's filters: every voxel of the reference maps, and the statistics of the filtered CT phantom."""

from __future__ import annotations

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

import numpy as np

from ..config import Config, ImageType, Interpolator, Resample, Resegment
from ..extraction import extract
from ..filters.published import filter_of_configuration, filter_of_map
from ..image import as_box
from ..io import read_image, read_labels
from ..registry import Original
from .check import Check, compared, reference_rows
from .configurations import IMAGE, MASK, found, standardised

MAPS = "reference/ibsi2_phase1_filters.csv"
CONFIGURATIONS = "reference/ibsi2_phase2_configurations.json"
FEATURES = "reference/ibsi2_phase2_reference_values.csv"


def check_maps(folder: Path) -> list[Check]:
    """The largest difference of any voxel of each reference map; the tolerance is 1 % of the map's range."""
    return [_check_map(folder, row) for row in reference_rows(found(folder, MAPS))]


def _check_map(folder: Path, row: Mapping[str, str]) -> Check:
    difference = None
    if row["reference_map"]:
        image = read_image(found(folder, row["phantom_file"]))
        published = read_image(found(folder, row["reference_map"])).array
        whole = as_box(slice(0, n) for n in image.array.shape)
        ((_, response),) = filter_of_map(row).images(image, whole)
        difference = float(np.abs(response.array - published).max())
    return Check(
        part="filter maps, largest difference",
        code=row["test_id"],
        term=f"{row['filter']}, {row['dimensionality']}, {row['phantom']}",
        aggregation="",
        standard=0.0 if row["reference_map"] else None,
        tolerance=float(row["tolerance_abs"]) if row["reference_map"] else None,
        ours=difference,
        digits=0,
    )


def check_filtered_features(folder: Path, names: Collection[str] = ()) -> list[Check]:
    """The published statistics of each filter's response inside the CT phantom's tumour; `names` chooses filters."""
    image, mask = read_image(found(folder, IMAGE)), read_labels(found(folder, MASK))
    filters = json.loads(found(folder, CONFIGURATIONS).read_text(encoding="utf-8"))["filters"]
    checks = []
    for name, entry in filters.items():
        if names and name not in names:
            continue
        values = extract(image, mask, filtered_config(entry)).to_dict()
        rows = reference_rows(found(folder, FEATURES), filter_id=name, kind="feature")
        checks += compared(
            f"filter {name}, {entry['filter'].replace('_', ' ')}", map(standardised, rows), values, digits=0
        )
    return checks


def filtered_config(entry: Mapping[str, Any]) -> Config:
    """The configuration of an entry of the IBSI's table of filtered features."""
    make = Original() if entry["filter"] == "none" else filter_of_configuration(entry)
    interpolated = Resample((1.0, 1.0, 1.0), Interpolator.BSPLINE, Interpolator.LINEAR, 0.5, True)
    return Config.ibsi(
        images=(ImageType(make),),
        features=(("firstorder", None),),
        resample=interpolated if entry["processing"] == "B" else None,
        resegment=Resegment(-1000, 400),
    )
