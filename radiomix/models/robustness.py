"""Which features survive a repeat: intraclass correlation over perturbed, repeated or re-drawn measurements."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from scipy.stats import f as f_distribution

from ..errors import RadiomixWarning, TableError, TooFewCases
from ..table import require_columns, split_features


def intraclass_correlation(values: np.ndarray, level: float = 0.95) -> dict[str, np.ndarray]:
    """ICC(1,1), ICC(2,1) and ICC(3,1) of single measurements, with confidence intervals.

    Parameters
    ----------
    values : (features, n cases, k repeats) or (n, k), finite
    level : of the two-sided intervals

    Returns
    -------
    dict of arrays (features,): `icc1`, `icc1_low`, `icc1_high` (one-way random: repeats are interchangeable), `icc2`,
    ... (two-way random: repeats are a sample of raters whose offsets count) and `icc3`, ... (two-way mixed: offsets
    of the repeats do not count). NaN where a feature is the same in every measurement.

    Sources: Shrout and Fleiss, Psychological Bulletin 86 (1979) 420-428, doi 10.1037/0033-2909.86.2.420; the interval
    of ICC(2,1) is Satterthwaite's approximation as given there.
    """
    x = np.asarray(values, dtype=float)
    x = x[None] if x.ndim == 2 else x
    n, k = x.shape[1:]
    if n < 2 or k < 2:
        raise TooFewCases(f"intraclass correlation needs at least 2 cases and 2 repeats; found {n} and {k}")
    rows, columns, within, error = _mean_squares(x)
    with np.errstate(invalid="ignore", divide="ignore"):
        return {
            **_one_ratio("icc1", rows, within, n - 1, n * (k - 1), k, level),
            **_two_way_random(rows, columns, error, n, k, level),
            **_one_ratio("icc3", rows, error, n - 1, (n - 1) * (k - 1), k, level),
        }


def feature_robustness(table: pd.DataFrame, case: str, repeat: str, level: float = 0.95) -> pd.DataFrame:
    """Intraclass correlation of every feature of a table with repeated measurements.

    Parameters
    ----------
    table : a row per case and repeat, such as `perturb_cases` gives, or features of several readers' segmentations
    case, repeat : the columns that name the case and the perturbation, reader or session

    Returns
    -------
    DataFrame indexed by feature: `icc1`, `icc2`, `icc3`, each with `_low` and `_high`, and `cases`, `repeats`. A
    case that lacks a repeat or a finite value of a feature is left out (of all features, or of that one), which is
    said once.

    Raises
    ------
    TableError
        A case has a repeat twice.
    TooFewCases
        Fewer than two cases have every repeat.
    """
    require_columns(table, [case, repeat])
    if table.duplicated([case, repeat]).any():
        twice = table.loc[table.duplicated([case, repeat]), [case, repeat]].iloc[0]
        raise TableError(f"expected one row per {case} and {repeat}; found {twice[case]}, {twice[repeat]} twice")
    features = split_features(table, metadata=[case, repeat]).features
    wide = features.set_index([table[case], table[repeat]]).unstack(repeat)
    repeats = table[repeat].nunique()
    stack = wide.to_numpy(dtype=float).reshape(len(wide), features.shape[1], repeats).transpose(1, 0, 2)
    complete = np.isfinite(stack).all(axis=2)
    _say_incomplete(complete, features.columns)
    rows = [
        {**{name: value[0] for name, value in intraclass_correlation(values[kept], level).items()}, "cases": kept.sum()}
        for values, kept in zip(stack, complete, strict=True)
    ]
    return pd.DataFrame(rows, index=features.columns.rename("feature")).assign(repeats=repeats)


def _mean_squares(x: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Mean squares between cases, between repeats, within cases, and of the two-way residual."""
    n, k = x.shape[1:]
    x = x - x.mean(axis=(1, 2), keepdims=True)
    by_case, by_repeat = x.mean(axis=2, keepdims=True), x.mean(axis=1, keepdims=True)
    rows = k * (by_case**2).sum(axis=(1, 2)) / (n - 1)
    columns = n * (by_repeat**2).sum(axis=(1, 2)) / (k - 1)
    within = ((x - by_case) ** 2).sum(axis=(1, 2)) / (n * (k - 1))
    error = ((x - by_case - by_repeat) ** 2).sum(axis=(1, 2)) / ((n - 1) * (k - 1))
    return rows, columns, within, error


def _one_ratio(
    name: str, rows: np.ndarray, error: np.ndarray, rows_df: int, error_df: int, k: int, level: float
) -> dict[str, np.ndarray]:
    """The coefficients that rest on one variance ratio, and its F interval."""
    upper = (1 + level) / 2
    widened = error * f_distribution.ppf(upper, rows_df, error_df)
    narrowed = error / f_distribution.ppf(upper, error_df, rows_df)
    bounds = {"": error, "_low": widened, "_high": narrowed}
    return {f"{name}{end}": (rows - e) / (rows + (k - 1) * e) for end, e in bounds.items()}


def _two_way_random(
    rows: np.ndarray, columns: np.ndarray, error: np.ndarray, n: int, k: int, level: float
) -> dict[str, np.ndarray]:
    icc = (rows - error) / (rows + (k - 1) * error + k * (columns - error) / n)
    # the residual's share taken out of the ratio, so that a residual of 0 stays defined
    offsets, rest = k * icc * columns, (n * (1 + (k - 1) * icc) - k * icc) * error
    degrees = (k - 1) * (n - 1) * (offsets + rest) ** 2 / ((n - 1) * offsets**2 + rest**2)
    upper = (1 + level) / 2
    low, high = f_distribution.ppf(upper, n - 1, degrees), f_distribution.ppf(upper, degrees, n - 1)
    spread = k * columns + (k * n - k - n) * error
    return {
        "icc2": icc,
        "icc2_low": n * (rows - low * error) / (low * spread + n * rows),
        "icc2_high": n * (high * rows - error) / (spread + n * high * rows),
    }


def _say_incomplete(complete: np.ndarray, names: pd.Index) -> None:
    partial = names[~complete.all(axis=1)]
    if len(partial):
        warnings.warn(
            f"{len(partial)} feature(s), first {partial[0]!r}, lack values in some repeats; those cases are left out "
            f"(at worst {int((~complete).sum(axis=1).max())} of {complete.shape[1]})",
            RadiomixWarning,
            stacklevel=3,
        )
