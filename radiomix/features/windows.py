"""The families in a window around every voxel: which kernel counts what, under either dialect's rules."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache, cached_property
from math import floor, prod

import numpy as np

from ..config import Aggregation, Config
from ..errors import ConfigError, unknown
from ..image import Levels
from ..kernels import window_statistics as statistic
from ..kernels.cooccurrence import MCC, PAIR_COLUMNS
from ..kernels.neighbours import TONE_COLUMNS
from ..kernels.sizes import SIZE_COLUMNS
from ..kernels.window import window_in_frame, window_lines, window_pairs, window_places
from ..kernels.window_correlation import correlation_windows
from ..kernels.window_lanes import block_of_keys
from ..kernels.window_margins import Margin, margin_counters
from ..kernels.window_pairs import glcm_windows, key_units
from ..kernels.window_runs import glrlm_windows, glszm_windows, key_units_of_runs
from ..kernels.window_sizes import neighbour_windows
from ..kernels.window_statistics import STATISTIC_COLUMNS, statistics_windows
from ..kernels.window_tally import log_table
from ..registry import Dialect, Feature
from .aggregate import BY_SLICE, Plan, decaying, neighbour_distances, plans
from .glrlm import direction_weights
from .grid import Grid, directions, framed

Columns = dict[str, np.ndarray]
MERGED = frozenset({Aggregation.PLANE_MERGED, Aggregation.VOLUME_MERGED})

STATISTICS = {
    "Energy": statistic.ENERGY,
    "Entropy": statistic.ENTROPY,
    "InterquartileRange": statistic.INTERQUARTILE_RANGE,
    "Kurtosis": statistic.KURTOSIS,
    "Maximum": statistic.MAXIMUM,
    "Mean": statistic.MEAN,
    "MeanAbsoluteDeviation": statistic.MEAN_ABSOLUTE_DEVIATION,
    "Median": statistic.MEDIAN,
    "Minimum": statistic.MINIMUM,
    "10Percentile": statistic.PERCENTILE_10,
    "90Percentile": statistic.PERCENTILE_90,
    "Range": statistic.RANGE,
    "RobustMeanAbsoluteDeviation": statistic.ROBUST_MEAN_ABSOLUTE_DEVIATION,
    "RootMeanSquared": statistic.ROOT_MEAN_SQUARED,
    "Skewness": statistic.SKEWNESS,
    "StandardDeviation": statistic.VARIANCE,
    "TotalEnergy": statistic.ENERGY,
    "Uniformity": statistic.UNIFORMITY,
    "Variance": statistic.VARIANCE,
}


@dataclass(frozen=True, eq=False)
class Windows:
    """The windows of one derived image.

    Attributes
    ----------
    intensities : (z, y, x) numbers
    levels : their grey levels; 0 where a voxel does not count
    spacing : mm, (z, y, x)
    config : the settings in force; `kernel_radius` is the windows' reach in voxels
    """

    intensities: np.ndarray
    levels: Levels
    spacing: tuple[float, float, float]
    config: Config

    @cached_property
    def plan(self) -> Plan:
        """How directions are combined.

        Raises
        ------
        ConfigError : several aggregations, or one that goes slice by slice, of which a window has too few
        """
        asked = plans(self.config)
        if len(asked) > 1 or asked[0].reported in BY_SLICE:
            names = ", ".join(plan.reported.value for plan in asked)
            raise ConfigError(f"a voxel map has one aggregation, not slice by slice; found {names}")
        return asked[0]

    @property
    def across(self) -> int:
        """The axis that windows put first: the one across the slices."""
        return self.config.force_2d_axis if self.plan.planar else 0

    @property
    def reach(self) -> tuple[int, int, int]:
        radius = self.config.kernel_radius
        return (0 if self.config.force_2d else radius, radius, radius)

    @cached_property
    def grid(self) -> Grid:
        return Grid.of(self.levels, self.config.kernel_radius, self.across)

    @cached_property
    def flat_intensities(self) -> np.ndarray:
        moved = np.moveaxis(self.intensities, self.across, 0)
        return framed(moved, self.config.kernel_radius, np.float64).reshape(-1)

    @cached_property
    def flat_region(self) -> bool:
        inside = self.levels.array[self.levels.array > 0]
        return bool((inside == inside[:1]).all())

    @cached_property
    def grid_spacing(self) -> np.ndarray:
        return np.asarray(self.spacing)[[self.across, *(axis for axis in range(3) if axis != self.across)]]

    @cached_property
    def places(self) -> np.ndarray:
        return window_places(self.grid.shape, self.reach)

    def starts(self, inside: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        """Where the windows around the voxels of a (z, y, x) mask begin in `grid.flat`, ascending.

        And in that order where in the flat mask the voxels lie.
        """
        moved = np.moveaxis(inside, self.across, 0)
        middles = np.flatnonzero(framed(moved, self.grid.frame, bool))
        numbers = np.arange(inside.size).reshape(inside.shape)
        return middles - self.grid.steps(np.array(self.reach)), np.moveaxis(numbers, self.across, 0)[moved]

    def offsets(self, distances: tuple[int, ...]) -> np.ndarray:
        """One offset of each opposite pair, less those that leave every window."""
        wanted = directions(distances, self.plan.planar)
        return wanted[(np.abs(wanted) <= 2 * np.array(self.reach)).all(axis=1)]

    @cached_property
    def pairs(self) -> tuple[tuple[np.ndarray, ...], np.ndarray]:
        """Groups, first and second places, classes of weight and weights of pairs; and the classes' weights."""
        offsets = self.offsets(self.config.distances)
        group, first, second = window_pairs(self.reach, offsets)
        weights = decaying(offsets, self.grid_spacing, self.config.weighting)
        each = np.repeat(np.ones(len(offsets)) if weights is None else weights, np.diff(group))
        kinds, kind = np.unique(each, return_inverse=True)
        together = np.array([0, len(first)]) if self.plan.merging in MERGED else group
        return (together, first, second, kind, each), kinds

    @cached_property
    def margin(self) -> Margin:
        """How the levels of `pairs` are counted."""
        (group, first, second, kind, _), _ = self.pairs
        return margin_counters(self.places.size, group, first, second, kind, self.config.symmetrical_glcm)

    @cached_property
    def adjacent(self) -> tuple[np.ndarray, np.ndarray]:
        """Places at distance 1, ascending: what makes zones."""
        _, first, second = window_pairs(self.reach, self.offsets((1,)))
        order = np.lexsort((second, first))
        return first[order], second[order]

    @cached_property
    def lines(self) -> tuple[np.ndarray, ...]:
        return _lines(self.reach, tuple(map(tuple, self.offsets((1,)).tolist())))

    @cached_property
    def direction_weights(self) -> np.ndarray:
        offsets = self.offsets((1,))
        weights = direction_weights(self.config, offsets, self.grid_spacing)
        return np.ones(len(offsets)) if weights is None else weights

    @cached_property
    def around(self) -> tuple[np.ndarray, np.ndarray, int]:
        """The window in a frame, and the steps to neighbours at the distances of the configuration."""
        offsets = self.offsets(neighbour_distances(self.config))
        return window_in_frame(self.reach, np.concatenate([-offsets, offsets]))

    def frame(self) -> np.ndarray:
        """Zeros for `around`, as narrow as sums of neighbours' levels allow."""
        _, steps, size = self.around
        narrow = len(steps) * self.levels.count <= np.iinfo(np.int16).max
        return np.zeros(size, np.int16 if narrow else np.int32)


