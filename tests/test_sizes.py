"""Runs, zones, distances and dependences: counted against naive twins, reduced by the shared formulas, their laws."""

from __future__ import annotations

import numpy as np
import pytest

from radiomix.config import Aggregation, Config, Weighting
from radiomix.features import glrlm
from radiomix.features.aggregate import lengths
from radiomix.features.grid import directions, surroundings
from radiomix.kernels import sizes as column
from radiomix.kernels.zones import representatives
from radiomix.registry import Dialect, family
from tests import naive_texture as naive
from tests.texture import random_levels, source_of, textures, values

FAMILIES = ("glrlm", "glszm", "gldzm", "gldm", "ngldm")
SMALL = [name for name in textures() if name != "many levels"]


def wide(counts, sizes, width):
    """Counts whose column j stands for size j."""
    matrix = np.zeros((*counts.shape[:-1], width))
    matrix[..., sizes.astype(int)] = counts
    return matrix


@pytest.mark.parametrize("name", textures())
@pytest.mark.parametrize("planar", [False, True])
def test_runs_equal_the_twin(name, planar):
    levels = textures()[name]
    counts, voxels = glrlm.count(source_of(levels, Config.pyradiomics()).grid, planar, by_slice=False)
    for a, offset in enumerate(directions((1,), planar)):
        expected = naive.dense(naive.runs(levels, offset), counts.shape[2:])
        np.testing.assert_array_equal(counts[0, a, 1:, 1:], expected[1:, 1:])
    assert (voxels == np.count_nonzero(levels)).all()


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize("planar", [False, True])
def test_zones_and_their_distances_equal_the_twin(name, planar):
    levels = textures()[name]
    zones = source_of(levels, Config.ibsi()).zones(planar)
    expected = naive.zones(levels, surroundings((1,), planar))
    sizes = sorted((int(levels[zone[0]]), len(zone)) for zone in expected)
    assert sorted(zip(zones.level.tolist(), zones.size.tolist(), strict=True)) == sizes
    counts, distances = zones.against_distance(levels > 0, by_slice=False)
    found = np.zeros_like(counts[0])
    for zone in expected:
        least = min(naive.border_distance(levels > 0, place, planar) for place in zone)
        found[levels[zone[0]], least] += 1
    np.testing.assert_array_equal(counts[0], found)
    assert list(distances) == list(range(counts.shape[2]))


@pytest.mark.parametrize("name", SMALL)
@pytest.mark.parametrize(("alpha", "distances", "planar"), [(0, (1,), False), (1.5, (1,), True), (2, (2,), False)])
@pytest.mark.parametrize("dialect", Dialect)
def test_dependences_equal_the_twin(name, alpha, distances, planar, dialect):
    levels = textures()[name]
    config = Config.pyradiomics(dialect=dialect, gldm_alpha=alpha, distances=distances)
    counts = source_of(levels, config).surroundings(planar).dependences(by_slice=False)[0]
    reach = distances if dialect is Dialect.PYRADIOMICS else tuple(range(1, max(distances) + 1))
    expected = naive.dependences(levels, surroundings(reach, planar), alpha)
    np.testing.assert_array_equal(counts, naive.dense(expected, counts.shape))


@pytest.mark.parametrize("seed", range(4))
def test_formulas_equal_their_twin(seed):
    generator = np.random.default_rng(seed)
    counts = generator.integers(0, 30, (3, 6, 4)).astype(np.uint32)
    counts[1], counts[2, 0] = 0, 0
    counts[:, :, 0] = 0  # no thing has size 0
    sizes, voxels = np.array([0.0, 1.0, 2.0, 7.0]), np.array([500.0, 600.0, 700.0])
    features, c_log_c = np.empty((3, column.SIZE_COLUMNS)), np.arange(10) * np.log2(np.maximum(np.arange(10), 1))
    column.size_features(counts, sizes, voxels, c_log_c, features)
    assert np.isnan(features[1]).all()
    for k in (0, 2):
        np.testing.assert_allclose(features[k], naive.size_features(counts[k], sizes, voxels[k]), rtol=1e-12)
    weighted = np.empty_like(features)
    column.size_features(counts * 0.5, sizes, voxels * 0.5, np.empty(0), weighted)
    ratio = weighted[0] / features[0]
    ratio[[column.LEVEL_NON_UNIFORMITY, column.SIZE_NON_UNIFORMITY]] *= 2
    np.testing.assert_allclose(ratio, 1, rtol=1e-12)


