"""From a table to an evaluation and a model to keep."""

from __future__ import annotations

import json
import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import SimpleITK as sitk

import radiomix as rx
from radiomix.config import Config, FixedBinWidth, Resample
from radiomix.errors import ConfigError, MissingColumn, ModelError, RadiomixWarning, TableError, TooFewCases
from radiomix.models.controls import BOTH, CENTRE, CLINICAL, PERMUTED, PREVALENCE, VOLUME
from radiomix.models.evaluation import Evaluation
from radiomix.models.outcome import Task
from radiomix.study import Study, load_model
from tests.data import shared

QUICK = {"folds": 3, "repeats": 1, "permutations": 2, "candidates": 2, "inner_folds": 3, "workers": 1}


def table(n: int = 90, seed: int = 0) -> pd.DataFrame:
    """Six features, the first two predictive, a volume, clinical variables, two sites, all kinds of outcome."""
    rng = np.random.default_rng(seed)
    out = pd.DataFrame(rng.normal(size=(n, 6)), columns=[f"original_glcm_F{k}" for k in range(6)])
    out["original_shape_MeshVolume"] = np.exp(rng.normal(size=n))
    out["age"] = rng.normal(60, 10, n)
    out["histology"] = rng.choice(["Adeno", "adeno", "squamous", None], n)
    out["site"] = rng.choice(["A", "B"], n)
    out["ID"] = [f"P{k}" for k in rng.permutation(n)]
    signal = out["original_glcm_F0"] + out["original_glcm_F1"]
    out["malignant"] = np.where(signal + rng.normal(size=n) > 0, "yes", "no")
    out["grade"] = pd.cut(signal + rng.normal(size=n), [-9, -1, 1, 9], labels=False)
    out["months"] = rng.exponential(10 * np.exp(-signal / 2)) + 0.1
    out["progressed"] = rng.random(n) < 0.7
    out["kind"] = np.where(out["progressed"], rng.choice([1, 2], n, p=[0.7, 0.3]), 0)
    out["burden"] = signal * 3 + rng.normal(size=n)
    return out


CLINIC = {"patient": "ID", "centre": "site", "clinical": ["age", "histology"]}


@pytest.fixture(scope="module")
def binary() -> Evaluation:
    return Study(table(), outcome="malignant", **CLINIC).evaluate(["ridge", "naive-bayes"], **QUICK)


@pytest.fixture(scope="module")
def survival() -> Evaluation:
    return Study(table(), time="months", event="progressed", **CLINIC).evaluate("cox", **QUICK)


def test_summary_has_a_row_per_model_and_control_and_columns_with_bounds(binary: Evaluation) -> None:
    summary = binary.summary()
    assert list(summary.index) == ["ridge", "naive-bayes", PREVALENCE, VOLUME, CLINICAL, CENTRE, BOTH, PERMUTED]
    for score in ("auc", "balanced_accuracy", "sensitivity", "specificity", "brier", "calibration_slope"):
        row = summary.loc["ridge"]
        assert row[f"{score}_low"] < row[score] < row[f"{score}_high"]
    assert summary.loc["ridge", "auc"] > 0.75
    assert summary.loc[PREVALENCE, "auc"] == 0.5
    assert summary.loc["ridge", "kind"] == "model"
    assert 0 < summary.loc["ridge", "permutation_p"] <= 1


def test_survival_summary(survival: Evaluation) -> None:
    row = survival.summary().loc["cox"]
    assert 0.5 < row["c_index_low"] < row["c_index"] < row["c_index_high"] < 1
    horizon = survival.settings["horizons"][0]
    assert row["brier_integrated"] < survival.summary().loc[PREVALENCE, "brier_integrated"]
    assert row[f"auc_at_{horizon:g}"] > 0.5
    assert row["logrank_p"] < 0.05
    assert survival.task is Task.SURVIVAL


def test_every_case_is_predicted_once_per_repeat_by_a_model_that_never_saw_it(binary: Evaluation) -> None:
    of_model = binary.of("ridge")
    assert sorted(of_model["row"]) == list(range(90))
    for (repeat, fold), part in binary.folds.groupby(["repeat", "fold"]):
        tested = set(part.loc[part["side"] == "test", "row"])
        trained = set(part.loc[part["side"] == "train", "row"])
        assert not tested & trained
        assert tested == set(of_model.loc[(of_model["repeat"] == repeat) & (of_model["fold"] == fold), "row"])


