"""Selection and preparation: what is kept, what it agrees with, and that it is learnt on training cases only."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
import skops.io
from scipy import stats
from sklearn.base import clone
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import cross_val_score
from sklearn.naive_bayes import GaussianNB
from sklearn.pipeline import make_pipeline

from radiomix.errors import ConfigError, MissingColumn, ModelError, TableError
from radiomix.models.association import association, ranks, score_test
from radiomix.models.catalogue import TRUSTED, get
from radiomix.models.outcome import Task, survival_outcome
from radiomix.models.preprocessing import (
    BlockScale,
    Informative,
    MedianImputer,
    PowerScale,
    SoftScale,
    Tidy,
    yeo_johnson,
)
from radiomix.models.selection import CorrelationClusters, Univariate, rank_correlation
from radiomix.models.selection_multivariate import (
    Boruta,
    Lasso,
    MinimumRedundancy,
    NotVolume,
    Robust,
    StabilitySelection,
)

RNG = np.random.default_rng(8)
N = 120
X = pd.DataFrame(RNG.normal(size=(N, 20)), columns=[f"f{i}" for i in range(20)])
X["twin"] = X["f0"] + 0.05 * RNG.normal(size=N)
SCORE = (2 * X["f0"] - 2 * X["f7"]).to_numpy()
TIME = RNG.exponential(np.exp(-SCORE))
OUTCOMES = {
    Task.BINARY: (SCORE + RNG.logistic(size=N) > 0).astype(int),
    Task.MULTICLASS: np.digitize(SCORE + RNG.normal(size=N), [-1, 1]),
    Task.ORDINAL: np.digitize(SCORE + RNG.normal(size=N), [-1, 1]),
    Task.CONTINUOUS: SCORE + RNG.normal(size=N),
    Task.SURVIVAL: survival_outcome(RNG.random(N) < 0.7, TIME),
    Task.COMPETING: survival_outcome(RNG.choice([0, 1, 2], N, p=[0.2, 0.6, 0.2]), TIME),
}
LEARNERS = [
    Univariate(3),
    MinimumRedundancy(3),
    Lasso(3),
    StabilitySelection(3, pairs=5, random_state=0),
    Boruta(rounds=8, trees=40, random_state=0),
]


# ---- association against SciPy


def test_two_classes_give_mann_whitney():
    y = OUTCOMES[Task.BINARY]
    _, ours = association(X.to_numpy(), y)
    theirs = stats.mannwhitneyu(X[y == 1], X[y == 0], method="asymptotic", use_continuity=False, axis=0).pvalue
    np.testing.assert_allclose(ours, theirs, rtol=1e-9)


def test_several_classes_give_kruskal_wallis_with_ties():
    y, values = OUTCOMES[Task.MULTICLASS], X.round(1).to_numpy()
    statistic, ours = association(values, y)
    theirs = stats.kruskal(*(values[y == k] for k in range(3)), axis=0)
    np.testing.assert_allclose(statistic, theirs.statistic, rtol=1e-9)
    np.testing.assert_allclose(ours, theirs.pvalue, rtol=1e-9)


def test_numbers_give_spearman():
    y = OUTCOMES[Task.CONTINUOUS]
    statistic, _ = association(X.to_numpy(), y)
    rho = [stats.spearmanr(X[name], y).statistic for name in X]
    np.testing.assert_allclose(np.sqrt(statistic / (N - 1)), np.abs(rho), rtol=1e-9)


def test_a_score_test_has_the_sign_of_the_risk_and_knows_no_scale():
    z = score_test(X.to_numpy(), OUTCOMES[Task.SURVIVAL])
    assert z[0] > 3 and z[7] < -3
    np.testing.assert_allclose(score_test(np.exp(X.to_numpy()), OUTCOMES[Task.SURVIVAL]), z)


def test_constants_and_gaps_are_no_evidence():
    values = np.column_stack([np.ones(N), np.where(np.arange(N) < 5, np.nan, X["f0"])])
    for task, y in OUTCOMES.items():
        statistic, p = association(values, y, task)
        assert statistic[0] == 0 and p[0] == 1 and p[1] < 0.01, task
    assert ranks(values)[:5, 1].tolist() == [0] * 5


def test_rank_correlation_is_spearmans():
    np.testing.assert_allclose(rank_correlation(X.to_numpy()), stats.spearmanr(X).statistic, atol=1e-12)


# ---- selectors


@pytest.mark.parametrize("task", Task, ids=lambda t: t.value)
@pytest.mark.parametrize("selector", LEARNERS, ids=lambda s: type(s).__name__)
def test_what_matters_is_found_for_every_outcome(selector, task):
    frame = X.drop(columns="twin")
    selector = clone(selector).set_params(task=task.value).fit(frame, OUTCOMES[task])
    found = set(selector.get_feature_names_out())
    assert {"f0", "f7"} <= found
    assert selector.get_support().sum() == len(found) == len(selector.get_support(indices=True))
    assert list(selector.transform(frame).columns) == list(selector.get_feature_names_out())
    np.testing.assert_array_equal(clone(selector).fit(frame, OUTCOMES[task]).get_support(), selector.get_support())


@pytest.mark.parametrize("selector", LEARNERS, ids=lambda s: type(s).__name__)
def test_a_protected_column_stays_and_a_file_gives_the_same(selector):
    selector = clone(selector).set_params(keep=("f13",), task="binary").fit(X, OUTCOMES[Task.BINARY])
    assert "f13" in selector.get_feature_names_out()
    again = skops.io.loads(skops.io.dumps(selector), trusted=TRUSTED)
    pd.testing.assert_frame_equal(again.transform(X), selector.transform(X))


@pytest.mark.parametrize("selector", LEARNERS[:3], ids=lambda s: type(s).__name__)
def test_selection_inside_the_fold_leaves_noise_at_chance(selector):
    scores = []
    for seed in range(6):
        rng = np.random.default_rng([seed, 2])
        noise = pd.DataFrame(rng.normal(size=(80, 200))).rename(columns=lambda i: f"f{i}")
        y = rng.permutation(np.repeat([0, 1], 40))
        scores += cross_val_score(
            make_pipeline(clone(selector), GaussianNB()), noise, y, cv=4, scoring="roc_auc"
        ).tolist()
    assert abs(np.mean(scores) - 0.5) < 0.09
    leaked = make_pipeline(GaussianNB()).fit(clone(selector).fit_transform(noise, y), y)  # what it must not look like
    assert roc_auc_score(y, leaked.predict_proba(clone(selector).fit_transform(noise, y))[:, 1]) > 0.6


def test_false_discoveries_are_controlled():
    rng = np.random.default_rng(1)
    noise = rng.normal(size=(100, 300))
    y = rng.permutation(np.repeat([0, 1], 50))
    kept = Univariate(None, fdr=0.05).fit(noise, y)
    assert kept.get_support().sum() == 1  # the strongest is kept so that there is a model to be found wanting
    noise[:, :5] += y[:, None] * 2
    kept = Univariate(None, fdr=0.05).fit(noise, y)
    assert set(range(5)) <= set(kept.get_support(indices=True)) and kept.get_support().sum() <= 7
    np.testing.assert_allclose(kept.q_value_, stats.false_discovery_control(kept.p_value_))


def test_clusters_keep_one_of_those_that_say_the_same():
    rng = np.random.default_rng(2)
    base = rng.normal(size=(150, 3))
    groups = {
        f"{g}{i}": base[:, g] * (1 if i else -5) + 0.05 * rng.normal(size=150) for g in range(3) for i in range(4)
    }
    frame = pd.DataFrame(groups)
    selector = CorrelationClusters(0.9).fit(frame)
    assert sorted(name[0] for name in selector.get_feature_names_out()) == ["0", "1", "2"]
    assert len(np.unique(selector.cluster_)) == 3
    kept = CorrelationClusters(0.9, keep=("02", "03")).fit(frame).get_feature_names_out()
    assert sorted(name for name in kept if name[0] == "0") == ["02", "03"]
    assert CorrelationClusters(1.0).fit(frame).get_support().all()


def test_stability_counts_halves_and_bounds_false_finds():
    selector = StabilitySelection(3, pairs=10, random_state=1).fit(X, OUTCOMES[Task.BINARY])
    assert selector.frequency_[7] == 1 and 0 < selector.false_bound_ < 3
    assert selector.frequency_.sum() <= 3 + 1e-9


def test_robust_keeps_what_repeats_and_what_has_no_segmentation():
    icc = {"f0": 0.9, "f1": 0.3, "f2": float("nan")} | {f"f{i}": 0.8 for i in range(3, 20)}
    kept = set(Robust(icc, threshold=0.75).fit(X).get_feature_names_out())
    assert "f1" not in kept and {"f0", "twin"} <= kept and "f2" not in kept
    with pytest.raises(ConfigError, match=r"none of the 21 columns .* has an ICC among the 1 given"):
        Robust({"other": 1.0}).fit(X)


def test_not_volume_drops_disguises():
    frame = X.assign(original_shape_MeshVolume=np.exp(X["f3"]), disguise=-(X["f3"] ** 3))
    kept = set(NotVolume().fit(frame).get_feature_names_out())
    assert "original_shape_MeshVolume" in kept and not {"disguise", "f3"} & kept and "f4" in kept
    with pytest.raises(MissingColumn, match="unknown volume column 'vol'"):
        NotVolume("vol").fit(X)


def test_a_selector_takes_the_univariate_steps_place():
    pipeline = get("ridge").make(Task.BINARY, 0).set_params(select=MinimumRedundancy(4, task="binary"))
    pipeline.fit(X, OUTCOMES[Task.BINARY])
    assert pipeline[:-1].get_feature_names_out().size == 4


# ---- preparation


def test_tidy_reads_tables_as_people_keep_them():
    frame = pd.DataFrame(
        {
            "age": ["61", "70", None, "55"] * 5,
            "stage": ["T1", " t1", "T2", "t2 "] * 5,
            "grade": ["low"] * 8 + ["high"] * 8 + ["odd", "odd", None, None],
            "ct": [1.0, np.inf, -np.inf, 1e200] * 5,
            "flag": [True, False] * 10,
        }
    )
    tidy = Tidy().fit(frame)
    out = tidy.transform(frame)
    assert list(out.columns) == ["age", "ct", "flag", "stage=t1", "grade=high", "grade=low", "grade=rare"]
    assert out["age"].tolist()[:2] == [61, 70] and np.isnan(out["age"][2])
    assert out["ct"][0] == 1 and out["ct"][1:4].isna().all()
    assert out["stage=t1"].tolist()[:4] == [1, 1, 0, 0]
    assert out["grade=rare"].tolist()[-4:] == [1] * 4
    new = tidy.transform(frame.iloc[:1].assign(grade="unheard of", stage="T9"))
    assert new.loc[0, "grade=rare"] == 1 and new.loc[0, "stage=t1"] == 0
    with pytest.raises(TableError, match="column 'when' holds dates"):
        Tidy().fit(frame.assign(when=pd.Timestamp("2020-01-01")))


def test_what_is_missing_or_constant_goes():
    frame = pd.DataFrame(
        {
            "a": [1.0, 2, 3, 4],
            "b": [np.nan, np.nan, 3, 4],
            "c": [5.0] * 4,
            "d": [1e9, 1e9 + 1e-7, 1e9, 1e9],
            "e": [0.0, 0, 0, 1],
        }
    )
    assert list(Informative().fit(frame).get_feature_names_out()) == ["a", "e"]
    assert list(Informative(min_share=0.25).fit(frame).get_feature_names_out()) == ["a"]
    assert list(Informative(keep=("b", "c")).fit(frame).get_feature_names_out()) == ["a", "b", "e"]
    with pytest.raises(TableError, match="none of 1 columns varies and is known for at least 75% of the 4"):
        Informative().fit(frame[["c"]])
    assert issubclass(TableError, ValueError) and issubclass(ModelError, ValueError)


def test_gaps_are_filled_and_scales_learnt_on_training_cases():
    train, new = X.iloc[:80], X.iloc[80:] + 100
    holed = train.mask(train > 1)
    filled = MedianImputer().fit(holed).transform(holed)
    pd.testing.assert_frame_equal(filled, holed.fillna(holed.median()))
    scaler = SoftScale().fit(train)
    scaled = scaler.transform(train)
    np.testing.assert_allclose(scaled.mean(), 0, atol=1e-12)
    np.testing.assert_allclose(scaled.std(ddof=0), 1)
    assert (scaler.transform(new) > 3).all(axis=None) and (scaler.transform(new) < 12).all(axis=None)
    plain = SoftScale(tails=False).fit_transform(train)
    np.testing.assert_allclose(plain, (train - train.mean()) / train.std(ddof=0))


def test_a_few_clinical_columns_weigh_as_much_as_many_features():
    frame = SoftScale().fit_transform(X.iloc[:, :9]).rename(columns={"f0": "age", "f1": "histology=adeno"})
    scaler = BlockScale(("age", "histology")).fit(frame)
    variance = scaler.transform(frame).var(ddof=0)
    assert variance.iloc[:2].sum() == pytest.approx(7) == pytest.approx(variance.iloc[2:].sum())
    np.testing.assert_allclose(scaler.factor_, [np.sqrt(3.5)] * 2 + [1] * 7)
    np.testing.assert_array_equal(BlockScale(("age", "histology"), 10.0).fit(frame).factor_, [10] * 2 + [1] * 7)
    for alone in ((), tuple(frame.columns)):
        np.testing.assert_array_equal(BlockScale(alone).fit(frame).factor_, 1)


def test_the_power_is_scipys_and_a_skewed_column_becomes_normal():
    skewed = pd.DataFrame({"volume": np.exp(X["f1"] + 5), "plain": X["f2"]})
    scaler = PowerScale(powers=601).fit(skewed)
    assert abs(stats.skew(skewed["volume"])) > 1.5 and abs(stats.skew(scaler.transform(skewed)["volume"])) < 0.4
    standard = (skewed["volume"] - scaler.centre_[0]) / scaler.spread_[0]
    assert scaler.power_[0] == pytest.approx(stats.yeojohnson_normmax(standard), abs=0.01)
    for power in (-1.0, 0.0, 0.7, 2.0):
        np.testing.assert_allclose(yeo_johnson(standard.to_numpy(), power), stats.yeojohnson(standard, power))
