"""From an image and a mask to what features see: normalise, resample, crop, check, re-segment, discretise."""

from __future__ import annotations

from .discretise import discretise, discretise_for_histogram, histogram_bins
from .prepare import prepare
from .region import Region, find_region

__all__ = ["Region", "discretise", "discretise_for_histogram", "find_region", "histogram_bins", "prepare"]
