"""The filters that the IBSI publishes results of, from its tables."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from typing import Any

from ..errors import ConfigError, unknown
from .fourier import Simoncelli
from .gabor import Gabor
from .ibsi import IbsiFilter
from .riesz import RieszLoG, RieszSimoncelli
from .spatial import Laws, LoGIBSI, Mean, SeparableWavelet

FILTER_NAMES: dict[str, type[IbsiFilter]] = {
    "mean": Mean,
    "LoG": LoGIBSI,
    "laplacian_of_gaussian": LoGIBSI,
    "Laws": Laws,
    "laws": Laws,
    "Gabor": Gabor,
    "gabor": Gabor,
    "Haar": SeparableWavelet,
    "Daubechies": SeparableWavelet,
    "Coiflet": SeparableWavelet,
    "separable_wavelet": SeparableWavelet,
    "Simoncelli": Simoncelli,
    "simoncelli": Simoncelli,
    "Riesz-transformed LoG": RieszLoG,
    "Riesz-transformed Simoncelli": RieszSimoncelli,
    "riesz_simoncelli": RieszSimoncelli,
    "riesz_simoncelli_aligned": RieszSimoncelli,
}
FIELDS = {
    "support_vox": "support",
    "support_voxels": "support",
    "sigma_mm": "sigma",
    "cutoff_sigma": "cutoff",
    "kernel": "kernel",
    "energy_delta_vox": "energy_distance",
    "energy_delta_voxels": "energy_distance",
    "lambda_mm": "wavelength",
    "gamma": "gamma",
    "theta_rad": "theta",
    "delta_theta_rad": "theta_step",
    "response": "response",
    "wavelet": "wavelet",
    "subband": "subband",
    "level": "level",
    "l": "order",
    "structure_tensor_sigma_mm": "alignment_sigma",
    "pooling": "pooling",
    "boundary": "boundary",
}


def filter_of_map(row: Mapping[str, str]) -> IbsiFilter:
    """The filter of a row of `ibsi2_phase1_filters.csv`."""
    entry: dict[str, Any] = {key: _number(text) for key, text in row.items() if text}
    for angle in ("theta_rad", "delta_theta_rad"):
        if f"{angle}_over_pi" in entry:
            entry[angle] = entry[f"{angle}_over_pi"] * math.pi
    if "riesz_l" in entry:
        entry["l"] = [int(times) for times in row["riesz_l"].split(",")]
    name = row["filter"]
    family = name if name in FILTER_NAMES else name.split()[0]
    if FILTER_NAMES.get(family) is SeparableWavelet:
        entry["wavelet"] = {"Haar": "haar"}.get(name) or name[name.index("(") + 1 : -1]
    return filter_of_configuration({**entry, "filter": family})


def filter_of_configuration(entry: Mapping[str, Any]) -> IbsiFilter:
    """The filter of an entry of `ibsi2_phase2_configurations.json` or `ibsi2_phase3_configurations.json`.

    Raises
    ------
    ConfigError : the table names a filter that is not known
    """
    if entry["filter"] not in FILTER_NAMES:
        raise ConfigError(unknown("filter of the IBSI's tables", entry["filter"], FILTER_NAMES))
    kind = FILTER_NAMES[entry["filter"]]
    settings = {FIELDS[key]: _number(value) for key, value in entry.items() if key in FIELDS}
    dimension = str(entry.get("dimensionality", "3D"))
    settings["dimension"] = 3 if "orthogonal" in dimension else int(dimension[0])
    return kind.from_settings(settings)


def _number(value: Any) -> Any:
    """A number where a text is one, products with pi included ("-5*pi/8", "pi/8")."""
    if not isinstance(value, str):
        return value
    if re.fullmatch(r"-?\d+", value):
        return int(value)
    if re.fullmatch(r"-?\d+\.\d*", value):
        return float(value)
    product = re.fullmatch(r"(-?\d*)\*?pi/(\d+)", value)
    return float(product[1] or 1) * math.pi / float(product[2]) if product else value
