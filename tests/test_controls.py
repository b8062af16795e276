"""What stands beside a score, and what this many cases can show."""

from __future__ import annotations

import sys
from dataclasses import replace
from itertools import combinations

import numpy as np
import pandas as pd
import pytest

from radiomix.errors import ConfigError, MissingDependency
from radiomix.models import catalogue, controls, sample_size
from radiomix.models.controls import BOTH, CLINICAL, PERMUTED, VOLUME, Kind, Prevalence, find_volume, permuted
from radiomix.models.evaluate import Settings, make_folds
from radiomix.models.metrics import auc
from radiomix.models.nested import (
    Choice,
    Learner,
    best_ranked_within_one_error,
    choose,
    run_fold,
    simplest_within_one_error,
    tune,
)
from radiomix.models.outcome import Task, survival_outcome
from radiomix.models.search import search
from radiomix.study import Study

QUICK = {"folds": 3, "repeats": 1, "candidates": 2, "inner_folds": 3, "workers": 1}


def noise(n: int = 80, features: int = 30, seed: int = 0) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(rng.normal(size=(n, features)), columns=[f"f{k}" for k in range(features)])
    table["sick"] = rng.integers(0, 2, n)
    return table


@pytest.mark.parametrize(
    ("columns", "volume"),
    [
        (["original_shape_MeshVolume", "original_shape_VoxelVolume"], ("original_shape_MeshVolume",)),
        (["original_shape_VoxelVolume", "wavelet-LLH_glcm_Idn"], ("original_shape_VoxelVolume",)),
        (["CT_original_shape_MeshVolume", "PET_original_shape_MeshVolume"],) * 2,
        (["original_shape_Volume", "original_shape_SurfaceVolumeRatio"], ("original_shape_Volume",)),
        (["Shape_volume", "Shape_volumeNumber"], ("Shape_volume",)),
        (["f250_volume", "f252_minor_AL"], ("f250_volume",)),
        (["clin_tum_vol", "age"], ("clin_tum_vol",)),
        (["original_shape_SurfaceVolumeRatio", "evolution", "ivh_volfraction"], ()),
    ],
)
def test_volume_is_found_by_its_name(columns: list[str], volume: tuple[str, ...]) -> None:
    assert find_volume(columns) == tuple(volume)


def test_volume_can_be_named() -> None:
    table = noise()
    study = Study(table.assign(size_of_lesion=np.arange(80.0) ** 1.5), outcome="sick", volume="size_of_lesion")
    assert study.design.volume == ("size_of_lesion",)
    assert VOLUME in study.evaluate("ridge", permutations=0, **QUICK).summary().index


def test_prevalence_predicts_the_average() -> None:
    X = pd.DataFrame({"a": np.zeros(8)})
    share = Prevalence().fit(X, np.array([0, 0, 0, 0, 0, 0, 1, 1])).predict_proba(X)
    assert np.allclose(share, [0.75, 0.25])
    y = survival_outcome([True, True, False, True, False, True, True, False], [1, 2, 3, 4, 5, 6, 7, 8])
    survival = Prevalence().fit(X, y).predict_survival(X, np.array([0.5, 1.0, 2.5]))
    assert np.allclose(survival[0], [1, 7 / 8, 6 / 8])
    competing = survival_outcome([1, 2, 0, 1, 0, 1, 2, 0], [1, 2, 3, 4, 5, 6, 7, 8])
    incidence = Prevalence().fit(X, competing).predict_incidence(X, np.array([1.0, 2.0, 4.0]))
    assert np.allclose(incidence[0], [1 / 8, 1 / 8, 1 / 8 + 6 / 8 / 5])


def test_permuted_outcomes_stay_with_patients() -> None:
    patients = np.repeat(np.arange(30), 2)
    y = np.repeat(np.arange(30) % 2, 2)
    dealt = permuted(y, patients, 1)
    assert sorted(dealt) == sorted(y)
    assert (dealt[::2] == dealt[1::2]).all()
    assert not np.array_equal(dealt, y)
    assert np.array_equal(dealt, permuted(y, patients, 1))


def test_every_kind_of_outcome_has_a_plain_model() -> None:
    for task in Task:
        assert task in controls.plain_model(task).tasks


def test_noise_is_at_chance_whatever_is_selected() -> None:
    aucs, rejected = [], 0
    for seed in range(6):
        summary = Study(noise(seed=seed), outcome="sick").evaluate("lda", permutations=0, **QUICK).summary()
        aucs.append(summary.loc["lda", "auc"])
        rejected += summary.loc["lda", "auc_low"] > 0.5
    assert 0.42 < np.mean(aucs) < 0.58
    assert rejected <= 1


