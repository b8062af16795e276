"""Reading and writing images and masks, and the meeting of their grids."""

from __future__ import annotations

import gc
import warnings
from dataclasses import replace
from pathlib import Path

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk

from radiomix.errors import (
    ConfigError,
    GeometryMismatch,
    InputError,
    LabelError,
    RadiomixWarning,
    UnreadableFile,
    UnsupportedImage,
)
from radiomix.image import Geometry, Image, LabelMap
from radiomix.io import choose_label, from_sitk, masks, read_image, read_labels, reconcile, to_sitk, write_image

OBLIQUE = Geometry((3.0, 0.8, 0.9), (-31.5, 12.25, 7.125), ((1.0, 0.0, 0.0), (0.0, 0.8, 0.6), (0.0, -0.6, 0.8)))


def picture(dtype: type = np.float32) -> Image:
    return Image(np.arange(4 * 5 * 6, dtype=dtype).reshape(4, 5, 6), OBLIQUE)


def segmentation(dtype: type = np.uint8) -> LabelMap:
    array = np.zeros((4, 5, 6), dtype=dtype)
    array[1:3, 1:4, 2:5] = 1
    return LabelMap(array, OBLIQUE)


# Files


@pytest.mark.parametrize("ending", ["nii", "nii.gz", "nrrd", "mha"])
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32, np.float32, np.float64])
def test_what_is_written_is_read(tmp_path: Path, ending: str, dtype: type) -> None:
    path = tmp_path / f"image.{ending}"
    write_image(picture(dtype), path)
    found = read_image(path)
    assert found.array.dtype == dtype
    np.testing.assert_array_equal(found.array, picture(dtype).array)
    assert found.geometry.matches(OBLIQUE, 1e-5)
    assert found.source == str(path)


@pytest.mark.parametrize("dtype", ["<u1", "<i1", "<u2", ">i2", "<u4", ">i4", "<i8", "<u8", ">f4", "<f8"])
def test_numbers_are_those_of_nibabel(tmp_path: Path, dtype: str) -> None:
    numbers = np.arange(24).reshape(2, 3, 4).astype(dtype)
    header = nibabel.Nifti1Header(endianness=dtype[0])
    for path in (tmp_path / "image.nii", tmp_path / "image.nii.gz"):
        nibabel.save(nibabel.Nifti1Image(numbers, np.eye(4), header, dtype=dtype), path)
        found = read_image(path).array
        np.testing.assert_array_equal(found, np.asarray(nibabel.load(path).dataobj).T)
        assert found.dtype == np.dtype(dtype).newbyteorder("=")
        assert found.flags.writeable


def test_positions_are_those_of_itk(tmp_path: Path) -> None:
    write_image(picture(), tmp_path / "image.nrrd")
    theirs = sitk.ReadImage(str(tmp_path / "image.nrrd"))
    expected = theirs.TransformIndexToPhysicalPoint((5, 3, 2))[::-1]
    np.testing.assert_allclose(read_image(tmp_path / "image.nrrd").geometry.position((2, 3, 5)), expected, atol=1e-9)


@pytest.mark.parametrize("dtype", [np.float32, np.float64])
@pytest.mark.parametrize("ending", ["nii", "nii.gz"])
def test_nifti_keeps_what_is_not_finite(tmp_path: Path, dtype: type, ending: str) -> None:
    """ITK reads NaN and infinity of a NIfTI file as 0."""
    image = picture(dtype)
    image.array[0, 0, :3] = np.nan, np.inf, -np.inf
    path = tmp_path / f"image.{ending}"
    write_image(image, path)
    np.testing.assert_array_equal(read_image(path).array, image.array)


def test_scaled_nifti(tmp_path: Path) -> None:
    stored = nibabel.Nifti1Image(np.arange(24, dtype=np.float32).reshape(2, 3, 4), np.eye(4))
    stored.header.set_slope_inter(0.5, -10)
    path = tmp_path / "scaled.nii"
    stored.to_filename(path)
    assert read_image(path).array.ravel()[:3].tolist() == [-10.0, -4.0, -8.0]


def test_two_dimensions(tmp_path: Path) -> None:
    flat = Image(np.arange(12.0).reshape(1, 3, 4), Geometry((1.0, 0.5, 0.6), (0.0, 3.0, 4.0)), dimensions=2)
    for ending in ("nii.gz", "mha"):
        write_image(flat, tmp_path / f"flat.{ending}")
        found = read_image(tmp_path / f"flat.{ending}")
        assert (found.array.shape, found.dimensions) == ((1, 3, 4), 2)
        np.testing.assert_array_equal(found.array, flat.array)
        assert found.geometry.matches(flat.geometry, 1e-5)


