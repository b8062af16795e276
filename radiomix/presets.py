"""The processing that the IBSI publishes with its reference values, as configurations.

Source: IBSI reference manual, reference data sets; Zwanenburg et al., Radiology 2020 (sarcoma validation).
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from .config import Aggregation, Bins, Config, FixedBinNumber, FixedBinWidth, Interpolator, NoBins, Resample, Resegment
from .errors import ConfigError, unknown

BY_SLICE = (
    Aggregation.SLICE_AVERAGED,
    Aggregation.SLICE_MERGED,
    Aggregation.DIRECTION_MERGED,
    Aggregation.PLANE_MERGED,
)
BY_VOLUME = (Aggregation.VOLUME_AVERAGED, Aggregation.VOLUME_MERGED)
MERGED = (Aggregation.VOLUME_MERGED,)


def preset(name: str, **changes: Any) -> Config:
    """A published configuration.

    Parameters
    ----------
    name : "ibsi-phantom" (the digital phantom), "ibsi-A" to "ibsi-E" (the CT phantom), or "ibsi-sarcoma-CT",
        "ibsi-sarcoma-MR", "ibsi-sarcoma-PET" (the validation cohort)
    changes : fields of Config to change

    Raises
    ------
    ConfigError : there is no such preset

    Examples
    --------
    >>> preset("ibsi-C").bins
    FixedBinWidth(width=25.0, origin=None)
    """
    if name not in PRESETS:
        raise ConfigError(unknown("preset", name, PRESETS))
    return PRESETS[name]().with_(**changes)


def _grid(spacing: tuple[float, float, float], method: Interpolator, rounded: bool = True) -> Resample:
    return Resample(spacing, method, Interpolator.LINEAR, 0.5, rounded)


def _sarcoma(spacing: float, rounded: bool, rule: Resegment, width: float, ivh: Bins) -> Config:
    grid = _grid((spacing,) * 3, Interpolator.BSPLINE, rounded)
    return Config.ibsi(resample=grid, resegment=rule, bins=FixedBinWidth(width), ivh_bins=ivh, aggregations=MERGED)


PRESETS: dict[str, Callable[[], Config]] = {
    "ibsi-phantom": lambda: Config.ibsi(aggregations=(*BY_SLICE, *BY_VOLUME)),
    "ibsi-A": lambda: Config.ibsi(resegment=Resegment(-500, 400), bins=FixedBinWidth(25.0), aggregations=BY_SLICE),
    "ibsi-B": lambda: Config.ibsi(
        resample=_grid((0, 2, 2), Interpolator.LINEAR),
        resegment=Resegment(-500, 400),
        bins=FixedBinNumber(32),
        aggregations=BY_SLICE,
    ),
    "ibsi-C": lambda: Config.ibsi(
        resample=_grid((2, 2, 2), Interpolator.LINEAR),
        resegment=Resegment(-1000, 400),
        bins=FixedBinWidth(25.0),
        ivh_bins=FixedBinWidth(2.5),
        aggregations=BY_VOLUME,
    ),
    "ibsi-D": lambda: Config.ibsi(
        resample=_grid((2, 2, 2), Interpolator.LINEAR),
        resegment=Resegment(outlier_sigma=3),
        bins=FixedBinNumber(32),
        aggregations=BY_VOLUME,
    ),
    "ibsi-E": lambda: Config.ibsi(
        resample=_grid((2, 2, 2), Interpolator.BSPLINE),
        resegment=Resegment(-1000, 400, outlier_sigma=3),
        bins=FixedBinNumber(32),
        ivh_bins=FixedBinNumber(1000),
        aggregations=BY_VOLUME,
    ),
    "ibsi-sarcoma-CT": lambda: _sarcoma(1, True, Resegment(-200, 200), 10.0, NoBins()),
    "ibsi-sarcoma-MR": lambda: _sarcoma(1, False, Resegment(0), 10.0, FixedBinWidth(1.0)),
    "ibsi-sarcoma-PET": lambda: _sarcoma(3, False, Resegment(0), 0.25, FixedBinWidth(0.1)),
}
