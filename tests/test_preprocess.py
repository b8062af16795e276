"""Normalisation, resampling, cropping, re-segmentation and discretisation, in both dialects."""

from __future__ import annotations

import csv
import logging
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest
import SimpleITK as sitk

import radiomix as rx
from radiomix.config import FixedBinNumber, FixedBinWidth, Interpolator, NoBins, RangeMode, Resample, Resegment
from radiomix.errors import ConfigError, InputError, NonFiniteVoxels, RegionTooSmall, TooManyBins
from radiomix.image import Geometry, Image, LabelMap, Mask, Roi, bounding_box
from radiomix.io import choose_label, from_sitk, read_image, read_labels, reconcile
from radiomix.parameters import read_parameters
from radiomix.preprocess import discretise, find_region, prepare
from radiomix.preprocess.aligned import resample_aligned
from radiomix.verify import processing
from tests.data import shared

SHAPE = (14, 17, 20)
SPACING = (3.0, 0.8, 0.9)


def scene(dtype: type = np.float32, seed: int = 3) -> tuple[Image, Mask]:
    """A smooth random image and an ellipsoid in it, on an oblique grid."""
    rng = np.random.default_rng(seed)
    z, y, x = np.indices(SHAPE)
    array = (100 * np.sin(x / 3) + 60 * np.cos(y / 4) + 9 * z + 20 * rng.normal(size=SHAPE)).astype(dtype)
    inside = ((z - 6) / 5) ** 2 + ((y - 8) / 6) ** 2 + ((x - 9) / 7) ** 2 < 1
    turned = ((1.0, 0.0, 0.0), (0.0, 0.8, 0.6), (0.0, -0.6, 0.8))
    geometry = Geometry(SPACING, (-31.5, 12.25, 7.125), turned)
    return Image(array, geometry), Mask(inside, geometry)


def roi_of(values: np.ndarray) -> Roi:
    array = np.asarray(values).reshape(1, 1, -1)
    inside = np.ones(array.shape, dtype=bool)
    return Roi(array, inside, inside, (1.0, 1.0, 1.0))


# PyRadiomics' own operations


@cache
def operations() -> Any:
    imageoperations = pytest.importorskip("radiomics.imageoperations", reason="PyRadiomics is not installed")
    logging.getLogger("radiomics").setLevel(logging.CRITICAL)
    return imageoperations


def theirs(image: Image, mask: Mask, settings: dict[str, Any]) -> tuple[Image, Image]:
    """PyRadiomics' image and mask after its own preparation."""
    made, made_mask = rx.io.to_sitk(image), sitk.Cast(rx.io.to_sitk(mask), sitk.sitkUInt32)
    settings = {"padDistance": 5, "interpolator": "sitkBSpline", **settings}
    if settings.get("normalize"):
        made = operations().normalizeImage(made, **settings)
    if "resampledPixelSpacing" in settings:
        made, made_mask = operations().resampleImage(made, made_mask, **settings)
    elif settings.get("preCrop"):
        box, _ = operations().checkMask(made, made_mask, **settings)
        made, made_mask = operations().cropToTumorMask(made, made_mask, box, **settings)
    return from_sitk(made), from_sitk(made_mask)


PREPARATIONS: dict[str, dict[str, Any]] = {
    "normalised": {"normalize": True, "normalizeScale": 100},
    "outliers": {"normalize": True, "normalizeScale": 10, "removeOutliers": 1.5},
    "finer": {"resampledPixelSpacing": [0.5, 0.5, 1.5]},
    "coarser": {"resampledPixelSpacing": [2, 2, 4], "padDistance": 1},
    "in plane": {"resampledPixelSpacing": [1.3, 1.1, 0]},
    "along one axis": {"resampledPixelSpacing": [0, 0, 2]},
    "spacing kept": {"resampledPixelSpacing": [0, 0.8, 0], "padDistance": 3},
    "unpadded": {"resampledPixelSpacing": [1, 1, 1], "padDistance": 0},
    "normalised and resampled": {"normalize": True, "removeOutliers": 2, "resampledPixelSpacing": [1, 1, 1]},
    "cropped": {"preCrop": True, "padDistance": 2},
}
PREPARATIONS |= {i.value: {"resampledPixelSpacing": [1, 1, 2], "interpolator": i.value} for i in Interpolator}