@cache
def _lines(reach: tuple[int, int, int], offsets: tuple[tuple[int, ...], ...]) -> tuple[np.ndarray, ...]:
    """Made once for each kind of window: it takes as long as the runs of a thousand voxels."""
    return window_lines(reach, np.array(offsets))


def statistics(windows: Windows, starts: np.ndarray) -> Columns:
    out = np.empty((STATISTIC_COLUMNS, len(starts)))
    statistics_windows(
        windows.grid.flat, windows.flat_intensities, starts, windows.places, float(windows.config.voxel_shift),
        block_of_keys(windows.places.size, windows.levels.count), out,
    )  # fmt: skip
    columns = {name: out[column] for name, column in STATISTICS.items()}
    columns["StandardDeviation"] = np.sqrt(columns["Variance"])
    columns["TotalEnergy"] = columns["Energy"] * prod(windows.spacing)
    if windows.config.dialect is Dialect.IBSI:
        columns["Kurtosis"] = columns["Kurtosis"] - 3
    return columns


def cooccurrence(windows: Windows, starts: np.ndarray, with_mcc: bool) -> np.ndarray:
    out = np.empty((PAIR_COLUMNS, len(starts)))
    pairs, kinds = windows.pairs
    group, first, second, _, weight = pairs
    symmetrical, count, longest = windows.config.symmetrical_glcm, windows.levels.count, int(np.diff(group).max())
    units, largest = key_units(count, symmetrical, len(kinds))
    keys = block_of_keys(longest, max(largest, 2 * longest))
    counts, weight_of, table = _counting(kinds, units[-1], max(2 * longest, windows.places.size), keys)
    glcm_windows(
        windows.grid.flat, starts, windows.places, pairs, windows.margin, weight_of, count, symmetrical, units, keys,
        counts, table, out,
    )  # fmt: skip
    out[MCC] = 1.0 if windows.flat_region else np.nan
    if with_mcc and not windows.flat_region:
        correlation_windows(
            windows.grid.flat, starts, windows.places, group, first, second, weight, count, symmetrical, out[MCC]
        )
    return out


