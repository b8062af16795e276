"""What every model of the catalogue promises: shapes, untouched inputs, repeatability, safe files, chance on noise."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.base import clone
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import StratifiedKFold
from sklearn.utils.estimator_checks import parametrize_with_checks

from radiomix.errors import ModelError, TableError
from radiomix.models.balance import Balance
from radiomix.models.boosting import BoostedClassifier, BoostedRegressor
from radiomix.models.catalogue import MODELS, TRUSTED, Task, get, list_models
from radiomix.models.linear import PenalisedLinear, ProportionalOdds
from radiomix.models.outcome import only_cause, survival_outcome
from radiomix.models.preprocessing import BlockScale, Informative, MedianImputer, PowerScale, SoftScale, Tidy
from radiomix.models.selection import CorrelationClusters, Univariate
from radiomix.models.selection_multivariate import Lasso, MinimumRedundancy
from radiomix.models.survival import concordance

N = 90
SERVED = [(name, task) for name, spec in MODELS.items() for task in Task if task in spec.tasks]
BALANCED = [
    ("elastic-net+weights", Task.BINARY), ("rbf-svm+weights", Task.BINARY), ("xgboost+weights", Task.MULTICLASS),
    ("lda+under", Task.BINARY), ("knn+smote", Task.MULTICLASS), ("naive-bayes+over", Task.BINARY),
]  # fmt: skip
FEWER = {"n_estimators": 20, "trees": 20, "rounds": 20, "bags": 20}  # enough to check a contract


@cache
def table() -> pd.DataFrame:
    rng = np.random.default_rng(4)
    X = pd.DataFrame(
        rng.normal(size=(N, 12)), columns=[f"f{i}" for i in range(12)], index=[f"case{i}" for i in range(N)]
    )
    X["copy"] = X["f0"] * 100 + 3
    X["constant"] = 1.0
    X["histology"] = pd.Series(rng.choice(["Adeno", "adeno ", "squamous", "other"], N), index=X.index).where(
        X["f1"] < 1.5
    )
    X["sex"] = rng.choice(["m", "f"], N)
    X["smoker"] = rng.random(N) < 0.3
    X.iloc[0, 1], X.iloc[1, 2], X.iloc[2, 3] = np.nan, np.inf, 1e300
    return X


@cache
def outcome(task: Task) -> np.ndarray:
    rng = np.random.default_rng(5)
    score = 1.5 * table()["f0"].to_numpy() - 1.0 * table()["f5"].to_numpy()
    first, second, lost = rng.exponential(np.exp(-score)), rng.exponential(2, N), rng.exponential(3, N)
    time = np.minimum(first, lost)
    match task:
        case Task.BINARY:
            return (score + rng.logistic(size=N) * 0.5 > 0.5).astype(int)
        case Task.MULTICLASS | Task.ORDINAL:
            return np.digitize(score + rng.normal(size=N) * 0.5, [-1, 0.7])
        case Task.CONTINUOUS:
            return 100 * score + rng.normal(size=N)
        case Task.SURVIVAL:
            return survival_outcome(first < lost, time)
        case Task.COMPETING:
            code = np.where(np.minimum(first, second) > lost, 0, np.where(first < second, 1, 2))
            return survival_outcome(code, np.minimum(time, second))


def small(name: str, task: Task):
    pipeline = get(name).make(task, 0)
    known = pipeline[-1].get_params()
    return pipeline.set_params(**{f"model__{k}": v for k, v in FEWER.items() if k in known})


def check_predictions(pipeline, task: Task, y: np.ndarray, informed: bool) -> None:
    prediction = pipeline.predict(table())
    assert prediction.shape == (N,) and np.isfinite(prediction.astype(float)).all()
    match task:
        case Task.BINARY | Task.MULTICLASS | Task.ORDINAL:
            probability = pipeline.predict_proba(table())
            assert probability.shape == (N, len(np.unique(y)))
            np.testing.assert_allclose(probability.sum(axis=1), 1, atol=1e-6)
            assert np.array_equal(pipeline.classes_, np.unique(y))
            ranked = probability[:, 1] if task is Task.BINARY else probability
            assert roc_auc_score(y, ranked, multi_class="ovr") > 0.7
        case Task.CONTINUOUS:
            assert np.corrcoef(prediction, y)[0, 1] > 0.6
        case Task.SURVIVAL | Task.COMPETING:
            check_survival(pipeline, y)
            assert not informed or concordance(only_cause(y), prediction) > 0.7


def check_survival(pipeline, y: np.ndarray) -> None:
    times = [0.0, 0.2, 1.0, y["time"].max() * 2]
    curves = pipeline[-1].predict_survival(pipeline[:-1].transform(table()), times)
    assert curves.shape == (N, 4)
    assert (curves[:, 0] == 1).all() and (curves >= 0).all() and (np.diff(curves, axis=1) <= 1e-12).all()


@pytest.mark.parametrize(("name", "task"), [*SERVED, *BALANCED], ids=lambda v: v if isinstance(v, str) else v.value)
def test_a_model_keeps_its_promises(name, task):
    X, y = table(), outcome(task)
    before = X.copy(), y.copy()
    pipeline = small(name, task)
    fresh = clone(pipeline)
    pipeline.fit(X, y)
    check_predictions(pipeline, task, y, informed=name != "aalen-johansen")
    np.testing.assert_array_equal(fresh.fit(X, y).predict(X), pipeline.predict(X))
    again = skops.io.loads(skops.io.dumps(pipeline), trusted=TRUSTED)
    np.testing.assert_array_equal(again.predict(X), pipeline.predict(X))
    pd.testing.assert_frame_equal(X, before[0])
    assert np.array_equal(y, before[1])


@pytest.mark.parametrize("name", MODELS)
def test_search_spaces_name_real_parameters(name):
    spec = get(name)
    for task in spec.tasks:
        pipeline = spec.make(task, 0)
        for parameter, values in spec.space.items():
            for value in values:
                clone(pipeline).set_params(**{parameter: value})


def test_new_cases_may_have_gaps_new_categories_and_another_order_but_not_other_columns():
    X, y = table(), outcome(Task.BINARY)
    pipeline = get("ridge").make(Task.BINARY, 0).fit(X, y)
    new = X.iloc[:5].assign(histology="carcinoid", f3=np.nan, f4=[np.inf] * 5)
    assert np.isfinite(pipeline.predict_proba(new)).all()
    with pytest.raises(ValueError, match="f7"):
        pipeline.predict(X.drop(columns="f7"))
    with pytest.raises(TableError, match="column 'f6' held numbers in training; found 'high'"):
        pipeline.predict(X.assign(f6="high"))


def test_clinical_columns_are_never_dropped():
    X, y = table(), outcome(Task.BINARY)
    rng = np.random.default_rng(0)
    wide = X.join(pd.DataFrame(rng.normal(size=(N, 80)), index=X.index).rename(columns=lambda i: f"noise{i}"))
    pipeline = get("elastic-net").make(Task.BINARY, 0, clinical=["histology", "copy", "f11"])
    names = set(pipeline.fit(wide, y)[:-1].get_feature_names_out())
    assert {"copy", "f11", "histology=adeno", "histology=other", "histology=squamous"} <= names
    assert "f0" not in names  # says the same as `copy`, which was to be kept


def test_names_that_are_not_known_are_refused_with_the_nearest():
    with pytest.raises(ModelError, match="unknown model 'elastic_net': did you mean 'elastic-net'"):
        get("elastic_net")
    with pytest.raises(ModelError, match="unknown balance 'weight': did you mean 'weights'"):
        get("forest+weight")
    with pytest.raises(ModelError, match=r"cox does not serve a binary outcome; these do: elastic-net, lasso"):
        get("cox").make(Task.BINARY)
    with pytest.raises(ModelError, match="GaussianNB takes no class weights: use '\\+over'"):
        get("naive-bayes+weights").make(Task.BINARY)
    with pytest.raises(ModelError, match="balances classes; a survival outcome has none"):
        get("cox+over").make(Task.SURVIVAL)


def test_the_list_has_a_row_per_model_and_every_task_is_served():
    listed = list_models()
    assert list(listed.index) == list(MODELS)
    assert all(listed["serves"].str.contains(task.value).any() for task in Task)


def test_weights_and_samplers_raise_the_probability_of_the_rare_class():
    X = table()
    rare = (X["f0"].rank(ascending=False) <= 15).to_numpy().astype(int)
    plain = small("forest", Task.BINARY).fit(X, rare).predict_proba(X)[:, 1].mean()
    for balance in Balance:
        if balance is not Balance.NONE:
            balanced = small(f"forest+{balance.value}", Task.BINARY).fit(X, rare).predict_proba(X)[:, 1].mean()
            assert balanced > plain + 0.03, balance


def cross_validated(name: str, X: pd.DataFrame, y: np.ndarray, task: Task, seed: int) -> float:
    kinds = y["event"].astype(int) if task.has_times else y
    scores = []
    for train, test in StratifiedKFold(3, shuffle=True, random_state=seed).split(X, kinds):
        pipeline = small(name, task).fit(X.iloc[train], y[train])
        if task.has_times:
            scores.append(concordance(only_cause(y[test]), pipeline.predict(X.iloc[test])))
        else:
            scores.append(roc_auc_score(y[test], pipeline.predict_proba(X.iloc[test])[:, 1]))
    return float(np.mean(scores))


NOISY = [
    *((name, Task.BINARY) for name in ("elastic-net", "ridge", "naive-bayes", "naive-bayes+over", "lda+smote")),
    *(("cox", Task.SURVIVAL), ("fine-gray", Task.COMPETING)),
]


@pytest.mark.parametrize(("name", "task"), NOISY, ids=lambda v: v if isinstance(v, str) else v.value)
def test_noise_is_predicted_at_chance(name, task):
    scores = []
    for seed in range(5):
        rng = np.random.default_rng([seed, 1])
        X = pd.DataFrame(rng.normal(size=(80, 100))).rename(columns=lambda i: f"f{i}")
        code = rng.choice(3, 80, p=[0.4, 0.4, 0.2]) if task is Task.COMPETING else rng.random(80) < 0.5
        y = survival_outcome(code, rng.exponential(size=80)) if task.has_times else code.astype(int)
        scores.append(cross_validated(name, X, y, task, seed))
    assert abs(np.mean(scores) - 0.5) < 0.09  # the standard error of the mean is about 0.03


OTHERS = [
    (name, next(t for t in Task if t in spec.tasks and (t is Task.BINARY or t.has_times)))
    for name, spec in MODELS.items()
    if name not in dict(NOISY) and spec.tasks != {Task.ORDINAL}
]


@pytest.mark.parametrize(("name", "task"), OTHERS, ids=lambda v: v if isinstance(v, str) else v.value)
def test_no_other_model_finds_much_in_noise(name, task):
    rng = np.random.default_rng(3)
    X = pd.DataFrame(rng.normal(size=(120, 40))).rename(columns=lambda i: f"f{i}")
    code = rng.choice(3, 120, p=[0.4, 0.4, 0.2]) if task is Task.COMPETING else rng.random(120) < 0.5
    y = survival_outcome(code, rng.exponential(size=120)) if task.has_times else code.astype(int)
    assert abs(cross_validated(name, X, y, task, 0) - 0.5) < 0.17  # three standard errors of one table


@parametrize_with_checks(
    [Tidy(), MedianImputer(), SoftScale(), PowerScale(), BlockScale(), Informative(), CorrelationClusters(),
     Univariate(), MinimumRedundancy(), Lasso(), PenalisedLinear(), ProportionalOdds(),
     BoostedClassifier(rounds=10), BoostedRegressor(rounds=40)],
    expected_failed_checks=lambda estimator: (
        {"check_classifiers_train": "three blobs in a plane have no order"}
        if isinstance(estimator, ProportionalOdds) else {}
    ),
)  # fmt: skip
@pytest.mark.filterwarnings("default")  # scikit-learn's checks provoke warnings on purpose
def test_estimators_obey_scikit_learn(estimator, check):
    check(estimator)


def test_the_page_about_models_shows_code_that_runs():
    page = (Path(__file__).resolve().parents[1] / "docs" / "add-a-model.md").read_text(encoding="utf-8")
    code = re.findall(r"^```python\n(.*?)^```", page, flags=re.M | re.S)
    assert len(code) >= 4
    exec("\n".join(code), {})
