"""ComBat: agreement with neuroCombat, replay on new patients, unseen scanners, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import skops.io
from sklearn.base import clone

from radiomix.errors import ConfigError, MissingColumn, RadiomixWarning, TableError
from radiomix.models.catalogue import TRUSTED
from radiomix.models.harmonise import ComBat

GOLDEN = Path(__file__).parent / "golden"
CASES = pd.read_csv(GOLDEN / "combat_cases.csv")
REFERENCE = pd.read_csv(GOLDEN / "combat_reference.csv")
FEATURES = [c for c in CASES if c.startswith("f")]

SETTINGS = {
    "parametric": ComBat("site", ["age", "sex"]),
    "nonparametric": ComBat("site", ["age", "sex"], parametric=False),
    "mean_only": ComBat("site", ["age", "sex"], mean_only=True),
    "reference": ComBat("site", ["age", "sex"], reference="b"),
    "no_covariates": ComBat("site", keep=["age"]),
}


@pytest.mark.parametrize("name", SETTINGS)
def test_equals_neurocombat(name):
    golden = REFERENCE[REFERENCE["setting"] == name]
    expected = golden.pivot(index="case", columns="feature", values="value")[FEATURES]
    ours = clone(SETTINGS[name]).fit(CASES).transform(CASES)
    np.testing.assert_allclose(ours[FEATURES], expected, rtol=golden["tolerance"].max())
    assert list(ours.columns) == [c for c in CASES if c != "site"]


def test_batches_beside_the_table_give_the_same():
    beside = ComBat().fit(CASES[FEATURES], batch=CASES["site"], covariates=CASES[["age", "sex"]])
    ours = beside.transform(CASES[FEATURES], batch=CASES["site"], covariates=CASES[["age", "sex"]])
    pd.testing.assert_frame_equal(ours, clone(SETTINGS["parametric"]).fit(CASES).transform(CASES)[FEATURES])


def test_new_patients_are_treated_one_by_one_as_in_training():
    fitted = ComBat("site", ["age", "sex"]).fit(CASES)
    together = fitted.transform(CASES)
    alone = pd.concat([fitted.transform(CASES.iloc[[i]]) for i in range(len(CASES))])
    pd.testing.assert_frame_equal(alone, together)


def test_the_reference_stays_as_it_is_and_inputs_are_not_touched():
    before = CASES.copy()
    ours = ComBat("site", reference="b", keep=["age"]).fit(CASES).transform(CASES)
    at_b = CASES["site"] == "b"
    np.testing.assert_allclose(ours.loc[at_b, FEATURES], CASES.loc[at_b, FEATURES])
    pd.testing.assert_frame_equal(CASES, before)


def test_batch_variance_falls_and_the_effect_of_covariates_stays():
    rng = np.random.default_rng(3)
    n = 300
    age, site = rng.normal(size=n), rng.choice(["a", "b", "c"], n)
    shift = np.select([site == "a", site == "b"], [0.0, 3.0], -2.0)
    X = pd.DataFrame({f"f{j}": age + shift * rng.normal(1, 0.3) + rng.normal(size=n) for j in range(20)})
    X = X.assign(site=site, age=age)
    fitted = ComBat("site", ["age"]).fit(X)
    shares = fitted.batch_variance()
    assert shares["before"].min() > 0.1 and shares["after"].max() < 0.01
    slope = np.polyfit(age, fitted.transform(X)["f0"], 1)[0]
    assert slope == pytest.approx(1, abs=0.15)


def test_an_unseen_scanner_is_brought_to_the_reference_and_said():
    fitted = ComBat("site", keep=["age"]).fit(CASES)
    new = CASES.assign(site="d")
    with pytest.warns(RadiomixWarning, match=r"batch 'd' was not seen in training \(known: 'a', 'b', 'c'\): its 34"):
        moved = fitted.transform(new)
    np.testing.assert_allclose(moved[FEATURES].mean(), fitted.mean_)
    np.testing.assert_allclose(moved[FEATURES].std(ddof=1), fitted.spread_)
    with pytest.warns(RadiomixWarning, match=r"1 case\(s\) cannot tell its shift: left as they are"):
        alone = fitted.transform(new.iloc[:1])
    np.testing.assert_allclose(alone[FEATURES], CASES[FEATURES].iloc[:1])


def test_missing_and_infinite_values_stay_missing_and_do_not_disturb_the_rest():
    holed = CASES.copy()
    holed.loc[0, "f0"], holed.loc[20, "f3"] = np.nan, np.inf
    ours = ComBat("site", keep=["age"]).fit(holed).transform(holed)
    assert np.isnan(ours.loc[0, "f0"]) and np.isnan(ours.loc[20, "f3"])
    assert np.isfinite(ours[FEATURES].drop(index=[0, 20])).all(axis=None)
    whole = ComBat("site", keep=["age"]).fit(CASES).transform(CASES)
    np.testing.assert_allclose(ours["f5"], whole["f5"], rtol=0.02)


def test_one_training_batch_changes_nothing():
    one = CASES[CASES["site"] == "b"]
    np.testing.assert_allclose(ComBat("site").fit(one).transform(one)[FEATURES], one[FEATURES])


def test_a_saved_harmonisation_gives_the_same():
    fitted = ComBat("site", ["age", "sex"]).fit(CASES)
    again = skops.io.loads(skops.io.dumps(fitted), trusted=TRUSTED)
    pd.testing.assert_frame_equal(again.transform(CASES), fitted.transform(CASES))


def test_what_cannot_be_done_is_refused():
    with pytest.raises(MissingColumn, match="unknown column 'sites': did you mean 'site'"):
        ComBat("sites").fit(CASES)
    with pytest.raises(ConfigError, match="unknown reference batch 'z'"):
        ComBat("site", reference="z").fit(CASES)
    with pytest.raises(ConfigError, match="ComBat needs batches"):
        ComBat().fit(CASES)
    with pytest.raises(TableError, match=r"'d' \(1\): use mean_only=True"):
        ComBat("site").fit(CASES.assign(site=["d", *CASES["site"][1:]]))
    with pytest.raises(TableError, match="cannot be told apart"):
        ComBat("site", ["same"]).fit(CASES.assign(same=CASES["site"].map({"a": 1.0, "b": 2.0, "c": 3.0})))
    with pytest.raises(TableError, match="expected one batch per case: found 34 cases and 2 batches"):
        ComBat().fit(CASES[FEATURES], batch=["a", "b"])
