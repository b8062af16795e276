"""Estimators for classes, grades and numbers, with settings for tables of a few hundred cases."""

from __future__ import annotations

from typing import Any

from sklearn.calibration import CalibratedClassifierCV
from sklearn.discriminant_analysis import LinearDiscriminantAnalysis
from sklearn.ensemble import ExtraTreesClassifier, ExtraTreesRegressor, RandomForestClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor
from sklearn.svm import SVC

from .boosting import BoostedClassifier, BoostedRegressor
from .linear import PenalisedLinear, ProportionalOdds
from .outcome import Task

TREES = 200


def elastic_net(task: Task, random_state: int | None) -> Any:
    return _penalised(task, random_state, l1_ratio=0.5)


def lasso(task: Task, random_state: int | None) -> Any:
    return _penalised(task, random_state, l1_ratio=1.0)


def ridge(task: Task, random_state: int | None) -> Any:
    return _penalised(task, random_state, l1_ratio=0.0)


def _penalised(task: Task, random_state: int | None, *, l1_ratio: float) -> Any:
    if task is Task.CONTINUOUS:
        return PenalisedLinear(C=0.1, l1_ratio=l1_ratio)
    if l1_ratio == 0:
        return LogisticRegression(C=0.01, max_iter=1000)
    # saga is the only solver with both penalties; its default tolerance asks for more digits than 300 cases can give
    return LogisticRegression(
        C=0.1, l1_ratio=l1_ratio, solver="saga", tol=1e-3, max_iter=5000, random_state=random_state
    )


def proportional_odds(task: Task, random_state: int | None) -> Any:
    return ProportionalOdds(C=0.03)


def linear_svm(task: Task, random_state: int | None) -> Any:
    return _calibrated(SVC(kernel="linear", C=0.01), random_state)


def rbf_svm(task: Task, random_state: int | None) -> Any:
    return _calibrated(SVC(kernel="rbf", C=1.0), random_state)


def _calibrated(machine: SVC, random_state: int | None) -> CalibratedClassifierCV:
    """Platt's sigmoid on decisions for left-out cases; the machine itself sees all of them."""
    folds = StratifiedKFold(3, shuffle=True, random_state=random_state)
    return CalibratedClassifierCV(machine, method="sigmoid", cv=folds, ensemble=False)


def forest(task: Task, random_state: int | None) -> Any:
    kind = RandomForestRegressor if task is Task.CONTINUOUS else RandomForestClassifier
    return kind(TREES, min_samples_leaf=5, max_features="sqrt", random_state=random_state)


def extra_trees(task: Task, random_state: int | None) -> Any:
    kind = ExtraTreesRegressor if task is Task.CONTINUOUS else ExtraTreesClassifier
    return kind(TREES, min_samples_leaf=5, max_features="sqrt", random_state=random_state)


def boosted_trees(task: Task, random_state: int | None) -> Any:
    kind = BoostedRegressor if task is Task.CONTINUOUS else BoostedClassifier
    return kind(random_state=random_state)


def naive_bayes(task: Task, random_state: int | None) -> Any:
    return GaussianNB(var_smoothing=1e-2)


def nearest_neighbours(task: Task, random_state: int | None) -> Any:
    return KNeighborsRegressor(15) if task is Task.CONTINUOUS else KNeighborsClassifier(15)


def discriminant(task: Task, random_state: int | None) -> Any:
    return LinearDiscriminantAnalysis(solver="lsqr", shrinkage="auto")
