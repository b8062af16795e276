"""Filters: an image in, derived images out. A filter is a frozen dataclass in one file with its siblings.

Up to LBP3D they are PyRadiomics' image types, equal to PyRadiomics' own; from Mean on the IBSI's.

`FILTERS[name].from_settings(settings)` makes the filter a parameter file asks for by PyRadiomics' image type name;
`FILTERS[name].SETTINGS` are the settings it reads, `filter.to_settings()` writes them back.
"""

from __future__ import annotations

from ..registry import Filter, Original
from .fourier import Shannon, Simoncelli
from .gabor import Gabor
from .lbp import LBP2D, LBP3D
from .pointwise import Exponential, Gradient, Logarithm, Square, SquareRoot
from .riesz import RieszLoG, RieszSimoncelli
from .smooth import LoG
from .spatial import Laws, LoGIBSI, Mean, SeparableWavelet
from .wavelet import Wavelet

FILTERS: dict[str, type[Filter]] = {
    "Original": Original,
    "LoG": LoG,
    "Wavelet": Wavelet,
    "Square": Square,
    "SquareRoot": SquareRoot,
    "Logarithm": Logarithm,
    "Exponential": Exponential,
    "Gradient": Gradient,
    "LBP2D": LBP2D,
    "LBP3D": LBP3D,
    "Mean": Mean,
    "LoGIBSI": LoGIBSI,
    "Laws": Laws,
    "Gabor": Gabor,
    "SeparableWavelet": SeparableWavelet,
    "Simoncelli": Simoncelli,
    "Shannon": Shannon,
    "RieszLoG": RieszLoG,
    "RieszSimoncelli": RieszSimoncelli,
}
