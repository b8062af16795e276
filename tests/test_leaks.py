"""The leak detector sees what is planted and stays silent on honest tables."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from radiomix.errors import TableError
from radiomix.models import leaks
from radiomix.models.leaks import Finding, Severity
from radiomix.models.validate import Fold
from radiomix.study import Study
from tests.data import shared


def honest(n: int = 120, features: int = 40, seed: int = 0) -> pd.DataFrame:
    """A table of noise with a weakly predictive first feature."""
    rng = np.random.default_rng(seed)
    table = pd.DataFrame(rng.normal(size=(n, features)), columns=[f"f{k}" for k in range(features)])
    table["sick"] = (table["f0"] + 2 * rng.normal(size=n) > 0).astype(int)
    table["ID"] = [f"P{k:03d}" for k in rng.permutation(n)]
    return table


def findings(table: pd.DataFrame, **options: object) -> list[Finding]:
    return leaks.find_leaks(Study(table, **({"outcome": "sick", "patient": "ID"} | options)).design)


def kinds(found: list[Finding], severity: Severity = Severity.LEAK) -> set[str]:
    return {finding.kind for finding in found if finding.severity is severity}


@pytest.mark.parametrize("seed", range(5))
def test_honest_tables_raise_no_alarm(seed: int) -> None:
    found = findings(honest(seed=seed))
    assert not kinds(found)
    assert not kinds(found, Severity.WARNING)


def test_trap_is_caught() -> None:
    path = shared("tables/trap_label_among_features.csv.gz")
    found = leaks.find_leaks(Study(path, outcome="LRR", patient="ID").design)
    assert found[0].severity is Severity.LEAK
    assert found[0].columns == ("f257_peri",)


def test_a_real_duplicate_is_found() -> None:
    path = shared("tables/nsclc_2y_harvard.csv.gz")
    found = leaks.find_leaks(Study(path, outcome="surv2yr", patient="id").design)
    assert "150 = 240" in next(f.message for f in found if f.kind == "duplicates")


def test_times_of_other_end_points_are_found() -> None:
    path = shared("tables/headneck_os_recurrence_design.csv.gz")
    study = Study(path, time="TimeToDeathOrLastFU", event="StatusDeath", patient="StudySubjectID")
    columns = {c for f in leaks.find_leaks(study.design) if f.severity is Severity.LEAK for c in f.columns}
    assert {"TimeToDistantMetastasis", "TimeToLocoRegiolRecurrence"} <= columns
    assert all(c.startswith(("Status", "TimeTo")) for c in columns)


def test_outcome_in_disguise_is_found() -> None:
    table = honest()
    table["inverted"] = -3.0 * table["sick"] + 5
    table["noisy"] = table["sick"] + np.random.default_rng(1).normal(scale=0.15, size=len(table))
    table["grade"] = np.where(table["sick"] == 1, "High ", "low")
    found = findings(table, clinical=["grade"])
    assert {c for f in found if f.severity is Severity.LEAK for c in f.columns} == {"inverted", "noisy", "grade"}


def test_outcome_in_a_difference_and_in_a_product() -> None:
    rng = np.random.default_rng(2)
    table = honest()
    table["before"] = rng.normal(size=len(table)) * 10
    table["after"] = table["before"] + table["sick"]
    assert kinds(findings(table)) == {"outcome in a pair"}
    table = honest()
    table["sign"] = rng.choice([-1.0, 1.0], len(table))
    table["coded"] = table["sign"] * (2 * table["sick"] - 1)
    assert "product" in next(f.message for f in findings(table) if f.kind == "outcome in a pair")


def test_named_like_an_outcome() -> None:
    table = honest()
    table["StatusDeath"] = np.where(np.random.default_rng(0).random(len(table)) < 0.8, table["sick"], 0)
    assert kinds(findings(table)) == {"named like an outcome"}


def test_order_ids_and_counters() -> None:
    table = honest().sort_values("sick", ignore_index=True)
    table["ID"] = [f"P{k}" for k in range(len(table))]
    found = [f.message for f in findings(table) if f.kind == "order and ids"]
    assert any("order of rows" in m for m in found)
    assert any("number in ID" in m for m in found)
    table = honest()
    table["case_number"] = np.arange(len(table)) + 17
    assert any(f.columns == ("case_number",) for f in findings(table) if f.severity is Severity.LEAK)


def test_duplicates_between_patients_but_not_within() -> None:
    table = honest()
    copies = table.iloc[:4].assign(ID=[f"Q{k}" for k in range(4)])
    twice = pd.concat([table, copies], ignore_index=True)
    found = next(f for f in findings(twice) if f.kind == "duplicates")
    assert found.severity is Severity.LEAK
    assert found.evidence == 4
    same = pd.concat([table, table.iloc[:4]], ignore_index=True)
    assert not [f for f in findings(same) if f.kind == "duplicates"]


def test_duplicates_across_folds_are_counted() -> None:
    table = honest()
    twice = pd.concat([table, table.iloc[:4].assign(ID=[f"Q{k}" for k in range(4)])], ignore_index=True)
    design = Study(twice, outcome="sick", patient="ID").design
    n = len(twice)
    apart = Fold(0, 0, np.arange(n - 4), np.arange(n - 4, n))
    (found,) = leaks.find_in_folds(design, [apart])
    assert "4 time(s)" in found.message
    together = Fold(0, 0, np.arange(4, n - 4), np.r_[np.arange(4), np.arange(n - 4, n)])
    assert leaks.find_in_folds(design, [together]) == []


def test_missingness_and_batch_that_go_with_the_outcome() -> None:
    rng = np.random.default_rng(4)
    table = honest()
    table.loc[(table["sick"] == 1) & (rng.random(len(table)) < 0.7), ["f5", "f6"]] = np.nan
    table["site"] = np.where((table["sick"] == 1) ^ (rng.random(len(table)) < 0.1), "A", "B")
    found = findings(table, centre="site")
    assert {"missing with outcome", "batch with outcome"} <= kinds(found, Severity.WARNING)
    assert next(f for f in found if f.kind == "missing with outcome").columns == ("f5", "f6")


def test_selection_before_is_suspected() -> None:
    rng = np.random.default_rng(0)
    table = honest(features=2)
    for k in range(12):
        table[f"chosen{k}"] = table["sick"] + rng.normal(scale=1.5, size=len(table))
    assert "selected before" in kinds(findings(table), Severity.WARNING)
    few = honest().rename(columns={"f0": "original_glcm_Contrast", "f1": "wavelet-LLH_glszm_ZoneEntropy"})
    assert "selected before" in kinds(findings(few), Severity.NOTE)


def test_a_leaking_column_is_left_out_or_refused() -> None:
    table = honest(60, 6)
    table["label"] = table["sick"]
    study = Study(table, outcome="sick", patient="ID")
    options = {"repeats": 1, "folds": 2, "permutations": 0, "workers": 1, "candidates": 1}
    found = study.evaluate("ridge", **options)
    assert "label" not in set(found.selection["feature"])
    assert found.statements[0].startswith("LEAK: label")
    assert found.summary().loc["ridge", "auc"] < 0.9
    assert study.evaluate("ridge", on_leak="keep", **options).summary().loc["ridge", "auc"] > 0.95
    with pytest.raises(TableError, match="label gives the outcome away"):
        study.evaluate("ridge", on_leak="refuse", **options)


def test_survival_and_numbers() -> None:
    table = honest()
    rng = np.random.default_rng(0)
    table["months"] = rng.exponential(12, len(table)) + 0.1
    table["other_months"] = table["months"] * 1.01
    table["progressed"] = rng.integers(0, 2, len(table))
    found = leaks.find_leaks(Study(table, time="months", event="progressed", patient="ID", exclude=["sick"]).design)
    assert any(f.columns == ("other_months",) for f in found if f.severity is Severity.LEAK)
    number = Study(table, outcome="months", patient="ID", exclude=["sick", "progressed"])
    assert any(f.columns == ("other_months",) for f in leaks.find_leaks(number.design) if f.severity is Severity.LEAK)
