"""Where image and mask meet: the same grid, or a clear word about how far apart they lie."""

from __future__ import annotations

import warnings
from collections.abc import Iterator, Sequence
from dataclasses import replace

import numpy as np

from ..errors import GeometryMismatch, LabelError, RadiomixWarning
from ..image import Geometry, Image, LabelMap, Mask, as_box, bounding_box, triple
from ..kernels.labels import locate

SAME = 1e-3  # of a voxel: closer grids are the same grid unless a tolerance is given


def reconcile(
    image: Image,
    labels: LabelMap,
    tolerance: float | None = None,
    correct: bool = False,
    resampling: bool = False,
) -> LabelMap:
    """The segmentation on the image's grid.

    Parameters
    ----------
    image : (z, y, x)
    labels : any grid in the same patient space
    tolerance : of `Geometry.matches`; None takes a thousandth of a voxel
    correct : the caller asked for a correction (`correctMask`), so that it needs no warning
    resampling : image and mask will be resampled onto one grid anyway, as PyRadiomics does with the mask's own grid: a
        segmentation on another grid is checked, and left there

    Returns
    -------
    LabelMap : as given where the grids agree; with flipped or permuted axes undone where only the voxel order differs;
        else resampled by nearest neighbour, with a warning.

    Raises
    ------
    GeometryMismatch : the segmentation does not lie within the image; the message names both grids and the offset in mm
    """
    allowed = SAME if tolerance is None else tolerance
    if labels.array.shape == image.array.shape and image.geometry.matches(labels.geometry, allowed):
        return labels
    if labels.dimensions != image.dimensions:
        return _of_one_slice(image, labels)
    reordered = _reordered(image, labels, allowed)
    if reordered is not None:
        return reordered
    _refuse_contradiction(image, labels)
    _refuse_outside(image, labels)
    if resampling:
        return labels
    if not correct:
        warnings.warn(
            f"{labels.source} lies on another grid than {image.source} and was resampled onto it (nearest neighbour): "
            f"{_difference(image, labels)}",
            RadiomixWarning,
            stacklevel=2,
        )
    return _resampled(image, labels)


def choose_label(labels: LabelMap, label: int | None = None) -> Mask:
    """One ROI of a segmentation.

    Parameters
    ----------
    labels : (z, y, x) integers
    label : None takes the only label there is, and says so unless it is 1

    Raises
    ------
    LabelError : nothing is segmented, the label is absent, or there are several and none was chosen
    """
    found, others, bounds = locate(labels.array, label or 0)
    if bounds is None or label == 0:
        if label is None:
            raise LabelError(f"{labels.source} is empty: no voxel is labelled")
        raise LabelError(f"{labels.source} has no label {label}; it has {_counted(labels)}")
    if others and label is None:
        raise LabelError(
            f"{labels.source} has several labels: {_counted(labels)}; choose one with label=, or in `extract` "
            "labels='all'"
        )
    if label is None and found != 1:
        warnings.warn(f"{labels.source}: the only label is {found}, and it is used", RadiomixWarning, stacklevel=2)
    box = as_box(slice(first, last + 1) for first, last in bounds)
    return Mask.in_box(labels, found, box, alone=not others)


def masks(labels: LabelMap, chosen: str | Sequence[int]) -> Iterator[Mask]:
    """The ROIs of several labels, "all" or a list, in the order asked for ("all": ascending)."""
    present = labels.labels
    if chosen == "all" and not present:
        raise LabelError(f"{labels.source} is empty: no voxel is labelled")
    for label in present if chosen == "all" else chosen:
        yield choose_label(labels, int(label))


def _counted(labels: LabelMap) -> str:
    values, counts = np.unique(labels.array[labels.array != 0], return_counts=True)
    if len(values) == 0:
        return "no labels at all"
    shown = [f"{v} ({n} voxel{'s' if n != 1 else ''})" for v, n in zip(values[:20], counts, strict=False)]
    return ", ".join(shown) + (f" and {len(values) - 20} more" if len(values) > 20 else "")


def _reordered(image: Image, labels: LabelMap, tolerance: float) -> LabelMap | None:
    """The label map with its axes permuted and flipped onto the image's, where that alone makes the grids agree."""
    turn = np.linalg.solve(np.asarray(image.geometry.direction), np.asarray(labels.geometry.direction))
    axes = np.abs(turn).argmax(axis=1)
    if sorted(axes) != [0, 1, 2] or not np.allclose(np.abs(turn[np.arange(3), axes]), 1, atol=1e-4):
        return None
    array = labels.array.transpose(tuple(axes))
    if array.shape != image.array.shape:
        return None
    flipped = [bool(turn[i, axes[i]] < 0) for i in range(3)]
    first = [0.0, 0.0, 0.0]
    for i, axis in enumerate(axes):
        first[axis] = labels.array.shape[axis] - 1.0 if flipped[i] else 0.0
    spacing, origin = (labels.geometry.spacing[a] for a in axes), labels.geometry.position(first)
    geometry = Geometry(triple(spacing), triple(origin), image.geometry.direction)
    if not image.geometry.matches(geometry, tolerance):
        return None
    array = array[tuple(slice(None, None, -1 if f else 1) for f in flipped)]
    return replace(labels, array=np.ascontiguousarray(array), geometry=image.geometry)


