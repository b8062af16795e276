"""Inputs that break extractors: each gives the values it should, or an error that names what was found."""

from __future__ import annotations

import csv
import warnings

import numpy as np
import pandas as pd
import pytest

import radiomix as rx
from radiomix.errors import (
    GeometryMismatch,
    InputError,
    LabelError,
    NonFiniteVoxels,
    RadiomixError,
    RadiomixWarning,
    RegionTooSmall,
    TooManyBins,
    UnsupportedImage,
)
from tests.data import shared

IMAGE, MASK = "img.nii.gz", "seg_one_label.nii.gz"
REFUSED: dict[str, tuple[type[RadiomixError], str]] = {
    "mask_one_voxel.nii.gz": (RegionTooSmall, "single voxel"),
    "mask_two_voxels.nii.gz": (RegionTooSmall, "has 1 dimension .* at least 2"),
    "mask_one_row.nii.gz": (RegionTooSmall, "has 1 dimension .* at least 2"),
    "img_nan_in_roi.nii.gz": (NonFiniteVoxels, "50 NaN and 0 infinite of 19401"),
    "img_inf_in_roi.nii.gz": (NonFiniteVoxels, "0 NaN and 1 infinite of 19401"),
    "img_huge_values.nii.gz": (TooManyBins, "bin width of 25 would make .* at most 100,000"),
    "img_4d_3frames.nii.gz": (UnsupportedImage, r"4D with size \(105, 81, 15, 3\)"),
    "img_2d_rgb_vector.nrrd": (UnsupportedImage, "3 components per voxel"),
    "mask_origin_off_50mm.nii.gz": (GeometryMismatch, "50 mm apart"),
    "mask_direction_flipped.nii.gz": (GeometryMismatch, r"sticks out .* by \(0, 0, 52.5\) mm"),
    "img_spacing_z40mm.nii.gz": (GeometryMismatch, "another spacing"),
    "seg_empty.nii.gz": (LabelError, "empty"),
    "seg_multilabel.nrrd": (LabelError, r"1 \(19401 voxels\), 2 \(2499 voxels\)"),
    "seg_two_labels.nii.gz": (LabelError, r"1 \(19401 voxels\), 2 \(2499 voxels\)"),
    "CT_head_seg.nii.gz": (GeometryMismatch, "sticks out"),
}
SAID = {
    "mask_half_resolution.nii.gz": "resampled onto it",
    "mask_float_0p9999.nii.gz": "rounded",
    "mask_label255.nii.gz": "the only label is 255",
    "mask_label_minus1.nii.gz": "the only label is -1",
    "img_2d.nii.gz + mask_2d.nii.gz": "shape family needs a volume",
}
SAME = {  # physically, or inside the ROI, the clean pair
    "img_nan_outside_roi.nii.gz",
    "mask_origin_off_0p0003mm.nii.gz",
    "mask_same_space_reordered_axis.nii.gz",
    "mask_float_0p9999.nii.gz",
    "mask_label255.nii.gz",
    "mask_label_minus1.nii.gz",
}
ELSEWHERE = {"img_sagittal_order + mask_sagittal_order"}  # other axes: the directions' order moves last bits


def rows() -> list[str]:
    index = shared("nasty/INDEX.csv")
    with index.open(encoding="utf-8") as file:
        return [row["file"] for row in csv.DictReader(file)]


def pair(name: str) -> tuple[str, str]:
    """Image and mask of a row of the index: what it does not name comes from the clean pair."""
    parts = [part.strip() for part in name.split("+")]
    if len(parts) == 2:
        image, mask = (part if part.endswith(".gz") else f"{part}.nii.gz" for part in parts)
    elif name.startswith("img_2d"):
        image, mask = name, "mask_2d.nii.gz"
    elif name.startswith("img"):
        image, mask = name, MASK
    else:
        image, mask = IMAGE, name
    return str(shared(f"nasty/{image}")), str(shared(f"nasty/{mask}"))


def extract_quietly(name: str, **settings: object) -> tuple[pd.Series, list[str]]:
    with warnings.catch_warnings(record=True) as said:
        warnings.simplefilter("always")
        features = rx.extract(*pair(name), **settings)
    assert all(issubclass(warning.category, RadiomixWarning) for warning in said)
    return features, [str(warning.message) for warning in said]


@pytest.fixture(scope="module")
def clean() -> pd.Series:
    return rx.extract(*pair(f"{IMAGE} + {MASK}"))


def test_every_case_of_the_index_is_expected_here() -> None:
    valued = {"mask_three_isolated_voxels.nii.gz", "mask_whole_image.nii.gz", "img_constant.nii.gz"}
    valued |= {"img_two_levels_in_roi.nii.gz", "seg_single_slice.nii.gz"}
    assert set(rows()) == set(REFUSED) | set(SAID) | SAME | ELSEWHERE | valued


