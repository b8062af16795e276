"""Scores against R (pROC, survival), scikit-learn, scikit-survival and statsmodels, and against laws."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radiomix.models import intervals, metrics, metrics_calibration, metrics_regression, metrics_survival

GOLDEN = Path(__file__).parent / "golden"
CASES = pd.read_csv(GOLDEN / "evaluation_cases.csv")
REFERENCE = pd.read_csv(GOLDEN / "evaluation_reference.csv").set_index("what")
C = {name: CASES[name].to_numpy() for name in CASES}
EVENT = C["event"] == 1


def computed() -> dict[str, float]:
    """Our value for every row of the reference."""
    a, b = metrics.auc(C["y"], C["a"]), metrics.auc(C["y"], C["b"])
    gap = intervals.difference(a, b)
    harrell = metrics_survival.harrell_c(EVENT, C["time"], C["risk"])
    censored = metrics_survival.censoring(EVENT, C["time"])
    km = metrics_survival.kaplan_meier(EVENT, C["time"])
    at_8 = np.searchsorted(km.times, 8, side="right") - 1
    return {
        "auc": a.value,
        "auc_variance": a.standard_error() ** 2,
        "delong_p": gap.p,
        "auc_difference_z": gap.value / intervals.Estimate(0.0, a.influence - b.influence).standard_error(),
        "calibration_slope": metrics_calibration.calibration_slope(C["y"], C["a"]).value,
        "calibration_intercept": metrics_calibration.calibration_intercept(C["y"], C["a"]).value,
        "brier": metrics_calibration.brier(C["y"], C["a"]).value,
        "harrell_c": harrell.value,
        "harrell_variance": harrell.standard_error() ** 2,
        "uno_c": metrics_survival.uno_c(EVENT, C["time"], C["risk"], censored).value,
        "competing_c": metrics_survival.competing_c(C["code"], C["time"], C["risk"]).value,
        "logrank_chi2": metrics_survival.logrank(EVENT, C["time"], C["group"])[0],
        "cox_breslow": metrics_survival.cox_slope(EVENT, C["time"], C["risk"]).value,
        "km_3": float(km.at(3)),
        "km_8": float(km.at(8)),
        "km_low_8": km.low[at_8],
        "km_high_8": km.high[at_8],
        "holm": intervals.holm([0.01, 0.04, 0.03, 0.2])[1],
        "spearman": metrics_regression.spearman(C["risk"], C["other"]).value,
    }


@pytest.mark.agreement
@pytest.mark.parametrize("what", REFERENCE.index)
def test_scores_agree_with_r(what: str) -> None:
    expected = REFERENCE.loc[what]
    assert computed()[what] == pytest.approx(expected["value"], rel=expected["tolerance"])


@pytest.mark.agreement
def test_class_scores_agree_with_scikit_learn() -> None:
    sk = pytest.importorskip("sklearn.metrics")
    y, p = C["y"], C["a"]
    called = (p >= 0.5).astype(int)
    assert metrics.average_precision(y, p).value == pytest.approx(sk.average_precision_score(y, p))
    assert metrics.balanced_accuracy(y, called).value == pytest.approx(sk.balanced_accuracy_score(y, called))
    assert metrics.sensitivity(y, called).value == pytest.approx(sk.recall_score(y, called))
    assert metrics.positive_predictive_value(y, called).value == pytest.approx(sk.precision_score(y, called))
    assert metrics_calibration.log_loss(y, p).value == pytest.approx(sk.log_loss(y, p))
    grades, predicted = C["group"], np.clip(C["group"] + C["y"] - 1, 1, 3)
    kappa = sk.cohen_kappa_score(grades, predicted, weights="quadratic")
    assert metrics.quadratic_kappa(grades, predicted).value == pytest.approx(kappa)
    shares = np.column_stack([p, 1 - p, C["b"]]) / (1 + C["b"])[:, None]
    macro = sk.roc_auc_score(grades - 1, shares, multi_class="ovr", average="macro")
    assert metrics.multiclass_auc(grades - 1, shares).value == pytest.approx(macro)
    assert metrics_regression.r_squared(C["risk"], C["other"]).value == pytest.approx(
        sk.r2_score(C["risk"], C["other"])
    )


@pytest.mark.agreement
def test_survival_scores_agree_with_scikit_survival() -> None:
    sksurv = pytest.importorskip("sksurv.metrics")
    surv = pytest.importorskip("sksurv.util").Surv
    time = C["time"] + np.arange(len(CASES)) * 1e-6  # untied: how ties meet censoring differs between packages
    y = surv.from_arrays(EVENT, time)
    censored = metrics_survival.censoring(EVENT, time)
    risk, times = C["risk"], np.array([2.0, 4.0, 8.0])
    survival = np.exp(-np.outer(0.1 * np.exp(0.5 * risk), times))
    uno = metrics_survival.uno_c(EVENT, time, risk, censored, horizon=9.0).value
    assert uno == pytest.approx(sksurv.concordance_index_ipcw(y, y, risk, tau=9.0)[0])
    at = metrics_survival.auc_at(EVENT, time, risk, 4.0, censored).value
    assert at == pytest.approx(sksurv.cumulative_dynamic_auc(y, y, risk, [4.0])[0][0])
    brier = metrics_survival.brier_at(EVENT, time, survival[:, 1], 4.0, censored).value
    assert brier == pytest.approx(sksurv.brier_score(y, y, survival, times)[1][1])
    integrated = metrics_survival.integrated_brier(EVENT, time, survival, times, censored).value
    assert integrated == pytest.approx(sksurv.integrated_brier_score(y, y, survival, times))


@pytest.mark.agreement
def test_flexible_calibration_agrees_with_statsmodels() -> None:
    sm = pytest.importorskip("statsmodels.api")
    x = np.log(np.clip(C["a"], 1e-6, 1 - 1e-6) / (1 - np.clip(C["a"], 1e-6, 1 - 1e-6)))
    knots = np.quantile(x, [0.1, 0.5, 0.9])
    cube = np.clip(x[:, None] - knots, 0, None) ** 3
    weights = (knots[2] - knots[0]) / (knots[2] - knots[1]), (knots[1] - knots[0]) / (knots[2] - knots[1])
    bend = cube[:, 0] - cube[:, 1] * weights[0] + cube[:, 2] * weights[1]
    fit = sm.GLM(C["y"], np.column_stack([np.ones(len(x)), x, bend]), family=sm.families.Binomial()).fit()
    gap = fit.fittedvalues - C["a"]
    eci, ici = metrics_calibration.calibration_errors(C["y"], C["a"])
    assert eci == pytest.approx(100 * np.mean(gap**2), rel=1e-6)
    assert ici == pytest.approx(np.mean(np.abs(gap)), rel=1e-6)


def test_brier_parts_add_up() -> None:
    parts = metrics_calibration.brier_parts(C["y"], C["a"])
    assert parts.brier == pytest.approx(metrics_calibration.brier(C["y"], C["a"]).value, abs=1e-12)
    assert parts.uncertainty == pytest.approx(C["y"].mean() * (1 - C["y"].mean()))


def test_net_benefit_by_hand() -> None:
    y, p = np.array([1, 1, 0, 0, 0]), np.array([0.9, 0.2, 0.8, 0.1, 0.1])
    assert metrics_calibration.net_benefit(y, p, 0.25).value == pytest.approx(1 / 5 - (1 / 5) * (0.25 / 0.75))
    curve = metrics_calibration.decision_curve(y, p, np.array([0.1, 0.25]))
    assert curve["all"][1] == pytest.approx(2 / 5 - (3 / 5) / 3)
    assert (curve["none"] == 0).all()


def test_d_calibration_is_uniform_for_the_truth_and_not_for_another_model() -> None:
    rng = np.random.default_rng(0)
    at_event, at_censoring = rng.random((2, 4000))  # survival falls with time: what came first is larger
    event, own = at_event >= at_censoring, np.maximum(at_event, at_censoring)
    shares, p = metrics_survival.d_calibration(event, own)
    assert shares.sum() == pytest.approx(1)
    _, wrong = metrics_survival.d_calibration(event, own**3)
    assert wrong < 1e-6 < p


def test_horizon_calibration_of_a_true_model() -> None:
    rng = np.random.default_rng(1)
    x = rng.normal(size=3000)
    t = rng.exponential(1 / (0.1 * np.exp(x)))
    censored_at = rng.uniform(2, 20, 3000)
    event, time = t <= censored_at, np.minimum(t, censored_at)
    found = metrics_survival.calibration_at(event, time, np.exp(-0.1 * np.exp(x) * 5), 5.0)
    assert found.ratio == pytest.approx(1, abs=0.08)
    assert found.slope == pytest.approx(1, abs=0.1)
    assert np.allclose(found.observed, found.predicted, atol=0.06)


def test_competing_brier_is_lower_for_the_better_prediction() -> None:
    any_event = metrics_survival.censoring(C["code"] > 0, C["time"])
    truth = ((C["code"] == 1) & (C["time"] <= 5)).astype(float)
    assert metrics_survival.competing_brier_at(C["code"], C["time"], truth, 5.0, any_event).value == pytest.approx(0)
    half = metrics_survival.competing_brier_at(C["code"], C["time"], np.full(len(truth), 0.5), 5.0, any_event).value
    assert half == pytest.approx(0.25, abs=0.03)  # every weight is 1 on average


def test_thresholds_come_from_the_curve() -> None:
    y, p = np.array([0, 0, 0, 1, 1]), np.array([0.1, 0.2, 0.6, 0.5, 0.9])
    youden = metrics.youden_threshold(y, p)
    assert 0.2 < youden.value < 0.5
    assert metrics.sensitivity(y, p >= youden.value).value == 1
    assert metrics.sensitivity_threshold(y, p, 0.5).value == pytest.approx(0.75)


def test_roc_curve_area_is_the_auc() -> None:
    false, true, _ = metrics.roc_curve(C["y"], C["a"])
    assert np.trapezoid(true, false) == pytest.approx(metrics.auc(C["y"], C["a"]).value)


@settings(max_examples=40, deadline=None)
@given(st.lists(st.tuples(st.booleans(), st.integers(0, 6)), min_size=4, max_size=30))
def test_auc_equals_the_share_of_pairs(cases: list[tuple[bool, int]]) -> None:
    y, x = np.array([c[0] for c in cases]), np.array([c[1] for c in cases], float)
    pairs = [(a > b) + 0.5 * (a == b) for a in x[y] for b in x[~y]]
    found = metrics.auc(y, x)
    assert np.isnan(found.value) if not pairs else found.value == pytest.approx(np.mean(pairs))
    if pairs:
        assert metrics.auc(y, -x).value == pytest.approx(1 - found.value)
        assert metrics.auc(y, 3 * x + 1).value == found.value


def test_intervals_count_a_patient_once() -> None:
    twice = np.repeat(np.arange(len(CASES)), 2)
    once = metrics.auc(C["y"], C["a"])
    doubled = metrics.auc(C["y"][twice], C["a"][twice])
    assert doubled.value == pytest.approx(once.value)
    assert doubled.standard_error() < 0.75 * once.standard_error()
    assert doubled.standard_error(twice) == pytest.approx(once.standard_error(), rel=0.02)
    low, high = once.interval()
    assert 0 < low < once.value < high < 1


def test_repeats_of_the_same_predictions_do_not_narrow_the_interval() -> None:
    once = metrics.auc(C["y"], C["a"])
    everyone = np.arange(len(CASES))
    thrice = intervals.combine([(once, everyone)] * 3, len(CASES))
    assert thrice.standard_error() == pytest.approx(once.standard_error())


def test_interval_covers_the_truth() -> None:
    rng = np.random.default_rng(3)
    covered = 0
    for _ in range(200):
        y = rng.random(80) < 0.4
        low, high = metrics.auc(y, rng.normal(size=80) + y).interval()
        covered += low <= 0.760250 <= high  # Phi(1 / sqrt(2))
    assert 180 <= covered <= 200


def test_bootstrap_by_patient_agrees_with_delong_and_counts_a_patient_once() -> None:
    y, a = C["y"], C["a"]
    low, high = intervals.bootstrap_by_patient(lambda rows: metrics.auc(y[rows], a[rows]).value, np.arange(len(y)))
    expected = metrics.auc(y, a).interval()
    assert (low, high) == pytest.approx(expected, abs=0.02)
    twice = np.repeat(np.arange(len(y)), 2)
    doubled = intervals.bootstrap_by_patient(lambda rows: metrics.auc(y[twice][rows], a[twice][rows]).value, twice)
    assert doubled == pytest.approx((low, high), abs=0.02)


def test_corrected_interval_is_wider_than_the_naive_one() -> None:
    values = [0.6, 0.7, 0.65, 0.8, 0.72]
    mean, low, high = intervals.corrected_t_interval(values, 0.2)
    naive = 2.776445 * np.std(values, ddof=1) / np.sqrt(5)
    assert mean == pytest.approx(np.mean(values))
    assert (high - low) / 2 == pytest.approx(naive * np.sqrt(1 + 5 * 0.25), rel=1e-5)


def test_scores_that_a_sample_does_not_define_are_nan() -> None:
    assert np.isnan(metrics.auc(np.ones(5), np.arange(5)).value)
    assert np.isnan(metrics.positive_predictive_value(np.array([0, 1]), np.array([0, 0])).value)
    assert np.isnan(metrics_survival.harrell_c(np.zeros(3, bool), np.arange(3.0), np.arange(3)).value)
    assert np.isnan(metrics_calibration.calibration_slope(np.array([0, 1, 0]), np.full(3, 0.5)).value)
    assert np.isnan(metrics_calibration.calibration_slope(np.array([0, 0, 1, 1]), np.array([0.1, 0.2, 0.8, 0.9])).value)


def test_permutation_p_counts_the_observed_one() -> None:
    assert intervals.permutation_p(0.8, [0.5] * 19) == pytest.approx(0.05)
    assert intervals.permutation_p(0.5, [0.5] * 19) == 1
