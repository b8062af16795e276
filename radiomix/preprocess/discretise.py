"""Grey levels from intensities, in both dialects.

PyRadiomics lays bin edges at multiples of the width (or between minimum and maximum) with `numpy.arange` and compares
with them, in the image's own number type; the IBSI counts widths from the lower bound of re-segmentation. Both are
kept to the last bit, since a voxel on an edge changes its level otherwise.
"""

from __future__ import annotations

import numpy as np

from ..config import Bins, Config, FixedBinNumber, FixedBinWidth, NoBins, RangeMode
from ..errors import ConfigError, InputError, NonFiniteVoxels, TooManyBins
from ..image import Levels, Roi
from ..kernels.levels import level_by_edges, level_by_width, span
from ..registry import Dialect
from .region import nonfinite

MOST = 100_000  # grey levels: beyond this the width does not suit the intensities
NATIVE = (np.int16, np.float32, np.float64)  # number types that the kernels are compiled for; others become float64


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
    if config.ivh_bins == NoBins() and not _whole(roi.values):
        return FixedBinNumber(1000)
    return config.ivh_bins


def _whole(values: np.ndarray) -> bool:
    return values.dtype.kind != "f" or bool((values == np.rint(values)).all())


def _levels(roi: Roi, bins: Bins, config: Config, name: str) -> Levels:
    intensities = _native(roi.intensities)
    low, high, count, finite = span(intensities, roi.inside)
    if not finite:
        raise NonFiniteVoxels(nonfinite(roi.values, f"the image '{name}'"))
    if count == 0:
        raise InputError(f"the ROI of the image '{name}' has no voxel to discretise")
    match bins, config.dialect:
        case NoBins(), _:
            return _as_they_are(intensities, roi, low, high, name)
        case FixedBinWidth() as fixed, Dialect.PYRADIOMICS:
            return _by_edges(intensities, roi.inside, _pyradiomics_edges(low, high, fixed, roi.intensities.dtype, name))
        case FixedBinNumber() as fixed, Dialect.PYRADIOMICS:
            return _by_edges(intensities, roi.inside, _number_edges(low, high, fixed, roi.intensities.dtype))
        case FixedBinWidth() as fixed, Dialect.IBSI:
            return _ibsi_width(intensities, roi.inside, low, high, fixed, _origin(fixed, config, low, name), name)
        case FixedBinNumber() as fixed, Dialect.IBSI:
            return _ibsi_number(intensities, roi.inside, low, high, fixed)
    raise ConfigError(f"unknown discretisation {bins!r}: expected FixedBinWidth, FixedBinNumber or NoBins")


def _native(array: np.ndarray) -> np.ndarray:
    return array if array.dtype.type in NATIVE else array.astype(np.float64)


def _storage(count: int, shape: tuple[int, ...]) -> np.ndarray:
    """Zeroed levels in the narrowest type; 255 is kept free for kernels that pad or mark."""
    return np.zeros(shape, dtype=np.uint8 if count < 255 else np.uint16 if count < 65_535 else np.int32)


def _refuse_too_many(low: float, high: float, width: float, name: str) -> None:
    bins = (high - low) / width
    if bins > MOST:
        raise TooManyBins(
            f"a bin width of {width:g} would make {bins:.3g} grey levels of the image '{name}', whose intensities in "
            f"the ROI run from {low:g} to {high:g}; at most {MOST:,} are accepted: choose a wider bin, a bin number, "
            "or normalise the image"
        )


def _by_edges(intensities: np.ndarray, inside: np.ndarray, edges: np.ndarray) -> Levels:
    array = _storage(edges.size, inside.shape)
    return Levels(array, int(level_by_edges(intensities, inside, edges, array)), edges)


def _pyradiomics_edges(low: float, high: float, bins: FixedBinWidth, dtype: np.dtype, name: str) -> np.ndarray:
    """Multiples of the width from the one at or below the minimum, computed in the image's own floating type."""
    _refuse_too_many(low, high, bins.width, name)
    first, last = (dtype.type(low), dtype.type(high)) if dtype.kind == "f" else (low, high)
    start = first - (first % bins.width) if bins.origin is None else bins.origin
    edges = np.arange(start, last + 2 * bins.width, bins.width)
    return edges.astype(np.float64)


def _number_edges(low: float, high: float, bins: FixedBinNumber, dtype: np.dtype) -> np.ndarray:
    """Equal bins between minimum and maximum; the last is widened by 1 so that the maximum belongs to it."""
    edges = np.histogram_bin_edges(np.array([low, high], dtype=dtype), bins.count)
    edges[-1] += 1
    return edges.astype(np.float64)


def _origin(bins: FixedBinWidth, config: Config, low: float, name: str) -> float:
    rule = config.resegment
    if bins.origin is not None:
        return bins.origin
    if rule is None or rule.low is None or rule.mode is not RangeMode.ABSOLUTE or name != "original":
        return low
    return rule.low


def _ibsi_width(
    intensities: np.ndarray, inside: np.ndarray, low: float, high: float, bins: FixedBinWidth, origin: float, name: str
) -> Levels:
    _refuse_too_many(min(low, origin), high, bins.width, name)
    most = max(int(np.floor((high - origin) / bins.width)) + 1, 1)
    array = _storage(most, inside.shape)
    highest = int(level_by_width(intensities, inside, origin, 1.0, bins.width, most, array))
    return Levels(array, highest, origin + bins.width * np.arange(most + 1))


def _ibsi_number(intensities: np.ndarray, inside: np.ndarray, low: float, high: float, bins: FixedBinNumber) -> Levels:
    array = _storage(bins.count, inside.shape)
    edges = np.linspace(low, high, bins.count + 1)
    if high == low:
        array[inside] = 1
        return Levels(array, 1, edges)
    highest = int(level_by_width(intensities, inside, low, float(bins.count), high - low, bins.count, array))
    return Levels(array, highest, edges)


def _as_they_are(intensities: np.ndarray, roi: Roi, low: float, high: float, name: str) -> Levels:
    """Integer intensities as levels; shifted so that the lowest is level 1 where some are no levels (< 1)."""
    values = intensities[roi.inside]
    if not _whole(values):
        raise ConfigError(
            f"no discretisation is asked for, but the image '{name}' holds intensities that are no integers "
            f"({low:g} to {high:g} in the ROI); set bins=FixedBinWidth(...) or FixedBinNumber(...)"
        )
    _refuse_too_many(low, high, 1.0, name)
    shift = 0 if low >= 1 else 1 - int(low)
    array = _storage(int(high) + shift, roi.inside.shape)
    array[roi.inside] = values.astype(np.int64) + shift
    edges = np.empty(0) if shift == 0 else np.arange(int(low), int(high) + 2, dtype=np.float64)
    return Levels(array, int(high) + shift, edges)
