"""Every family of features, in the order of a table's columns."""

from __future__ import annotations

from ..registry import Family
from . import (
    glcm,
    gldm,
    gldzm,
    glrlm,
    glszm,
    histogram,
    intensity,
    local_intensity,
    ngtdm,
    shape,
    shape2d,
    volume_histogram,
)

FAMILIES: dict[str, Family] = {
    family.name: family
    for family in (
        shape.FAMILY,
        shape2d.FAMILY,
        local_intensity.FAMILY,
        intensity.FAMILY,
        histogram.FAMILY,
        volume_histogram.FAMILY,
        glcm.FAMILY,
        glrlm.FAMILY,
        glszm.FAMILY,
        gldzm.FAMILY,
        gldm.GLDM,
        gldm.NGLDM,
        ngtdm.FAMILY,
    )
}
