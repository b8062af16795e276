"""Measuring again: perturbations of image and mask, and the agreement of what is measured."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import radiomix as rx
from radiomix.datasets import SITES, make_lesion
from radiomix.errors import RadiomixWarning, TableError, TooFewCases
from radiomix.image import Geometry, Image, Mask
from radiomix.models.robustness import feature_robustness, intraclass_correlation
from radiomix.perturbations import Chain, Noise, Redraw, Resize, Rotate, Shift, estimated_noise, perturb_cases

GOLDEN = pd.read_csv(Path(__file__).parent / "golden" / "icc_shrout_fleiss.csv", comment="#", index_col="name")
JUDGES = np.array([[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]])
CONFIG = rx.Config.pyradiomics(
    features=(("shape", ("VoxelVolume", "Sphericity")), ("firstorder", ("Mean", "Variance")))
)


@pytest.fixture
def rng() -> np.random.Generator:
    return np.random.default_rng(1)


@pytest.fixture
def lesion(rng: np.random.Generator) -> tuple[Image, Mask]:
    return make_lesion(0.5, 0.0, 0.5, 0.0, SITES[1], rng)


def dice(a: Mask, b: Mask) -> float:
    return 2 * np.count_nonzero(a.array & b.array) / (a.size + b.size)


@pytest.mark.parametrize("name", GOLDEN.index)
def test_intraclass_correlations_are_the_published_ones(name: str) -> None:
    found, expected = intraclass_correlation(JUDGES), GOLDEN.loc[name]
    for end, column in (("", "value"), ("_low", "low"), ("_high", "high")):
        assert found[f"{name}{end}"][0] == pytest.approx(expected[column], abs=expected["tolerance"])


def test_perfect_agreement_offsets_and_constants(rng: np.random.Generator) -> None:
    truth = rng.normal(size=(1, 9, 1))
    same, offset = np.repeat(truth, 3, axis=2), truth + np.array([0.0, 1.0, 5.0])
    found = intraclass_correlation(np.concatenate([same, offset, np.ones((1, 9, 3))]))
    for name in ("icc1", "icc2", "icc3"):
        for end in ("", "_low", "_high"):
            assert found[name + end][0] == pytest.approx(1.0)
            assert np.isnan(found[name + end][2])
    assert found["icc3"][1] == pytest.approx(1.0), "offsets of the repeats do not count"
    assert found["icc2"][1] < 0.5 > found["icc1"][1], "offsets of the repeats count"


def test_the_intervals_cover_the_truth(rng: np.random.Generator) -> None:
    n, k, share = 12, 3, 0.6
    cases = rng.normal(scale=np.sqrt(share), size=(2000, n, 1))
    found = intraclass_correlation(cases + rng.normal(scale=np.sqrt(1 - share), size=(2000, n, k)))
    for name in ("icc1", "icc2", "icc3"):
        covered = np.mean((found[f"{name}_low"] <= share) & (share <= found[f"{name}_high"]))
        assert 0.93 < covered < 0.97


def test_too_few_repeats_are_refused() -> None:
    with pytest.raises(TooFewCases, match="at least 2 cases and 2 repeats; found 6 and 1"):
        intraclass_correlation(JUDGES[:, :1])


def repeated(rng: np.random.Generator) -> pd.DataFrame:
    cases = pd.DataFrame({"ID": np.repeat(list("abcdef"), 4), "repeat": list(range(4)) * 6})
    return cases.assign(original_glcm_Contrast=JUDGES.ravel().astype(float), original_glcm_Id=rng.normal(size=24))


def test_a_table_of_repeats_has_a_row_per_feature_whatever_its_order(rng: np.random.Generator) -> None:
    table = repeated(rng)
    found = feature_robustness(table.sample(frac=1, random_state=3), case="ID", repeat="repeat")
    assert list(found.index) == ["original_glcm_Contrast", "original_glcm_Id"]
    assert found.loc["original_glcm_Contrast", "icc3_low"] == pytest.approx(GOLDEN.loc["icc3", "low"], abs=0.005)
    assert found["cases"].tolist() == [6, 6]
    assert found["repeats"].tolist() == [4, 4]


def test_incomplete_cases_are_left_out_and_said(rng: np.random.Generator) -> None:
    table = repeated(rng)
    table.loc[5, "original_glcm_Id"] = np.nan
    with pytest.warns(RadiomixWarning, match=r"1 feature\(s\), first 'original_glcm_Id'.*\(at worst 1 of 6\)"):
        found = feature_robustness(table, case="ID", repeat="repeat")
    assert found["cases"].tolist() == [6, 5]


def test_a_doubled_repeat_is_refused(rng: np.random.Generator) -> None:
    table = repeated(rng).assign(repeat=0)
    with pytest.raises(TableError, match=r"one row per ID and repeat; found a, 0 twice"):
        feature_robustness(table, case="ID", repeat="repeat")


@pytest.mark.parametrize("step", [Shift(), Rotate(0), Noise(0.0), Resize(0.0), Redraw(sd=0.0), Chain(())], ids=str)
def test_a_perturbation_of_nothing_changes_nothing(step, lesion, rng) -> None:
    image, mask = step(*lesion, rng)
    np.testing.assert_allclose(image.array, lesion[0].array, atol=1e-9)
    np.testing.assert_array_equal(mask.array, lesion[1].array)


@pytest.mark.parametrize(
    "step",
    [Shift(0.5, 0.3, -0.4), Rotate(13), Noise(), Resize(0.2), Resize(-0.2), Redraw(), Chain((Rotate(5), Redraw()))],
    ids=str,
)
def test_inputs_stay_and_what_comes_back_is_a_similar_lesion(step, lesion, rng) -> None:
    before = [part.array.copy() for part in lesion]
    image, mask = step(*lesion, rng)
    for part, copy in zip(lesion, before, strict=True):
        np.testing.assert_array_equal(part.array, copy)
    assert image.array.shape == mask.array.shape == before[0].shape
    assert 0.8 < dice(mask, lesion[1]) <= 1.0
    assert not (np.array_equal(image.array, before[0]) and np.array_equal(mask.array, before[1]))
    assert np.isfinite(image.array).all()


def test_a_shift_by_a_whole_voxel_moves_the_array(lesion, rng) -> None:
    image, mask = Shift(y=1.0)(*lesion, rng)
    np.testing.assert_array_equal(mask.array[:, 1:], lesion[1].array[:, :-1])
    np.testing.assert_allclose(image.array[:, 3:-3], lesion[0].array[:, 2:-4], atol=1e-6)


def test_a_quarter_turn_permutes_the_array(rng) -> None:
    array = np.zeros((3, 11, 11))
    array[1, 5, 2:9] = np.arange(1, 8)
    image, mask = Image(array), Mask(array > 0)
    turned, region = Rotate(90)(image, mask, rng)
    np.testing.assert_allclose(turned.array[1], np.rot90(array[1], -1), atol=1e-9)
    np.testing.assert_array_equal(region.array[1], np.rot90(mask.array[1], -1))


def test_turning_keeps_millimetres_where_voxels_are_oblong(rng) -> None:
    geometry = Geometry(spacing=(1.0, 2.0, 1.0))
    box = np.zeros((3, 31, 41), bool)
    box[:, 13:18, 16:26] = True  # 10 mm by 10 mm
    _, turned = Rotate(90)(Image(box.astype(float), geometry), Mask(box, geometry), rng)
    extent = [np.ptp(np.argwhere(turned.array)[:, axis]) + 1 for axis in (1, 2)]
    assert extent[0] * 2.0 == pytest.approx(10, abs=2.0)
    assert extent[1] == pytest.approx(10, abs=1.0)


@pytest.mark.parametrize("fraction", [-0.2, -0.05, 0.1, 0.3])
def test_the_volume_changes_by_the_fraction(fraction: float, lesion, rng) -> None:
    _, mask = Resize(fraction)(*lesion, rng)
    assert mask.size == round(lesion[1].size * (1 + fraction))
    bigger, smaller = (mask, lesion[1]) if fraction > 0 else (lesion[1], mask)
    assert not (smaller.array & ~bigger.array).any()


def test_a_redrawn_contour_has_the_same_volume_and_another_shape(lesion, rng) -> None:
    overlaps = []
    for sd in (1.0, 2.0, 3.0):
        _, mask = Redraw(sd)(*lesion, rng)
        assert mask.size == lesion[1].size
        overlaps.append(dice(mask, lesion[1]))
    assert 1.0 > overlaps[0] > overlaps[1] > overlaps[2] > 0.6


@pytest.mark.parametrize("sd", [2.0, 10.0])
def test_noise_is_estimated_and_added(sd: float, rng) -> None:
    y, x = np.mgrid[:64, :64]
    clean = Image(np.repeat((3.0 * y + x)[None], 8, axis=0))
    noisy = clean.with_array(clean.array + sd * rng.standard_normal(clean.array.shape))
    assert estimated_noise(clean) == pytest.approx(0.0, abs=1e-12)
    assert estimated_noise(noisy) == pytest.approx(sd, rel=0.03)
    added = Noise(sd)(clean, Mask(clean.array > 0), rng)[0].array - clean.array
    assert added.std() == pytest.approx(sd, rel=0.03)


def test_a_case_is_measured_once_plain_and_once_per_perturbation(lesion) -> None:
    image, mask = lesion
    steps = [Noise(5.0), Resize(0.2), Noise(5.0)]
    found = rx.perturb(image, mask, CONFIG, steps)
    assert found["perturbation"].tolist() == ["none", "noise(5)", "resize(+0.2)", "noise(5)"]
    plain = rx.extract(image, mask, CONFIG)
    np.testing.assert_allclose(found.loc[0, plain.index].astype(float), plain, rtol=1e-12)
    assert found["original_shape_VoxelVolume"].nunique() == 2
    assert found["original_firstorder_Variance"].nunique() == 4, "each repeat has its own noise"
    pd.testing.assert_frame_equal(found, rx.perturb(image, mask, CONFIG, steps))


def test_a_perturbed_cohort_tells_robust_from_fragile_features(tmp_path: Path) -> None:
    rx.make_cohort(tmp_path, n=8, seed=2)
    steps = [Chain((Rotate(turn), Noise(20.0), Redraw(0.5))) for turn in (-5, 5)]
    table = perturb_cases(tmp_path / "cohort.csv", CONFIG, steps, tmp_path / "repeats.csv", workers=1)
    assert len(table) == 8 * 3
    assert table.columns.get_loc("site") < table.columns.get_loc("perturbation")
    found = feature_robustness(table, case="ID", repeat="repeat")
    assert found.loc["original_shape_VoxelVolume", "icc2_low"] > 0.9
    assert found.loc["original_firstorder_Variance", "icc2"] < found.loc["original_firstorder_Mean", "icc2"]
