"""The data that flows through extraction: arrays with their place in the patient, never modified.

Arrays are indexed (z, y, x). Spacing is in mm in the same order, and so are origin and direction: only `radiomix.io`
knows that files and SimpleITK count the other way round.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from math import isfinite
from typing import Self

import numpy as np

Triple = tuple[float, float, float]
Box = tuple[slice, slice, slice]

IDENTITY = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


@dataclass(frozen=True)
class Geometry:
    """Where a voxel grid lies: position [mm] = origin + direction @ (spacing * index), everything in (z, y, x) order.

    Attributes
    ----------
    spacing : distance between voxel centres, mm, (z, y, x)
    origin : position of the centre of voxel (0, 0, 0), mm, (z, y, x)
    direction : 3 x 3 direction cosines; column i is the direction in which array axis i runs
    """

    spacing: Triple = (1.0, 1.0, 1.0)
    origin: Triple = (0.0, 0.0, 0.0)
    direction: tuple[Triple, Triple, Triple] = IDENTITY

    def position(self, index: Sequence[float] | np.ndarray) -> np.ndarray:
        """The position in mm of a (fractional) voxel index, both (z, y, x)."""
        return np.asarray(self.origin) + np.asarray(self.direction) @ (np.asarray(self.spacing) * np.asarray(index))

    def index(self, position: Sequence[float] | np.ndarray) -> np.ndarray:
        """The (fractional) voxel index of a position in mm, both (z, y, x)."""
        offset = np.asarray(position) - np.asarray(self.origin)
        return np.linalg.solve(np.asarray(self.direction), offset) / np.asarray(self.spacing)

    def cropped(self, box: Box) -> Geometry:
        return replace(self, origin=triple(self.position([s.start for s in box])))

    def matches(self, other: Geometry, tolerance: float = 1e-6) -> bool:
        """Whether two grids coincide: origins within tolerance of a voxel, spacings and cosines within tolerance."""
        if self == other:
            return True
        allowed = tolerance * min(self.spacing)
        return bool(
            np.allclose(self.origin, other.origin, rtol=0, atol=allowed)
            and np.allclose(self.spacing, other.spacing, rtol=0, atol=allowed)
            and np.allclose(self.direction, other.direction, rtol=0, atol=tolerance)
        )


@dataclass(frozen=True, eq=False)
class Image:
    """Intensities on a grid.

    Attributes
    ----------
    array : (z, y, x) numbers; float32 and integers are kept as read, since PyRadiomics computes in the file's own type
    geometry : where the grid lies
    source : what to call the image in messages (a path, or what kind of object it was)
    dimensions : 2 for a truly two-dimensional image, held as a single slice; else 3
    """

    array: np.ndarray
    geometry: Geometry = field(default_factory=Geometry)
    source: str = "image"
    dimensions: int = 3

    def __post_init__(self) -> None:
        if self.array.ndim != 3:
            raise ValueError(f"an Image holds a (z, y, x) array; found {self.array.ndim} dimensions {self.array.shape}")

    @property
    def spacing(self) -> Triple:
        return self.geometry.spacing

    def cropped(self, box: Box) -> Self:
        """The part of the image inside a box (a view of the same memory)."""
        return replace(self, array=self.array[box], geometry=self.geometry.cropped(box))

    def with_array(self, array: np.ndarray) -> Self:
        return replace(self, array=array)


@dataclass(frozen=True, eq=False)
class LabelMap(Image):
    """A segmentation as read: (z, y, x) integers, 0 is background."""

    source: str = "mask"

    @property
    def labels(self) -> tuple[int, ...]:
        """The labels present, without background, ascending."""
        return tuple(int(v) for v in np.unique(self.array[self.array != 0]))


@dataclass(frozen=True, eq=False)
class Mask(Image):
    """One ROI: (z, y, x) booleans on the image's grid."""

    source: str = "mask"
    label: int = 1

    @property
    def size(self) -> int:
        """The number of voxels in the ROI."""
        return int(np.count_nonzero(self.array))

    @classmethod
    def in_box(cls, labels: LabelMap, label: int, box: Box, alone: bool) -> Mask:
        """One label of a segmentation, whose smallest box is known: only there are voxels looked at.

        Where label 1 is `alone` in a segmentation of bytes, these are its booleans, and they are not copied.
        """
        if alone and label == 1 and labels.array.itemsize == 1:
            inside = labels.array.view(bool)
        else:
            inside = np.zeros(labels.array.shape, dtype=bool)
            inside[box] = labels.array[box] == label
        mask = cls(inside, labels.geometry, labels.source, labels.dimensions, label)
        vars(mask)["box"] = box
        return mask

    @cached_property
    def box(self) -> Box:
        """The smallest box that holds the ROI."""
        return bounding_box(self.array)

    def bounding_box(self, padding: int | tuple[int, int, int] = 0) -> Box:
        """The smallest box that holds the ROI, widened by `padding` voxels on each side, cut at the grid's edge."""
        pads = (padding,) * 3 if isinstance(padding, int) else padding
        return widened(self.box, pads, self.array.shape)


