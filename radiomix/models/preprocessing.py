"""From a table as people keep it to complete, comparable columns: everything learnt on the training part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils import Tags
from sklearn.utils.validation import check_is_fitted, validate_data

from ..errors import TableError
from .frames import FrameTransformer, Selector, Table, Values, like

HUGE = 1e100  # beyond this a square overflows, and such a value is an infinity in all but name
RARE = "rare"
MISSING = "missing"


class Tidy(TransformerMixin, BaseEstimator):
    """Numbers, booleans and text columns to one float table, with NaN for whatever is not a finite number.

    Text columns become indicator columns `column=level`, which follow the numbers. Case and surrounding blanks do not
    matter. Levels with fewer than `min_count` training cases share the level `rare`, and a level never seen in training
    has all indicators 0 where there is no such level. A text column whose every value reads as a number is a number.

    Parameters
    ----------
    min_count : the fewest training cases a level of a text column needs to be kept by name

    Raises
    ------
    TableError : a column holds dates; or text stands where training had numbers
    """

    def __init__(self, min_count: int = 5) -> None:
        self.min_count = min_count

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        tags.input_tags.categorical = True
        tags.input_tags.string = True
        return tags

    def fit(self, X: Table, y: Any = None) -> Tidy:
        frame = self._frame(X, reset=True)
        self.levels_: dict[str, list[str]] = {}
        for position, (name, kind) in enumerate(frame.dtypes.items()):
            if pd.api.types.is_numeric_dtype(kind):
                continue
            column = frame.iloc[:, position]
            if pd.api.types.is_datetime64_any_dtype(kind):
                raise TableError(f"column {name!r} holds dates: give a number instead (an age, a time since diagnosis)")
            if _is_text(column):
                self.levels_[str(name)] = self._levels(column)
        return self

    def _frame(self, X: Table, *, reset: bool) -> pd.DataFrame:
        if isinstance(X, pd.DataFrame):
            validate_data(self, X, reset=reset, skip_check_array=True)
            if X.empty:
                raise TableError(f"the table is empty: {len(X)} rows, {X.shape[1]} columns")
            return X
        array = validate_data(self, X, reset=reset, dtype=None, ensure_all_finite=False)
        return pd.DataFrame(array, columns=[f"x{i}" for i in range(array.shape[1])])

    def _levels(self, column: pd.Series) -> list[str]:
        counts = _normalised(column).value_counts()
        frequent = sorted(counts.index[counts >= self.min_count])
        if (counts < self.min_count).any() and RARE not in frequent:
            frequent.append(RARE)
        return frequent[:1] if len(frequent) == 2 else frequent

    def transform(self, X: Table) -> Table:
        check_is_fitted(self)
        frame = self._frame(X, reset=False)
        text = [i for i, name in enumerate(frame.columns) if str(name) in self.levels_]
        numbers = _numbers(frame.drop(columns=frame.columns[text]))
        indicators = [self._indicators(str(frame.columns[i]), frame.iloc[:, i]) for i in text]
        return like(X, np.column_stack([numbers, *indicators]), self.get_feature_names_out)

    def _indicators(self, name: str, column: pd.Series) -> Values:
        values, known = _normalised(column), self.levels_[name]
        if RARE in known:
            values = values.where(values.isin(known), RARE)
        return np.column_stack([np.zeros((len(values), 0)), *[(values == level).to_numpy(float) for level in known]])

    def get_feature_names_out(self, input_features: Sequence[str] | None = None) -> NDArray[Any]:
        check_is_fitted(self)
        names = getattr(self, "feature_names_in_", [f"x{i}" for i in range(self.n_features_in_)])
        numbers = [name for name in names if name not in self.levels_]
        indicators = [f"{name}={level}" for name in names for level in self.levels_.get(name, [])]
        return np.asarray([*numbers, *indicators], dtype=object)


def _is_text(column: pd.Series) -> bool:
    return bool(pd.to_numeric(column.dropna().astype(str), errors="coerce").isna().any())


def _normalised(column: pd.Series) -> pd.Series:
    return column.astype(object).where(column.notna(), MISSING).astype(str).str.strip().str.casefold()


def _numbers(frame: pd.DataFrame) -> Values:
    wordy = [name for name, kind in frame.dtypes.items() if not pd.api.types.is_numeric_dtype(kind)]
    if wordy:
        frame = frame.assign(**{name: _read_numbers(frame[name]) for name in wordy})
    values = frame.to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.abs(values) < HUGE, values, np.nan)


def _read_numbers(column: pd.Series) -> pd.Series:
    numbers = pd.to_numeric(column, errors="coerce")
    wrong = column[numbers.isna() & column.notna()]
    if len(wrong):
        raise TableError(
            f"column {column.name!r} held numbers in training; found {str(wrong.iloc[0])!r} ({len(wrong)} such values)"
        )
    return numbers


class Informative(Selector):
    """Keeps columns that vary and are mostly known.

    Parameters
    ----------
    max_missing : the largest fraction of missing values
    min_share : the smallest fraction of known values that differ from the most frequent one; 0 drops constants only
    keep : columns that missing values do not exclude; a constant is dropped all the same
    """

    def __init__(self, max_missing: float = 0.25, min_share: float = 0.0, keep: tuple[str, ...] = ()) -> None:
        self.max_missing = max_missing
        self.min_share = min_share
        self.keep = keep

    def fit(self, X: Table, y: Any = None) -> Informative:
        values = self._values(X, reset=True)
        known = np.isfinite(values)
        present = (1 - known.mean(axis=0) <= self.max_missing) | self._protected()
        self.support_ = present & self._varies(values, known)
        if not self.support_.any():
            raise TableError(
                f"none of {values.shape[1]} columns varies and is known for at least {1 - self.max_missing:.0%} of the "
                f"{len(values)} training cases"
            )
        return self

    def _varies(self, values: Values, known: NDArray[np.bool_]) -> NDArray[np.bool_]:
        top = np.max(values, axis=0, where=known, initial=-np.inf)
        bottom = np.min(values, axis=0, where=known, initial=np.inf)
        size = np.maximum(np.abs(top), np.abs(bottom))
        varies = known.any(axis=0) & (top - bottom > 1e-12 * size)
        if self.min_share > 0:
            varies &= np.array(
                [_share_of_others(column[ok]) > self.min_share for column, ok in zip(values.T, known.T, strict=True)]
            )
        return varies


def _share_of_others(values: Values) -> float:
    if values.size == 0:
        return 0.0
    return 1 - np.unique(values, return_counts=True)[1].max() / values.size


class MedianImputer(FrameTransformer):
    """Fills missing values with the training median of the column."""

    def _learn(self, values: Values, y: Any) -> None:
        gaps = np.isnan(values)
        some = gaps.any(axis=0) & ~gaps.all(axis=0)
        self.median_ = np.where(gaps.all(axis=0), 0.0, np.median(values, axis=0))
        self.median_[some] = np.nanmedian(values[:, some], axis=0)

    def _apply(self, values: Values) -> Values:
        return np.where(np.isnan(values), self.median_, values)


class SoftScale(FrameTransformer):
    """Brings columns to a common scale and pulls in long tails: asinh((x - median) / IQR), then mean 0 and SD 1.

    Linear near the median, logarithmic far from it, so that the orders of magnitude that energies and volumes span
    do not let one case decide a fit, and an extreme new value stays moderate. Yeo-Johnson's power is the
    alternative when each column's own shape is to be learnt (`PowerScale`). Missing values stay missing.

    Parameters
    ----------
    tails : False leaves the tails and only standardises
    """

    def __init__(self, tails: bool = True) -> None:
        self.tails = tails

    def _learn(self, values: Values, y: Any) -> None:
        self.centre_, self.spread_ = _median_and_range(values)
        self.mean_, self.sd_ = _mean_and_sd(self._soft(values))

    def _soft(self, values: Values) -> Values:
        standard = (values - self.centre_) / self.spread_
        return np.arcsinh(standard) if self.tails else standard

    def _apply(self, values: Values) -> Values:
        return (self._soft(values) - self.mean_) / self.sd_


def _median_and_range(values: Values) -> tuple[Values, Values]:
    """Of each column: the median, and the interquartile range or, where that is 0, the SD or 1."""
    percentile = np.nanpercentile if np.isnan(values).any() else np.percentile  # the former is ten times slower
    lower, centre, upper = percentile(values, [25, 50, 75], axis=0)
    spread = np.where(upper > lower, upper - lower, np.nanstd(values, axis=0))
    return centre, np.where(spread > 0, spread, 1.0)


def _mean_and_sd(values: Values) -> tuple[Values, Values]:
    sd = np.nanstd(values, axis=0)
    return np.nanmean(values, axis=0), np.where(sd > 0, sd, 1.0)


class BlockScale(FrameTransformer):
    """Lets a few clinical columns be heard among many features: multiplies columns that come scaled to SD 1.

    Where coefficients are penalised, a column multiplied by 10 carries a hundredth of the ridge's penalty. Where cases
    are compared by distances, the two blocks are given the same total variance.

    Parameters
    ----------
    clinical : columns that make one block, with those made from them (`histology=adeno`); all others are the second
    factor : what clinical columns are multiplied by; None gives the smaller block the total variance of the larger

    Attributes
    ----------
    factor_ : (p,) what columns are multiplied by; 1 where one of the blocks is absent

    Source: De Bin R, Sauerbrei W, Boulesteix AL. Investigating the prediction ability of survival models based on both
    clinical and omics data. Stat Med 2014;33:5310-5329 (clinical columns not penalised); Westerhuis JA et al. Analysis
    of multiblock and hierarchical PCA and PLS models. J Chemom 1998;12:301-321 (equal variance).
    """

    def __init__(self, clinical: tuple[str, ...] = (), factor: float | None = None) -> None:
        self.clinical = clinical
        self.factor = factor

    def _learn(self, values: Values, y: Any) -> None:
        block = self._named(self.clinical)
        sizes = np.where(block, block.sum(), (~block).sum())
        if sizes.max() == len(block):
            self.factor_ = np.ones(len(block))
        elif self.factor is None:
            self.factor_ = np.sqrt(sizes.max() / sizes)
        else:
            self.factor_ = np.where(block, self.factor, 1.0)

    def _apply(self, values: Values) -> Values:
        return values * self.factor_


class PowerScale(FrameTransformer):
    """Each column's own Yeo-Johnson power, the one that makes it most normal, then mean 0 and SD 1.

    Robust z-scores are transformed, so that the power depends on a column's shape and not on its unit. Missing values
    stay missing. It takes the place of `SoftScale` by `pipeline.set_params(scale=PowerScale())`.

    Parameters
    ----------
    powers : number of powers tried, evenly from -2 to 4

    Attributes
    ----------
    power_ : (p,) 1 leaves a column's shape as it is

    Source: Yeo IK, Johnson RA. A new family of power transformations. Biometrika 2000;87:954-959.
    """

    def __init__(self, powers: int = 61) -> None:
        self.powers = powers

    def _learn(self, values: Values, y: Any) -> None:
        self.centre_, self.spread_ = _median_and_range(values)
        standard = (values - self.centre_) / self.spread_
        slope = np.nansum(np.sign(standard) * np.log1p(np.abs(standard)), axis=0)
        best, self.power_ = np.full(values.shape[1], -np.inf), np.ones(values.shape[1])
        for power in np.linspace(-2, 4, self.powers):
            spread = np.nanvar(yeo_johnson(standard, power), axis=0)
            likelihood = -len(values) / 2 * np.log(np.maximum(spread, 1e-300)) + (power - 1) * slope
            better = likelihood > best
            best[better], self.power_[better] = likelihood[better], power
        self.mean_, self.sd_ = _mean_and_sd(yeo_johnson(standard, self.power_))

    def _apply(self, values: Values) -> Values:
        shaped = yeo_johnson((values - self.centre_) / self.spread_, self.power_)
        return (shaped - self.mean_) / self.sd_


def yeo_johnson(x: Values, power: Values | float) -> Values:
    """Yeo and Johnson's transformation of each column by its power."""
    above, below = np.log1p(np.maximum(x, 0)), np.log1p(np.maximum(-x, 0))
    return _powered(above, power) - _powered(below, 2 - np.asarray(power))


def _powered(log: Values, power: Values | float) -> Values:
    """((1 + x)^power - 1) / power from log(1 + x), and log(1 + x) at power 0."""
    safe = np.where(np.abs(power) < 1e-9, 1.0, power)
    return np.where(np.abs(power) < 1e-9, log, np.expm1(np.clip(safe * log, None, 300)) / safe)
