"""ComBat: what a scanner or centre adds to every feature, estimated on training cases and taken out of new ones."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.utils.validation import check_is_fitted

from ..errors import ConfigError, MissingColumn, RadiomixWarning, TableError, unknown
from .shrinkage import Prior, Shift, batch_moments, posterior, posterior_without_prior_shape

Values = NDArray[np.float64]
FEW = 3  # fewer cases than this tell nothing about the spread of a batch


class ComBat(TransformerMixin, BaseEstimator):
    """Empirical-Bayes location and scale harmonisation between batches (scanners, protocols, centres).

    Each feature is modelled as covariates + batch shift + batch scale x noise. Shifts and scales are estimated per
    feature and drawn towards what the batch does to all features, then removed; the covariates' effects stay. What is
    learnt in `fit` is replayed in `transform`, which needs the batch (and the covariates) of new cases, never their
    outcome.

    Batches and covariates come as columns of the table (`batch="scanner"`, which then leaves the table, so that a
    pipeline can hold this step) or beside it, `fit(X, batch=..., covariates=...)`. Text columns and the covariates'
    columns pass unchanged. Missing values stay missing and are ignored.

    Parameters
    ----------
    batch : column of X that names each case's batch; None when it is given beside the table
    covariates : columns of X whose effects are kept; text is taken as categories
    parametric : normal and inverse gamma priors; False lets the other features be the prior
    mean_only : remove shifts, leave scales
    reference : batch to which all others are brought and which stays as it is; None takes the weighted mean
    keep : columns left alone

    Attributes
    ----------
    batches_ : the batches known, as text
    shift_, scale_ : (batches, features) removed from standardised features: (z - shift) / sqrt(scale)
    variance_before_, variance_after_ : (features,) share of each feature's variance that batches explain beyond the
        covariates, in training

    Raises
    ------
    TableError : a batch has too few cases, or batch and covariates cannot be told apart
    ConfigError : an unknown reference batch, or no batch at all
    MissingColumn : a named column is not in the table

    Notes
    -----
    A batch not seen in training is brought to the reference by its own mean and SD (from the cases given to
    `transform` together, at least 3), with a warning; fewer cases are left as they are, with a warning.

    Source: Johnson WE, Li C, Rabinovic A. Adjusting batch effects in microarray expression data using empirical Bayes
    methods. Biostatistics 2007;8:118-127. Fortin JP et al. NeuroImage 2018;167:104-120.
    """

    def __init__(
        self,
        batch: str | None = None,
        covariates: Sequence[str] = (),
        *,
        parametric: bool = True,
        mean_only: bool = False,
        reference: str | None = None,
        keep: Sequence[str] = (),
    ) -> None:
        self.batch = batch
        self.covariates = covariates
        self.parametric = parametric
        self.mean_only = mean_only
        self.reference = reference
        self.keep = keep

    def fit(self, X: pd.DataFrame, y: Any = None, *, batch: ArrayLike | None = None, covariates: Any = None) -> ComBat:
        table, names, beside = self._parts(X, batch, covariates)
        self.columns_ = [str(c) for c in X.columns]
        left_alone = {*self.keep, *self.covariates}
        self.features_ = [str(c) for c in table if c not in left_alone and pd.api.types.is_numeric_dtype(table[c])]
        self.batches_, codes = np.unique(names, return_inverse=True)
        self._check_batches(np.bincount(codes))
        self._learn_design(beside)
        self._learn(_numbers(table[self.features_]), codes, self._design(beside))
        return self

    def _parts(
        self, X: pd.DataFrame, batch: ArrayLike | None, covariates: Any
    ) -> tuple[pd.DataFrame, NDArray[Any], pd.DataFrame]:
        """The table without the batch's column, the batches as text, and the covariates."""
        for name in (*([self.batch] if self.batch else []), *self.covariates):
            if name not in X.columns:
                raise MissingColumn(unknown("column", name, X.columns[:30]))
        if batch is None and self.batch is None:
            raise ConfigError("ComBat needs batches: name their column, ComBat(batch='scanner'), or give batch=...")
        names = pd.Series(X[self.batch] if batch is None else np.asarray(batch)).astype(str).str.strip().to_numpy()
        if len(names) != len(X):
            raise TableError(f"expected one batch per case: found {len(X)} cases and {len(names)} batches")
        beside = X[list(self.covariates)] if covariates is None else pd.DataFrame(covariates)
        table = X.drop(columns=self.batch) if self.batch in X.columns else X
        return table, names, beside.reset_index(drop=True)

    def _check_batches(self, counts: NDArray[np.intp]) -> None:
        if self.reference is not None and self.reference not in self.batches_:
            raise ConfigError(unknown("reference batch", self.reference, self.batches_))
        small = [f"{b!r} ({n})" for b, n in zip(self.batches_, counts, strict=True) if n < 2]
        if small and not self.mean_only:
            raise TableError(
                f"a batch needs at least 2 training cases to have a spread; {', '.join(small)}: use mean_only=True"
            )

    def _learn_design(self, beside: pd.DataFrame) -> None:
        """The covariates' levels, so that new cases get the same columns."""
        text = [name for name in beside if not pd.api.types.is_numeric_dtype(beside[name])]
        self.levels_ = {str(name): sorted(beside[name].astype(str).unique())[1:] for name in text}

    def _design(self, beside: pd.DataFrame) -> Values:
        columns = [np.zeros((len(beside), 0))]
        for name in beside:
            if str(name) in self.levels_:
                columns += [
                    (beside[name].astype(str) == level).to_numpy(float)[:, None] for level in self.levels_[str(name)]
                ]
            else:
                columns.append(beside[name].to_numpy(float)[:, None])
        design = np.hstack(columns)
        if not np.isfinite(design).all():
            raise TableError("ComBat's covariates have missing values: impute them first or leave the covariate out")
        return design

    def _learn(self, values: Values, codes: NDArray[np.intp], covariates: Values) -> None:
        self.median_ = np.nan_to_num(np.nanmedian(values, axis=0))
        counts = np.bincount(codes)
        of_batch = np.eye(len(counts))[codes]
        design = np.hstack([of_batch, covariates])
        if np.linalg.matrix_rank(design) < design.shape[1]:
            raise TableError(
                "batch and covariates cannot be told apart: a covariate is constant or determined by batch"
            )
        filled = np.where(np.isnan(values), self.median_, values)
        effects = np.linalg.lstsq(design, filled, rcond=None)[0]
        residual = filled - design @ effects
        whole = self.reference is None
        home = np.ones(len(codes), dtype=bool) if whole else self.batches_[codes] == self.reference
        weights = counts / len(codes) if whole else (self.batches_ == self.reference).astype(float)
        self.mean_, self.effects_ = weights @ effects[: len(counts)], effects[len(counts) :]
        spread = np.sqrt(np.mean(residual[home] ** 2, axis=0))
        self.spread_ = np.where(spread > 1e-12 * np.maximum(np.abs(self.mean_), 1e-300), spread, 1.0)
        standard = self._standardised(values, covariates)
        self._learn_shifts(standard, codes)
        self.variance_before_ = _explained(standard, codes)
        self.variance_after_ = _explained(self._without_batch(standard, codes), codes)

    def _standardised(self, values: Values, covariates: Values) -> Values:
        return (values - self.mean_ - covariates @ self.effects_) / self.spread_

    def _learn_shifts(self, standard: Values, codes: NDArray[np.intp]) -> None:
        found = [self._shift(standard[codes == b], str(name)) for b, name in enumerate(self.batches_)]
        self.shift_ = np.array([shift.location for shift in found])
        self.scale_ = np.array([shift.scale for shift in found])

    def _shift(self, standard: Values, name: str) -> Shift:
        p = standard.shape[1]
        if name == self.reference or len(self.batches_) == 1:
            return Shift(np.zeros(p), np.ones(p))
        seen = batch_moments(standard)
        if self.mean_only:
            return Shift(Prior.of(seen).drawn_location(seen), np.ones(p))
        return posterior(standard, seen) if self.parametric else posterior_without_prior_shape(standard, seen)

    def transform(self, X: pd.DataFrame, *, batch: ArrayLike | None = None, covariates: Any = None) -> pd.DataFrame:
        check_is_fitted(self)
        missing = [c for c in self.columns_ if c not in X.columns]
        if missing:
            raise MissingColumn(f"{len(missing)} columns of the training table are missing, e.g. {missing[0]!r}")
        table, names, beside = self._parts(X, batch, covariates)
        design = self._design(beside)
        if design.shape[1] != len(self.effects_):
            raise TableError(
                f"ComBat learnt {len(self.effects_)} covariate columns; found {design.shape[1]}: give the same"
            )
        standard = self._standardised(_numbers(table[self.features_]), design)
        place = np.searchsorted(self.batches_, names).clip(max=len(self.batches_) - 1)
        known = self.batches_[place] == names
        standard[known] = self._without_batch(standard[known], place[known])
        for name in np.unique(names[~known]):
            standard[names == name] = self._brought_to_reference(standard[names == name], str(name))
        out = standard * self.spread_ + self.mean_ + design @ self.effects_
        return table.assign(**dict(zip(self.features_, out.T, strict=True)))

    def _without_batch(self, standard: Values, codes: NDArray[np.intp]) -> Values:
        return (standard - self.shift_[codes]) / np.sqrt(self.scale_[codes])

    def _brought_to_reference(self, standard: Values, name: str) -> Values:
        """An unseen batch's own moments removed, which needs several cases."""
        known = ", ".join(map(repr, self.batches_))
        if len(standard) < FEW:
            warnings.warn(
                f"batch {name!r} was not seen in training (known: {known}) and {len(standard)} case(s) cannot tell its "
                "shift: left as they are",
                RadiomixWarning,
                stacklevel=3,
            )
            return standard
        warnings.warn(
            f"batch {name!r} was not seen in training (known: {known}): its {len(standard)} cases are brought to the "
            "reference by their own mean and SD",
            RadiomixWarning,
            stacklevel=3,
        )
        seen = batch_moments(standard)
        scale = np.ones_like(seen.scale) if self.mean_only else np.where(seen.scale > 0, seen.scale, 1.0)
        return (standard - seen.location) / np.sqrt(scale)

    def get_feature_names_out(self, input_features: Any = None) -> NDArray[Any]:
        check_is_fitted(self)
        return np.array([c for c in self.columns_ if c != self.batch], dtype=object)

    def batch_variance(self) -> pd.DataFrame:
        """A row per feature: the share of its training variance that batches explain, `before` and `after`."""
        check_is_fitted(self)
        shares = {"before": self.variance_before_, "after": self.variance_after_}
        return pd.DataFrame(shares, index=pd.Index(self.features_, name="feature"))


def _numbers(table: pd.DataFrame) -> Values:
    values = table.to_numpy(dtype=float, na_value=np.nan)
    return np.where(np.isfinite(values), values, np.nan)


def _explained(standard: Values, codes: NDArray[np.intp]) -> Values:
    """(features,) between-batch sum of squares over the total."""
    total = np.nansum((standard - np.nanmean(standard, axis=0)) ** 2, axis=0)
    between = np.zeros(standard.shape[1])
    for code in np.unique(codes):
        part = standard[codes == code]
        between += np.sum(~np.isnan(part), axis=0) * (np.nanmean(part, axis=0) - np.nanmean(standard, axis=0)) ** 2
    return np.divide(between, total, out=np.zeros_like(between), where=total > 0)
