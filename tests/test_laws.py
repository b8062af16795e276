"""Laws that every feature obeys, in both dialects: whatever the registry declares is held to them.

A law turns a sample into another one and says what its features must be; an exception is listed with its reason, and
one that no sample breaks is a failure too.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace

import numpy as np
import pytest
from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from radiomix.config import Aggregation, Config, FixedBinWidth, Weighting
from radiomix.extraction import compute
from radiomix.image import Geometry, Image, Mask, Triple
from radiomix.registry import Dialect, families
from radiomix.spellings import describe

MARGIN = 5  # voxels: more than the sphere of local intensity reaches at the smallest spacing below
WIDTH, SHIFT, SCALE, STRETCH = 5.0, 40.0, 4.0, 2.0  # of bins; of intensities, by whole bins; of spacing


@dataclass(frozen=True, eq=False)
class Sample:
    """A ROI in an image, and how it is measured."""

    intensities: np.ndarray
    inside: np.ndarray
    spacing: Triple
    config: Config = field(repr=False)

    def measured(self) -> dict[str, float]:
        geometry = Geometry(self.spacing)
        return compute(Image(self.intensities, geometry), Mask(self.inside, geometry), self.config)

    def arrays(self, change: Callable[[np.ndarray], np.ndarray]) -> Sample:
        return replace(self, intensities=change(self.intensities), inside=change(self.inside))


def everything(dialect: Dialect, without: str) -> tuple[tuple[str, tuple[str, ...]], ...]:
    """All features of all families of a dialect, the deprecated ones too."""
    found = {name: family.available(dialect) for name, family in families().items() if name != without}
    return tuple((name, tuple(f.name for f in features)) for name, features in found.items() if features)


VOLUME = Config.pyradiomics(features=everything(Dialect.PYRADIOMICS, "shape2D"), bins=FixedBinWidth(WIDTH))
STANDARD = Config.ibsi(
    features=everything(Dialect.IBSI, ""),
    bins=FixedBinWidth(WIDTH),
    ivh_bins=FixedBinWidth(WIDTH / 2),
    aggregations=tuple(Aggregation),
)
CONFIGS = {
    "pyradiomics": VOLUME,
    "pyradiomics, one slice": VOLUME.with_(features=everything(Dialect.PYRADIOMICS, ""), force_2d=True),
    "pyradiomics, slice by slice": VOLUME.with_(force_2d=True, distances=(1, 2)),
    "ibsi": STANDARD,
    "ibsi, farther": STANDARD.with_(distances=(1, 2), gldm_alpha=1.0),
    "ibsi, weighted": STANDARD.with_(weighting=Weighting.EUCLIDEAN),
}


@st.composite
def samples(draw: st.DrawFn, config: str, form: str) -> Sample:
    """A body in an image that reaches a little beyond it."""
    sides = draw(st.tuples(*[st.integers(3, 6)] * 3))
    shape = (1, *sides[1:]) if config.endswith("one slice") else sides
    generator = np.random.default_rng(draw(st.integers(0, 1000)))
    inside = FORMS[form](generator, shape)
    intensities = generator.normal(50, 12, tuple(n + 2 for n in shape))
    return Sample(intensities, np.pad(inside, 1), tuple(draw(st.permutations([1.5, 2.0, 3.25]))), CONFIGS[config])


def ragged(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """Single voxels, many of which touch at an edge or a corner only."""
    inside = generator.random(shape) < generator.choice([0.4, 0.7])
    inside[0, 0, 0] = inside[-1, -1, -1] = True
    return inside


def solid(generator: np.random.Generator, shape: tuple[int, ...]) -> np.ndarray:
    """An oblique ellipsoid, cut off by the sides of its box here and there; less oblique if it came out ragged."""
    half = np.array(shape) / 2
    for obliquity in (0.25, 0.1, 0.0):
        oblique = np.eye(3) + generator.normal(0, obliquity, (3, 3))
        offsets = np.stack(np.indices(shape), axis=-1) - (half - 0.5 + generator.uniform(-0.3, 0.3, 3))
        inside = (((offsets / (half * generator.uniform(0.85, 1.3, 3))) @ oblique) ** 2).sum(axis=-1) <= 1
        if inside.sum() > 1 and not pinched(inside):
            return inside
    return np.ones(shape, dtype=bool)


def pinched(inside: np.ndarray) -> bool:
    """Whether two voxels touch at an edge or a corner only: two opposite ones of a small cube are all it holds."""
    padded = np.pad(inside, 1)
    windows = [(1, 2, 2), (2, 1, 2), (2, 2, 1), (2, 2, 2)]
    cubes = [np.lib.stride_tricks.sliding_window_view(padded, window) for window in windows]
    flat = [cube.reshape(-1, cube[0, 0, 0].size) for cube in cubes]
    return any(((c.sum(axis=1) == 2) & (c & c[:, ::-1]).any(axis=1) & ~_adjacent(c)).any() for c in flat)


def _adjacent(cells: np.ndarray) -> np.ndarray:
    """Whether two places of a 2 x 2 (x 2) window share a face; cells (n, 4 or 8) in scan order."""
    sides = cells.reshape(len(cells), *[2] * (cells.shape[1].bit_length() - 1))
    pairs = [np.logical_and(*np.moveaxis(sides, axis, 0)) for axis in range(1, sides.ndim)]
    return np.any([pair.reshape(len(cells), -1).any(axis=1) for pair in pairs], axis=0)


FORMS = {"solid": solid, "ragged": ragged}
Outcome = tuple[dict[str, float], dict[str, float]]  # what is found, what the law expects


def translation(sample: Sample) -> Iterator[Outcome]:
    """Image and mask moved together within a larger field."""
    wide = sample.arrays(lambda a: np.pad(a, MARGIN))
    moved = wide.arrays(lambda a: np.pad(a, ((2, 0), (0, 1), (3, 1))))
    yield moved.measured(), wide.measured()


def padding(sample: Sample) -> Iterator[Outcome]:
    """More background, of other intensities."""
    outside = np.random.default_rng(0).normal(500, 100, tuple(n + 4 for n in sample.inside.shape))
    inside = np.pad(sample.inside, 2)
    padded = replace(sample, intensities=np.where(inside, np.pad(sample.intensities, 2), outside), inside=inside)
    yield padded.measured(), sample.measured()


def flips(sample: Sample) -> Iterator[Outcome]:
    for axis in range(3):
        yield sample.arrays(lambda a, axis=axis: np.flip(a, axis)).measured(), sample.measured()


ACROSS = {0: "Slice", 1: "Column", 2: "Row"}  # PyRadiomics' diameters in a plane, by the array axis across it


def quarter_turns(sample: Sample) -> Iterator[Outcome]:
    """The spacing turns with the array, and so does the axis across which slices lie."""
    for a, b in ((0, 1), (0, 2), (1, 2)):
        order = [{a: b, b: a}.get(axis, axis) for axis in range(3)]
        turned = sample.arrays(lambda array, axes=(a, b): np.rot90(array, axes=axes))
        config = sample.config.with_(force_2d_axis=order[sample.config.force_2d_axis])
        turned = replace(turned, spacing=tuple(sample.spacing[axis] for axis in order), config=config)
        names = {f"2DDiameter{ACROSS[axis]}": f"2DDiameter{ACROSS[order[axis]]}" for axis in range(3)}
        expected = {
            re.sub("2DDiameter.*", lambda found, names=names: names[found.group()], column): value
            for column, value in sample.measured().items()
        }
        yield turned.measured(), expected


MOVES = {  # with the zero of intensities
    "firstorder": {"Mean", "Median", "Minimum", "Maximum", "10Percentile", "90Percentile"},
    "localintensity": {"LocalIntensityPeak", "GlobalIntensityPeak"},
    "ivh": {"IntensityAtVolumeFraction10", "IntensityAtVolumeFraction90"},
}


def intensity_shift(sample: Sample) -> Iterator[Outcome]:
    """A constant is added, a multiple of the bin width: locations move with it, nothing else changes."""
    expected = sample.measured()
    for column in expected:
        told = describe(column)
        expected[column] += SHIFT * (told.feature in MOVES.get(told.family, ()))
    yield replace(sample, intensities=sample.intensities + SHIFT).measured(), expected


def power(unit: str, of: str) -> int:
    """The exponent of one unit in a product of units.

    >>> power("intensity^2 mm^3", "mm"), power("mm^-1", "mm"), power("bit", "mm")
    (3, -1, 0)
    """
    found = re.search(rf"\b{of}\b(?:\^(-?\d+))?", unit)
    return int(found[1] or 1) if found else 0


def scaled(expected: dict[str, float], unit: str, factor: float) -> dict[str, float]:
    return {column: value * factor ** power(describe(column).unit, unit) for column, value in expected.items()}


def intensity_scale(sample: Sample) -> Iterator[Outcome]:
    """Intensities and bin widths times a factor: a feature follows by its unit."""
    bins = {"bins": FixedBinWidth(SCALE * WIDTH)}
    if sample.config.ivh_bins is not None:
        bins["ivh_bins"] = FixedBinWidth(SCALE * WIDTH / 2)
    louder = replace(sample, intensities=SCALE * sample.intensities, config=sample.config.with_(**bins))
    yield louder.measured(), scaled(sample.measured(), "intensity", SCALE)


def spacing_scale(sample: Sample) -> Iterator[Outcome]:
    """The spacing times a factor: a feature follows by its unit."""
    larger = replace(sample, spacing=tuple(STRETCH * step for step in sample.spacing))
    yield larger.measured(), scaled(sample.measured(), "mm", STRETCH)


LAWS = {
    law.__name__: law
    for law in (translation, padding, flips, quarter_turns, intensity_shift, intensity_scale, spacing_scale)
}
EXCEPTIONS = {
    "padding": {"localintensity_": "the sphere of 1 cm^3 reaches into the background"},
    "spacing_scale": {"localintensity_": "the sphere has 1 cm^3, whatever the spacing"},
    "intensity_shift": {
        "firstorder_(Energy|TotalEnergy|RootMeanSquared)": "squares are taken from zero",
        "firstorder_(CoefficientOfVariation|QuartileCoefficientOfDispersion)": "spreads are shares of an intensity",
        "shape_(CentreOfMassShift|IntegratedIntensity)": "intensities are weights",
    },
}
OF_THE_MESH = "shape_(MeshVolume|Surface|Spheric|Compactness|Asphericity|VolumeDensity|AreaDensity|IntegratedIntensity)"
OF_RAGGED_BODIES = {
    law: {OF_THE_MESH: "where voxels touch at an edge or a corner, marching cubes join them as their table has it"}
    for law in ("flips", "quarter_turns")
}
OF_WEIGHTS = {
    "spacing_scale": {"gl(cm|rlm)-(2Dslice|2.5D|3D)merged_": "directions weigh exp(-distance^2), the distance in mm"}
}
ITERATED = {"shape_(VolumeDensityMVEE|AreaDensityMVEE)": 1e-6}  # to a relative precision of 1e-7; all else is exact


def broken(outcomes: Iterator[Outcome]) -> dict[str, str]:
    """Columns that are not as the law expects."""
    found = {}
    for values, expected in outcomes:
        assert values.keys() == expected.keys() and values
        for column, value in values.items():
            both_undefined = math.isnan(value) and math.isnan(expected[column])
            if not both_undefined and not math.isclose(
                value, expected[column], rel_tol=tolerance(column), abs_tol=1e-9
            ):
                found[column] = f"{value!r}, not {expected[column]!r}"
    return found


def tolerance(column: str) -> float:
    return next((allowed for pattern, allowed in ITERATED.items() if re.search(f"_{pattern}", column)), 1e-9)


def excepted(column: str, *patterns: str) -> bool:
    return any(re.search(f"_{pattern}", column) for pattern in patterns)


@pytest.mark.parametrize("law", LAWS)
@pytest.mark.parametrize("form", FORMS)
@pytest.mark.parametrize("config", CONFIGS)
def test_every_feature_obeys(law: str, form: str, config: str) -> None:
    listed = [EXCEPTIONS, OF_RAGGED_BODIES] if form == "ragged" else [EXCEPTIONS]
    listed += [OF_WEIGHTS] if config.endswith("weighted") else []
    patterns = [pattern for exceptions in listed for pattern in exceptions.get(law, {})]

    @settings(derandomize=True, database=None, deadline=None, max_examples=6, phases=(Phase.generate, Phase.shrink))
    @given(sample=samples(config, form))
    def holds(sample: Sample) -> None:
        assert {c: told for c, told in broken(LAWS[law](sample)).items() if not excepted(c, *patterns)} == {}

    holds()


@pytest.mark.parametrize(
    ("law", "pattern"),
    [
        (law, pattern)
        for listed in (EXCEPTIONS, OF_RAGGED_BODIES, OF_WEIGHTS)
        for law in listed
        for pattern in listed[law]
    ],
)
def test_an_exception_is_needed(law: str, pattern: str) -> None:
    generator = np.random.default_rng(1)
    inside = np.pad(ragged(generator, (3, 4, 5)), 1)
    sample = Sample(generator.normal(50, 12, inside.shape), inside, (1.0, 1.0, 1.0), CONFIGS["ibsi, weighted"])
    names = {column for column in sample.measured() if excepted(column, pattern)}
    assert set(broken(LAWS[law](sample))) >= names != set()


def test_every_feature_is_measured() -> None:
    measured = {
        (dialect, describe(column).family, describe(column).feature)
        for name, dialect in (("pyradiomics, one slice", Dialect.PYRADIOMICS), ("ibsi", Dialect.IBSI))
        for column in flat_sample(name).measured()
    }
    declared = {
        (dialect, family.name, feature.name)
        for family in families().values()
        for dialect in Dialect
        for feature in family.available(dialect)
    }
    assert measured == declared


def flat_sample(config: str) -> Sample:
    generator = np.random.default_rng(2)
    return Sample(
        generator.normal(50, 12, (3, 6, 6)), np.pad(np.ones((1, 4, 4), bool), 1), (2.0, 2.0, 2.0), CONFIGS[config]
    )
