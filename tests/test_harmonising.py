"""Harmonisation inside an evaluation: learnt on training folds, kept by the model, unseen centres said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from radiomix.errors import ConfigError, MissingColumn, RadiomixWarning, TableError
from radiomix.models.controls import BOTH, CENTRE, CLINICAL, VOLUME
from radiomix.models.harmonise import ComBat
from radiomix.models.harmonising import Harmonise
from radiomix.study import Study, load_model

QUICK = {"folds": 3, "repeats": 1, "permutations": 0, "candidates": 2, "inner_folds": 3, "workers": 1}
FEATURES = [f"original_glcm_F{k}" for k in range(8)]


def table(n: int = 120, seed: int = 0) -> pd.DataFrame:
    """Three centres whose scanners shift and stretch every feature much more than the disease does."""
    rng = np.random.default_rng(seed)
    sick, site = rng.random(n) < 0.5, rng.choice(["north", "south", "coast"], n)
    scanner = pd.Series(site).map({"north": 0.0, "south": 12.0, "coast": -9.0}).to_numpy()[:, None]
    gain = pd.Series(site).map({"north": 1.0, "south": 2.0, "coast": 0.6}).to_numpy()[:, None]
    disease = np.outer(sick, np.arange(8) < 4) * 1.2
    out = pd.DataFrame(scanner + gain * (rng.normal(size=(n, 8)) + disease), columns=FEATURES)
    out["original_shape_MeshVolume"] = np.exp(rng.normal(size=n))
    out["stage"] = rng.choice(["I", "II", None], n)
    return out.assign(site=site, age=rng.normal(60, 9, n), sick=sick.astype(int))


CLINIC = {"outcome": "sick", "centre": "site", "clinical": ["age", "stage"]}


def test_harmonised_models_see_through_the_scanner_also_in_a_centre_left_out() -> None:
    plain = Study(table(), **CLINIC).evaluate("ridge", split="centre", controls=False, **QUICK)
    study = Study(table(), harmonise="combat", **CLINIC)
    found = study.evaluate("ridge", split="centre", **QUICK)
    assert set(found.folds["name"]) == {"north", "south", "coast"}
    assert found.summary().loc["ridge", "brier"] < plain.summary().loc["ridge", "brier"] - 0.03
    assert found.summary().loc["ridge", "auc"] > 0.8
    assert found.settings["harmonise"] == "combat"
    titles = found.models.set_index("model")["title"]
    assert all("ComBat" in titles[name] for name in ("ridge", BOTH))
    assert not any("ComBat" in titles[name] for name in (VOLUME, CLINICAL))
    said = found.messages.loc[found.messages["model"] == "ridge", "message"]
    for centre in ("north", "south", "coast"):
        assert said.str.contains(f"batch '{centre}' was not seen in training").any()


def test_the_summary_of_other_controls_does_not_change() -> None:
    plain = Study(table(), **CLINIC).evaluate("ridge", **QUICK).summary()
    with_combat = Study(table(), harmonise="combat", **CLINIC).evaluate("ridge", **QUICK).summary()
    for control in (VOLUME, CLINICAL, CENTRE):
        assert with_combat.loc[control, "auc"] == plain.loc[control, "auc"]
    assert with_combat.loc["ridge", "auc"] > plain.loc["ridge", "auc"]


def test_only_training_cases_are_learnt_from() -> None:
    data = table()
    step = Harmonise("site", ["age", "stage"]).fit(data.iloc[:80].drop(columns="sick"))
    moved = data.drop(columns="sick").copy()
    moved.loc[80:, FEATURES] += 1000.0
    again = Harmonise("site", ["age", "stage"]).fit(moved.iloc[:80])
    np.testing.assert_array_equal(step.combat_.shift_, again.combat_.shift_)
    np.testing.assert_array_equal(step.combat_.mean_, again.combat_.mean_)


def test_with_complete_covariates_it_is_combat() -> None:
    data = table().drop(columns=["sick", "stage"])
    ours = Harmonise("site", ["age"]).fit(data).transform(data)
    expected = ComBat("site", ["age"]).fit(data).transform(data)
    pd.testing.assert_frame_equal(ours, expected[ours.columns])
    assert list(ours.columns) == [c for c in data if c != "site"]


def test_columns_that_only_prepare_leave_the_table_and_useless_covariates_are_left_out() -> None:
    data = table().drop(columns="sick").assign(always=1.0)
    data["dose"] = data["site"].map({"north": 50.0, "south": 60.0, "coast": 70.0})
    step = Harmonise("site", ["age", "always", "dose"], leaving=["age", "always"]).fit(data)
    assert step.kept_ == ["age"]
    assert not {"site", "age", "always"} & set(step.transform(data).columns)
    assert "dose" in step.transform(data).columns


def test_a_centre_with_too_few_training_cases_is_treated_like_an_unseen_one() -> None:
    data = table().drop(columns=["sick", "stage"])
    data.loc[:1, "site"] = "island"
    with pytest.warns(RadiomixWarning, match=r"batch 'island' was not seen in training .* left as they are"):
        out = Harmonise("site").fit(data).transform(data)
    np.testing.assert_allclose(out.loc[:1, FEATURES], data.loc[:1, FEATURES])
    with pytest.raises(TableError, match="at least 3 training cases; the largest of 120 in 'site' has 1"):
        Harmonise("site").fit(data.assign(site=np.arange(120)))


def test_a_saved_model_harmonises_new_patients(tmp_path: Path) -> None:
    study = Study(table(), harmonise="combat", **CLINIC)
    model = study.fit("ridge", candidates=2)
    again = load_model(model.save(tmp_path / "model.rmx"))
    new = table(60, seed=5).drop(columns="sick")
    predicted = again.predict(new)
    pd.testing.assert_frame_equal(predicted, model.predict(new))
    raised = new.assign(**{f: new[f] + 12.0 * (new["site"] == "north") for f in FEATURES}).replace(
        {"site": {"north": "south"}}
    )
    assert not np.allclose(again.predict(raised)["probability"], predicted["probability"])
    assert {"site", "age", "stage"} <= set(again.columns)
    assert again.about["harmonise"] == "combat"
    with pytest.raises(MissingColumn, match="lacks 1 of them: 'site'"):
        again.predict(new.drop(columns="site"))
    with pytest.warns(RadiomixWarning, match="batch 'east' was not seen in training"):
        again.predict(new.assign(site="east"))


def test_survival_and_external_cohorts_are_harmonised_too() -> None:
    rng = np.random.default_rng(1)
    data, other = (
        t.assign(months=rng.exponential(np.exp(-t["sick"])) + 0.1, dead=1).drop(columns="sick")
        for t in (table(), table(60, seed=4))
    )
    study = Study(data, time="months", event="dead", centre="site", harmonise="combat")
    east = other.assign(site=other["site"].replace("coast", "east"))
    found = study.evaluate("cox", external=east, controls=False, **QUICK | {"candidates": 5})
    assert found.summary("external").loc["cox", "c_index"] > 0.55
    assert found.messages["message"].str.contains("batch 'east' was not seen").any()


def test_what_cannot_be_harmonised_is_refused() -> None:
    with pytest.raises(ConfigError, match="unknown harmonise 'combatt': did you mean 'combat'"):
        Study(table(), harmonise="combatt", **CLINIC)
    with pytest.raises(TableError, match=r"harmonise= needs a study with centre="):
        Study(table(), outcome="sick", harmonise="combat")
    with pytest.raises(MissingColumn, match="unknown column 'sites': did you mean 'site'"):
        Harmonise("sites").fit(table())