def test_scores_can_be_recomputed_from_the_json(binary: Evaluation, tmp_path: Path) -> None:
    again = Evaluation.from_json(binary.to_json(tmp_path / "evaluation.json"))
    pd.testing.assert_frame_equal(again.summary(), binary.summary())
    assert again.statements == binary.statements
    assert again.findings == binary.findings
    assert again.y.tolist() == binary.y.tolist()
    sk = pytest.importorskip("sklearn.metrics")
    stranger = json.loads((tmp_path / "evaluation.json").read_text())
    rows = pd.DataFrame(stranger["predictions"]["data"], columns=stranger["predictions"]["columns"])
    outcome = pd.DataFrame(stranger["cases"]["data"], columns=stranger["cases"]["columns"])["outcome"]
    aucs = [
        sk.roc_auc_score(outcome[part["row"]], part["score"])
        for _, part in rows[rows["model"] == "ridge"].groupby(["repeat", "fold"])
    ]
    assert np.mean(aucs) == pytest.approx(binary.summary().loc["ridge", "auc"])


def test_json_is_json(survival: Evaluation, tmp_path: Path) -> None:
    again = Evaluation.from_json(survival.to_json(tmp_path / "e.json"))
    pd.testing.assert_frame_equal(again.summary(), survival.summary())
    assert np.array_equal(again.y["time"], survival.y["time"])


def test_statements_compare_with_the_controls(binary: Evaluation) -> None:
    text = "\n".join(binary.statements)
    assert "ridge reaches AUC" in text
    assert re.search(r"Volume alone reaches AUC .* \(difference [+-].* to [+-].*; p [<=] [\d.]+ after Holm\)", text)
    assert "added value" in text
    assert "With the outcome permuted 2 times" in text


def test_same_seed_same_scores_also_in_parallel(binary: Evaluation) -> None:
    study = Study(table(), outcome="malignant", **CLINIC)
    again = study.evaluate("ridge", **QUICK | {"permutations": 0, "workers": 2, "controls": False})
    assert again.summary().loc["ridge", "auc"] == binary.summary().loc["ridge", "auc"]


def test_finished_folds_are_taken_up_again(tmp_path: Path) -> None:
    study = Study(table(), outcome="malignant", **CLINIC)
    options = QUICK | {"permutations": 0, "controls": False, "resume": tmp_path}
    first = study.evaluate("ridge", **options)
    files = {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()}
    assert len(files) == 3
    again = study.evaluate("ridge", **options)
    assert {file: file.stat().st_mtime_ns for file in tmp_path.iterdir()} == files
    pd.testing.assert_frame_equal(first.summary(), again.summary())
    pd.testing.assert_frame_equal(first.predictions, again.predictions)
    study.evaluate("ridge", **options | {"seed": 1})
    assert len(list(tmp_path.iterdir())) == 6


@pytest.mark.parametrize(
    ("outcome", "model", "task", "score"),
    [
        ({"outcome": "grade", "task": "multi-class"}, "ridge", Task.MULTICLASS, "auc"),
        ({"outcome": "grade"}, "proportional-odds", Task.ORDINAL, "spearman"),
        ({"outcome": "burden"}, "ridge", Task.CONTINUOUS, "spearman"),
        ({"time": "months", "event": "kind"}, "cause-specific-cox", Task.COMPETING, "c_index"),
    ],
)
def test_other_outcomes(outcome: dict[str, str], model: str, task: Task, score: str, tmp_path: Path) -> None:
    study = Study(table(120), patient="ID", **outcome)
    found = study.evaluate(model, **QUICK | {"permutations": 1})
    summary = found.summary()
    assert found.task is task
    assert summary.loc[model, score] > summary.loc[PREVALENCE].fillna({score: 0.0})[score]
    fitted = study.fit(model, candidates=2)
    again = load_model(fitted.save(tmp_path / "model.rmx"))
    pd.testing.assert_frame_equal(again.predict(table(120)), fitted.predict(table(120)))
    Evaluation.from_json(found.to_json(tmp_path / "e.json"))