@pytest.mark.agreement
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16])
@pytest.mark.parametrize("name", PREPARATIONS)
def test_prepared_as_by_pyradiomics(name: str, dtype: type) -> None:
    image, mask = scene(dtype)
    expected, expected_mask = theirs(image, mask, PREPARATIONS[name])
    found, found_mask = prepare(image, mask, read_parameters({"setting": PREPARATIONS[name]}))
    assert found.geometry.matches(expected.geometry, 1e-9)
    assert found.array.dtype == expected.array.dtype
    np.testing.assert_array_equal(found_mask.array, expected_mask.array == 1)
    last_bit = 1.2e-7 if found.array.dtype == np.float32 else 1e-9
    np.testing.assert_allclose(found.array, expected.array, rtol=last_bit, atol=1e-8)


@pytest.mark.agreement
def test_flat_integers_are_cut_off_as_by_pyradiomics() -> None:
    """A spline through equal integers gives them but for the last bit, and ITK cuts off: one less, or not."""
    image, mask = scene()
    image = image.with_array(np.clip(image.array, -20, 30).astype(np.int16))
    settings = {"resampledPixelSpacing": [1, 1, 1]}
    expected, _ = theirs(image, mask, settings)
    found, found_mask = prepare(image, mask, read_parameters({"setting": settings}))
    np.testing.assert_array_equal(found.array[found_mask.array], expected.array[found_mask.array])


@pytest.mark.agreement
@pytest.mark.parametrize("dtype", [np.float32, np.int16])
@pytest.mark.parametrize("spacing", [[1, 1, 1], [0.8, 0.8, 3], [2, 2, 0]])
def test_a_mask_with_a_grid_of_its_own_lays_the_new_one(spacing: list[float], dtype: type) -> None:
    image, _ = scene(dtype)
    geometry = replace(image.geometry, spacing=(3.3, 1.7, 1.9), origin=(-29.0, 12.75, 8.0))
    inside = np.zeros((9, 7, 8), dtype=np.uint8)
    inside[2:7, 1:5, 2:6] = 1
    labels = LabelMap(inside, geometry)
    settings = {"resampledPixelSpacing": spacing, "label": 1, "additionalInfo": False}
    expected, expected_mask = theirs(image, Mask(inside > 0, geometry), settings)
    config = read_parameters({"setting": settings})
    kept = reconcile(image, labels, resampling=True)
    found, found_mask = prepare(image, choose_label(kept), config)
    np.testing.assert_array_equal(found_mask.array, expected_mask.array == 1)
    np.testing.assert_array_equal(found.array, expected.array)


@pytest.mark.agreement
@pytest.mark.parametrize("interpolator", ["sitkBSpline", "sitkLinear"])
def test_the_spline_needs_only_its_surroundings(interpolator: str) -> None:
    """A large image is cut before ITK's prefilter runs over it: nothing may change."""
    rng = np.random.default_rng(0)
    image = Image(rng.normal(100, 30, size=(60, 90, 100)).astype(np.float32), Geometry((2.0, 1.0, 1.0)))
    inside = np.zeros(image.array.shape, dtype=bool)
    inside[40:46, 50:58, 41:50] = True
    mask = Mask(inside, image.geometry)
    settings = {"resampledPixelSpacing": [0.7, 0.7, 0.7], "interpolator": interpolator}
    expected, _ = theirs(image, mask, settings)
    found, _ = prepare(image, mask, read_parameters({"setting": settings}))
    np.testing.assert_allclose(found.array, expected.array, rtol=1e-6)


@pytest.mark.agreement
@pytest.mark.parametrize(
    "settings",
    [
        {"resegmentRange": [50]},
        {"resegmentRange": [130, -20]},
        {"resegmentRange": [0.1, 0.8], "resegmentMode": "relative"},
        {"resegmentRange": [-1, 1.5], "resegmentMode": "sigma"},
    ],
)
def test_resegmented_as_by_pyradiomics(settings: dict[str, Any]) -> None:
    image, mask = scene()
    expected = operations().resegmentMask(rx.io.to_sitk(image), rx.io.to_sitk(mask), **settings)
    region = find_region(image, mask, read_parameters({"setting": settings}))
    found = np.zeros(mask.array.shape, dtype=bool)
    found[region.box] = region.inside
    np.testing.assert_array_equal(found, sitk.GetArrayFromImage(expected) == 1)
    assert region.box == bounding_box(found)


@pytest.mark.agreement
@pytest.mark.parametrize("dtype", [np.float32, np.float64, np.int16, np.int32])
@pytest.mark.parametrize(
    "settings", [{"binWidth": w} for w in (25, 0.1, 7.3, 1)] + [{"binCount": n} for n in (1, 8, 300)]
)
def test_discretised_as_by_pyradiomics(settings: dict[str, Any], dtype: type) -> None:
    image, mask = scene(dtype)
    expected, edges = operations().binImage(image.array, mask.array, **settings)
    roi = Roi(image.array, mask.array, mask.array, image.spacing)
    found = discretise(roi, read_parameters({"setting": settings}))
    np.testing.assert_array_equal(found.array, expected)
    np.testing.assert_array_equal(found.edges, edges)
    assert found.count == expected.max()


