"""Penalised linear models for numbers and for grades, with the C of scikit-learn's logistic regression."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.linear_model import ElasticNet, Ridge
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from ..errors import ModelError
from .frames import Table
from .partial_likelihood import Floats


class PenalisedLinear(RegressorMixin, BaseEstimator):
    """Least squares with an elastic net on a standardised outcome, so that C means the same for any unit.

    Parameters
    ----------
    C : inverse of the penalty, as in scikit-learn's LogisticRegression
    l1_ratio : 0 ridge, 1 lasso

    Attributes
    ----------
    coef_ : (p,) in units of the outcome
    intercept_ : in units of the outcome
    """

    def __init__(self, C: float = 0.1, l1_ratio: float = 0.5) -> None:
        self.C = C
        self.l1_ratio = l1_ratio

    def fit(self, X: Table, y: Any) -> PenalisedLinear:
        values, numbers = validate_data(self, X, y, dtype=np.float64, y_numeric=True)
        mean, sd = numbers.mean(), numbers.std() or 1.0
        if self.l1_ratio > 0:
            solver = ElasticNet(alpha=1 / (self.C * len(values)), l1_ratio=self.l1_ratio, max_iter=10_000)
        else:
            solver = Ridge(alpha=1 / self.C)
        solver.fit(values, (numbers - mean) / sd)
        self.coef_, self.intercept_ = solver.coef_ * sd, solver.intercept_ * sd + mean
        return self

    def predict(self, X: Table) -> Floats:
        check_is_fitted(self)
        return validate_data(self, X, dtype=np.float64, reset=False) @ self.coef_ + self.intercept_


class ProportionalOdds(ClassifierMixin, BaseEstimator):
    """Grades: logit P(y <= k) = threshold_k - x b, with a ridge penalty on b.

    Minimises C sum(-log likelihood) + |b|^2 / 2, as scikit-learn's LogisticRegression, which it equals for two grades.
    `predict` is the most probable grade, `predict_proba` the probability of each.

    Parameters
    ----------
    C : inverse of the penalty

    Attributes
    ----------
    classes_ : (K,) the grades, ascending
    coef_ : (p,)
    threshold_ : (K - 1,) ascending

    Source: McCullagh P. Regression models for ordinal data. J R Stat Soc B 1980;42:109-142.
    """

    def __init__(self, C: float = 0.1) -> None:
        self.C = C

    def fit(self, X: Table, y: Any) -> ProportionalOdds:
        values, grades = validate_data(self, X, y, dtype=np.float64)
        check_classification_targets(grades)
        self.classes_, codes = np.unique(grades, return_inverse=True)
        if len(self.classes_) < 2:
            raise ModelError(f"expected at least two grades; found one class only, {self.classes_.tolist()}")
        p = values.shape[1]
        below = np.cumsum(np.bincount(codes))[:-1] / len(codes)
        start = np.log(below / (1 - below))
        first = np.concatenate([np.zeros(p), start[:1], np.log(np.maximum(np.diff(start), 1e-3))])
        found = minimize(_odds_loss, first, args=(values, codes, self.C), jac=True, method="L-BFGS-B", tol=1e-10)
        self.coef_, self.threshold_ = found.x[:p], _thresholds(found.x[p:])
        return self

    def predict_proba(self, X: Table) -> Floats:
        check_is_fitted(self)
        linear = validate_data(self, X, dtype=np.float64, reset=False) @ self.coef_
        below = expit(self.threshold_ - linear[:, None])
        edges = np.column_stack([np.zeros(len(linear)), below, np.ones(len(linear))])
        return np.diff(edges, axis=1)

    def predict(self, X: Table) -> NDArray[Any]:
        best = np.argmax(self.predict_proba(X), axis=1)
        return self.classes_[best]


def _thresholds(parameters: Floats) -> Floats:
    """Ascending thresholds from the first one and the logarithms of the steps between them."""
    return np.cumsum(np.concatenate([parameters[:1], np.exp(parameters[1:])]))


def _odds_loss(parameters: Floats, values: Floats, codes: NDArray[np.intp], C: float) -> tuple[float, Floats]:
    """The penalised loss and its gradient in (b, first threshold, log steps)."""
    p = values.shape[1]
    beta, steps = parameters[:p], np.exp(parameters[p + 1 :])
    edges = np.concatenate([[-np.inf], _thresholds(parameters[p:]), [np.inf]])
    linear = values @ beta
    lower, upper = expit(edges[codes] - linear), expit(edges[codes + 1] - linear)
    likelihood = np.maximum(upper - lower, 1e-300)
    by_linear = 1 - upper - lower  # of -log likelihood
    number = len(edges) - 2
    by_threshold = np.bincount(codes, -upper * (1 - upper) / likelihood, number + 1)[:-1]
    by_threshold += np.bincount(codes, lower * (1 - lower) / likelihood, number + 1)[1:]
    tail = np.cumsum(by_threshold[::-1])[::-1]
    gradient = np.concatenate([values.T @ by_linear, tail[:1], tail[1:] * steps])
    loss = -C * np.log(likelihood).sum() + beta @ beta / 2
    return loss, C * gradient + np.concatenate([beta, np.zeros(number)])
