"""Numbers that do not exist are NaN in the table; here that is said as well."""

from __future__ import annotations

import math
import warnings
from collections import Counter
from collections.abc import Mapping

from ..errors import RadiomixWarning

NAMED = 4  # families that a note lists before it says "and others"


def note_undefined(values: Mapping[str, float], label: int) -> None:
    """Warn where features are NaN: how many, and of which families."""
    if math.isfinite(sum(values.values())):  # the usual case, told without a look at each
        return
    lacking = Counter(column.rpartition("_")[0] for column, value in values.items() if math.isnan(value))
    if not lacking:
        return
    listed = ", ".join(f"{family} ({count})" for family, count in lacking.most_common(NAMED))
    warnings.warn(
        f"label {label}: {lacking.total()} of {len(values)} features are NaN, since they are not defined for this ROI: "
        f"{listed}{' and others' if len(lacking) > NAMED else ''}. Usual reasons: too few voxels, no two voxels that "
        "touch, a single grey level, or a LoG or wavelet wider than the image",
        RadiomixWarning,
        stacklevel=2,
    )
