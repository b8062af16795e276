"""The kernels of reading and preparation beside slow, obvious twins."""

from __future__ import annotations

import math

import numpy as np
import pytest
import scipy.ndimage

from radiomix.kernels.labels import locate
from radiomix.kernels.levels import level_by_edges, level_by_width, span
from radiomix.kernels.spline import along_last, along_middle, prefilter

SHAPES = [(1, 1, 1), (2, 3, 4), (4, 1, 5)]


def scene(shape: tuple[int, ...], seed: int, dtype: type = np.float64) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    inside = rng.random(shape) < 0.6
    inside.flat[0] = True
    return np.round(rng.normal(0, 30, shape), 1).astype(dtype), inside


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("dtype", [np.float64, np.float32, np.int16])
def test_span(shape: tuple[int, ...], dtype: type) -> None:
    array, inside = scene(shape, 1, dtype)
    values = array[inside]
    assert span(array, inside) == (values.min(), values.max(), values.size, True)


@pytest.mark.parametrize("value", [np.nan, np.inf, -np.inf])
def test_span_sees_what_is_not_finite_only_inside(value: float) -> None:
    array, inside = scene((2, 3, 4), 2)
    array[~inside] = value
    assert span(array, inside)[3]
    array[inside] = value
    assert not span(array, inside)[3]


@pytest.mark.parametrize("shape", SHAPES)
@pytest.mark.parametrize("edges", [np.arange(-200, 200, 0.1), np.arange(-200.0, 225, 25), np.array([-300.0, 300.0])])
def test_levels_by_edges_are_numpys_digits(shape: tuple[int, ...], edges: np.ndarray) -> None:
    array, inside = scene(shape, 3)
    array.flat[0] = edges[len(edges) // 2]  # exactly on an edge
    levels = np.zeros(shape, dtype=np.uint16)
    highest = level_by_edges(array, inside, edges, levels)
    expected = np.where(inside, np.digitize(array, edges), 0)
    np.testing.assert_array_equal(levels, expected)
    assert highest == expected.max()


def test_levels_below_and_above_the_edges() -> None:
    levels = np.zeros((1, 1, 3), dtype=np.uint8)
    values = np.array([[[-5.0, 0.5, 9.0]]])
    level_by_edges(values, np.ones((1, 1, 3), dtype=bool), np.array([0.0, 1.0, 2.0]), levels)
    assert levels.ravel().tolist() == [0, 1, 3]


@pytest.mark.parametrize(("origin", "bins", "width", "most"), [(-100.0, 1.0, 25.0, 99), (0.0, 8.0, 40.0, 8)])
def test_levels_by_width(origin: float, bins: float, width: float, most: int) -> None:
    array, inside = scene((2, 3, 4), 4)
    levels = np.zeros(array.shape, dtype=np.uint8)
    highest = level_by_width(array, inside, origin, bins, width, most, levels)
    for index in np.ndindex(*array.shape):
        expected = min(max(math.floor(bins * (array[index] - origin) / width) + 1, 1), most) if inside[index] else 0
        assert levels[index] == expected
    assert highest == levels.max()


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