@pytest.mark.parametrize("split", ["centre", "time", "bootstrap"])
def test_other_splits(split: str) -> None:
    data = table()
    data["date"] = pd.date_range("2020-01-01", periods=len(data)).astype(str)
    study = Study(data, outcome="malignant", date="date", **CLINIC)
    found = study.evaluate("ridge", split=split, **QUICK | {"repeats": 4, "permutations": 1})
    assert found.summary().loc["ridge", "auc"] > 0.6
    if split == "centre":
        assert set(found.folds["name"]) == {"A", "B"}
        assert CENTRE not in found.summary().index
    if split == "bootstrap":
        row = found.summary().loc["ridge"]
        assert row["auc"] <= row["auc_632plus"] <= row["auc_apparent"]
        assert row["auc_optimism_corrected"] < row["auc_apparent"]
        assert row["auc_optimism_corrected_low"] < row["auc_optimism_corrected_high"]


def test_folds_of_another_evaluation_are_used_again(binary: Evaluation) -> None:
    study = Study(table(), outcome="malignant", **CLINIC)
    again = study.evaluate("ridge", split=binary.folds, **QUICK | {"permutations": 0, "controls": False})
    assert again.summary().loc["ridge", "auc"] == pytest.approx(binary.summary().loc["ridge", "auc"])


def test_external_cohort_is_predicted_once() -> None:
    other = table(60, seed=1)
    study = Study(table(), outcome="malignant", **CLINIC)
    found = study.evaluate("ridge", external=other, **QUICK | {"permutations": 0})
    outside = found.summary("external")
    assert outside.loc["ridge", "auc"] > 0.7
    expected = study.fit("ridge", seed=0, candidates=2, inner_folds=3)
    assert len(found.of("ridge", "external")) == 60
    assert set(expected.predict(other).columns) == {"probability", "positive"}
    with pytest.raises(TableError, match="no scores for the cohort 'elsewhere'"):
        found.summary("elsewhere")


def test_learning_curve_rises_with_size() -> None:
    study = Study(table(200), outcome="malignant", patient="ID")
    options = QUICK | {"permutations": 0, "controls": False, "learning_curve": True}
    curve = study.evaluate("ridge", **options).learning_curve
    assert curve["size"].is_monotonic_increasing
    assert curve["value"].iloc[-1] > 0.7


def test_model_is_saved_with_everything_it_needs(tmp_path: Path) -> None:
    config = Config.ibsi(bins=FixedBinWidth(10), resample=Resample((1.0, 1.0, 1.0)))
    study = Study(table(), outcome="malignant", config=config, **CLINIC)
    model = study.fit("ridge", candidates=2)
    again = load_model(model.save(tmp_path / "model.rmx"))
    assert again.config == config
    new = table(20, seed=3).set_index("ID")
    predicted = again.predict(new)
    assert predicted.index.equals(new.index)
    assert predicted["probability"].between(0, 1).all()
    pd.testing.assert_frame_equal(predicted, model.predict(new))
    assert again.about["features_used"]
    assert again.about["training"]["cases"] == 90


