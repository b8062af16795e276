"""Example lesions: the slice where the ROI is largest, with its outline."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from ..image import Image, Mask, bounding_box
from ..io import choose_label, masks, read_image, read_labels, reconcile
from ..models.outcome import Task
from .style import drawings

if TYPE_CHECKING:
    from ..models.evaluation import Evaluation

MARGIN_MM = 12.0


@dataclass(frozen=True)
class Example:
    """A case worth looking at."""

    row: int
    caption: str


def choose(evaluation: Evaluation, model: str) -> list[Example]:
    """Three telling cases: surest and right for either outcome and the worst error; or high, middle and low risk."""
    mean = evaluation.of(model).groupby("row")["score"].mean().sort_values()
    names = evaluation.cases["patient"].astype(str)
    if evaluation.task is not Task.BINARY:
        picked = ((mean.index[-1], "highest"), (mean.index[len(mean) // 2], "middle"), (mean.index[0], "lowest"))
        return [Example(int(row), f"{names[row]}: {which} prediction, {mean[row]:.2f}") for row, which in picked]
    outcome = pd.Series(evaluation.y[mean.index.to_numpy()], index=mean.index)
    error = (outcome - mean).abs()
    said = (
        (error[outcome == 1].idxmin(), "positive, called so"),
        (error[outcome == 0].idxmin(), "negative, called so"),
        (error.idxmax(), "the worst error"),
    )
    return [
        Example(int(row), f"{names[row]}: {what}\noutcome {outcome[row]:.0f}, predicted {mean[row]:.2f}")
        for row, what in said
    ]


def draw(cases: pd.DataFrame, examples: list[Example]) -> Figure:
    """The examples side by side; `cases` has the columns Image, Mask and perhaps Label."""
    with drawings(1, len(examples), 3.1 * len(examples), 3.5) as (figure, grid):
        for axes, example in zip(grid[0], examples, strict=True):
            case = cases.loc[example.row]
            image = read_image(case["Image"])
            draw_slice(axes, image, _mask(image, case))
            axes.set_title(example.caption, fontsize=8, fontweight="normal")
    return figure


def _mask(image: Image, case: Any) -> Mask:
    labels = reconcile(image, read_labels(case["Mask"]), None, False)
    label = case.get("Label")
    if isinstance(label, str) or label is None or pd.isna(label):
        return next(iter(masks(labels, "all")))
    return choose_label(labels, int(label))


def draw_slice(axes: Axes, image: Image, mask: Mask, values: np.ndarray | None = None, **style: Any) -> Any:
    """One axial slice around the ROI with its outline; `values` (z, y, x) is laid over the ROI in colour.

    Returns what matplotlib drew of `values`, for a colour bar; None without.
    """
    z = int(np.argmax(mask.array.sum(axis=(1, 2))))
    pads = tuple(round(MARGIN_MM / step) for step in image.spacing)
    _, rows, columns = bounding_box(mask.array, (0, pads[1], pads[2]))
    picture, outline = image.array[z, rows, columns].astype(float), mask.array[z, rows, columns]
    low, high = np.nanpercentile(picture, [1, 99])
    aspect = image.spacing[1] / image.spacing[2]
    axes.imshow(picture, cmap="gray", vmin=low, vmax=max(high, low + 1e-9), aspect=aspect, interpolation="nearest")
    shown = None
    if values is not None:
        over = np.ma.masked_where(~outline, values[z, rows, columns])
        shown = axes.imshow(over, aspect=aspect, interpolation="nearest", **style)
    if outline.any() and not outline.all():
        axes.contour(outline, levels=[0.5], colors="#ffb000", linewidths=1.2)
    axes.set_axis_off()
    return shown