def test_unreadable_files(tmp_path: Path) -> None:
    with pytest.raises(UnreadableFile, match="there is no file"):
        read_image(tmp_path / "absent.nii.gz")
    with pytest.raises(UnreadableFile, match="is a folder"):
        read_image(tmp_path)
    (tmp_path / "text.nii.gz").write_text("no image")
    with pytest.raises(UnreadableFile, match="not an image, or damaged"):
        read_image(tmp_path / "text.nii.gz")
    with pytest.raises(InputError, match="an image is a path"):
        read_image(3)


@pytest.mark.parametrize(
    ("name", "dtype"),
    [("cut.nii", np.float32), ("cut.nii.gz", np.int16), ("cut.nii", np.int16), ("cut.nrrd", np.int16)],
)
def test_files_cut_short(tmp_path: Path, name: str, dtype: type) -> None:
    rng = np.random.default_rng(0)
    path = tmp_path / name
    write_image(Image(rng.normal(0, 1000, size=(20, 20, 20)).astype(dtype)), path)
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])
    with pytest.raises(UnreadableFile, match="damaged"):
        read_image(path)


def test_no_format_for_the_ending(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"use an ending such as .nii.gz"):
        write_image(picture(), tmp_path / "image.doc")


# Objects of other libraries


def test_simpleitk_images_are_shared_and_kept_alive() -> None:
    made = to_sitk(picture())
    found = from_sitk(made)
    del made
    gc.collect()
    np.testing.assert_array_equal(found.array, picture().array)
    assert not found.array.flags.writeable


def test_nibabel_images_equal_their_files(tmp_path: Path) -> None:
    path = tmp_path / "image.nii.gz"
    write_image(picture(), path)
    from_file, from_object = read_image(path), read_image(nibabel.load(path))
    np.testing.assert_array_equal(from_object.array, from_file.array)
    assert from_object.geometry.matches(from_file.geometry, 1e-5)
    single_frame = nibabel.Nifti1Image(np.zeros((3, 4, 5, 1)), np.eye(4))
    assert read_image(single_frame).array.shape == (5, 4, 3)


def test_big_endian_voxels() -> None:
    stored = nibabel.Nifti1Image(np.arange(24, dtype=">i2").reshape(2, 3, 4), np.eye(4))
    found = read_image(stored)
    assert found.array.dtype.isnative
    assert found.array.max() == 23


@pytest.mark.parametrize(
    ("made", "message"),
    [
        (sitk.Image([4, 4, 4, 2], sitk.sitkFloat32), "4D with size"),
        (sitk.Image([4, 4, 4], sitk.sitkVectorUInt8, 3), "3 components"),
        (sitk.Image([4, 4, 4], sitk.sitkComplexFloat32), "complex"),
        (nibabel.Nifti1Image(np.zeros((3, 4, 5, 2)), np.eye(4)), "4D with size"),
    ],
)
def test_unsupported_images(made: object, message: str) -> None:
    with pytest.raises(UnsupportedImage, match=message):
        read_image(made)


# Labels


def test_labels_keep_their_numbers() -> None:
    array = segmentation(np.int16).array.copy()
    array[0, 0, 0] = -1
    assert read_labels(LabelMap(array)).labels == (-1, 1)
    assert read_labels(Image(array == 1)).labels == (1,)


def test_labels_stored_as_floats() -> None:
    exact = replace(segmentation(), array=segmentation().array * np.float32(3))
    assert read_labels(Image(exact.array)).labels == (3,)
    with pytest.warns(RadiomixWarning, match=r"up to 8.98\d*e-05 away from an integer; rounded"):
        assert read_labels(Image(exact.array * np.float32(0.99997))).labels == (3,)
    with pytest.raises(LabelError, match=r"it holds 0.4, and labels are integers; threshold a probability map"):
        read_labels(Image(segmentation().array * 0.4))
    with pytest.raises(LabelError, match="NaN or infinite"):
        read_labels(Image(np.full((2, 2, 2), np.nan)))


def test_channels(tmp_path: Path) -> None:
    one, two = segmentation().array, np.zeros((4, 5, 6), dtype=np.uint8)
    two[0, 0, 0] = 5
    both = sitk.Compose(sitk.GetImageFromArray(one), sitk.GetImageFromArray(two))
    sitk.WriteImage(both, str(tmp_path / "both.nrrd"))
    for source in (both, tmp_path / "both.nrrd"):
        assert read_labels(source).labels == (1,)
        assert read_labels(source, channel=1).labels == (5,)
        with pytest.raises(LabelError, match="2 segmentations, channels 0 to 1; found label_channel 2"):
            read_labels(source, channel=2)


