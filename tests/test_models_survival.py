"""Survival, competing risks and grades against R (survival, cmprsk, MASS), lifelines and scikit-survival."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from lifelines import CoxPHFitter

from radiomix.errors import ModelError
from radiomix.models.aft import AcceleratedFailure
from radiomix.models.association import association
from radiomix.models.competing import CauseSpecificCox, FineGray, cumulative_incidence
from radiomix.models.linear import ProportionalOdds
from radiomix.models.outcome import Task, only_cause, survival_outcome
from radiomix.models.survival import Cox, concordance

GOLDEN = Path(__file__).parent / "golden"
CASES = pd.read_csv(GOLDEN / "survival_cases.csv")
REFERENCE = pd.read_csv(GOLDEN / "survival_reference.csv", dtype={"name": str})
X = CASES[["x1", "x2", "x3"]]
Y = survival_outcome(CASES["code"], CASES["time"])
HORIZONS = [5, 10, 20]


def reference(what: str) -> np.ndarray:
    found = REFERENCE.loc[REFERENCE["what"] == what, "value"].to_numpy()
    assert len(found), f"no reference named {what}"
    return found


def equals(ours: object, what: str) -> None:
    tolerance = REFERENCE.loc[REFERENCE["what"] == what, "tolerance"].max()
    np.testing.assert_allclose(ours, reference(what), rtol=tolerance, atol=tolerance)


def test_cox_equals_r_with_tied_times():
    model = Cox(penalty=0).fit(X, only_cause(Y))
    equals(model.coef_, "cox")
    equals(model.standard_error_, "cox_se")


def test_cox_equals_r_with_delayed_entry():
    y = survival_outcome(CASES["code"] == 1, CASES["time"], entry=CASES["entry"])
    equals(Cox(penalty=0).fit(X, y).coef_, "cox_entry")


def test_cox_equals_r_with_strata():
    y = survival_outcome(CASES["code"] == 1, CASES["time"], stratum=CASES["site"])
    equals(Cox(penalty=0).fit(X, y).coef_, "cox_strata")


@pytest.mark.parametrize("l1_ratio", [0.0, 0.5, 0.9])
def test_penalised_cox_equals_lifelines(l1_ratio):
    scaled = (X - X.mean()) / X.std()  # lifelines scales by the sample SD, we by the population SD
    y = only_cause(Y)
    theirs = CoxPHFitter(penalizer=0.1, l1_ratio=l1_ratio)
    theirs.fit(scaled.assign(time=y["time"], event=y["event"]), "time", "event")
    n = len(X)
    ours = Cox(penalty=0.1, l1_ratio=l1_ratio).fit(scaled, y).coef_
    # lifelines smooths the absolute value, so its zeros are small numbers
    np.testing.assert_allclose(ours * np.sqrt((n - 1) / n), theirs.params_, atol=3e-3)


def test_lasso_cox_equals_coxnet():
    coxnet = pytest.importorskip("sksurv.linear_model").CoxnetSurvivalAnalysis
    rng = np.random.default_rng(5)
    values = rng.normal(size=(150, 12))
    values = (values - values.mean(axis=0)) / values.std(axis=0)
    time = rng.exponential(np.exp(-values[:, 0] + 0.5 * values[:, 1]))
    y = survival_outcome(rng.random(150) < 0.7, time)
    theirs = coxnet(l1_ratio=0.7, alphas=[0.08], tol=1e-12, max_iter=1_000_000).fit(values, y)
    ours = Cox(penalty=0.08, l1_ratio=0.7).fit(values, y)
    np.testing.assert_allclose(ours.coef_, theirs.coef_[:, 0], atol=1e-5)
    assert np.array_equal(ours.coef_ == 0, theirs.coef_[:, 0] == 0)


def test_weights_count_like_repeated_cases():
    from radiomix.models.partial_likelihood import Rows, derivatives

    rng = np.random.default_rng(1)
    x, time, event = rng.normal(size=(20, 2)), rng.permutation(20) + 1.0, rng.random(20) < 0.6
    repeats = np.where(event, 1, rng.integers(1, 4, size=20))
    weighted = Rows(x, np.zeros(20), time, event, repeats.astype(float))
    repeated = Rows(*(np.repeat(v, repeats, axis=0) for v in (x, np.zeros(20), time, event, np.ones(20))))
    beta = np.array([0.3, -0.2])
    for ours, theirs in zip(derivatives([weighted], beta), derivatives([repeated], beta), strict=True):
        np.testing.assert_allclose(ours, theirs, rtol=1e-10)


def test_breslow_baseline_equals_lifelines():
    y = only_cause(Y)
    theirs = CoxPHFitter().fit(X.assign(time=y["time"], event=y["event"]), "time", "event")
    ours = Cox(penalty=0).fit(X, y).predict_survival(X.iloc[:5], HORIZONS)
    np.testing.assert_allclose(ours, theirs.predict_survival_function(X.iloc[:5], times=HORIZONS).T, atol=5e-3)


def test_score_test_equals_r():
    statistic, p = association(X.to_numpy(), only_cause(Y), Task.SURVIVAL)
    equals(statistic[:1], "score_test")
    assert p[0] < 1e-5


def test_aalen_johansen_equals_r():
    equals(cumulative_incidence(Y, HORIZONS), "aalen_johansen_1")
    equals(cumulative_incidence(Y, HORIZONS, cause=2), "aalen_johansen_2")


def test_fine_gray_equals_r_with_tied_times():
    equals(FineGray(penalty=0).fit(X, Y).coef_, "fine_gray")


def test_fine_gray_equals_cmprsk():
    untied = survival_outcome(CASES["code"], CASES["time"] + np.arange(1, len(CASES) + 1) * 1e-4)
    model = FineGray(penalty=0).fit(X, untied)
    equals(model.coef_, "fine_gray_untied")
    new = pd.DataFrame([[0.5, 0.2, 1.0]], columns=X.columns)
    equals(model.predict_incidence(new, HORIZONS)[0], "fine_gray_untied_incidence")


def test_cause_specific_models_equal_r_and_share_one_total():
    model = CauseSpecificCox(penalty=0).fit(X, Y)
    equals(model.models_[0].coef_, "cox")
    equals(model.models_[1].coef_, "cause_specific_2")
    flat = CauseSpecificCox(penalty=1e6).fit(X, Y).predict_incidence(X.iloc[:1], HORIZONS)[0]
    np.testing.assert_allclose(flat, reference("aalen_johansen_1"), atol=0.015)


@pytest.mark.parametrize("distribution", ["weibull", "lognormal"])
def test_aft_equals_r(distribution):
    model = AcceleratedFailure(distribution, penalty=0).fit(X, only_cause(Y))
    at_zero = model.intercept_ - model.mean_ @ model.coef_
    equals([at_zero, *model.coef_, model.scale_], f"{distribution}_aft")
    survival = model.predict_survival(X.iloc[:3], [0, 5, 10])
    assert (survival[:, 0] == 1).all() and (np.diff(survival, axis=1) < 0).all()


def test_proportional_odds_equal_r():
    model = ProportionalOdds(C=1e8).fit(X, CASES["grade"])
    equals(model.coef_, "proportional_odds")
    equals(model.threshold_, "proportional_odds_threshold")
    np.testing.assert_allclose(model.predict_proba(X).sum(axis=1), 1)


def test_concordance_equals_scikit_survival():
    metrics = pytest.importorskip("sksurv.metrics")
    risk = np.round(X["x1"], 1).to_numpy()
    y = only_cause(Y)
    assert concordance(y, risk) == pytest.approx(
        metrics.concordance_index_censored(y["event"], y["time"], risk)[0], abs=1e-12
    )


def test_outcomes_that_cannot_be_used_are_refused():
    with pytest.raises(ModelError, match="times must be positive"):
        survival_outcome([1, 0], [0.0, 3.0])
    with pytest.raises(ModelError, match="nobody has the event among 2 cases"):
        survival_outcome([0, 0], [1.0, 3.0])
    with pytest.raises(ModelError, match="entries must lie before times; 1 cases do not"):
        survival_outcome([1, 0], [1.0, 3.0], entry=[2.0, 0.0])
    with pytest.raises(ModelError, match="structured array with fields 'event' and 'time'"):
        Cox().fit(X, CASES["time"].to_numpy())
    with pytest.raises(ModelError, match="nobody has it; found the codes \\[2\\]"):
        FineGray().fit(X, survival_outcome(np.where(CASES["code"] == 2, 2, 0), CASES["time"]))
