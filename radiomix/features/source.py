"""What a family may look at: one ROI of one derived image, its grey levels, and what has been counted from them."""

from __future__ import annotations

from dataclasses import dataclass

from ..config import Config
from ..image import Levels, Roi


@dataclass(frozen=True, eq=False)
class Source:
    """One ROI of one derived image.

    Counts that several families share are cached properties here, so that each pass over the voxels is made at most
    once and only when a family asks for it.

    Attributes
    ----------
    roi : the region, cut to its bounding box
    levels : the discretised intensities; None when only families of the mask's domain are asked for
    config : the settings in force for this image
    ivh_levels : discretised for the intensity-volume histogram; None outside the IBSI's dialect
    """

    roi: Roi
    levels: Levels | None
    config: Config
    ivh_levels: Levels | None = None
