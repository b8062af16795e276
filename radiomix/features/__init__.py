"""Every family of features, in the order of a table's columns."""

from __future__ import annotations

from ..registry import Family
from . import histogram, intensity, local_intensity, shape, shape2d, volume_histogram

FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        shape.FAMILY,
        shape2d.FAMILY,
        local_intensity.FAMILY,
        intensity.FAMILY,
        histogram.FAMILY,
        volume_histogram.FAMILY,
    )
}