def test_a_table_of_neighbours_joins_each_touching_group_once():
    offsets = -directions((1,), False)
    codes = representatives(offsets)
    everything = (1 << 13) - 1
    assert codes[0] == 0
    assert codes[everything] < 16  # all thirteen touch each other in one group
    alone = [a for a, o in enumerate(offsets) if tuple(o) in ((-1, -1, -1), (-1, -1, 1), (-1, 1, -1), (-1, 1, 1))]
    corners = int(codes[sum(1 << a for a in alone)])
    found = sorted((corners >> shift) % 16 - 1 for shift in range(0, 16, 4))
    assert found == alone


def test_directions_without_a_line_of_two_voxels_are_dropped_as_in_pyradiomics():
    levels = textures()["line"]
    along_x = naive.dense(naive.runs(levels, (0, 0, 1)), (3, 4))
    expected = naive.size_features(along_x, np.arange(4.0), 4)
    numbers = values(levels, "glrlm", Config.pyradiomics())
    assert numbers["ShortRunEmphasis"] == pytest.approx(expected[column.SMALL])
    assert numbers["RunPercentage"] == pytest.approx(expected[column.PERCENTAGE]) == 0.75
    averaged = values(levels, "glrlm", Config.ibsi(aggregations=(Aggregation.VOLUME_AVERAGED,)))
    assert averaged["RunPercentage"] == pytest.approx((12 + 0.75) / 13)
    assert np.isnan(values(textures()["single voxel"], "glrlm", Config.pyradiomics())["RunEntropy"])


@pytest.mark.parametrize("dialect", Dialect)
def test_weights_of_runs(dialect):
    levels, spacing = random_levels(3), np.array([3.0, 0.5, 1.0])
    config = Config.pyradiomics(
        dialect=dialect, weighting=Weighting.MANHATTAN, aggregations=(Aggregation.VOLUME_MERGED,)
    )
    offsets = directions((1,), False)
    length = np.abs(offsets * spacing).sum(1)
    weights = length if dialect is Dialect.PYRADIOMICS else np.exp(-(length**2))
    shape = (int(levels.max()) + 1, 8)
    matrix = sum(w * naive.dense(naive.runs(levels, o), shape) for w, o in zip(weights, offsets, strict=True))
    expected = naive.size_features(matrix, np.arange(8.0), np.count_nonzero(levels) * weights.sum())
    numbers = values(levels, "glrlm", config, spacing=tuple(spacing))
    assert numbers["RunEntropy"] == pytest.approx(expected[column.ENTROPY])
    assert numbers["RunPercentage"] == pytest.approx(expected[column.PERCENTAGE])
    with pytest.raises(ValueError, match="equal weight"):
        lengths(offsets, spacing, Weighting.NONE)


@pytest.mark.parametrize("name", FAMILIES)
@pytest.mark.parametrize("aggregation", [Aggregation.SLICE_MERGED, Aggregation.PLANE_MERGED, Aggregation.VOLUME_MERGED])
def test_flips_and_padding_change_nothing(name, aggregation):
    levels, config = random_levels(7), Config.ibsi(aggregations=(aggregation,))
    expected = values(levels, name, config)
    for changed in (levels[:, ::-1], levels[:, :, ::-1], levels[::-1], np.pad(levels, 2), levels.swapaxes(1, 2)):
        assert values(changed, name, config) == pytest.approx(expected, rel=1e-9)


@pytest.mark.parametrize("name", FAMILIES)
def test_several_aggregations_in_one_call_are_those_of_single_calls(name):
    levels = random_levels(8)
    together = family(name).compute(
        source_of(levels, Config.ibsi(aggregations=tuple(Aggregation))), family(name).features
    )
    for aggregation, numbers in together:
        assert numbers == pytest.approx(values(levels, name, Config.ibsi(aggregations=(aggregation,))), nan_ok=True)


def test_distances_are_to_the_border_of_the_morphological_region():
    levels = np.zeros((5, 5, 5), int)
    levels[2, 2, 2] = 1
    whole = np.ones((5, 5, 5), bool)
    config = Config.ibsi()
    assert values(levels, "gldzm", config)["LargeDistanceEmphasis"] == 1
    assert values(levels, "gldzm", config, morphological=whole)["LargeDistanceEmphasis"] == 9


def test_dependence_is_the_same_under_both_names():
    levels = random_levels(9)
    one, other = values(levels, "gldm", Config.ibsi()), values(levels, "ngldm", Config.ibsi())
    assert set(other) - set(one) == {"DependenceEnergy"}
    assert all(one[name] == other[name] for name in one)
    assert one["DependencePercentage"] == 1
    on_request = {f.name for f in family("gldm").features if not f.default}
    assert on_request == {"GrayLevelNonUniformityNormalized", "DependencePercentage"}