def bounding_box(inside: np.ndarray, padding: int | tuple[int, int, int] = 0) -> Box:
    """The smallest box that holds every True of a (z, y, x) array, widened by `padding` voxels, cut at the edge."""
    pads = (padding,) * 3 if isinstance(padding, int) else padding
    box = []
    view = inside
    for axis in range(3):
        others = tuple(a for a in range(3) if a != axis)
        hit = np.flatnonzero(view.any(axis=others))
        if hit.size == 0:
            raise ValueError("an empty mask has no bounding box")
        lo, hi = int(hit[0]), int(hit[-1]) + 1
        box.append(slice(max(lo - pads[axis], 0), min(hi + pads[axis], inside.shape[axis])))
        view = view[tuple(slice(lo, hi) if a == axis else slice(None) for a in range(3))]
    return as_box(box)


def triple(values: Iterable[float]) -> Triple:
    """Three numbers along (z, y, x)."""
    z, y, x = values
    return float(z), float(y), float(x)


def as_box(parts: Iterable[slice]) -> Box:
    """Three slices as a box."""
    z, y, x = parts
    return z, y, x


def widened(box: Box, padding: Sequence[int], shape: Sequence[int]) -> Box:
    """A box with `padding` voxels more on each side, cut at the grid's edge."""
    return as_box(slice(max(b.start - p, 0), min(b.stop + p, n)) for b, p, n in zip(box, padding, shape, strict=True))


def within(box: Box, around: Box) -> Box:
    """Where a box lies in one around it."""
    return as_box(slice(b.start - a.start, b.stop - a.start) for b, a in zip(box, around, strict=True))


@dataclass(frozen=True, eq=False)
class Roi:
    """One region cut to its bounding box: what the features of one derived image see.

    Attributes
    ----------
    intensities : (z, y, x) numbers, the derived image inside the box
    morphological : (z, y, x) booleans, the region as delineated: shape and volume; it fills the box
    inside : (z, y, x) booleans, the intensity mask: `morphological` less what re-segmentation excluded
    spacing : mm, (z, y, x)
    dimensions : 2 for a truly two-dimensional image
    around : (z, y, x) numbers, the image that the box was cut from, for what looks beyond it; None where unknown
    corner : the box's first voxel in `around`
    """

    intensities: np.ndarray
    morphological: np.ndarray
    inside: np.ndarray
    spacing: Triple
    dimensions: int = 3
    around: np.ndarray | None = None
    corner: tuple[int, int, int] = (0, 0, 0)

    @cached_property
    def values(self) -> np.ndarray:
        """The intensities of the intensity mask, in (z, y, x) scan order, 1-D."""
        return self.intensities[self.inside]

    @cached_property
    def exact(self) -> np.ndarray:
        """`values` as float64."""
        return self.values.astype(np.float64, copy=False)

    @cached_property
    def extremes(self) -> tuple[float, float]:
        """The lowest and the highest of `values`; where one of them is NaN or infinite, so is one of the two."""
        values = self.values
        if values.dtype.kind != "f":
            return float(values.min()), float(values.max())
        with np.errstate(invalid="ignore"):
            return float(values.min()), float(values.max())

    @cached_property
    def whole(self) -> np.ndarray | None:
        """All whole numbers from the lowest to the highest of `values`, float64.

        None where these are no integers of up to four bytes, or so far apart that a look at each voxel is less work.
        """
        low, high = self.extremes
        whole = self.values.dtype.kind in "iu" and self.values.itemsize <= 4
        if not whole or high - low >= self.values.size:
            return None
        return np.arange(low, high + 1)

    @property
    def finite(self) -> bool:
        """Whether all of `values` are."""
        return all(map(isfinite, self.extremes))


@dataclass(frozen=True, eq=False)
class Levels:
    """A discretised ROI.

    Attributes
    ----------
    inside : (z, y, x) booleans, the intensity mask
    values : the level of each of its voxels, in scan order, unsigned: 1..count, or 0 below the lowest bin
    count : Ng, the number of grey levels: the highest level present
    edges : the bin edges, lower edge of level i is edges[i - 1]; empty where the intensities themselves are the levels
    table : the level of each of `Roi.whole`, where levels were looked up for these
    """

    inside: np.ndarray
    values: np.ndarray
    count: int
    edges: np.ndarray
    table: np.ndarray | None = None

    @classmethod
    def of(cls, array: np.ndarray, count: int, edges: np.ndarray | None = None) -> Levels:
        """Levels that are laid out in (z, y, x) already, 0 outside the intensity mask."""
        inside = array != 0
        return cls(inside, array[inside], count, np.empty(0) if edges is None else edges)

    @cached_property
    def array(self) -> np.ndarray:
        """(z, y, x) levels, 0 outside the intensity mask."""
        laid_out = np.zeros(self.inside.shape, self.values.dtype)
        laid_out[self.inside] = self.values
        return laid_out
