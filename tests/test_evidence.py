"""The benchmarks of evaluation: that noise is really tried on everything, and what is made of tables and results."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks import chance, markdown, tables
from benchmarks.studies import Case, first_event, of_time
from radiomix.models.balance import Balance
from radiomix.models.catalogue import MODELS
from radiomix.models.frames import Selector

TRIALS = {trial.key: trial for trial in chance.trials()}


def _kinds(kind: type) -> set[str]:
    return {kind.__name__} | {name for child in kind.__subclasses__() for name in _kinds(child)}


def test_noise_is_tried_on_every_model_selector_and_sampler() -> None:
    tried = {(t.name, t.task) for t in TRIALS.values() if t.part == "model"}
    assert tried == {(name, task) for name, spec in MODELS.items() for task in spec.tasks}
    ours = {name for name in _kinds(Selector) if name != "Selector"}
    assert ours <= {t.name.partition("(")[0] for t in TRIALS.values()}
    assert {t.name.partition("+")[2] for t in TRIALS.values() if t.part == "sampling"} == {
        b.value for b in Balance if b is not Balance.NONE
    }


def test_every_trial_has_noise_of_its_own_that_comes_out_the_same() -> None:
    first, second = (TRIALS[f"model: {name}, binary"] for name in ("ridge", "lasso"))
    X, y = chance.noise(first, 0)
    again, other, later = chance.noise(first, 0)[0], chance.noise(second, 0)[0], chance.noise(first, 1)[0]
    pd.testing.assert_frame_equal(X, again)
    assert X.shape == (chance.CASES, chance.COLUMNS) and set(y) == {0, 1}
    assert not (other == X).to_numpy().any() and not (later == X).to_numpy().any()


def test_a_leak_is_seen_in_noise_and_the_same_steps_inside_folds_see_none(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(chance, "COLUMNS", 200)
    monkeypatch.setattr(chance, "NAMES", chance.NAMES[:200])
    leak = TRIALS["wrong on purpose: the 20 best columns chosen before the folds, binary"]
    inside = TRIALS["selection: Univariate(k=20), binary"]
    found, honest = ([chance.score(trial, seed) for seed in range(8)] for trial in (leak, inside))
    assert np.mean(found) > 0.75
    assert abs(np.mean(honest) - 0.5) < 0.08  # four standard errors of the mean


def test_which_event_came_first() -> None:
    names = ("StatusLocoregiolRecurrence", "StatusDistantMetastasis", "StatusDeath")
    times = ("TimeToLocoRegiolRecurrence", "TimeToDistantMetastasis", "TimeToDeathOrLastFU")
    happened = [(1, 1, 1), (0, 1, 1), (0, 0, 1), (0, 0, 0), (1, 1, 1)]
    when = [(3, 5, 9), (2, 4, 8), (1, 1, 7), (1, 2, 6), (5, 3, 9)]
    rows = [dict(zip((*names, *times), (*a, *b), strict=True)) for a, b in zip(happened, when, strict=True)]
    found = first_event(pd.DataFrame(rows))
    assert found["event"].tolist() == [1, 2, 3, 0, 2]
    assert found["time"].tolist() == [3, 4, 7, 6, 3]


def test_features_before_after_and_between() -> None:
    table = pd.DataFrame({"ID": ["a"], "CT_pre_mean": [1.0], "CT_post_mean": [4.0], "PET_pre_only": [2.0]})
    assert list(of_time(table, "pre")) == ["ID", "CT_pre_mean", "PET_pre_only"]
    assert list(of_time(table, "post")) == ["ID", "CT_post_mean"]
    assert of_time(table, "delta").to_dict("records") == [{"ID": "a", "CT_delta_mean": 3.0}]
    assert of_time(table, "all") is table


def test_a_table_becomes_scores_permutations_and_a_page(tmp_path: Path) -> None:
    rng = np.random.default_rng(0)
    frame = pd.DataFrame(rng.normal(size=(60, 4)), columns=["f0", "f1", "volume", "clin_age"])
    frame["sick"] = (frame["clin_age"] + 0.5 * rng.normal(size=60) > 0).astype(int)
    frame.to_csv(tmp_path / "t.csv", index=False)
    case = Case(
        "a table", "t.csv", {"outcome": "sick", "clinical": "clin_"}, ("ridge", "lda"), "AUC 0.9", "", None, 3, 1
    )
    result = {
        "scores": tables.scored(case, tmp_path),
        "others": tables.others(case, tmp_path),
        "permuted": tables.permuted(case.study(tmp_path), 2),
    }
    found = tables.together(result, "internal")
    assert list(found) == ["ridge", "lda", "prevalence", "volume only", "clinical only", "clinical + radiomics"]
    assert found["clinical only"]["value"] > 0.8 > found["lda"]["value"]
    assert len(result["permuted"]["values"]) == 2
    text = tables.page([case], {"a table": result})
    assert f"| clinical only | {tables.interval(found['clinical only'])} |" in text
    assert "60 cases (0: " in text and "Known: AUC 0.9." in text
    assert "Radiomics adds -0." in text or "Radiomics adds +0." in text
    assert "mean over 1 tables is" in text


def test_lines_of_a_table() -> None:
    assert markdown.table(("a", "b"), [("1", "2")]) == ["| a | b |", "| --- | --- |", "| 1 | 2 |"]