# Discretisation by hand


@pytest.mark.parametrize(
    ("values", "levels", "edges"),
    [
        ([54.0, 75.0, 99.9, 166.0], [1, 2, 2, 5], [50, 75, 100, 125, 150, 175, 200]),
        ([-26.0, 0.0, 24.0], [1, 3, 3], [-50, -25, 0, 25, 50]),
        ([50.0, 50.0], [1, 1], [50, 75]),
    ],
)
def test_pyradiomics_bins_lie_at_multiples_of_the_width(values: list, levels: list, edges: list) -> None:
    found = discretise(roi_of(np.array(values)), rx.Config.pyradiomics())
    assert found.array.ravel().tolist() == levels
    assert found.edges.tolist() == edges


@pytest.mark.parametrize(
    ("bins", "resegment", "levels"),
    [
        (FixedBinWidth(25), None, [1, 1, 2, 5]),  # from the minimum
        (FixedBinWidth(25), Resegment(-50, 400), [3, 3, 4, 7]),  # from the lower bound
        (FixedBinWidth(25, origin=-25.0), Resegment(-50, 400), [2, 2, 3, 6]),
        (FixedBinNumber(4), None, [1, 1, 2, 4]),
        (FixedBinNumber(100), None, [1, 25, 26, 100]),
    ],
)
def test_ibsi_bins(bins: object, resegment: Resegment | None, levels: list[int]) -> None:
    """The level at the upper bound is one more for a fixed width, the last for a fixed number."""
    config = rx.Config.ibsi(bins=bins, resegment=resegment)
    found = discretise(roi_of(np.array([0.0, 24.0, 25.0, 100.0])), config)
    assert found.array.ravel().tolist() == levels
    assert found.count == levels[-1]


def test_the_range_of_resegmentation_is_no_origin_for_derived_images() -> None:
    config = rx.Config.ibsi(bins=FixedBinWidth(25), resegment=Resegment(-50, 400))
    assert discretise(roi_of(np.array([0.0, 24.0])), config, "wavelet-LLH").array.max() == 1


def test_no_bins_takes_integers_as_they_are() -> None:
    found = discretise(roi_of(np.array([2.0, 6.0, 3.0])), rx.Config.ibsi())
    assert found.array.ravel().tolist() == [2, 6, 3]
    assert found.edges.size == 0


def test_no_bins_shifts_intensities_below_one() -> None:
    found = discretise(roi_of(np.array([-3, 0, 2], dtype=np.int16)), rx.Config.ibsi())
    assert found.array.ravel().tolist() == [1, 4, 6]
    assert found.edges[:2].tolist() == [-3, -2]


def test_no_bins_refuses_fractions() -> None:
    with pytest.raises(ConfigError, match=r"no integers .* set bins=FixedBinWidth"):
        discretise(roi_of(np.array([1.5, 2.0])), rx.Config.ibsi())


@pytest.mark.parametrize("dialect", [rx.Config.pyradiomics, rx.Config.ibsi])
def test_too_many_bins(dialect: Any) -> None:
    with pytest.raises(TooManyBins, match=r"1e\+06 grey levels .* at most 100,000"):
        discretise(roi_of(np.array([0.0, 1.0])), dialect(bins=FixedBinWidth(1e-6)))


@pytest.mark.parametrize("count", [200, 300, 70_000])
def test_levels_take_the_narrowest_type(count: int) -> None:
    found = discretise(roi_of(np.arange(float(count))), rx.Config.pyradiomics(bins=FixedBinWidth(1)))
    assert found.count == count
    assert found.array.dtype == {200: np.uint8, 300: np.uint16, 70_000: np.int32}[count]


def test_non_finite_intensities_are_no_levels() -> None:
    with pytest.raises(NonFiniteVoxels, match="1 NaN and 1 infinite of 3"):
        discretise(roi_of(np.array([1.0, np.nan, np.inf])), rx.Config.pyradiomics())


# Regions


def test_what_pyradiomics_shape_sees_of_a_resegmented_roi() -> None:
    """The box follows the intensity mask; the shape mask is cut by it, and is the intensity mask where asked."""
    image, mask = scene()
    rule = Resegment(120.0)
    region = find_region(image, mask, rx.Config.pyradiomics(resegment=rule))
    assert region.inside.sum() < region.morphological.sum()
    np.testing.assert_array_equal(region.morphological, mask.array[region.box])
    shaped = find_region(image, mask, rx.Config.pyradiomics(resegment=replace(rule, shape=True)))
    np.testing.assert_array_equal(shaped.morphological, shaped.inside)


