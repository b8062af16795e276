"""Grey levels from intensities, in both dialects.

PyRadiomics lays bin edges at multiples of the width (or between minimum and maximum) with `numpy.arange` and compares
with them, in the image's own number type; the IBSI counts widths from the lower bound of re-segmentation. Both are
kept to the last bit, since a voxel on an edge changes its level otherwise.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from ..config import Bins, Config, FixedBinNumber, FixedBinWidth, NoBins, RangeMode
from ..errors import ConfigError, InputError, NonFiniteVoxels, TooManyBins
from ..image import Levels, Roi
from ..kernels.levels import level_by_edges, level_by_width, look_up
from ..registry import Dialect
from .region import nonfinite

MOST = 100_000  # grey levels: beyond this the width does not suit the intensities


def discretise(roi: Roi, config: Config, name: str = "original") -> Levels:
    """The grey levels of a ROI, 0 outside the intensity mask.

    Parameters
    ----------
    roi : one derived image's ROI
    config : the settings in force for this image
    name : the derived image's; only the original image's re-segmentation range is an origin of bins

    Raises
    ------
    TooManyBins : the bin width would make more than 100,000 levels
    NonFiniteVoxels : an intensity of the ROI is NaN or infinite
    ConfigError : no discretisation is asked for, but the intensities are no integers
    """
    return _levels(roi, config.bins, config, name)


def discretise_for_histogram(roi: Roi, config: Config, name: str = "original") -> Levels | None:
    """The grey levels of the IBSI's intensity-volume histogram; None where `config.ivh_bins` is."""
    return None if config.ivh_bins is None else _levels(roi, config.ivh_bins, config, name)


def histogram_bins(roi: Roi, config: Config) -> Bins | None:
    """The bins of the intensity-volume histogram: where the intensities were to be taken as they are but are no
    integers, a thousand, as the IBSI advises for continuous intensities.
    """
    if config.ivh_bins == NoBins() and not _whole(roi):
        return FixedBinNumber(1000)
    return config.ivh_bins


def _whole(roi: Roi) -> bool:
    return roi.intensities.dtype.kind != "f" or bool((roi.exact == np.rint(roi.exact)).all())


def _levels(roi: Roi, bins: Bins, config: Config, name: str) -> Levels:
    if roi.values.size == 0:
        raise InputError(f"the ROI of the image '{name}' has no voxel to discretise")
    if not roi.finite:
        raise NonFiniteVoxels(nonfinite(roi.values, f"the image '{name}'"))
    match bins, config.dialect:
        case NoBins(), _:
            return _as_they_are(roi, name)
        case FixedBinWidth() as fixed, Dialect.PYRADIOMICS:
            return _by_edges(roi, _pyradiomics_edges(roi, fixed, name))
        case FixedBinNumber() as fixed, Dialect.PYRADIOMICS:
            return _by_edges(roi, _number_edges(roi, fixed))
        case FixedBinWidth() as fixed, Dialect.IBSI:
            return _ibsi_width(roi, fixed, _origin(fixed, config, roi.extremes[0], name), name)
        case FixedBinNumber() as fixed, Dialect.IBSI:
            return _ibsi_number(roi, fixed)
    raise ConfigError(f"unknown discretisation {bins!r}: expected FixedBinWidth, FixedBinNumber or NoBins")


def _by_rule(roi: Roi, rule: Callable[[np.ndarray], np.ndarray], edges: np.ndarray) -> Levels:
    """Levels by a rule for intensities, which never falls; each integer is looked at only once where there are few."""
    if roi.whole is None:
        return Levels(roi.inside, rule(roi.exact), int(rule(np.array(roi.extremes))[1]), edges)
    table = rule(roi.whole)
    levels = np.empty(roi.values.size, table.dtype)
    look_up(roi.values, int(roi.extremes[0]), table, levels)
    return Levels(roi.inside, levels, int(table[-1]), edges, table)


def _storage(count: int, size: int) -> np.ndarray:
    """Room for levels in the narrowest type; 255 is kept free for kernels that pad or mark."""
    return np.empty(size, dtype=np.uint8 if count < 255 else np.uint16 if count < 65_535 else np.int32)


