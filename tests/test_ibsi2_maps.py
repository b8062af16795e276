"""The IBSI's filters against its reference maps, every voxel within one per cent of the map's range, and its values."""

from __future__ import annotations

import csv
import json

import nibabel
import numpy as np
import pytest

from radiomix.config import Config, FixedBinNumber, ImageType, Resegment
from radiomix.extraction import extract
from radiomix.filters.published import filter_of_configuration, filter_of_map
from radiomix.image import Geometry, Image
from radiomix.registry import Original, family
from tests.data import ROOT, shared

TABLE = "ibsi/reference/ibsi2_phase1_filters.csv"


def rows() -> dict[str, dict[str, str]]:
    if not (ROOT / TABLE).exists():
        return {"absent": {}}
    with open(ROOT / TABLE, newline="") as file:
        return {row["test_id"]: row for row in csv.DictReader(file) if row["reference_map"]}


ROWS = rows()


def read(relative: str) -> np.ndarray:
    """A volume of the IBSI's folder, (z, y, x)."""
    return np.asarray(nibabel.load(shared(f"ibsi/{relative}")).dataobj).transpose(2, 1, 0)


def test_all_maps_are_there():
    shared(TABLE)
    assert len(ROWS) == 33


@pytest.mark.agreement
@pytest.mark.parametrize("test_id", ROWS)
def test_every_voxel_of_the_map_is_met(test_id):
    shared(TABLE)
    row = ROWS[test_id]
    image = Image(read(row["phantom_file"]), Geometry(spacing=(2.0, 2.0, 2.0)))
    whole = tuple(slice(0, n) for n in image.array.shape)
    ((name, derived),) = filter_of_map(row).images(image, whole)
    assert derived.array.dtype == np.float64
    assert np.abs(derived.array - read(row["reference_map"])).max() <= float(row["tolerance_abs"]), name


SLICES = ["1.A", "2.A", "3.A", "4.A", "5.A", "6.A", "7.A", "8.A", "9.A"]


@pytest.mark.agreement
@pytest.mark.parametrize("filter_id", SLICES)
def test_features_of_the_filtered_ct_phantom_are_met(filter_id):
    """Phase 2, processing A: the CT phantom as it is, filtered slice by slice, 18 statistics in [-1000, 400] HU."""
    with open(shared("ibsi/reference/ibsi2_phase2_configurations.json")) as file:
        entry = json.load(file)["filters"][filter_id]
    with open(shared("ibsi/reference/ibsi2_phase2_reference_values.csv"), newline="") as file:
        expected = [r for r in csv.DictReader(file) if (r["filter_id"], r["kind"]) == (filter_id, "feature")]
    made = Original() if entry["filter"] == "none" else filter_of_configuration(entry)
    config = Config.ibsi(
        images=(ImageType(made),),
        resegment=Resegment(-1000, 400),
        features=(("firstorder", None),),
        bins=FixedBinNumber(),
    )
    phantom = shared("ibsi/phantoms/ct")
    found = extract(str(phantom / "image/phantom.nii.gz"), str(phantom / "mask/mask.nii.gz"), config)
    name = {feature.code: feature.name for feature in family("firstorder").features if feature.code}
    values = {column.split("_")[-1]: value for column, value in found.items()}
    assert len(expected) == 18
    for row in expected:
        value = values[name[row["feature_id"]]]
        assert value == pytest.approx(float(row["value"]), abs=float(row["tolerance"])), row["feature_name"]


@pytest.mark.parametrize("phase", [2, 3])
def test_every_published_configuration_is_a_filter(phase):
    with open(shared(f"ibsi/reference/ibsi2_phase{phase}_configurations.json")) as file:
        entries = json.load(file)["filters"]
    made = {key: filter_of_configuration(entry) for key, entry in entries.items() if entry["filter"] != "none"}
    assert len(made) == len(entries) - sum(entry["filter"] == "none" for entry in entries.values())
    for key, entry in entries.items():
        if "theta_rad" in entry:
            assert made[key].theta == pytest.approx(-5 * np.pi / 8)
        if "delta_theta_rad" in entry:
            assert made[key].theta_step == pytest.approx(np.pi / 8)
