"""Intensity peaks: means over a sphere of 1 cm^3, which may reach out of the region."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from math import pi

import numpy as np

from ..image import bounding_box
from ..kernels import neighbourhood
from ..registry import Domain, Family, Feature, Values
from .distribution import evaluate
from .source import Source

RADIUS = 10 * (3 / (4 * pi)) ** (1 / 3)  # mm, of a sphere of 1 cm^3


@dataclass(frozen=True, eq=False)
class Peaks:
    """A region in its surroundings.

    Attributes
    ----------
    image : (z, y, x) numbers, as far around the region as the sphere reaches, where the image goes that far
    inside : (z, y, x) booleans, the region in `image`
    spacing : mm, (z, y, x)
    """

    image: np.ndarray
    inside: np.ndarray
    spacing: tuple[float, float, float]

    @cached_property
    def rows(self) -> np.ndarray:
        return neighbourhood.sphere(RADIUS, self.spacing)

    @cached_property
    def sums(self) -> neighbourhood.RunningSums:
        return neighbourhood.running_sums(self.image, self.rows)

    @property
    def highest(self) -> float:
        return neighbourhood.greatest_mean(self.sums, self.inside, self.rows)

    @property
    def at_brightest(self) -> float:
        brightest = self.inside & (self.image == self.image[self.inside].max())
        return neighbourhood.greatest_mean(self.sums, brightest, self.rows)


FEATURES = (
    Feature(
        "LocalIntensityPeak",
        "mean over the 1 cm^3 sphere around the brightest voxel; of several, the greatest mean",
        "The average intensity in the cubic centimetre around the brightest voxel (PET: a form of SUVpeak).",
        lambda peaks: peaks.at_brightest,
        code="VJGA",
        term="Local intensity peak",
        unit="intensity",
    ),
    Feature(
        "GlobalIntensityPeak",
        "greatest mean over the 1 cm^3 sphere around any voxel of the region",
        "The highest average intensity of a cubic centimetre centred in the region (PET: SUVpeak).",
        lambda peaks: peaks.highest,
        code="0F91",
        term="Global intensity peak",
        unit="intensity",
    ),
)


def compute(source: Source, features: tuple[Feature, ...]) -> Values:
    roi = source.roi
    image, corner = (roi.intensities, (0, 0, 0)) if roi.around is None else (roi.around, roi.corner)
    box = bounding_box(roi.inside)
    margin = neighbourhood.reach(RADIUS, roi.spacing)
    around = tuple(
        slice(max(c + part.start - m, 0), c + part.stop + m) for c, part, m in zip(corner, box, margin, strict=True)
    )
    near = image[around]
    inside = np.zeros(near.shape, bool)
    place = tuple(
        slice(c + b.start - a.start, c + b.stop - a.start) for c, b, a in zip(corner, box, around, strict=True)
    )
    inside[place] = roi.inside[box]
    return [(None, evaluate(Peaks(near, inside, roi.spacing), features))]


FAMILY = Family(
    name="localintensity",
    title="Local intensity",
    domain=Domain.INTENSITIES,
    features=FEATURES,
    compute=compute,
    code="9ST6",
    default=False,
)
