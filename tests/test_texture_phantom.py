"""The digital phantom: every texture value and matrix that the IBSI publishes."""

from __future__ import annotations

import csv
import json
from functools import cache
from itertools import product

import numpy as np
import pytest

from radiomix.config import Aggregation, Config
from radiomix.features import glcm, glrlm
from radiomix.features.grid import directions
from radiomix.registry import Dialect, families, family
from tests.data import shared
from tests.texture import source_of

REFERENCE = "ibsi/reference"
TEXTURE = ("glcm", "glrlm", "glszm", "gldzm", "ngldm", "ngtdm")
AGGREGATIONS = {
    "2D, averaged": Aggregation.SLICE_AVERAGED,
    "2D, slice-merged": Aggregation.SLICE_MERGED,
    "2.5D, direction-merged": Aggregation.DIRECTION_MERGED,
    "2.5D, merged": Aggregation.PLANE_MERGED,
    "3D, averaged": Aggregation.VOLUME_AVERAGED,
    "3D, merged": Aggregation.VOLUME_MERGED,
    "2D": Aggregation.SLICE_MERGED,
    "2.5D": Aggregation.PLANE_MERGED,
    "3D": Aggregation.VOLUME_MERGED,
}


@cache
def matrices() -> dict:
    return json.loads(shared(f"{REFERENCE}/ibsi1_digital_phantom_matrices.json").read_text())


@cache
def phantom() -> np.ndarray:
    return np.array([[[v or 0 for v in row] for row in area] for area in matrices()["phantom"]["image"]])


@cache
def published(family_code: str) -> list[dict[str, str]]:
    with shared(f"{REFERENCE}/ibsi1_reference_values.csv").open() as file:
        rows = list(csv.DictReader(file))
    return [row for row in rows if row["dataset"] == "digital_phantom" and row["family_id"] == family_code]


@cache
def computed(name: str) -> dict[tuple[Aggregation, str], float]:
    """Values by aggregation and IBSI code, all aggregations in one call."""
    found = family(name)
    source = source_of(phantom(), Config.ibsi(aggregations=tuple(Aggregation)))
    names = {feature.name: feature.code for feature in found.available(Dialect.IBSI)}
    return {
        (aggregation, names[feature]): value
        for aggregation, numbers in found.compute(source, found.available(Dialect.IBSI))
        for feature, value in numbers.items()
    }


@pytest.mark.parametrize("name", TEXTURE)
def test_every_published_value_of_the_phantom(name):
    rows = published(family(name).code)
    assert len(rows) in (150, 96, 48, 51, 15)
    for row in rows:
        value = computed(name)[AGGREGATIONS[row["aggregation"]], row["feature_id"]]
        assert float(f"{value:.3g}") == float(f"{float(row['value']):.3g}"), row["feature_name"]
        if row["exact_value"]:
            assert value == pytest.approx(float(row["exact_value"]), rel=1e-9, abs=1e-12), row["feature_name"]


@pytest.mark.parametrize("name", TEXTURE)
def test_codes_and_terms_are_those_of_the_standard(name):
    with shared(f"{REFERENCE}/ibsi_identifiers.csv").open() as file:
        known = {
            (row["feature_id"], row["feature_name"])
            for row in csv.DictReader(file)
            if row["family_id"] == families()[name].code
        }
    assert {(f.code, f.term) for f in families()[name].available(Dialect.IBSI)} == known


def as_matrix(entries: list, shape: tuple[int, ...]) -> np.ndarray:
    matrix = np.zeros(shape)
    for row, column, count in entries:
        matrix[row, column] = count
    return matrix


def places(offsets: np.ndarray, listed: list) -> list[int]:
    """Where the published directions, (x, y, z) and of either sign, are among ours."""
    ours = [tuple(offset) for offset in offsets]
    return [next(ours.index(o) for o in ((z, y, x), (-z, -y, -x)) if o in ours) for x, y, z in listed]