def test_permuted_outcome_is_at_chance_where_the_true_one_is_not() -> None:
    table = noise(seed=3)
    table["sick"] = (table["f0"] + table["f1"] > 0).astype(int)
    found = Study(table, outcome="sick").evaluate("lda", permutations=9, **QUICK)
    summary = found.summary()
    assert summary.loc["lda", "auc"] > 0.8
    assert 0.4 < summary.loc[PERMUTED, "auc"] < 0.6
    assert summary.loc["lda", "permutation_p"] == pytest.approx(0.1)
    assert len(found.permutations) == 9


def test_added_value_is_said_where_it_is_and_not_where_it_is_not() -> None:
    rng = np.random.default_rng(0)
    table = noise(150, 5)
    table["stage"] = table["sick"] + rng.normal(size=150)
    useless = Study(table, outcome="sick", clinical=["stage"]).evaluate("ridge", permutations=0, **QUICK)
    assert "is not shown" in "\n".join(useless.statements)
    table["f0"] = table["sick"] + rng.normal(scale=0.5, size=150)
    useful = Study(table, outcome="sick", clinical=["stage"]).evaluate("ridge", permutations=0, **QUICK)
    row = useful.comparisons[useful.comparisons["family"] == "added value"].iloc[0]
    assert row["low"] > 0
    assert "is shown" in "\n".join(useful.statements)


def test_clinical_variables_are_not_crowded_out_by_features() -> None:
    rng = np.random.default_rng(4)
    table = noise(150, 60, seed=4)
    for name in ("stage", "grade", "age"):
        table[name] = table["sick"] * 0.8 + rng.normal(size=150)
    study = Study(table, outcome="sick", clinical=["stage", "grade", "age"])
    found = study.evaluate("ridge", permutations=0, folds=5, repeats=1, workers=1).summary()["auc"]
    assert found[CLINICAL] > 0.75
    assert found[BOTH] > found[CLINICAL] - 0.05
    one_penalty = replace(
        controls.learner(catalogue.get("ridge"), Task.BINARY, [*study.design.X], study.design.clinical),
        space={"model__C": catalogue.get("ridge").space["model__C"], "blocks__factor": [1.0]},
    )
    shared = [
        run_fold(one_penalty, study.design.X, study.design.y, Task.BINARY, fold, patients=study.design.patients, seed=0)
        for fold in make_folds(study.design, Settings(repeats=1))
    ]
    assert np.mean([auc(study.design.y[r.rows], r.prediction.score).value for r in shared]) < found[BOTH] - 0.03


def test_controls_can_be_left_out() -> None:
    summary = Study(noise(), outcome="sick").evaluate("ridge", controls=False, **QUICK).summary()
    assert list(summary.index) == ["ridge"]
    assert set(summary["kind"]) == {Kind.MODEL.value}


def test_stability_equals_kuncheva_for_sets_of_one_size() -> None:
    rng = np.random.default_rng(0)
    d, k, m = 20, 5, 8
    selected = np.zeros((m, d), bool)
    for row in selected:
        row[rng.choice(8, k, replace=False)] = True
    overlap = [np.sum(a & b) for a, b in combinations(selected, 2)]
    kuncheva = np.mean([(r * d - k**2) / (k * (d - k)) for r in overlap])
    value, low, high = sample_size.stability(selected)
    assert value == pytest.approx(kuncheva)
    assert low < value < high
    assert sample_size.stability(np.tile(selected[0], (4, 1)))[0] == pytest.approx(1)
    random = rng.random((200, d)) < 0.3
    assert sample_size.stability(random)[0] == pytest.approx(0, abs=0.02)


def test_chance_among_many_features_and_detectable_effects() -> None:
    design = Study(noise(100, 200), outcome="sick").design
    spread = sample_size.spread_by_chance(design)
    m = design.y.sum()
    assert spread == pytest.approx(np.sqrt(101 / (12 * m * (100 - m))), rel=0.15)
    assert 60 < sample_size.independent_features(design.X) < 110
    copies = pd.concat([design.X[["f0", "f1"]].add_suffix(f"_{k}") for k in range(20)], axis=1)
    assert sample_size.independent_features(copies) == pytest.approx(2, abs=0.1)


def test_unstable_selection_is_a_finding() -> None:
    found = Study(noise(), outcome="sick").evaluate("lasso", permutations=0, **QUICK | {"repeats": 2, "candidates": 5})
    stable = found.sample_size["stability"]["lasso"]["value"]
    warned = "unstable selection" in {f.kind for f in found.findings}
    assert warned == (stable < sample_size.UNSTABLE)