def test_image_and_mask_are_predicted_like_their_features(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    config = Config(features=(("firstorder", None),))
    cases = []
    for k in range(24):
        voxels = rng.normal(100, 10 + 20 * (k % 2), size=(6, 7, 8)).astype(np.float32)
        mask = np.zeros(voxels.shape, np.uint8)
        mask[1:-1, 1:-1, 1:-1] = 1
        cases.append((sitk.GetImageFromArray(voxels), sitk.GetImageFromArray(mask)))
    features = pd.DataFrame([rx.extract(image, mask, config) for image, mask in cases])
    study = Study(features.assign(rough=np.arange(24) % 2), outcome="rough", config=config)
    again = load_model(study.fit("ridge", candidates=1).save(tmp_path / "model.rmx"))
    one = again.predict(*cases[3])
    assert len(one) == 1
    assert one["probability"].iloc[0] == pytest.approx(again.predict(features)["probability"].iloc[3])
    assert one["probability"].iloc[0] > again.predict(*cases[2])["probability"].iloc[0]


def test_prediction_needs_the_columns_and_the_configuration(tmp_path: Path) -> None:
    model = Study(table(), outcome="malignant", patient="ID").fit("ridge", candidates=1)
    with pytest.raises(MissingColumn, match="the table lacks 1 of them: 'original_glcm_F0'"):
        model.predict(table().drop(columns="original_glcm_F0"))
    with pytest.raises(ModelError, match="does not know how its features were extracted"):
        model.predict("image.nii.gz", "mask.nii.gz")
    with pytest.raises(ModelError, match="found nothing at"):
        load_model(tmp_path / "absent.rmx")
    (tmp_path / "text.rmx").write_text("no model")
    with pytest.raises(ModelError, match="not a model that radiomix saved"):
        load_model(tmp_path / "text.rmx")


def test_what_a_study_cannot_be_made_from() -> None:
    with pytest.raises(MissingColumn, match="did you mean 'malignant'"):
        Study(table(), outcome="malignent")
    with pytest.raises(TableError, match=r"both time=\.\.\. and event="):
        Study(table(), time="months")
    with pytest.raises(TableError, match=r"needs outcome=\.\.\., or time="):
        Study(table())
    with pytest.raises(TooFewCases, match="'no' for all 90 cases"):
        Study(table().assign(malignant="no"), outcome="malignant")
    with pytest.raises(TableError, match="positive='maybe' is not among the values"):
        Study(table(), outcome="malignant", positive="maybe")
    with pytest.raises(TableError, match="months must be positive numbers; found 1 others"):
        Study(table().assign(months=lambda t: t["months"].where(t.index > 0, -1.0)), time="months", event="progressed")
    with pytest.raises(TableError, match="progressed says"):
        Study(table().assign(progressed="perhaps"), time="months", event="progressed")


def test_what_an_evaluation_cannot_be_made_from() -> None:
    study = Study(table(), outcome="malignant", patient="ID")
    with pytest.raises(ModelError, match="did you mean 'ridge'"):
        study.evaluate("rigde")
    with pytest.raises(ModelError, match="cox does not serve a binary outcome"):
        study.evaluate("cox")
    with pytest.raises(ConfigError, match="unknown option of evaluate 'permutation': did you mean 'permutations'"):
        study.evaluate("ridge", permutation=5)
    with pytest.raises(ConfigError, match="unknown split 'center': did you mean 'centre'"):
        study.evaluate("ridge", split="center")
    with pytest.raises(TableError, match="needs a study with centre="):
        study.evaluate("ridge", split="centre")
    rare = table()
    rare["malignant"] = np.where(np.arange(90) < 3, "yes", "no")
    with pytest.raises(TooFewCases, match="use folds=3 or fewer"):
        Study(rare, outcome="malignant").evaluate("ridge")


def test_missing_outcomes_are_dropped_and_said() -> None:
    data = table()
    data.loc[:4, "malignant"] = None
    with pytest.warns(RadiomixWarning, match="5 of 90 cases have no outcome"):
        study = Study(data, outcome="malignant", patient="ID")
    assert len(study.design.y) == 85
    assert [step[1] for step in study.design.flow] == [90, 85]


def test_positive_class_and_mixed_case() -> None:
    data = table()
    data["malignant"] = data["malignant"].where(data.index % 2 == 0, data["malignant"].str.upper() + " ")
    study = Study(data, outcome="malignant", positive="no")
    assert study.task is Task.BINARY
    assert study.design.classes[1] == "no"


def test_input_is_not_modified() -> None:
    data = table()
    before = data.copy()
    Study(data, outcome="malignant", **CLINIC).evaluate("ridge", **QUICK | {"permutations": 0})
    pd.testing.assert_frame_equal(data, before)


def test_real_survival_table_is_near_its_honest_score() -> None:
    study = Study(
        shared("tables/nsclc_os_two_centres.csv"), time="SurvivalTime", event="Event", patient="PatientID",
        centre="SourceDataset", clinical=["age", "Histology", "Tstage", "Nstage", "Mstage"],
    )  # fmt: skip
    summary = study.evaluate("cox", **QUICK | {"folds": 5, "permutations": 0}).summary()
    assert 0.60 < summary.loc["cox", "c_index"] < 0.73
    assert 0.58 < summary.loc[CENTRE, "c_index"] < 0.68
