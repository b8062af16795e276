"""A voxel map over its image."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import SimpleITK as sitk
from matplotlib.figure import Figure

from ..errors import InputError
from ..image import Image, Mask
from ..io import choose_label, read_image, read_labels, reconcile, to_sitk
from .lesions import draw_slice
from .style import drawing

if TYPE_CHECKING:
    from ..io import Source as Readable


def plot_map(
    image: Readable,
    mask: Readable,
    values: Readable,
    *,
    label: int | None = None,
    title: str = "",
    colours: str = "viridis",
) -> Figure:
    """A voxel map in colour over the image, with the mask's outline, on the slice where the ROI is largest.

    Parameters
    ----------
    image, mask : as in `radiomix.extract_maps`
    values : one of its maps, cropped or full; a map on a grid of its own is looked up voxel by voxel
    label : the ROI; None where there is only one
    title : above the picture
    colours : a matplotlib colour map

    Returns
    -------
    matplotlib.figure.Figure, with a colour bar in the map's unit

    Raises
    ------
    InputError : image or mask cannot be used, or the map has no value in the ROI

    Examples
    --------
    >>> import numpy as np, radiomix as rx
    >>> image = rx.Image(np.arange(512.0).reshape(8, 8, 8))
    >>> inside = np.zeros((8, 8, 8), np.uint8)
    >>> inside[2:6, 2:6, 2:6] = 1
    >>> maps = rx.extract_maps(image, rx.Image(inside), families=["firstorder"], features=["Mean"], progress=False)
    >>> figure = rx.plot_map(image, rx.Image(inside), maps["original_firstorder_Mean"], title="mean")
    >>> len(figure.axes)  # the picture and its colour bar
    2
    """
    picture = read_image(image)
    roi = choose_label(reconcile(picture, read_labels(mask), None, False), label)
    with drawing() as (figure, axes):
        shown = draw_slice(axes, picture, roi, _on_grid(values, picture, roi), cmap=colours)
        figure.colorbar(shown, ax=axes, shrink=0.8)
        axes.set_title(title)
    return figure


def _on_grid(values: Readable, picture: Image, roi: Mask) -> np.ndarray:
    """The map on the picture's grid, NaN where it has nothing to say."""
    found = sitk.Resample(
        to_sitk(read_image(values)),
        to_sitk(picture),
        sitk.Transform(),
        sitk.sitkNearestNeighbor,
        np.nan,
        sitk.sitkFloat64,
    )
    array = sitk.GetArrayFromImage(found).reshape(picture.array.shape)
    if not np.isfinite(array[roi.array]).any():
        raise InputError(
            "the map has no value inside the ROI; expected a map of this image and mask. "
            "Choose the label that it was made for."
        )
    return array