def test_choosing() -> None:
    array = segmentation(np.int32).array.copy()
    only = choose_label(LabelMap(array))
    assert (only.label, only.size) == (1, 18)
    with pytest.warns(RadiomixWarning, match="the only label is 7, and it is used"):
        assert choose_label(LabelMap(array * 7)).label == 7
    array[0, 0, :2] = 2
    with pytest.raises(LabelError, match=r"several labels: 1 \(18 voxels\), 2 \(2 voxels\); choose one"):
        choose_label(LabelMap(array))
    assert choose_label(LabelMap(array), 2).size == 2
    with pytest.raises(LabelError, match="no label 3; it has 1"):
        choose_label(LabelMap(array), 3)
    with pytest.raises(LabelError, match="is empty"):
        choose_label(LabelMap(array * 0))


def test_several_rois() -> None:
    array = segmentation(np.int32).array.copy()
    array[0, 0, :2] = 2
    assert [(m.label, m.size) for m in masks(LabelMap(array), "all")] == [(1, 18), (2, 2)]
    assert [m.label for m in masks(LabelMap(array), [2])] == [2]
    with pytest.raises(LabelError, match="is empty"):
        list(masks(LabelMap(array * 0), "all"))


# Grids


def test_the_same_grid_is_left_alone() -> None:
    labels = segmentation()
    assert reconcile(picture(), labels) is labels
    near = replace(labels, geometry=replace(OBLIQUE, origin=tuple(o + 5e-4 for o in OBLIQUE.origin)))
    assert reconcile(picture(), near) is near
    with pytest.warns(RadiomixWarning, match="resampled onto it"):
        np.testing.assert_array_equal(reconcile(picture(), near, tolerance=1e-6).array, labels.array)


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 1, 0), (1, 2, 0), (2, 0, 1)])
@pytest.mark.parametrize("flips", [(), (0,), (1, 2), (0, 1, 2)])
def test_another_voxel_order_is_undone_exactly(order: tuple[int, ...], flips: tuple[int, ...]) -> None:
    labels = segmentation()
    labels.array[0, 0, 5], labels.array[3, 4, 0] = 2, 3
    corner = [0.0, 0.0, 0.0]
    steps, signs = [slice(None)] * 3, [1.0, 1.0, 1.0]
    for axis in flips:
        corner[axis], steps[axis], signs[axis] = labels.array.shape[axis] - 1.0, slice(None, None, -1), -1.0
    cosines = (np.asarray(OBLIQUE.direction) * signs)[:, list(order)]
    geometry = Geometry(
        tuple(OBLIQUE.spacing[a] for a in order),
        tuple(float(v) for v in OBLIQUE.position(tuple(corner))),
        tuple(tuple(float(v) for v in row) for row in cosines),
    )
    turned = LabelMap(labels.array[tuple(steps)].transpose(order), geometry)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        found = reconcile(picture(), turned)
    np.testing.assert_array_equal(found.array, labels.array)


def test_another_grid_is_resampled_as_itk_does() -> None:
    image = picture()
    coarse = np.zeros((4, 3, 4), dtype=np.uint8)
    coarse[1:3, 1, 1:3] = 1
    labels = LabelMap(coarse, replace(OBLIQUE, spacing=(2.5, 1.7, 1.3)))
    with pytest.warns(RadiomixWarning, match=r"size \(4, 3, 4\), spacing \(2.5, 1.7, 1.3\) mm"):
        found = reconcile(image, labels)
    expected = sitk.Resample(to_sitk(labels), to_sitk(image), sitk.Transform(), sitk.sitkNearestNeighbor)
    np.testing.assert_array_equal(found.array, sitk.GetArrayFromImage(expected))
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        np.testing.assert_array_equal(reconcile(image, labels, correct=True).array, found.array)


def test_a_mask_that_lies_elsewhere_is_refused() -> None:
    moved = replace(segmentation(), geometry=replace(OBLIQUE, origin=(60.0, 12.25, 7.125)))
    with pytest.raises(GeometryMismatch, match=r"the origins differ by \(91.5, 0, 0\) mm \(91.5 mm apart\)"):
        reconcile(picture(), moved)


def test_equal_sizes_with_other_spacings_contradict() -> None:
    with pytest.raises(GeometryMismatch, match="one header is wrong"):
        reconcile(picture(), replace(segmentation(), geometry=replace(OBLIQUE, spacing=(3.0, 0.8, 0.45))))


def test_a_flat_mask_for_a_single_slice() -> None:
    image = Image(np.zeros((1, 5, 6)), Geometry((4.0, 1.0, 1.0), (9.0, 0.0, 0.0)))
    flat = LabelMap(np.ones((1, 5, 6), dtype=np.uint8), Geometry(), dimensions=2)
    assert reconcile(image, flat).dimensions == 3
    with pytest.raises(GeometryMismatch, match=r"is 2D and .* is 3D"):
        reconcile(picture(), flat)