def test_the_ibsi_keeps_the_morphological_mask_whole() -> None:
    image, mask = scene()
    region = find_region(image, mask, rx.Config.ibsi(resegment=Resegment(120.0)))
    assert region.morphological.sum() == mask.size
    assert region.box == mask.bounding_box()


@pytest.mark.parametrize("dialect", [rx.Config.pyradiomics, rx.Config.ibsi])
def test_the_morphological_mask_fills_its_box(dialect: Any) -> None:
    image, mask = scene()
    values = np.sort(image.array[mask.array])
    for low in (values[1], values[-4]):
        region = find_region(image, mask, dialect(resegment=Resegment(float(low), shape=True)))
        assert bounding_box(region.morphological) == tuple(slice(0, n) for n in region.morphological.shape)
        assert (image.array[region.box][region.morphological] >= low).all()


def test_outliers_are_measured_before_the_range_is_applied() -> None:
    values = np.array([0.0, 1, 2, 3, 4, 5, 6, 7, 8, 500]).reshape(1, 2, 5)
    image, mask = Image(values), Mask(np.ones(values.shape, dtype=bool))
    region = find_region(image, mask, rx.Config.ibsi(resegment=Resegment(2.0, 1000.0, outlier_sigma=2.0)))
    assert sorted(values[region.inside]) == [2, 3, 4, 5, 6, 7, 8]


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"minimum_size": 10_000}, "more than 10000 are asked for"),
        ({"resegment": Resegment(1e6)}, "leaves 0 of .* widen the range"),
        ({"resegment": Resegment(2.0, mode=RangeMode.RELATIVE)}, "leaves 0 of"),
    ],
)
def test_regions_too_small(changes: dict[str, Any], message: str) -> None:
    image, mask = scene()
    with pytest.raises(RegionTooSmall, match=message):
        find_region(image, mask, rx.Config.pyradiomics(**changes))


def test_a_region_that_resampling_loses() -> None:
    image, _ = scene()
    inside = np.zeros(SHAPE, dtype=bool)
    inside[3, 4, 3:5] = True
    with pytest.raises(RegionTooSmall, match="leaves no voxel"):
        prepare(image, Mask(inside, image.geometry), rx.Config.pyradiomics(resample=Resample((0, 0, 4.0))))


def test_a_constant_image_cannot_be_normalised() -> None:
    image = Image(np.full(SHAPE, 7.0))
    with pytest.raises(InputError, match=r"constant \(7\)"):
        prepare(image, Mask(image.array > 0), rx.Config.pyradiomics(normalise=rx.Normalise()))


def test_inputs_are_not_modified() -> None:
    image, mask = scene()
    before = image.array.copy(), mask.array.copy()
    config = rx.Config.pyradiomics(normalise=rx.Normalise(10, 2), resample=Resample((2, 2, 2)), resegment=Resegment(-5))
    find_region(*prepare(image, mask, config), config)
    np.testing.assert_array_equal(image.array, before[0])
    np.testing.assert_array_equal(mask.array, before[1])


# The IBSI's interpolation


def test_grids_are_aligned_by_their_centres() -> None:
    image = Image(np.arange(6.0).reshape(1, 1, 6), Geometry((1.0, 1.0, 1.0), (5.0, 6.0, 7.0)))
    mask = Mask(np.ones(image.array.shape, dtype=bool), image.geometry)
    found, found_mask = resample_aligned(image, mask, Resample((0, 0, 4.0), Interpolator.LINEAR, Interpolator.LINEAR))
    assert found.array.ravel().tolist() == [0.5, 4.5]
    assert found.spacing == (1.0, 1.0, 4.0)
    assert found.geometry.origin == (5.0, 6.0, 7.5)
    assert found_mask.array.all()


def test_beyond_the_edge_the_edge_counts() -> None:
    image = Image(np.arange(5.0).reshape(1, 1, 5))
    mask = Mask(np.ones(image.array.shape, dtype=bool))
    for method in (Interpolator.NEAREST, Interpolator.LINEAR, Interpolator.BSPLINE):
        found, _ = resample_aligned(image, mask, Resample((0, 0, 0.5), method, Interpolator.LINEAR))
        assert found.array.ravel()[[0, -1]].tolist() == pytest.approx([0, 4])