def _of_one_slice(image: Image, labels: LabelMap) -> LabelMap:
    """A 2D mask for a one-slice volume, or the other way round: the plane has no place of its own along z."""
    if labels.array.shape == image.array.shape and np.allclose(image.spacing[1:], labels.spacing[1:], rtol=0.01):
        return replace(labels, geometry=image.geometry, dimensions=image.dimensions)
    raise GeometryMismatch(
        f"{labels.source} is {labels.dimensions}D and {image.source} is {image.dimensions}D: "
        f"{_difference(image, labels)}. Use the mask that was drawn on this image"
    )


def _refuse_contradiction(image: Image, labels: LabelMap) -> None:
    """Equal sizes with unequal spacings cannot both be true of the same scan: one header is wrong."""
    same_size = labels.array.shape == image.array.shape
    if same_size and not np.allclose(image.spacing, labels.spacing, rtol=0.01):
        raise GeometryMismatch(
            f"{labels.source} has as many voxels as {image.source} but another spacing, so one header is wrong: "
            f"{_difference(image, labels)}. Correct the header of the wrong one"
        )


def _refuse_outside(image: Image, labels: LabelMap) -> None:
    """Every voxel centre of the ROI's box must lie in the image, or part of the ROI would be lost."""
    inside = labels.array != 0
    if not inside.any():
        raise LabelError(f"{labels.source} is empty: no voxel is labelled")
    box = bounding_box(inside)
    corners = [[(s.start, s.stop - 1)[bit >> i & 1] for i, s in enumerate(box)] for bit in range(8)]
    seen = np.array([image.geometry.index(labels.geometry.position(c)) for c in corners])
    below, above = -0.5 - seen.min(axis=0), seen.max(axis=0) - (np.array(image.array.shape) - 0.5)
    outside = np.maximum(below, above)
    if (outside > SAME).any():
        offset = np.maximum(outside, 0) * np.asarray(image.spacing)
        raise GeometryMismatch(
            f"the ROI of {labels.source} sticks out of {image.source} by {_mm(offset)} mm along the image's (z, y, x): "
            f"{_difference(image, labels)}. Use the mask that was drawn on this image, or correct its header"
        )


def _difference(image: Image, labels: LabelMap) -> str:
    offset = np.asarray(labels.geometry.origin) - np.asarray(image.geometry.origin)
    return (
        f"image {_grid(image)}; mask {_grid(labels)}; the origins differ by {_mm(offset)} mm "
        f"({float(np.linalg.norm(offset)):.4g} mm apart)"
    )


def _grid(image: Image) -> str:
    g = image.geometry
    turned = "" if np.allclose(g.direction, np.eye(3)) else f", direction {np.round(g.direction, 3).tolist()}"
    return f"size {image.array.shape}, spacing {_mm(g.spacing)} mm, origin {_mm(g.origin)} mm{turned}, all (z, y, x)"


def _mm(values: object) -> str:
    return "(" + ", ".join(f"{v:.6g}" for v in np.asarray(values, dtype=float)) + ")"


def _resampled(image: Image, labels: LabelMap) -> LabelMap:
    """Nearest neighbour; only the slab of voxels that can see the ROI is looked at, a slice at a time."""
    array = np.zeros(image.array.shape, dtype=labels.array.dtype)
    to_labels = np.linalg.solve(
        np.asarray(labels.geometry.direction) * np.asarray(labels.spacing),
        np.asarray(image.geometry.direction) * np.asarray(image.spacing),
    )
    start = labels.geometry.index(image.geometry.origin)
    y, x = np.meshgrid(np.arange(array.shape[1]), np.arange(array.shape[2]), indexing="ij")
    limit = np.array(labels.array.shape)[:, None, None]
    for z in range(array.shape[0]):
        position = start[:, None, None] + np.tensordot(to_labels, np.stack([np.full_like(y, z), y, x]), axes=1)
        index = np.floor(position + 0.5).astype(np.intp)
        seen = ((index >= 0) & (index < limit)).all(axis=0)
        array[z][seen] = labels.array[tuple(index[:, seen])]
    return replace(labels, array=array, geometry=image.geometry, dimensions=image.dimensions)
