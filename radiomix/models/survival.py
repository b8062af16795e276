"""Models of time to an event: `predict` is a risk, `predict_survival` the probability to be free of it."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray
from sklearn.base import BaseEstimator
from sklearn.exceptions import ConvergenceWarning
from sklearn.utils import get_tags
from sklearn.utils.validation import check_is_fitted, validate_data

from ..errors import ModelError
from .frames import Table
from .outcome import Outcome, check_survival, entries, fields, strata
from .partial_likelihood import Floats, Rows, baseline_hazard, elastic_net


class SurvivalModel(BaseEstimator):
    """Base of survival models: checks the table and the outcome, and asks subclasses for `_learn` and `_risk`.

    `predict(X)` gives (n,) risks, higher for an earlier event; `predict_survival(X, times)` gives (n, len(times))
    probabilities of being free of the event at each time.
    """

    def fit(self, X: Table, y: Outcome) -> SurvivalModel:
        values = self._checked(X, ensure_min_samples=2)
        check_survival(y)
        if len(y) != len(values):
            raise ModelError(f"expected one outcome per case: found {len(values)} cases and {len(y)} outcomes")
        self._learn(values, y)
        return self

    def predict(self, X: Table) -> Floats:
        check_is_fitted(self)
        return self._risk(self._checked(X, reset=False))

    def predict_survival(self, X: Table, times: ArrayLike) -> Floats:
        check_is_fitted(self)
        values = self._checked(X, reset=False)
        return self._survival(values, np.atleast_1d(np.asarray(times, dtype=float)))

    def score(self, X: Table, y: Outcome) -> float:
        """Harrell's concordance of the risk with the outcome."""
        return concordance(y, self.predict(X))

    def _checked(self, X: Table, **how: Any) -> Floats:
        finite = "allow-nan" if get_tags(self).input_tags.allow_nan else True
        return validate_data(self, X, dtype=np.float64, ensure_all_finite=finite, **how)

    def _learn(self, values: Floats, y: Outcome) -> None:
        raise NotImplementedError

    def _risk(self, values: Floats) -> Floats:
        raise NotImplementedError

    def _survival(self, values: Floats, times: Floats) -> Floats:
        raise NotImplementedError


def concordance(y: Outcome, risk: Floats) -> float:
    """Harrell's C: of the pairs whose order is known, the share in which the earlier event had the higher risk.

    Equal risks count one half; pairs tied in time count when only one had the event. NaN when no pair is comparable.
    """
    time, event, risk = y["time"], y["event"].astype(bool), np.asarray(risk)
    later = (time[event][:, None] < time) | ((time[event][:, None] == time) & ~event)
    wins = np.sign(risk[event][:, None] - risk)
    pairs = later.sum()
    return float((np.sum(wins[later]) / pairs + 1) / 2) if pairs else float("nan")


def null_residuals(y: Outcome) -> Floats:
    """(n,) martingale residuals of the model without covariates: events seen less events expected by then."""
    residuals = np.empty(len(y))
    for stratum in np.unique(strata(y)):
        at = strata(y) == stratum
        rows = Rows(
            np.zeros((at.sum(), 1)), entries(y)[at], y["time"][at], y["event"][at].astype(bool), np.ones(at.sum())
        )
        known_at, hazard = baseline_hazard(rows, np.zeros(1))
        expected = step_function(rows.stop, known_at, hazard, 0.0) - step_function(rows.start, known_at, hazard, 0.0)
        residuals[at] = rows.event - expected
    return residuals


def rows_of(values: Floats, y: Outcome, weight: Floats | None = None) -> list[Rows]:
    """The outcome's strata as rows for the partial likelihood."""
    weights = np.ones(len(y)) if weight is None else weight
    out = []
    for stratum in np.unique(strata(y)):
        at = strata(y) == stratum
        out.append(Rows(values[at], entries(y)[at], y["time"][at], y["event"][at].astype(bool), weights[at]))
    return out


def refuse_entries(model: SurvivalModel, y: Outcome) -> None:
    """Raise ModelError when the outcome has delayed entries or strata, for models that would ignore them."""
    found = [name for name in ("entry", "stratum") if name in fields(y)]
    if found:
        raise ModelError(
            f"{type(model).__name__} knows neither delayed entry nor strata; the outcome has {found}: "
            "use cox, or leave these fields out"
        )


def column_scale(values: Floats, standardise: bool) -> Floats:
    """(p,) what columns are divided by before a fit: their SD, or 1."""
    sd = values.std(axis=0)
    return np.where(sd > 0, sd, 1.0) if standardise else np.ones_like(sd)


def step_function(times: Floats, known_at: Floats, values: Floats, before: float) -> Floats:
    """The right-continuous step function through (known_at, values) at the given times; `before` the first step."""
    return np.concatenate([[before], values])[np.searchsorted(known_at, times, side="right")]


class ProportionalHazards(SurvivalModel):
    """What models of the form hazard(t) = baseline(t) exp(score) share: Breslow's baseline, and survival from it."""

    def _set_baseline(self, score: Floats, y: Outcome) -> None:
        pooled = Rows(score[:, None], entries(y), y["time"], y["event"].astype(bool), np.ones(len(y)))
        self.baseline_times_, self.baseline_hazard_ = baseline_hazard(pooled, np.ones(1))

    def _survival(self, values: Floats, times: Floats) -> Floats:
        hazard = step_function(times, self.baseline_times_, self.baseline_hazard_, 0.0)
        return np.exp(-np.outer(np.exp(np.clip(self._risk(values), -50, 50)), hazard))


class Cox(ProportionalHazards):
    """Cox's proportional hazards with an elastic net, Efron's ties, delayed entry and strata.

    Maximises log L / n - penalty * (l1_ratio |b|_1 + (1 - l1_ratio) |b|_2^2 / 2), as lifelines and glmnet scale it.

    Parameters
    ----------
    penalty : >= 0
    l1_ratio : 0 ridge, 1 lasso
    standardise : whether the penalty is on standardised columns; False takes their scale as it is

    Attributes
    ----------
    coef_ : (p,) log hazard ratios per unit of each column
    standard_error_ : (p,) of `coef_`, from the information; meaningful without a penalty
    mean_ : (p,) training means: the risk of the average case is 0
    baseline_times_, baseline_hazard_ : Breslow's cumulative hazard of the average case
    """

    def __init__(self, penalty: float = 0.1, l1_ratio: float = 0.0, standardise: bool = True) -> None:
        self.penalty = penalty
        self.l1_ratio = l1_ratio
        self.standardise = standardise

    def _learn(self, values: Floats, y: Outcome) -> None:
        self.mean_, sd = values.mean(axis=0), column_scale(values, self.standardise)
        found = elastic_net(
            rows_of((values - self.mean_) / sd, y),
            penalty=np.full(values.shape[1], float(self.penalty)),
            l1_ratio=self.l1_ratio,
        )
        if not found.converged:
            warnings.warn(
                "Cox: the likelihood has no maximum near; raise the penalty", ConvergenceWarning, stacklevel=3
            )
        self.coef_ = found.beta / sd
        self.standard_error_ = np.sqrt(np.maximum(np.diag(np.linalg.pinv(found.information)), 0)) / sd
        self._set_baseline(self._risk(values), y)

    def _risk(self, values: Floats) -> NDArray[Any]:
        return (values - self.mean_) @ self.coef_