@pytest.mark.parametrize("name", ["glcm", "glrlm"])
def test_matrices_by_direction(name):
    grid, known = source_of(phantom(), Config.ibsi()).grid, matrices()["matrices"][name]
    plane, volume = directions((1,), True), directions((1,), False)
    if name == "glcm":
        sliced, solid = glcm.count(grid, plane, by_slice=True), glcm.count(grid, volume, by_slice=False)
        sliced, solid = (counts + counts.swapaxes(-1, -2) for counts in (sliced, solid))
    else:
        sliced, solid = glrlm.count(grid, True, True)[0], glrlm.count(grid, False, False)[0]
    sliced, solid = sliced[1:-1].astype(int), solid[0].astype(int)
    sliced[..., 0, :], solid[..., 0, :], sliced[..., 0], solid[..., 0] = 0, 0, 0, 0
    shape, flat, deep = (
        solid.shape[1:],
        *(
            places(plane, matrices()["directions_2D_xyz"]),
            places(volume, matrices()["directions_3D_xyz"]),
        ),
    )
    for z, a in product(range(4), range(4)):
        np.testing.assert_array_equal(sliced[z, flat[a]], as_matrix(known["2D_by_slice_and_direction"][z][a], shape))
        np.testing.assert_array_equal(sliced.sum(0)[flat[a]], as_matrix(known["2.5D_by_direction"][a], shape))
    for z in range(4):
        np.testing.assert_array_equal(sliced[z].sum(0), as_matrix(known["2D_slice_merged"][z], shape))
    for a in range(13):
        np.testing.assert_array_equal(solid[deep[a]], as_matrix(known["3D_by_direction"][a], shape))
    np.testing.assert_array_equal(sliced.sum((0, 1)), as_matrix(known["2.5D_merged"], shape))
    np.testing.assert_array_equal(solid.sum(0), as_matrix(known["3D_merged"], shape))


def spread(counts: np.ndarray, sizes: np.ndarray) -> np.ndarray:
    """Counts whose column j stands for size j."""
    wide = np.zeros((*counts.shape[:2], int(sizes.max()) + 1))
    wide[:, :, sizes.astype(int)] = counts
    return wide


@pytest.mark.parametrize("name", ["glszm", "gldzm", "ngldm"])
def test_matrices_by_slice_and_volume(name):
    source = source_of(phantom(), Config.ibsi(aggregations=tuple(Aggregation)))
    region = source.roi.morphological

    def counted(planar: bool, by_slice: bool) -> np.ndarray:
        match name:
            case "glszm":
                return spread(*source.zones(planar).against_size(by_slice))
            case "gldzm":
                return spread(*source.zones(planar).against_distance(region, by_slice))
            case _:
                return source.surroundings(planar).dependences(by_slice)

    known, sliced = matrices()["matrices"][name], counted(True, True)[1:-1]
    for z in range(4):
        np.testing.assert_array_equal(sliced[z], as_matrix(known["2D_by_slice"][z], sliced.shape[1:]))
    np.testing.assert_array_equal(counted(True, False)[0], as_matrix(known["2.5D_merged"], sliced.shape[1:]))
    volume = counted(False, False)[0]
    np.testing.assert_array_equal(volume, as_matrix(known["3D"], volume.shape))


def test_tone_differences():
    source = source_of(phantom(), Config.ibsi(aggregations=tuple(Aggregation)))
    known = matrices()["matrices"]["ngtdm"]

    def check(counts: np.ndarray, sums: np.ndarray, entries: list) -> None:
        expected = np.zeros((2, counts.size))
        for level, n, s in entries:
            expected[:, level] = n, s
        np.testing.assert_array_equal(counts, expected[0])
        np.testing.assert_allclose(sums, expected[1], atol=1e-9)

    counts, sums = source.surroundings(True).tones(True, Dialect.IBSI)
    for z in range(4):
        check(counts[z + 1], sums[z + 1], known["2D_by_slice"][z])
    for planar, key in ((True, "2.5D_merged"), (False, "3D")):
        counts, sums = source.surroundings(planar).tones(False, Dialect.IBSI)
        check(counts[0], sums[0], known[key])
