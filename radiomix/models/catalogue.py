"""The models by name: what they serve, how they are made, and what is searched when they are tuned.

`get("elastic-net")` gives an entry; `get("forest+weights")` the same with the classes balanced inside the fold:
`+weights` lets each class weigh the same, `+over` repeats cases of small classes, `+under` drops cases of large ones,
`+smote` invents cases between neighbours (the last three need the `imbalance` extra).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from enum import Enum
from typing import Any

import pandas as pd
from sklearn.pipeline import Pipeline

from ..errors import ModelError, unknown
from . import classify
from .aft import AcceleratedFailure
from .balance import Balance, balanced
from .boosting import BoostedAFT, BoostedClassifier, BoostedCox, BoostedRegressor
from .competing import AalenJohansen, CauseSpecificCox, FineGray
from .forests import SurvivalBoosting, SurvivalForest
from .harmonise import ComBat
from .icare import Icare
from .linear import PenalisedLinear, ProportionalOdds
from .outcome import Task
from .preprocessing import BlockScale, Informative, MedianImputer, PowerScale, SoftScale, Tidy
from .selection import CorrelationClusters, Univariate
from .selection_multivariate import Boruta, Lasso, MinimumRedundancy, NotVolume, Robust, StabilitySelection
from .survival import Cox

__all__ = ["MODELS", "TRUSTED", "ModelSpec", "Task", "get", "list_models"]


class Preparation(Enum):
    """What happens to a table before the model: the scale, the most columns that univariate selection leaves, and what
    clinical columns beside them are multiplied by (see `BlockScale`)."""

    LINEAR = (True, 50, 10.0)
    DISTANCES = (True, 50, None)
    SMALL = (True, 15, None)  # for models without a penalty on the number of columns
    TREES = (False, 100, None)
    WIDE = (True, None, None)
    NONE = (False, 1, None)


@dataclass(frozen=True)
class ModelSpec:
    """One model of the catalogue.

    Attributes
    ----------
    name, title : for people who type and for people who read
    tasks : the kinds of outcome it serves
    estimator : `estimator(task, random_state)` gives the last step
    preparation : the steps before it
    space : pipeline parameter -> values to draw from, from the simplest model to the most flexible
    cost : the time of one fit of the last step, in units of the elastic net's
    extra : the optional dependency it needs
    balance : what is done about rare classes
    """

    name: str
    title: str
    tasks: frozenset[Task]
    estimator: Callable[[Task, int | None], Any]
    preparation: Preparation = Preparation.LINEAR
    space: Mapping[str, Sequence[Any]] = field(default_factory=dict)
    cost: float = 1.0
    extra: str = ""
    balance: Balance = Balance.NONE

    def make(self, task: Task, random_state: int | None = None, *, clinical: Sequence[str] = ()) -> Pipeline:
        """A fresh pipeline that takes a DataFrame (numbers, text, NaN, infinities) and holds everything that learns.

        Parameters
        ----------
        task : the kind of outcome
        random_state : seed of whatever is random
        clinical : columns that selection never drops, and that features do not crowd out (`BlockScale`)

        Raises
        ------
        ModelError : the model does not serve this kind of outcome, or cannot weigh classes
        """
        if task not in self.tasks:
            serving = ", ".join(name for name, spec in MODELS.items() if task in spec.tasks)
            raise ModelError(f"{self.name} does not serve a {task.value} outcome; these do: {serving}")
        steps = prepare(self.preparation, task, clinical)
        return balanced(steps, self.estimator(task, random_state), self.balance, task, random_state)

    def searched(self, clinical: Sequence[str], columns: Sequence[str]) -> Mapping[str, Sequence[Any]]:
        """The space for these columns: where features stand beside clinical ones, how much less those are penalised."""
        if self.preparation.value[2] is None or not clinical or set(columns) <= set(clinical):
            return self.space
        return {**self.space, "blocks__factor": CLINICAL_FACTORS}


def prepare(preparation: Preparation, task: Task, clinical: Sequence[str] = ()) -> list[tuple[str, Any]]:
    """The steps from a table as people keep it to complete, comparable, not too many columns."""
    scaled, most, factor = preparation.value
    keep = tuple(clinical)
    return [
        ("tidy", Tidy()),
        ("informative", Informative(keep=keep)),
        ("impute", MedianImputer()),
        *([("scale", SoftScale())] if scaled else []),
        ("clusters", CorrelationClusters(keep=keep)),
        *([("select", Univariate(most, task=task.value, keep=keep))] if most else []),
        *([("blocks", BlockScale(keep, factor))] if scaled and keep else []),
    ]


CLINICAL_FACTORS = (3.0, 10.0)
CLASSES = frozenset({Task.BINARY, Task.MULTICLASS})
ANY = CLASSES | {Task.ORDINAL, Task.CONTINUOUS}
TIMES = frozenset({Task.SURVIVAL})
COMPETING = frozenset({Task.COMPETING})
STRENGTHS = {"model__C": [0.003, 0.01, 0.03, 0.1, 0.3, 1.0]}
MACHINES = {"model__estimator__C": [0.003, 0.01, 0.03, 0.1, 0.3, 1.0]}
PENALTIES = {"model__penalty": [3.0, 1.0, 0.3, 0.1, 0.03]}
LEAVES = {"model__min_samples_leaf": [12, 5]}
ROUNDS = {"model__depth": [2, 3], "model__rounds": [30, 80, 200]}


def _cox(task: Task, random_state: int | None) -> Cox:
    return Cox(penalty=0.1, l1_ratio=0.1, standardise=False)


_ALL: tuple[ModelSpec, ...] = (
    ModelSpec(
        "elastic-net", "Linear or logistic regression, elastic net", CLASSES | {Task.CONTINUOUS}, classify.elastic_net,
        space={"model__C": [0.03, 0.1, 0.3, 1.0, 3.0]},
    ),
    ModelSpec(
        "lasso", "Linear or logistic regression, L1", CLASSES | {Task.CONTINUOUS}, classify.lasso,
        space={"model__C": [0.03, 0.1, 0.3, 1.0, 3.0]},
    ),
    ModelSpec(
        "ridge", "Linear or logistic regression, L2", CLASSES | {Task.CONTINUOUS}, classify.ridge,
        space={"model__C": [0.0003, 0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0]}, cost=0.5,
    ),
    ModelSpec(
        "proportional-odds", "Proportional odds for grades, ridge", frozenset({Task.ORDINAL}),
        classify.proportional_odds, space=STRENGTHS, cost=3,
    ),
    ModelSpec(
        "linear-svm", "Linear support vectors, calibrated", CLASSES, classify.linear_svm, space=MACHINES, cost=3
    ),
    ModelSpec(
        "rbf-svm", "Support vectors with Gaussian kernels, calibrated", CLASSES, classify.rbf_svm,
        Preparation.DISTANCES, {"model__estimator__C": [0.1, 0.3, 1.0, 3.0]}, cost=5,
    ),
    ModelSpec("forest", "Random forest", ANY, classify.forest, Preparation.TREES, LEAVES, cost=50),
    ModelSpec("extra-trees", "Extremely random trees", ANY, classify.extra_trees, Preparation.TREES, LEAVES, cost=35),
    ModelSpec("xgboost", "Boosted trees (XGBoost)", ANY, classify.boosted_trees, Preparation.TREES, ROUNDS, cost=15),
    ModelSpec("naive-bayes", "Gaussian naive Bayes", CLASSES, classify.naive_bayes, Preparation.SMALL, cost=0.3),
    ModelSpec(
        "knn", "k nearest neighbours", CLASSES | {Task.CONTINUOUS}, classify.nearest_neighbours, Preparation.SMALL,
        {"model__n_neighbors": [25, 15, 9]}, cost=0.3,
    ),
    ModelSpec("lda", "Linear discriminant analysis, shrunk", CLASSES, classify.discriminant, cost=0.5),
    ModelSpec("cox", "Cox's proportional hazards, elastic net", TIMES, _cox, space=PENALTIES, cost=2),
    ModelSpec(
        "weibull-aft", "Weibull accelerated failure time", TIMES, lambda task, seed: AcceleratedFailure("weibull"),
        Preparation.SMALL, {"model__penalty": [1.0, 0.1]}, cost=60,
    ),
    ModelSpec(
        "lognormal-aft", "Log-normal accelerated failure time", TIMES,
        lambda task, seed: AcceleratedFailure("lognormal"), Preparation.SMALL, {"model__penalty": [1.0, 0.1]}, cost=60,
    ),
    ModelSpec(
        "xgboost-cox", "Boosted trees on Cox's likelihood (XGBoost)", TIMES,
        lambda task, seed: BoostedCox(random_state=seed), Preparation.TREES, ROUNDS, cost=15,
    ),
    ModelSpec(
        "xgboost-aft", "Boosted accelerated failure time (XGBoost)", TIMES,
        lambda task, seed: BoostedAFT(random_state=seed), Preparation.TREES, ROUNDS, cost=15,
    ),
    ModelSpec(
        "survival-forest", "Random survival forest", TIMES, lambda task, seed: SurvivalForest(random_state=seed),
        Preparation.TREES, {"model__min_leaf": [20, 10]}, cost=100, extra="survival",
    ),
    ModelSpec(
        "survival-boosting", "Gradient boosting of survival trees", TIMES,
        lambda task, seed: SurvivalBoosting(random_state=seed), Preparation.TREES, {"model__rounds": [50, 150]},
        cost=100, extra="survival",
    ),
    ModelSpec(
        "icare", "Sign-only weights, bagged (ICARE)", TIMES, lambda task, seed: Icare(random_state=seed),
        Preparation.WIDE, {"model__min_strength": [2.0, 1.0]}, cost=60,
    ),
    ModelSpec(
        "cause-specific-cox", "Cox for each cause, elastic net", COMPETING,
        lambda task, seed: CauseSpecificCox(penalty=0.1, l1_ratio=0.1, standardise=False), space=PENALTIES, cost=4,
    ),
    ModelSpec(
        "fine-gray", "Fine and Gray's subdistribution hazards, elastic net", COMPETING,
        lambda task, seed: FineGray(penalty=0.1, l1_ratio=0.1, standardise=False), space=PENALTIES, cost=10,
    ),
    ModelSpec(
        "aalen-johansen", "Cumulative incidence of the cohort, no covariates", COMPETING,
        lambda task, seed: AalenJohansen(), Preparation.NONE, cost=0.1,
    ),
)  # fmt: skip

MODELS: Mapping[str, ModelSpec] = {spec.name: spec for spec in _ALL}

_OURS = (
    *(Tidy, Informative, MedianImputer, SoftScale, PowerScale, BlockScale, CorrelationClusters, Univariate),
    *(BoostedClassifier, BoostedRegressor, BoostedCox, BoostedAFT, PenalisedLinear, ProportionalOdds),
    *(ComBat, MinimumRedundancy, Lasso, StabilitySelection, Boruta, Robust, NotVolume),
    *(Cox, AcceleratedFailure, SurvivalForest, SurvivalBoosting, Icare, CauseSpecificCox, FineGray, AalenJohansen),
)

TRUSTED: tuple[str, ...] = (
    *(f"{kind.__module__}.{kind.__qualname__}" for kind in _OURS),
    "radiomix.models.harmonising.Harmonise",
    "sklearn.calibration._CalibratedClassifier",
    "sklearn.calibration._SigmoidCalibration",
    "sklearn.metrics._dist_metrics.EuclideanDistance64",
    "sklearn.model_selection._split.StratifiedKFold",
    "sklearn.neighbors._kd_tree.KDTree",
    "sklearn.tree._tree.Tree",
    "sksurv.ensemble.boosting.GradientBoostingSurvivalAnalysis",
    "sksurv.ensemble.forest.RandomSurvivalForest",
    "sksurv.ensemble.survival_loss.CoxPH",
    "sksurv.functions.StepFunction",
    "sksurv.linear_model.coxph.BreslowEstimator",
    "sksurv.tree.tree.SurvivalTree",
    "imblearn.over_sampling._random_over_sampler.RandomOverSampler",
    "imblearn.over_sampling._smote.base.SMOTE",
    "imblearn.pipeline.Pipeline",
    "imblearn.under_sampling._prototype_selection._random_under_sampler.RandomUnderSampler",
)
"""The types that a model file may hold beyond those skops knows: the `trusted` list for `skops.io.loads`."""


def get(name: str) -> ModelSpec:
    """The model of that name, or with `+weights`, `+over`, `+under`, `+smote` appended, balanced.

    Raises
    ------
    ModelError : no such model or balance; the message has the nearest spelling
    """
    plain, plus, balance = name.partition("+")
    if plain not in MODELS:
        raise ModelError(unknown("model", plain, MODELS))
    if not plus:
        return MODELS[plain]
    if balance not in {b.value for b in Balance if b is not Balance.NONE}:
        raise ModelError(unknown("balance", balance, [b.value for b in Balance if b is not Balance.NONE]))
    return replace(MODELS[plain], name=name, balance=Balance(balance))


def list_models() -> pd.DataFrame:
    """One row per model: its title, the kinds of outcome it serves, and the optional dependency it needs."""
    rows = [
        {
            "model": m.name,
            "title": m.title,
            "serves": ", ".join(t.value for t in Task if t in m.tasks),
            "extra": m.extra,
        }
        for m in _ALL
    ]
    return pd.DataFrame(rows).set_index("model")
