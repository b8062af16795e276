"""The IBSI's digital phantom, whole: 80 integers, 74 of them inside the ROI."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..config import Config
from ..extraction import extract
from ..image import Geometry, Image, LabelMap
from .check import Check, compared, reference_rows

VALUES = Path(__file__).parents[1] / "data" / "ibsi1_digital_phantom.csv"
SHAPE = (4, 4, 5)
SPACING = (2.0, 2.0, 2.0)
INTENSITIES = "14411146114164144641144111161111311446111441111111119111161114411111111111111611"
INSIDE = "11111111111111111111111111111101111111111110011111110111111111100111111111111111"


def digital_phantom() -> tuple[Image, LabelMap]:
    """The image and the mask, 4 x 4 x 5 voxels (z, y, x) of 2 mm."""
    geometry = Geometry(SPACING)
    image, mask = (np.array(list(digits), dtype=np.int16).reshape(SHAPE) for digits in (INTENSITIES, INSIDE))
    return Image(image, geometry, "digital phantom"), LabelMap(mask, geometry, "digital phantom's mask")


def check_phantom() -> list[Check]:
    """Each published value of the digital phantom beside ours."""
    image, mask = digital_phantom()
    values = extract(image, mask, Config.preset("ibsi-phantom")).to_dict()
    return compared("digital phantom", reference_rows(VALUES), values)
