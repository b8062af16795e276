"""What a model predicts: the kinds of outcome, and the arrays that hold them."""

from __future__ import annotations

from enum import Enum
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from ..errors import ModelError

Outcome = NDArray[Any]


class Task(Enum):
    """The kind of outcome. Models of classes and grades have `predict_proba`, of numbers `predict`, of times a risk."""

    BINARY = "binary"
    MULTICLASS = "multi-class"
    CONTINUOUS = "continuous"
    ORDINAL = "ordinal"
    SURVIVAL = "survival"
    COMPETING = "competing risks"

    @property
    def has_classes(self) -> bool:
        return self in (Task.BINARY, Task.MULTICLASS, Task.ORDINAL)

    @property
    def has_times(self) -> bool:
        return self in (Task.SURVIVAL, Task.COMPETING)


def survival_outcome(
    event: ArrayLike, time: ArrayLike, *, entry: ArrayLike | None = None, stratum: ArrayLike | None = None
) -> Outcome:
    """Time-to-event outcomes as one array that is split and permuted like any other.

    Parameters
    ----------
    event : (n,) booleans, or integer codes for competing events (0 censored, 1 the event of interest, 2, ... others)
    time : (n,) follow-up to the event or to censoring, any unit, > 0
    entry : (n,) time since when the case was under observation (left truncation), same unit, < time
    stratum : (n,) integers; each stratum has its own baseline hazard

    Returns
    -------
    (n,) structured array with the fields `event`, `time` and, where given, `entry` and `stratum`.

    Raises
    ------
    ModelError : lengths differ, a time is missing or not positive, or an entry is not before its time
    """
    codes, times = np.asarray(event), np.asarray(time, dtype=float)
    columns: dict[str, NDArray[Any]] = {
        "event": codes if codes.dtype.kind in "iu" else codes.astype(bool),
        "time": times,
    }
    if set(np.unique(codes).tolist()) <= {0, 1}:
        columns["event"] = codes.astype(bool)
    if entry is not None:
        columns["entry"] = np.asarray(entry, dtype=float)
    if stratum is not None:
        columns["stratum"] = np.asarray(stratum, dtype=int)
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        raise ModelError(f"expected as many events as times; found {lengths}")
    y = np.empty(len(times), dtype=[(name, values.dtype) for name, values in columns.items()])
    for name, values in columns.items():
        y[name] = values
    check_survival(y)
    return y


def check_survival(y: Outcome) -> Outcome:
    """The outcome itself, when it is a usable structured array of events and times.

    Raises
    ------
    ModelError : not such an array; times missing or negative; entries not before their times; nobody has the event
    """
    names = getattr(getattr(y, "dtype", None), "names", None) or ()
    if not {"event", "time"} <= set(names):
        raise ModelError(
            "a survival model needs a structured array with fields 'event' and 'time'; "
            f"found {type(y).__name__} with fields {list(names)}: make one with survival_outcome(event, time)"
        )
    bad = ~np.isfinite(y["time"]) | (y["time"] <= 0)
    if bad.any():
        raise ModelError(
            f"times must be positive numbers; found {int(bad.sum())} that are not, e.g. {y['time'][bad][0]}"
        )
    if "entry" in names and (y["entry"] >= y["time"]).any():
        raise ModelError(f"entries must lie before times; {int((y['entry'] >= y['time']).sum())} cases do not")
    if not y["event"].astype(bool).any():
        raise ModelError(f"nobody has the event among {len(y)} cases: a survival model cannot be fitted")
    return y


def fields(y: Outcome) -> tuple[str, ...]:
    """The names of a structured array's fields."""
    return tuple(y.dtype.names or ())


def entries(y: Outcome) -> NDArray[np.float64]:
    """(n,) the times since when cases were under observation: 0 where the outcome says nothing of it."""
    return y["entry"] if "entry" in fields(y) else np.zeros(len(y))


def strata(y: Outcome) -> NDArray[np.int64]:
    """(n,) the stratum of each case: 0 where the outcome knows none."""
    return y["stratum"] if "stratum" in fields(y) else np.zeros(len(y), dtype=int)


def only_cause(y: Outcome, cause: int = 1) -> Outcome:
    """The same outcome with every other event counted as censoring: the cause-specific view."""
    out = np.empty(len(y), dtype=[(n, bool if n == "event" else y.dtype[n]) for n in fields(y)])
    for name in fields(y):
        out[name] = (y["event"].astype(int) == cause) if name == "event" else y[name]
    return out
