"""How pictures look: one palette, one type size, drawn without a global state."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.figure import Figure

# Okabe and Ito's colours, told apart by colour-blind readers too
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#000000")
CONTROL_COLOUR = "#8a8f98"
CONTROL_DASHES = ((4, 2), (1, 1.5), (6, 2, 1, 2), (2, 2), (8, 2))

_SETTINGS: dict[Any, Any] = {
    "font.family": "sans-serif",
    "font.size": 9,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.titlesize": 10,
    "axes.titleweight": "bold",
    "axes.titlelocation": "left",
    "legend.frameon": False,
    "legend.fontsize": 8,
    "svg.fonttype": "none",
    "svg.hashsalt": "radiomix",
}


@contextmanager
def drawing(width: float = 4.6, height: float = 4.2) -> Iterator[tuple[Figure, Axes]]:
    """A figure with one pair of axes, in inches; the style holds only inside."""
    with matplotlib.rc_context(_SETTINGS):
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure, figure.add_subplot()


@contextmanager
def drawings(rows: int, columns: int, width: float, height: float) -> Iterator[tuple[Figure, np.ndarray]]:
    """A figure with a grid of axes, (rows, columns)."""
    with matplotlib.rc_context(_SETTINGS):
        figure = Figure(figsize=(width, height), layout="constrained")
        yield figure, figure.subplots(rows, columns, squeeze=False)


def as_svg(figure: Figure) -> str:
    """The figure as an <svg> element to stand in a page."""
    buffer = io.StringIO()
    with matplotlib.rc_context(_SETTINGS):
        figure.savefig(buffer, format="svg", metadata={"Date": None})
    text = buffer.getvalue()
    return text[text.index("<svg") :]
