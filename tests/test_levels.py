"""The kernels of reading and preparation beside slow, obvious twins."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.ndimage

from radiomix.features.grid import Grid
from radiomix.image import Levels
from radiomix.kernels.labels import locate
from radiomix.kernels.levels import level_by_edges, level_by_width, look_up
from radiomix.kernels.spline import along_last, along_middle, prefilter


def intensities(seed: int) -> np.ndarray:
    return np.round(np.random.default_rng(seed).normal(0, 30, 60), 1)


@pytest.mark.parametrize(
    "edges",
    [
        np.arange(-200, 200, 0.1),
        np.arange(-200.0, 225, 25),
        np.arange(-20.0, 20, 7),
        np.array([-300.0, 300.0]),
        np.array([-90.0, -30.0, 30.0, 91.0]),
        np.arange(np.float32(-100), np.float32(100), np.float32(0.1)).astype(np.float64),
    ],
    ids=len,
)
def test_levels_by_edges_are_numpys_digits(edges: np.ndarray) -> None:
    values = np.concatenate([intensities(3), edges, np.nextafter(edges, -np.inf), np.nextafter(edges, np.inf)])
    levels = np.zeros(values.size, dtype=np.uint16)
    assert level_by_edges(values, edges, levels)
    np.testing.assert_array_equal(levels, np.digitize(values, edges))


@pytest.mark.parametrize("edges", [[0.0, 1.0, 4.0, 5.0, 6.0], [0.0, 1.0, 2.0, 2.5], [1.0, 1.0, 1.0], [3.0]], ids=str)
def test_edges_that_are_not_equally_spaced_are_refused(edges: list[float]) -> None:
    assert not level_by_edges(intensities(3), np.array(edges), np.zeros(60, np.uint8))


@pytest.mark.parametrize(("origin", "bins", "width", "most"), [(-100.0, 1.0, 25.0, 99), (0.0, 8.0, 40.0, 8)])
def test_levels_by_width(origin: float, bins: float, width: float, most: int) -> None:
    values = intensities(4)
    levels = np.zeros(values.size, dtype=np.uint8)
    level_by_width(values, origin, bins, width, most, levels)
    expected = [min(max(math.floor(bins * (v - origin) / width) + 1, 1), most) for v in values]
    assert levels.tolist() == expected


@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32])
def test_levels_of_integers_are_looked_up(dtype: type) -> None:
    low = int(np.iinfo(dtype).min)
    values = np.array([low, low + 9, low + 3], dtype)
    levels = np.empty(3, np.uint8)
    look_up(values, low, np.arange(10, dtype=np.uint8), levels)
    assert levels.tolist() == [0, 9, 3]


@pytest.mark.parametrize("frame", [1, 2])
@pytest.mark.parametrize("across", [0, 1, 2])
@pytest.mark.parametrize("least", [0, 1], ids=["some below the lowest bin", "all in bins"])
def test_levels_are_laid_out_within_a_frame(frame: int, across: int, least: int) -> None:
    rng = np.random.default_rng(frame)
    inside = rng.random((3, 4, 5)) < 0.6
    levels = Levels(inside, rng.integers(least, 4, inside.sum()).astype(np.uint16), 3, np.empty(0))
    expected = np.pad(np.moveaxis(levels.array, across, 0), frame)
    grid = Grid.of(levels, frame, across)
    _check_grid(grid, expected)
    for lowest in (0, 1):  # another image of the region
        other = Levels(inside, rng.integers(lowest, 3, inside.sum()).astype(np.uint16), 2, np.empty(0))
        beside = np.pad(np.moveaxis(other.array, across, 0), frame)
        _check_grid(Grid.of(other, frame, across, twin=grid), beside)


def _check_grid(grid: Grid, expected: np.ndarray) -> None:
    np.testing.assert_array_equal(grid.flat.reshape(grid.shape), expected)
    np.testing.assert_array_equal(grid.voxels, np.flatnonzero(expected))
    per_slice = np.count_nonzero(expected.reshape(len(expected), -1), axis=1)
    np.testing.assert_array_equal(np.diff(grid.starts), per_slice)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("dtype", [np.uint8, np.int16, np.int32])
@pytest.mark.parametrize("shape", [(4, 5, 6), (3, 4, 16), (2, 1, 3), (0, 2, 2)])
def test_labels_are_located(seed: int, dtype: type, shape: tuple[int, int, int]) -> None:
    rng = np.random.default_rng(seed)
    labels = (rng.integers(0, 3, shape) * (rng.random(shape) < 0.08)).astype(dtype)
    before = labels.copy()
    first = int(next(iter(labels[labels != 0]), 0))
    for wanted, expected in ((0, first), (1, 1), (2, 2), (300, 300)):
        chosen = (labels == expected) & (labels != 0)
        found, others, bounds = locate(labels, wanted)
        if not chosen.any():
            assert bounds is None
            continue
        assert found == expected
        assert others == bool(np.any(~chosen & (labels != 0)))
        assert bounds == tuple((p.min(), p.max()) for p in np.nonzero(chosen))
    np.testing.assert_array_equal(labels, before)


def test_a_label_beyond_the_number_type_is_not_found() -> None:
    assert locate(np.full((1, 1, 8), 44, np.uint8), 300) == (0, False, None)


@pytest.mark.parametrize("size", [1, 2, 3, 17, 18, 19, 50])
def test_spline_coefficients_are_scipys(size: int) -> None:
    rows = np.random.default_rng(size).normal(size=(size, 3))
    expected = scipy.ndimage.spline_filter1d(rows, 3, axis=0, mode="mirror") if size > 1 else rows.copy()
    prefilter(rows)
    np.testing.assert_allclose(rows, expected, rtol=1e-8, atol=1e-8)


def test_weights_along_either_axis() -> None:
    rng = np.random.default_rng(0)
    volume, weights = rng.normal(size=(2, 5, 3)), rng.random((4, 2))
    taps = rng.integers(0, 5, (4, 2))
    expected = np.stack(
        [[sum(w * b[t] for t, w in zip(*row, strict=True)) for row in zip(taps, weights, strict=True)] for b in volume]
    )
    np.testing.assert_allclose(along_middle(volume.copy(), taps, weights, False), expected)
    turned = np.ascontiguousarray(volume.transpose(0, 2, 1))
    np.testing.assert_allclose(along_last(turned, taps, weights, False).transpose(0, 2, 1), expected)


@pytest.mark.parametrize("size", [4, 30])
def test_a_spline_passes_through_its_samples(size: int) -> None:
    volume = np.random.default_rng(1).normal(size=(2, size, 3))
    place = np.arange(size)
    taps = np.abs(np.stack([place - 1, place, place + 1], axis=1))
    taps = np.minimum(taps, 2 * (size - 1) - taps)
    weights = np.tile([1 / 6, 4 / 6, 1 / 6], (size, 1))
    np.testing.assert_allclose(along_middle(volume.copy(), taps, weights, True), volume, atol=1e-8)