def test_the_simplest_candidate_within_one_error_is_taken() -> None:
    space = {"model__C": [0.1, 1.0, 10.0]}
    candidates = [{"model__C": c} for c in space["model__C"]]
    close = np.array([[0.70, 0.60, 0.65], [0.75, 0.55, 0.66], [0.68, 0.63, 0.67]])
    assert simplest_within_one_error(close[None], candidates, space) == 0
    clear = np.array([[0.50, 0.52, 0.51], [0.70, 0.72, 0.71], [0.71, 0.72, 0.72]])
    assert simplest_within_one_error(clear[None], candidates, space) == 2
    both = np.array([[[0.70, 0.72, 0.71]] * 3, [[0.1, 0.2, 0.1], [0.5, 0.6, 0.5], [0.5, 0.6, 0.5]]])
    assert simplest_within_one_error(both, candidates, space) == 1
    tied = np.array([[0.5, 0.5, 0.5], [np.nan] * 3, [0.5, 0.5, 0.5]])
    assert simplest_within_one_error(tied[None], candidates, space) == 0


def test_the_best_ranked_candidate_is_taken_among_those_that_are_calibrated() -> None:
    rank = [[0.60, 0.61, 0.62], [0.70, 0.72, 0.71], [0.80, 0.79, 0.81]]
    off = [[-0.50, -0.51, -0.52], [-0.50, -0.52, -0.51], [-0.90, -0.91, -0.92]]
    assert best_ranked_within_one_error(np.array([rank, off])) == 1
    assert best_ranked_within_one_error(np.array([rank])) == 2
    tied = [[0.5] * 3, [np.nan] * 3, [0.5] * 3]
    assert best_ranked_within_one_error(np.array([tied, off])) == 0


def test_the_one_standard_error_rule_is_an_option() -> None:
    study = Study(noise(), outcome="sick")
    options = QUICK | {"permutations": 0, "controls": False}
    chosen = {c: study.evaluate("ridge", choice=c, **options) for c in Choice}
    assert {c: e.settings["choice"] for c, e in chosen.items()} == {c: c.value for c in Choice}
    space = {"model__C": [0.1, 1.0, 10.0]}
    candidates = [{"model__C": c} for c in space["model__C"]]
    scores = np.array([[[0.70, 0.60, 0.65], [0.75, 0.55, 0.66], [0.68, 0.63, 0.67]]] * 2)
    taken = {c: choose(Learner(catalogue.get("ridge").make, space, choice=c), scores, candidates) for c in Choice}
    assert taken == {Choice.BEST: 2, Choice.SIMPLEST: 0}
    with pytest.raises(ConfigError, match="unknown choice 'simple': did you mean 'simplest'"):
        study.evaluate("ridge", choice="simple", **options)


def test_a_bayesian_search_keeps_the_rules_and_is_reproducible() -> None:
    pytest.importorskip("optuna", reason="the extra 'bayes' is not installed")
    design = Study(noise(60, 6), outcome="sick").design
    space = {"model__C": [0.001, 0.003, 0.01, 0.03, 0.1, 0.3, 1.0], "scale__tails": [True, False]}
    learner = replace(controls.learner(catalogue.get("ridge"), design.task, design.features, ()), space=space)
    bayes = replace(learner, search="bayes", candidates=6, inner_folds=3)
    first, again = (tune(bayes, design.X, design.y, design.task, patients=design.patients, seed=1) for _ in range(2))
    tried = [trial["candidate"] for trial in first.search]
    assert first.search == again.search and first.chosen == again.chosen in tried
    assert len(tried) == 6 and tried == sorted(tried, key=lambda c: [space[k].index(v) for k, v in c.items()])
    all_of_it = replace(bayes, candidates=20)
    drawn = replace(all_of_it, search="random")
    results = [
        tune(way, design.X, design.y, design.task, patients=design.patients, seed=1) for way in (all_of_it, drawn)
    ]
    assert results[0].search == results[1].search and len(results[0].search) == 14


def test_a_bayesian_search_asks_for_its_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "optuna", None)
    with pytest.raises(MissingDependency, match=r"search='bayes' needs the package optuna.*radiomix\[bayes\]"):
        search("bayes", {"a": [1, 2, 3]}, 2, 0, lambda candidate: pytest.fail("nothing is to be fitted"))
    with pytest.raises(ConfigError, match="unknown search 'bays': did you mean 'bayes'"):
        Study(noise(), outcome="sick").evaluate("ridge", search="bays", **QUICK)


def test_thresholds_come_from_training_only() -> None:
    """What is tuned does not change when test outcomes do: there are none to see."""
    design = Study(noise(), outcome="sick").design
    spec = catalogue.get("ridge")
    learner = controls.learner(spec, design.task, design.features, (), candidates=2, inner_folds=3)
    rows = np.arange(60)
    first = tune(learner, design.X.iloc[rows], design.y[rows], design.task, patients=design.patients[rows], seed=0)
    again = tune(learner, design.X.iloc[rows], design.y[rows], design.task, patients=design.patients[rows], seed=0)
    assert first.thresholds == again.thresholds
    assert all(0 < cut < 1 for cut in first.thresholds.values())
