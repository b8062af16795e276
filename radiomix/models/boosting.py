"""Gradient-boosted trees (XGBoost) for every kind of outcome, in one shape.

The booster is kept as XGBoost's own bytes, so that a model file holds arrays only, and predictions do not depend on
column names (XGBoost refuses some).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import xgboost as xgb
from numpy.typing import NDArray
from scipy import stats
from scipy.special import expit, softmax
from sklearn.base import BaseEstimator, ClassifierMixin, RegressorMixin
from sklearn.utils import Tags, check_random_state
from sklearn.utils.class_weight import compute_sample_weight
from sklearn.utils.multiclass import check_classification_targets
from sklearn.utils.validation import check_is_fitted, validate_data

from ..errors import ModelError
from .frames import Table
from .outcome import Outcome
from .partial_likelihood import Floats
from .survival import ProportionalHazards, SurvivalModel, refuse_entries


class _Boosted(BaseEstimator):
    """What all boosted models share: the settings of the trees, and a booster held as bytes.

    Parameters
    ----------
    rounds : number of trees
    depth : of each tree
    learning_rate : how much of each tree is believed
    rows, columns : the fractions of cases and of columns that each tree sees
    l2 : penalty on the leaves' values
    min_child_weight : the least information (cases x p(1 - p) for classes) in a leaf
    class_weight : "balanced" lets each class weigh the same; classes only
    """

    def __init__(
        self,
        rounds: int = 100,
        depth: int = 3,
        learning_rate: float = 0.05,
        rows: float = 0.8,
        columns: float = 0.5,
        l2: float = 1.0,
        min_child_weight: float = 2.0,
        class_weight: str | None = None,
        random_state: int | None = None,
    ) -> None:
        self.rounds = rounds
        self.depth = depth
        self.learning_rate = learning_rate
        self.rows = rows
        self.columns = columns
        self.l2 = l2
        self.min_child_weight = min_child_weight
        self.class_weight = class_weight
        self.random_state = random_state

    def __sklearn_tags__(self) -> Tags:
        tags = super().__sklearn_tags__()
        tags.input_tags.allow_nan = True
        return tags

    def _boost(self, values: Floats, objective: dict[str, Any], **labels: Any) -> None:
        settings = {
            "max_depth": self.depth,
            "eta": self.learning_rate,
            "subsample": self.rows,
            "colsample_bytree": self.columns,
            "lambda": self.l2,
            "min_child_weight": self.min_child_weight,
            "tree_method": "hist",
            "nthread": 1,  # folds run side by side; one thread gives the same bytes everywhere
            "seed": int(check_random_state(self.random_state).randint(2**31 - 1)),
            "verbosity": 0,
        }
        booster = xgb.train(settings | objective, xgb.DMatrix(values, **labels), num_boost_round=self.rounds)
        gain = booster.get_score(importance_type="total_gain")
        importances = np.array([gain.get(f"f{i}", 0.0) for i in range(values.shape[1])])
        self.feature_importances_ = importances / (importances.sum() or 1.0)
        self.booster_ = np.frombuffer(bytes(booster.save_raw("ubj")), dtype=np.uint8).copy()

    def _checked(self, X: Table, **how: Any) -> Any:
        return validate_data(self, X, dtype=np.float64, ensure_all_finite="allow-nan", **how)

    def _margin(self, values: Floats) -> Floats:
        booster = xgb.Booster({"nthread": 1}, model_file=bytearray(self.booster_.tobytes()))
        return booster.predict(xgb.DMatrix(values), output_margin=True).astype(float)


class BoostedClassifier(ClassifierMixin, _Boosted):
    """Boosted trees for two or more classes."""

    def fit(self, X: Table, y: Any) -> BoostedClassifier:
        values, labels = self._checked(X, y=y)
        check_classification_targets(labels)
        self.classes_, codes = np.unique(labels, return_inverse=True)
        if len(self.classes_) < 2:
            raise ModelError(f"expected at least two classes; found one class only, {self.classes_.tolist()}")
        weights = None if self.class_weight is None else compute_sample_weight(self.class_weight, codes)
        two = len(self.classes_) == 2
        several = {"objective": "multi:softprob", "num_class": len(self.classes_)}
        self._boost(values, {"objective": "binary:logistic"} if two else several, label=codes, weight=weights)
        return self

    def predict_proba(self, X: Table) -> Floats:
        check_is_fitted(self)
        margin = self._margin(self._checked(X, reset=False))
        if margin.ndim == 2:
            return softmax(margin, axis=1)
        return np.column_stack([1 - expit(margin), expit(margin)])

    def predict(self, X: Table) -> NDArray[Any]:
        best = np.argmax(self.predict_proba(X), axis=1)
        return self.classes_[best]


class BoostedRegressor(RegressorMixin, _Boosted):
    """Boosted trees for a number."""

    def fit(self, X: Table, y: Any) -> BoostedRegressor:
        values, numbers = self._checked(X, y=y, y_numeric=True)
        self._boost(values, {"objective": "reg:squarederror"}, label=numbers)
        return self

    def predict(self, X: Table) -> Floats:
        check_is_fitted(self)
        return self._margin(self._checked(X, reset=False))


class BoostedCox(_Boosted, ProportionalHazards):
    """Boosted trees on Cox's partial likelihood, with Breslow's baseline."""

    def _learn(self, values: Floats, y: Outcome) -> None:
        refuse_entries(self, y)
        # XGBoost reads a negative time as censoring
        self._boost(values, {"objective": "survival:cox"}, label=np.where(y["event"], y["time"], -y["time"]))
        self._set_baseline(self._risk(values), y)

    def _risk(self, values: Floats) -> Floats:
        return self._margin(values)


class BoostedAFT(_Boosted, SurvivalModel):
    """Boosted trees on an accelerated failure time model: log time = f(x) + scale * normal noise.

    The scale is the censored maximum-likelihood scale of an intercept-only model; `predict` is minus the predicted
    log time.
    """

    def _learn(self, values: Floats, y: Outcome) -> None:
        refuse_entries(self, y)
        log_time, self.scale_ = np.log(y["time"]), _lognormal_scale(y)
        objective = {
            "objective": "survival:aft",
            "aft_loss_distribution": "normal",
            "aft_loss_distribution_scale": self.scale_,
            "base_score": float(np.exp(log_time.mean())),
        }
        above = np.where(y["event"], y["time"], np.inf)
        self._boost(values, objective, label_lower_bound=y["time"], label_upper_bound=above)

    def _risk(self, values: Floats) -> Floats:
        return -self._margin(values)

    def _survival(self, values: Floats, times: Floats) -> Floats:
        with np.errstate(divide="ignore"):  # log 0 = -inf: everybody is free of the event at time 0
            return stats.norm.sf((np.log(times)[None, :] + self._risk(values)[:, None]) / self.scale_)


def _lognormal_scale(y: Outcome) -> float:
    log_time = np.log(y["time"])
    if y["event"].all():
        return float(max(log_time.std(), 0.1))
    censored = stats.CensoredData.right_censored(log_time, ~y["event"].astype(bool))
    return float(max(stats.norm.fit(censored)[1], 0.1))