def test_a_cubic_spline_agrees_with_scipy() -> None:
    import scipy.ndimage

    image, mask = scene(np.float64)
    found, _ = resample_aligned(image, mask, Resample((1.7, 1.1, 0.6)))
    positions = [
        (n - 1) / 2 + (np.arange(m) - (m - 1) / 2) * new / old
        for n, m, new, old in zip(SHAPE, found.array.shape, (1.7, 1.1, 0.6), SPACING, strict=True)
    ]
    inner = [(p > 0) & (p < n - 1) for p, n in zip(positions, SHAPE, strict=True)]
    grid = np.meshgrid(*(p[i] for p, i in zip(positions, inner, strict=True)), indexing="ij")
    expected = scipy.ndimage.map_coordinates(image.array, grid, order=3, mode="mirror")
    np.testing.assert_allclose(found.array[np.ix_(*inner)], expected, rtol=1e-9, atol=1e-7)


@pytest.mark.parametrize("method", [Interpolator.LINEAR, Interpolator.BSPLINE])
def test_interpolating_only_around_the_roi_changes_nothing(method: Interpolator) -> None:
    rng = np.random.default_rng(1)
    image = Image(rng.normal(size=(70, 80, 90)), Geometry((2.0, 1.0, 1.0)))
    inside = np.zeros(image.array.shape, dtype=bool)
    inside[30:40, 42:50, 41:44] = True
    mask = Mask(inside, image.geometry)
    rule = Resample((1.5, 1.5, 1.5), method, Interpolator.LINEAR)
    whole, whole_mask = resample_aligned(image, mask, rule)
    part, part_mask = resample_aligned(image, mask, rule, reach=5.0)
    start = np.rint(whole.geometry.index(part.geometry.origin)).astype(int)
    box = tuple(slice(a, a + n) for a, n in zip(start, part.array.shape, strict=True))
    assert part.array.size < whole.array.size / 20
    assert part_mask.size == whole_mask.size
    np.testing.assert_allclose(part.array, whole.array[box], rtol=1e-12, atol=1e-12)


def test_the_partial_volume_threshold() -> None:
    inside = np.zeros((1, 1, 8), dtype=bool)
    inside[..., 2:5] = True
    image, mask = Image(inside.astype(float)), Mask(inside)
    rule = Resample((0, 0, 2.0), Interpolator.LINEAR, Interpolator.LINEAR)
    sizes = [resample_aligned(image, mask, replace(rule, partial_volume=p))[1].size for p in (0.5, 0.51)]
    assert sizes == [2, 1]


def test_the_ibsi_interpolates_three_ways() -> None:
    image, mask = scene()
    with pytest.raises(ConfigError, match="one of sitkNearestNeighbor, sitkLinear, sitkBSpline; found sitkGaussian"):
        prepare(image, mask, rx.Config.ibsi(resample=Resample((1, 1, 1), Interpolator.GAUSSIAN)))


# The IBSI's diagnostics of configurations A to E: 300 values


@cache
def diagnostics(configuration: str) -> dict[str, float]:
    image = read_image(shared("ibsi/phantoms/ct/image/phantom.nii.gz"))
    mask = choose_label(reconcile(image, read_labels(shared("ibsi/phantoms/ct/mask/mask.nii.gz"))))
    return processing.diagnostics(image, mask, rx.Config.preset(f"ibsi-{configuration}", diagnostics=True))


@pytest.mark.agreement
@pytest.mark.parametrize("configuration", "ABCDE")
def test_diagnostics_of_the_ibsi(configuration: str) -> None:
    with shared("ibsi/reference/ibsi1_diagnostic_reference_values.csv").open(encoding="utf-8") as file:
        rows = [row for row in csv.DictReader(file) if row["dataset"] == f"config_{configuration}"]
    found = diagnostics(configuration)
    missed = []
    for row in rows:
        rounded = float(f"{found[row['tag']]:.3g}")
        distance = min(abs(v - float(row["value"])) for v in (rounded, found[row["tag"]]))
        if distance > float(row["tolerance"]) + 1e-9:
            missed.append((row["tag"], found[row["tag"]], row["value"], row["tolerance"]))
    assert len(rows) == 60
    assert not missed


@pytest.mark.parametrize(("configuration", "voxels"), [("A", 114_596), ("E", 44_484)])
def test_voxel_counts_after_resegmentation(configuration: str, voxels: int) -> None:
    assert diagnostics(configuration)["int_mask_vox_count_reseg_roi"] == voxels


def test_no_bins_is_a_choice() -> None:
    assert rx.Config.preset("ibsi-A").ivh_bins == NoBins()
    with pytest.raises(ConfigError, match="did you mean 'ibsi-A'"):
        rx.Config.preset("ibsi-a")
