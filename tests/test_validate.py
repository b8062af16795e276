"""Folds: nobody on both sides, strata balanced, everyone tested once per repeat."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from radiomix.errors import MissingColumn, RadiomixWarning, TableError, TooFewCases
from radiomix.models import validate
from radiomix.models.optimism import plus_632
from radiomix.models.outcome import Task, survival_outcome
from radiomix.study import Study


@settings(max_examples=30, deadline=None)
@given(st.integers(20, 60), st.integers(2, 5), st.integers(0, 100))
def test_patients_are_never_split_and_everyone_is_tested_once(n: int, folds: int, seed: int) -> None:
    rng = np.random.default_rng(seed)
    patients = rng.integers(0, max(n // 2, folds * 3), n)
    if len(np.unique(patients)) < folds:
        return
    made = validate.stratified_folds(rng.integers(0, 2, n), patients, folds=folds, repeats=2, random_state=seed)
    for repeat in (0, 1):
        tested = np.concatenate([f.test for f in made if f.repeat == repeat])
        assert sorted(tested) == list(range(n))
    for fold in made:
        assert not set(patients[fold.train]) & set(patients[fold.test])
        assert len(fold.train) + len(fold.test) == n


def test_strata_are_balanced_to_one_patient() -> None:
    y = np.array([0] * 37 + [1] * 13)
    for fold in validate.stratified_folds(y, np.arange(50), folds=5, repeats=3, random_state=1):
        assert len(fold.test) == 10
        assert y[fold.test].sum() in (2, 3)


def test_same_seed_same_folds_other_seed_others() -> None:
    y, patients = np.arange(40) % 2, np.arange(40)
    first, again, other = (validate.stratified_folds(y, patients, random_state=s) for s in (4, 4, 5))
    assert all(np.array_equal(a.test, b.test) for a, b in zip(first, again, strict=True))
    assert not all(np.array_equal(a.test, b.test) for a, b in zip(first, other, strict=True))


def test_survival_strata_hold_event_and_time() -> None:
    rng = np.random.default_rng(0)
    y = survival_outcome(rng.random(200) < 0.5, rng.exponential(size=200) + 0.1)
    for fold in validate.stratified_folds(validate.strata(y, Task.SURVIVAL), np.arange(200), folds=5):
        share = y["event"][fold.test].mean()
        assert share == pytest.approx(y["event"].mean(), abs=0.06)
        assert np.median(y["time"][fold.test]) == pytest.approx(np.median(y["time"]), rel=0.35)


def test_leave_one_centre_out() -> None:
    centres = np.array(["a", "a", "b", "b", "c"])
    patients = np.array(["p1", "p2", "p2", "p3", "p4"])
    folds = validate.centre_folds(centres, patients)
    assert [f.name for f in folds] == ["a", "b", "c"]
    assert folds[0].train.tolist() == [3, 4]  # p2 was seen in both a and b
    with pytest.raises(TooFewCases, match="at least 2 centres; found"):
        validate.centre_folds(np.array(["a", "a"]), np.array(["p", "q"]))


def test_time_folds_never_train_on_the_future() -> None:
    dates = np.random.default_rng(0).permutation(60).astype(float)
    folds = validate.time_folds(dates, np.arange(60), folds=4)
    assert len(folds) == 4
    for fold in folds:
        assert dates[fold.train].max() < dates[fold.test].min()


def test_bootstrap_tests_only_who_was_not_drawn() -> None:
    y, patients = np.arange(60) % 2, np.repeat(np.arange(30), 2)
    apparent, *samples = validate.bootstrap_folds(y, patients, repeats=8, random_state=3)
    assert len(apparent.train) == len(apparent.test) == 60
    for fold in samples:
        assert not set(patients[fold.train]) & set(patients[fold.test])
        assert len(fold.train) == 60
        assert 0.2 < len(fold.test) / 60 < 0.6


def test_folds_can_be_saved_and_given_back() -> None:
    folds = validate.stratified_folds(np.arange(30) % 2, np.arange(30), folds=3, repeats=2)
    again = validate.given_folds(validate.folds_frame(folds), pd.DataFrame(), np.arange(30))
    assert all(np.array_equal(a.test, b.test) for a, b in zip(folds, again, strict=True))


def test_folds_from_columns_and_from_lists() -> None:
    table = pd.DataFrame({"fold": [1, 1, 2, 2, None]})
    folds = validate.given_folds("fold", table, np.arange(5))
    assert [f.test.tolist() for f in folds] == [[0, 1], [2, 3]]
    assert folds[0].train.tolist() == [2, 3]
    (one,) = validate.given_folds([([0, 1], [2])], table, np.arange(5))
    assert one.test.tolist() == [2]
    with pytest.raises(MissingColumn, match="did you mean 'fold'"):
        validate.given_folds("flod", table, np.arange(5))


def test_a_patient_on_both_sides_is_refused() -> None:
    with pytest.raises(TableError, match=r"trains and tests on the same 1 patient\(s\), e.g. 'p'"):
        validate.given_folds([([0, 1], [2])], pd.DataFrame(), np.array(["p", "q", "p"]))


def test_a_class_too_small_for_the_folds_is_named() -> None:
    y = np.array([0] * 20 + [1] * 3)
    with pytest.raises(TooFewCases, match=r"class 1 has 3 patient\(s\), 5 folds need at least 5: use folds=3"):
        validate.check_enough(y, Task.BINARY, np.arange(23), 5)
    with pytest.raises(TooFewCases, match=r"class 'malignant' has 3 patient\(s\)"):
        validate.check_enough(y, Task.BINARY, np.arange(23), 5, ("benign", "malignant"))
    with pytest.raises(TooFewCases, match="one class only"):
        validate.check_enough(np.zeros(9, int), Task.BINARY, np.arange(9), 5)


def test_a_training_part_without_a_class_is_named() -> None:
    y, centres = np.array([0, 0, 0, 0, 1, 1, 1]), np.array(["a", "a", "a", "a", "b", "b", "a"])
    folds = validate.centre_folds(centres, np.arange(7))
    with pytest.raises(TooFewCases, match=r"fold 0 \(without a\) has 0 case\(s\) with class 0"):
        validate.check_training(folds, y, Task.BINARY)
    assert len(validate.check_training(folds, y.astype(float), Task.CONTINUOUS)) == 2


def test_632_plus_lies_between_apparent_and_out_of_bag() -> None:
    assert plus_632(0.8, 0.8) == pytest.approx(0.8)
    assert plus_632(1.0, 0.5) == pytest.approx(0.5)  # full overfitting: the apparent score counts for nothing
    assert plus_632(1.0, 0.4) == pytest.approx(0.5)
    no_overfitting_weight = 0.368 * 0.9 + 0.632 * 0.8
    assert 0.8 < plus_632(0.9, 0.8) < no_overfitting_weight


def test_published_folds_that_name_cases(tmp_path: Path) -> None:
    table = pd.DataFrame({"ID": [11, 12, 13, 14], "x": 0.0})
    tested = pd.DataFrame({"repeat": [0, 0, 0, 0, 1, 1], "fold": [1, 1, 2, 2, 1, 2], "ID": [11, 13, 12, 14, 11, 12]})
    tested.to_csv(tmp_path / "folds.csv", index=False)
    for form in (tested, tmp_path / "folds.csv", str(tmp_path / "folds.csv")):
        folds = validate.given_folds(form, table, np.arange(4))
        assert [(f.repeat, f.fold, f.test.tolist()) for f in folds] == [
            (0, 0, [0, 2]), (0, 1, [1, 3]), (1, 0, [0]), (1, 1, [1]),
        ]  # fmt: skip
        assert folds[2].train.tolist() == [1, 2, 3]
    sides = pd.DataFrame({"fold": 0, "side": ["train", "train", "test"], "ID": [11, 12, 14]})
    (one,) = validate.given_folds(sides, table, np.arange(4))
    assert (one.train.tolist(), one.test.tolist()) == ([0, 1], [3])
    with pytest.warns(RadiomixWarning, match="1 ID of the folds are not among the study's cases, e.g. '99'"):
        validate.given_folds(sides.assign(ID=[11, 99, 14]), table, np.arange(4))
    with pytest.raises(TableError, match="none of the 1 ID of the folds is in the table"):
        validate.given_folds(sides.assign(ID=99), table, np.arange(4))
    with pytest.raises(TableError, match=r"a column of the study's table that names cases; found \['fold', 'who'\]"):
        validate.given_folds(pd.DataFrame({"fold": [0], "who": [11]}), table, np.arange(4))
    with pytest.raises(MissingColumn, match="unknown column of folds 'fold'"):
        validate.given_folds(sides.drop(columns="fold"), table, np.arange(4))


def test_folds_from_json(tmp_path: Path) -> None:
    file = tmp_path / "splits.json"
    file.write_text('[{"train": [0, 1], "test": [2]}, [[1, 2], [0]]]')
    folds = validate.given_folds(file, pd.DataFrame(), np.arange(3))
    assert [(f.train.tolist(), f.test.tolist()) for f in folds] == [([0, 1], [2]), ([1, 2], [0])]
    with pytest.raises(TableError, match="found nothing at"):
        validate.given_folds(tmp_path / "absent.json", pd.DataFrame(), np.arange(3))


def test_a_study_takes_folds_from_a_file(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    table = pd.DataFrame({"ID": [f"p{k}" for k in range(60)], "f": rng.normal(size=60), "sick": np.arange(60) % 2})
    pd.DataFrame({"fold": np.arange(60) // 20, "ID": table["ID"]}).to_csv(tmp_path / "folds.csv", index=False)
    study = Study(table, outcome="sick", patient="ID")
    found = study.evaluate("ridge", split=str(tmp_path / "folds.csv"), controls=False, permutations=0, workers=1)
    assert found.settings["split"] == "given folds"
    assert [p["row"].tolist() for _, p in found.predictions.groupby("fold")] == [
        list(range(20 * k, 20 * k + 20)) for k in range(3)
    ]