def runs(windows: Windows, starts: np.ndarray) -> np.ndarray:
    out = np.empty((SIZE_COLUMNS, len(starts)))
    weight, longest = windows.direction_weights, 2 * max(windows.reach) + 1
    step = len(weight) if windows.plan.merging in MERGED else 1
    kinds, kind = np.unique(weight, return_inverse=True)
    units, largest = key_units_of_runs(windows.levels.count, longest, len(kinds))
    rows = step * windows.places.size
    keys = block_of_keys(rows, largest)
    counts, weight_of, table = _counting(kinds, units[-1], rows, keys)
    glrlm_windows(
        windows.grid.flat, starts, windows.places, windows.lines, longest, weight, kind, weight_of, step,
        windows.config.dialect is Dialect.PYRADIOMICS, units, keys, counts, table, out,
    )  # fmt: skip
    return out


def _counting(kinds: np.ndarray, room: int, most: int, keys: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Room for counts of keys up to `most`, the weights of their classes, c log2 c: floats where a weight is not 1."""
    whole = bool((kinds == 1).all())
    counts = np.empty(keys.shape, keys.dtype if whole else np.float64)
    weight_of = np.zeros(room, counts.dtype)  # also for the bits of a key that stands for nothing
    weight_of[: len(kinds)] = kinds
    return counts, weight_of, log_table(most) if whole else np.empty(0)


def zones(windows: Windows, starts: np.ndarray) -> np.ndarray:
    out = np.empty((SIZE_COLUMNS, len(starts)))
    size = windows.places.size
    units, largest = key_units_of_runs(windows.levels.count, size, 1)
    glszm_windows(
        windows.grid.flat, starts, windows.places, *windows.adjacent, units, block_of_keys(size, largest),
        log_table(size), out,
    )  # fmt: skip
    return out


def neighbourhoods(windows: Windows, starts: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    sizes, tones = np.empty((len(starts), SIZE_COLUMNS)), np.empty((len(starts), TONE_COLUMNS))
    with_isolated = windows.config.dialect is Dialect.PYRADIOMICS
    inner, steps, _ = windows.around
    neighbour_windows(
        windows.grid.flat, starts, windows.places, inner, steps, floor(windows.config.gldm_alpha), with_isolated,
        windows.frame(), windows.levels.count, sizes, tones,
    )  # fmt: skip
    return sizes.T, tones.T


def named(features: tuple[Feature, ...], out: np.ndarray) -> Columns:
    """Each feature from (columns, V) numbers; a declaration picks it as it picks a number from a row."""
    return {feature.name: np.asarray(feature.value(out)) for feature in features}


Wanted = Mapping[str, tuple[Feature, ...]]
MAPPED = ("firstorder", "glcm", "glrlm", "glszm", "gldm", "ngldm", "ngtdm")


def features_of_windows(windows: Windows, starts: np.ndarray, wanted: Wanted) -> dict[str, Columns]:
    """Family -> feature -> (V,) values of the windows that begin at `starts`, ascending."""
    found: dict[str, Columns] = {}
    if not wanted.keys().isdisjoint({"gldm", "ngldm", "ngtdm"}):
        sizes, tones = neighbourhoods(windows, starts)
    for name, features in wanted.items():
        match name:
            case "firstorder":
                columns = statistics(windows, starts)
                found[name] = {feature.name: columns[feature.name] for feature in features}
            case "glcm":
                with_mcc = any(feature.name == "MCC" for feature in features)
                found[name] = named(features, cooccurrence(windows, starts, with_mcc))
            case "glrlm":
                found[name] = named(features, runs(windows, starts))
            case "glszm":
                found[name] = named(features, zones(windows, starts))
            case "ngtdm":
                found[name] = named(features, tones)
            case _:
                found[name] = named(features, sizes)
    return found


def with_map(name: str, features: tuple[Feature, ...]) -> tuple[Feature, ...]:
    """Those of a family's features that have a map."""
    return tuple(feature for feature in features if name != "firstorder" or feature.name in STATISTICS)


def check(wanted: Wanted) -> None:
    """Refuse families and features that have no map.

    Raises
    ------
    ConfigError
    """
    for name, features in wanted.items():
        if name not in MAPPED:
            raise ConfigError(f"{unknown('family of voxel maps', name, MAPPED)}; shape and the like have no map")
        for feature in features:
            if feature not in with_map(name, (feature,)):
                raise ConfigError(unknown("first-order voxel map", feature.name, STATISTICS))