def _refuse_too_many(low: float, high: float, width: float, name: str) -> None:
    bins = (high - low) / width
    if bins > MOST:
        raise TooManyBins(
            f"a bin width of {width:g} would make {bins:.3g} grey levels of the image '{name}', whose intensities in "
            f"the ROI run from {low:g} to {high:g}; at most {MOST:,} are accepted: choose a wider bin, a bin number, "
            "or normalise the image"
        )


def _by_edges(roi: Roi, edges: np.ndarray) -> Levels:
    return _by_rule(roi, lambda values: _between(values, edges), edges)


def _between(values: np.ndarray, edges: np.ndarray) -> np.ndarray:
    levels = _storage(edges.size, values.size)
    if not level_by_edges(values, edges, levels):  # a width that the number type of the edges cannot resolve
        levels[:] = np.searchsorted(edges, values, side="right")
    return levels


def _pyradiomics_edges(roi: Roi, bins: FixedBinWidth, name: str) -> np.ndarray:
    """Multiples of the width from the one at or below the minimum, computed in the image's own floating type."""
    low, high = roi.extremes
    _refuse_too_many(low, high, bins.width, name)
    dtype = roi.intensities.dtype
    first, last = (dtype.type(low), dtype.type(high)) if dtype.kind == "f" else (low, high)
    start = first - (first % bins.width) if bins.origin is None else bins.origin
    edges = np.arange(start, last + 2 * bins.width, bins.width)
    return edges.astype(np.float64)


def _number_edges(roi: Roi, bins: FixedBinNumber) -> np.ndarray:
    """Equal bins between minimum and maximum; the last is widened by 1 so that the maximum belongs to it."""
    edges = np.histogram_bin_edges(np.array(roi.extremes, dtype=roi.intensities.dtype), bins.count)
    edges[-1] += 1
    return edges.astype(np.float64)


def _origin(bins: FixedBinWidth, config: Config, low: float, name: str) -> float:
    rule = config.resegment
    if bins.origin is not None:
        return bins.origin
    if rule is None or rule.low is None or rule.mode is not RangeMode.ABSOLUTE or name != "original":
        return low
    return rule.low


def _ibsi_width(roi: Roi, bins: FixedBinWidth, origin: float, name: str) -> Levels:
    low, high = roi.extremes
    _refuse_too_many(min(low, origin), high, bins.width, name)
    most = max(int(np.floor((high - origin) / bins.width)) + 1, 1)
    return _by_width(roi, origin, 1.0, bins.width, most, origin + bins.width * np.arange(most + 1))


def _ibsi_number(roi: Roi, bins: FixedBinNumber) -> Levels:
    low, high = roi.extremes
    edges = np.linspace(low, high, bins.count + 1)
    if high == low:
        levels = _storage(bins.count, roi.values.size)
        levels[:] = 1
        return Levels(roi.inside, levels, 1, edges)
    return _by_width(roi, low, float(bins.count), high - low, bins.count, edges)


def _by_width(roi: Roi, origin: float, bins: float, width: float, most: int, edges: np.ndarray) -> Levels:
    def rule(values: np.ndarray) -> np.ndarray:
        levels = _storage(most, values.size)
        level_by_width(values, origin, bins, width, most, levels)
        return levels

    return _by_rule(roi, rule, edges)


def _as_they_are(roi: Roi, name: str) -> Levels:
    """Integer intensities as levels; shifted so that the lowest is level 1 where some are no levels (< 1)."""
    low, high = roi.extremes
    if not _whole(roi):
        raise ConfigError(
            f"no discretisation is asked for, but the image '{name}' holds intensities that are no integers "
            f"({low:g} to {high:g} in the ROI); set bins=FixedBinWidth(...) or FixedBinNumber(...)"
        )
    _refuse_too_many(low, high, 1.0, name)
    shift = 0 if low >= 1 else 1 - int(low)
    levels = _storage(int(high) + shift, roi.values.size)
    levels[:] = roi.exact + shift
    edges = np.empty(0) if shift == 0 else np.arange(int(low), int(high) + 2, dtype=np.float64)
    return Levels(roi.inside, levels, int(high) + shift, edges)
