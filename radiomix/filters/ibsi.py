"""What the IBSI's filters have in common: dimension, boundary, and names that say both."""

from __future__ import annotations

from abc import abstractmethod
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from ..errors import ConfigError, unknown
from ..image import Box, Image
from .base import SettingsFilter, choice, many, require
from .separable import Boundary


@dataclass(frozen=True, repr=False, kw_only=True)
class IbsiFilter(SettingsFilter):
    """A filter as the IBSI's second reference manual defines it, in double precision.

    dimension : 3, or 2 to filter slice by slice in the (x, y) plane
    boundary : how the image goes on beyond its edges

    References
    ----------
    The image biomarker standardisation initiative, standardised convolutional filtering, arXiv 2006.05470.
    """

    dimension: int = 3
    boundary: Boundary = Boundary.MIRROR

    DEFAULT_BOUNDARY: ClassVar[Boundary] = Boundary.MIRROR

    def __post_init__(self) -> None:
        object.__setattr__(self, "boundary", choice("boundary", self.boundary, Boundary))
        require(self.dimension in (2, 3), type(self).__name__, "dimension 2 or 3", self.dimension)

    def images(self, image: Image, box: Box) -> Iterator[tuple[str, Image]]:
        part = image.cropped(box)
        suffix = "" if self.boundary == self.DEFAULT_BOUNDARY else f"-{self.boundary.value}"
        for name, response in self.responses(image, box):
            yield name + suffix, part.with_array(response)

    @abstractmethod
    def responses(self, image: Image, box: Box) -> Iterator[tuple[str, np.ndarray]]:
        """Names, without the boundary, and responses of the box's shape."""

    def _set(self, **values: Any) -> None:
        """Fill fields with what was understood; only while the filter is being made."""
        for name, value in values.items():
            object.__setattr__(self, name, value)

    def _dimension_for(self, image: Image) -> int:
        require(
            self.dimension <= image.dimensions,
            type(self).__name__,
            f"an image of {self.dimension} dimensions (or the setting dimension: 2)",
            f"{image.dimensions} dimensions",
        )
        return self.dimension


def words(kind: str, values: Any, accepted: tuple[str, ...]) -> tuple[str, ...]:
    """One or several words of a vocabulary, as several."""
    for value in many(values):
        if value not in accepted:
            raise ConfigError(unknown(kind, value, accepted))
    return many(values)
