"""The IBSI's configurations, whole: the presets say what it published, nothing of its tables is left out, every filter
can be asked for in a parameter file, and columns of several aggregations have terms and codes.
"""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

import radiomix as rx
from radiomix.cli import main
from radiomix.config import Aggregation, Config, Interpolator
from radiomix.presets import PRESETS
from radiomix.registry import Dialect, families, filters
from radiomix.table import is_feature
from radiomix.verify import check_phantom, digital_phantom
from radiomix.verify.check import compared
from radiomix.verify.configurations import standardised
from tests.data import shared
from tests.ibsi import identifiers, reference_rows

METHODS = {"bilinear": Interpolator.LINEAR, "trilinear": Interpolator.LINEAR, "tricubic spline": Interpolator.BSPLINE}


@cache
def published() -> dict[str, dict[str, Any]]:
    """The IBSI's processing by the name of the preset that says the same."""
    content = json.loads(shared("ibsi/reference/ibsi1_configurations.json").read_text(encoding="utf-8"))
    found = {f"ibsi-{name[-1]}": entry for name, entry in content["configurations"].items()}
    sarcoma = content["validation_sts"]
    found |= {f"ibsi-sarcoma-{name.split('_')[0]}": sarcoma[name] for name in ("CT", "MR_T1", "PET")}
    return found | {"ibsi-phantom": content["digital_phantom"]}


def grid(config: Config) -> dict[str, Any]:
    """The preset's interpolation in the words of the IBSI's file."""
    if config.resample is None:
        return {"apply": False}
    rule = config.resample
    assert rule.mask_interpolator is Interpolator.LINEAR
    return {
        "apply": True,
        "spacing_mm": [step or None for step in rule.spacing[::-1]],
        "method": rule.interpolator,
        "intensity_rounding": "nearest integer" if rule.round_intensities else None,
        "partial_volume_threshold": rule.partial_volume,
    }


def published_grid(entry: dict[str, Any]) -> dict[str, Any]:
    if not entry["apply"]:
        return {"apply": False}
    wanted = {name: entry[name] for name in ("apply", "spacing_mm", "intensity_rounding")}
    assert entry["roi"]["interpolation"] == "linear"
    threshold = entry["roi"]["partial_volume_threshold"]
    return {**wanted, "method": METHODS[entry["method"]], "partial_volume_threshold": threshold}


def bins(rule: object) -> tuple[str, float | None]:
    match rule:
        case rx.FixedBinWidth(width=width):
            return "fixed_bin_size", width
        case rx.FixedBinNumber(count=count):
            return "fixed_bin_number", count
        case _:
            return "none", None


@pytest.mark.parametrize("name", PRESETS)
def test_a_preset_says_what_is_published(name: str) -> None:
    entry, config = published()[name], Config.preset(name)
    assert config.dialect is Dialect.IBSI
    assert grid(config) == published_grid(entry["interpolation"])
    rule = entry["resegmentation"] or {}
    found = config.resegment or rx.Resegment()
    assert [found.low, found.high] == (rule.get("range") or rule.get("range_HU") or [None, None])
    assert found.outlier_sigma == rule.get("outlier_sigma")
    if name != "ibsi-phantom":
        for made, kind in ((config.bins, "texture_and_intensity_histogram"), (config.ivh_bins, "ivh")):
            wanted = entry["discretisation"][kind]
            assert bins(made) == (wanted["method"], wanted.get("bin_width", wanted.get("n_bins")))
    aggregations = [text.replace(", ", "").replace("-", "") for text in entry["aggregations"]["glcm_glrlm"]]
    assert [aggregation.value for aggregation in config.aggregations] == aggregations


def test_every_row_of_the_reference_table_is_checked() -> None:
    """`radiomix verify` runs over these data sets; each row of each must meet a value that radiomix computes."""
    rows = [row for row in reference_rows() if row["value"]]
    assert len(rows) == 1804
    assert {row["dataset"] for row in rows} == {"digital_phantom", *(f"config_{letter}" for letter in "ABCDE")}
    values = rx.extract(*digital_phantom(), Config.preset("ibsi-phantom")).to_dict()
    assert all(check.ours is not None for check in compared("any", map(standardised, rows), values))
    assert len(check_phantom()) == sum(row["dataset"] == "digital_phantom" for row in reference_rows())


def test_the_174_features_of_the_standard_are_the_default_of_the_ibsi_dialect() -> None:
    columns = rx.extract(*digital_phantom(), Config.ibsi()).index
    told = [rx.describe(column) for column in columns]
    assert {(families()[d.family].code, d.code, d.term) for d in told} == identifiers()
    assert len(columns) == len(identifiers()) == 174


@pytest.mark.parametrize("to", ["ibsi", "code"])
def test_columns_of_several_aggregations_have_terms_and_codes_and_come_back(to: str) -> None:
    values = rx.extract(*digital_phantom(), Config.ibsi(aggregations=tuple(Aggregation)))
    renamed = rx.terms(values, to)
    assert renamed.index.is_unique and all(map(is_feature, renamed.index))
    if to == "code":
        assert {name.rsplit("_", 1)[1][:4] for name in renamed.index} == {rx.describe(c).code for c in values.index}
    pd.testing.assert_series_equal(rx.terms(renamed, "pyradiomics"), values)
    other = {"ibsi": "code", "code": "ibsi"}[to]
    pd.testing.assert_series_equal(rx.terms(renamed, other), rx.terms(values, other))


@pytest.fixture(scope="module")
def case(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """A smooth random image of 1.5 mm cubes with a ball inside, as files."""
    folder = tmp_path_factory.mktemp("case")
    offsets = np.indices((14, 15, 16)) - 7.0
    image = np.random.default_rng(0).normal(100, 20, (14, 15, 16)) + 5 * offsets[0]
    for name, array in (("image", image), ("mask", ((offsets**2).sum(axis=0) < 20).astype(np.uint8))):
        picture = sitk.GetImageFromArray(array)
        picture.SetSpacing((1.5, 1.5, 1.5))
        sitk.WriteImage(picture, str(folder / f"{name}.nii.gz"))
    return str(folder / "image.nii.gz"), str(folder / "mask.nii.gz")


SETTINGS = {"LoG": {"sigma": [2.0]}, "LoGIBSI": {"sigma": 2.0}}  # what has no default


@pytest.mark.parametrize("dialect", Dialect)
@pytest.mark.parametrize("name", filters())
def test_every_filter_in_a_parameter_file(
    name: str, dialect: Dialect, case: tuple[str, str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    content = {
        "radiomix": {"dialect": dialect.value},
        "setting": {"binCount": 8},
        "imageType": {name: SETTINGS.get(name)},
        "featureClass": {"firstorder": None, "glcm": None},
    }
    file = tmp_path / "parameters.json"
    file.write_text(json.dumps(content))
    with pytest.raises(SystemExit) as ended:
        main(["extract", *case, "-p", str(file), "-f", "json"])
    printed = capsys.readouterr()
    assert not ended.value.code, printed.err
    found = {column: value for column, value in json.loads(printed.out).items() if is_feature(column)}
    assert {column.rsplit("_", 2)[0] for column in found} == expected_images(name, case)
    assert np.isfinite(list(found.values())).all()
    assert found == rx.extract(*case, content).to_dict()


def expected_images(name: str, case: tuple[str, str]) -> set[str]:
    image = rx.read_image(case[0])
    whole = tuple(slice(0, size) for size in image.array.shape)
    made = filters()[name].from_settings(SETTINGS.get(name, {}))
    return {derived for derived, _ in made.images(image, whole)}
