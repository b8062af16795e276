"""Intensity peaks: means over a sphere of 1 cm^3, which may reach out of the region."""

from __future__ import annotations

from dataclasses import dataclass
from math import pi

import numpy as np

from ..image import as_box, bounding_box
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
    image : (z, y, x) numbers, as far around the region as the sphere reaches; NaN where the image does not go that far
    inside : (z, y, x) booleans, the region, without its surroundings
    brightest : (z, y, x) booleans, its voxels of the highest intensity
    sphere : from `neighbourhood.sphere`
    """

    image: np.ndarray
    inside: np.ndarray
    brightest: np.ndarray
    sphere: np.ndarray

    @property
    def highest(self) -> float:
        return float(neighbourhood.greatest_mean(self.image, self.inside, self.sphere))

    @property
    def at_brightest(self) -> float:
        box = bounding_box(self.brightest)
        wide = as_box(
            slice(part.start, part.stop + 2 * m) for part, m in zip(box, neighbourhood.reach(self.sphere), strict=True)
        )
        near, centres = (np.ascontiguousarray(array) for array in (self.image[wide], self.brightest[box]))
        return float(neighbourhood.greatest_mean(near, centres, self.sphere))


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
    sphere = neighbourhood.sphere(RADIUS, roi.spacing)
    margins = neighbourhood.reach(sphere)
    near = _surroundings(image, [(c + part.start, c + part.stop) for c, part in zip(corner, box, strict=True)], margins)
    inside = np.ascontiguousarray(roi.inside[box])
    brightest = inside & (roi.intensities[box] == roi.extremes[1])
    return [(None, evaluate(Peaks(near, inside, brightest, sphere), features))]


def _surroundings(image: np.ndarray, box: list[tuple[int, int]], margins: tuple[int, int, int]) -> np.ndarray:
    """A box of an image and what lies within margins around it, NaN where the image does not go that far."""
    wide = [(start - m, stop + m) for (start, stop), m in zip(box, margins, strict=True)]
    there = as_box(slice(max(start, 0), min(stop, n)) for (start, stop), n in zip(wide, image.shape, strict=True))
    known = image[there].astype(np.float64, order="C")
    missing = [(t.start - start, stop - t.stop) for t, (start, stop) in zip(there, wide, strict=True)]
    return np.pad(known, missing, constant_values=np.nan) if np.any(missing) else known


FAMILY = Family(
    name="localintensity",
    title="Local intensity",
    domain=Domain.INTENSITIES,
    features=FEATURES,
    compute=compute,
    code="9ST6",
    default=False,
)