@pytest.mark.parametrize("name", REFUSED)
def test_refused(name: str) -> None:
    error, message = REFUSED[name]
    with pytest.raises(error, match=message):
        rx.extract(*pair(name))


@pytest.mark.parametrize("name", SAID)
def test_decisions_are_said(name: str) -> None:
    features, said = extract_quietly(name)
    assert len(said) == 1
    assert SAID[name] in said[0]
    assert features.notna().all()


@pytest.mark.parametrize("name", sorted(SAME))
def test_equal_to_the_clean_pair(name: str, clean: pd.Series) -> None:
    features, _ = extract_quietly(name)
    pd.testing.assert_series_equal(features, clean, check_names=False, rtol=0, atol=0)


def test_permuted_axes_of_image_and_mask(clean: pd.Series) -> None:
    features, _ = extract_quietly("img_sagittal_order + mask_sagittal_order")
    slices = [column for column in clean.index if "Maximum2DDiameter" in column]  # named after the array's axes
    np.testing.assert_allclose(features.drop(slices), clean.drop(slices), rtol=1e-8)


def test_a_mask_with_permuted_axes_is_reordered_exactly(clean: pd.Series) -> None:
    features = rx.extract(*pair(f"{IMAGE} + mask_sagittal_order"))
    pd.testing.assert_series_equal(features, clean, rtol=0, atol=0)


def test_a_coarse_mask_covers_the_same_place(clean: pd.Series) -> None:
    features, _ = extract_quietly("mask_half_resolution.nii.gz")
    column = "original_shape_VoxelVolume"
    assert features[column] == pytest.approx(clean[column], rel=0.01)


def test_a_mask_of_the_whole_image() -> None:
    features, said = extract_quietly("mask_whole_image.nii.gz")
    assert not said
    assert features["original_shape_VoxelVolume"] == pytest.approx(105 * 81 * 15 * 0.6 * 0.6 * 4, rel=1e-5)


def test_three_isolated_voxels_have_no_neighbours() -> None:
    features, _ = extract_quietly("mask_three_isolated_voxels.nii.gz")
    assert features.filter(like="firstorder").notna().all()
    assert features["original_glszm_ZonePercentage"] == 1
    assert np.isnan(features["original_glcm_Contrast"])


def test_a_single_slice_is_a_flat_volume() -> None:
    features, said = extract_quietly("seg_single_slice.nii.gz")
    assert not said
    assert features["original_shape_LeastAxisLength"] == 0
    assert features.notna().all()


def test_a_constant_image() -> None:
    features, _ = extract_quietly("img_constant.nii.gz")
    assert features["original_firstorder_Entropy"] == pytest.approx(0, abs=1e-12)
    assert features["original_firstorder_Uniformity"] == 1
    assert features["original_glcm_JointEnergy"] == 1
    assert features.notna().all()


def test_two_grey_values() -> None:
    features, _ = extract_quietly("img_two_levels_in_roi.nii.gz")
    assert features["original_firstorder_Range"] > 0
    assert features.notna().all()


@pytest.mark.parametrize("name", ["mask_two_voxels.nii.gz", "mask_one_row.nii.gz"])
def test_a_line_where_it_is_asked_for(name: str) -> None:
    features, _ = extract_quietly(name, minimumROIDimensions=1)
    assert features["original_firstorder_Maximum"] > 0
    assert len(features) == 107


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"config": {"imageType": {"LoG": {"sigma": [2]}}}}, "filters and resampling spread"),
        ({"resampledPixelSpacing": [1, 1, 1]}, "filters and resampling spread"),
        ({"normalize": True}, "108174 NaN or infinite voxels"),
    ],
)
def test_nothing_leaks_from_outside_the_roi_in_silence(settings: dict, message: str) -> None:
    with pytest.raises(NonFiniteVoxels, match=message):
        rx.extract(*pair("img_nan_outside_roi.nii.gz"), **settings)


def test_a_constant_image_cannot_be_normalised() -> None:
    with pytest.raises(InputError, match="constant"):
        rx.extract(*pair("img_constant.nii.gz"), normalize=True)


def test_a_choice_among_several_labels() -> None:
    image, mask = pair("seg_two_labels.nii.gz")
    table = rx.extract(image, mask, labels="all")
    assert list(table.index) == [1, 2]
    pd.testing.assert_series_equal(table.loc[2], rx.extract(image, mask, label=2), check_names=False)
    with pytest.raises(LabelError, match=r"no label 7; it has 1 \(19401 voxels\), 2"):
        rx.extract(image, mask, label=7)
