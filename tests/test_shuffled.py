"""The control of shuffled voxels: what a model of texture still knows when there is no texture left."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

import radiomix as rx
from radiomix.config import Config
from radiomix.errors import MissingColumn, TableError
from radiomix.image import Image, Mask
from radiomix.models.controls import SHUFFLED
from radiomix.perturbations import Shuffle
from radiomix.study import Study

QUICK = {"folds": 3, "repeats": 1, "permutations": 0, "candidates": 2, "inner_folds": 3, "workers": 1}
CONFIG = Config(features=(("firstorder", ("Mean", "Variance")), ("glcm", ("Contrast", "Idn", "Correlation"))))


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Lesions of one histogram each; in the sick ones intensities rise along an axis, in the others they are strewn."""
    folder: Path = tmp_path_factory.mktemp("cases")
    rng = np.random.default_rng(0)
    mask = np.zeros((8, 8, 8), np.uint8)
    mask[1:-1, 1:-1, 1:-1] = 1
    sitk.WriteImage(sitk.GetImageFromArray(mask), folder / "mask.nii.gz")
    rows = []
    for k in range(30):
        strewn = rng.normal(rng.normal(100, 10), 60, size=216)
        voxels = np.zeros(mask.shape, np.float32)
        voxels[mask == 1] = np.sort(strewn) if k % 2 else strewn
        sitk.WriteImage(sitk.GetImageFromArray(voxels), folder / f"{k}.nii.gz")
        rows.append({"Image": str(folder / f"{k}.nii.gz"), "Mask": str(folder / "mask.nii.gz"), "sick": k % 2})
    return rx.extract_cases(pd.DataFrame(rows), CONFIG, workers=1, progress=False)


def test_shuffling_keeps_the_histogram_inside_and_everything_outside() -> None:
    rng = np.random.default_rng(1)
    voxels, inside = rng.normal(size=(4, 5, 6)), rng.random((4, 5, 6)) < 0.5
    before = voxels.copy()
    image, mask = Shuffle()(Image(voxels), Mask(inside), rng)
    np.testing.assert_array_equal(np.sort(image.array[inside]), np.sort(voxels[inside]))
    np.testing.assert_array_equal(image.array[~inside], voxels[~inside])
    assert not np.array_equal(image.array[inside], voxels[inside])
    np.testing.assert_array_equal(voxels, before)
    np.testing.assert_array_equal(mask.array, inside)


def test_a_model_of_texture_knows_nothing_of_shuffled_voxels(table: pd.DataFrame) -> None:
    study = Study(table, outcome="sick", exclude=["Label"], config=CONFIG)
    found = study.evaluate("ridge", shuffled=True, external=table, on_leak="keep", **QUICK)
    summary = found.summary()
    assert summary.loc["ridge", "auc"] > 0.95
    assert summary.loc[SHUFFLED, "auc"] < 0.8
    assert summary.loc[SHUFFLED, "kind"] == "control"
    assert "shuffled inside the ROI" in "\n".join(found.statements)
    assert SHUFFLED not in found.summary("external").index
    pairs = found.comparisons[found.comparisons["second"] == SHUFFLED]
    assert list(pairs["family"]) == ["controls"]
    assert not any(c.startswith("shuffled") for c in study.fit("ridge", candidates=1).columns)
    assert found.settings["shuffled"] is True


def test_first_order_is_that_of_the_image_and_texture_is_not(table: pd.DataFrame) -> None:
    study = Study(table, outcome="sick", config=CONFIG)
    X = study._with_shuffled(0, 1).X
    np.testing.assert_allclose(X["shuffled original_firstorder_Variance"], X["original_firstorder_Variance"], rtol=1e-5)
    moved = X["shuffled original_glcm_Contrast"] / X["original_glcm_Contrast"]
    assert moved[table["sick"] == 1].min() > 1.5


def test_it_needs_images_and_their_configuration(table: pd.DataFrame) -> None:
    without = table.drop(columns=["Image", "Mask"])
    with pytest.raises(MissingColumn, match="Image"):
        Study(without, outcome="sick", config=CONFIG).evaluate("ridge", shuffled=True, **QUICK)
    strange = table.drop(columns="radiomix_config")
    with pytest.raises(TableError, match="needs the configuration that the features were extracted with"):
        Study(strange, outcome="sick").evaluate("ridge", shuffled=True, **QUICK)
