"""Every family of features, in the order of a table's columns."""

from __future__ import annotations

from ..registry import Family
from . import intensity, shape, shape2d

FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        shape.FAMILY,
        shape2d.FAMILY,
        intensity.FAMILY,
    )
}
