"""Survival forests and boosting from scikit-survival (the `survival` extra)."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import numpy as np

from ..errors import MissingDependency
from .outcome import Outcome
from .partial_likelihood import Floats
from .survival import ProportionalHazards, SurvivalModel, refuse_entries


def _ensemble() -> Any:
    try:
        return import_module("sksurv.ensemble")
    except ImportError as error:
        raise MissingDependency.needed_for("this survival model", "scikit-survival", "survival") from error


def _plain(y: Outcome) -> Outcome:
    """The outcome in scikit-survival's form."""
    out = np.empty(len(y), dtype=[("event", bool), ("time", float)])
    out["event"], out["time"] = y["event"], y["time"]
    return out


class SurvivalForest(SurvivalModel):
    """A random survival forest; the risk is the expected number of events (Ishwaran 2008).

    Parameters
    ----------
    trees : number of trees
    min_leaf : the fewest cases in a leaf
    """

    def __init__(self, trees: int = 100, min_leaf: int = 10, random_state: int | None = None) -> None:
        self.trees = trees
        self.min_leaf = min_leaf
        self.random_state = random_state

    def _learn(self, values: Floats, y: Outcome) -> None:
        refuse_entries(self, y)
        self.forest_ = _ensemble().RandomSurvivalForest(
            self.trees, min_samples_leaf=self.min_leaf, max_features="sqrt", random_state=self.random_state
        )
        self.forest_.fit(values, _plain(y))

    def _risk(self, values: Floats) -> Floats:
        return self.forest_.predict(values)

    def _survival(self, values: Floats, times: Floats) -> Floats:
        known_at = self.forest_.unique_times_
        curves = self.forest_.predict_survival_function(values, return_array=True)
        before = np.column_stack([np.ones(len(values)), curves])
        return before[:, np.searchsorted(known_at, times, side="right")]


class SurvivalBoosting(ProportionalHazards):
    """Gradient boosting of regression trees on Cox's partial likelihood, with Breslow's baseline.

    Parameters
    ----------
    rounds : number of trees
    depth : of each tree
    learning_rate : how much of each tree is believed
    rows : the fraction of cases that each tree sees
    """

    def __init__(
        self,
        rounds: int = 100,
        depth: int = 2,
        learning_rate: float = 0.05,
        rows: float = 0.8,
        random_state: int | None = None,
    ) -> None:
        self.rounds = rounds
        self.depth = depth
        self.learning_rate = learning_rate
        self.rows = rows
        self.random_state = random_state

    def _learn(self, values: Floats, y: Outcome) -> None:
        refuse_entries(self, y)
        self.boosting_ = _ensemble().GradientBoostingSurvivalAnalysis(
            n_estimators=self.rounds,
            max_depth=self.depth,
            learning_rate=self.learning_rate,
            subsample=self.rows,
            max_features="sqrt",
            random_state=self.random_state,
        )
        self.boosting_.fit(values, _plain(y))
        self.feature_importances_ = self.boosting_.feature_importances_
        self._set_baseline(self._risk(values), y)

    def _risk(self, values: Floats) -> Floats:
        return self.boosting_.predict(values)
