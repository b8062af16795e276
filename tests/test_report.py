"""The report: one page that needs nothing else, whose numbers are the evaluation's."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import radiomix as rx
from radiomix.errors import InputError, TableError
from radiomix.models.evaluation import Evaluation
from radiomix.report import figures
from radiomix.report.lesions import choose
from radiomix.report.scores import EXPLANATIONS, readable

QUICK = {"repeats": 1, "folds": 3, "permutations": 2, "candidates": 2, "inner_folds": 2, "seed": 0, "workers": 1}


def table(n: int = 48) -> pd.DataFrame:
    """Features of which one decides the outcome, and a volume that does not."""
    rng = np.random.default_rng(7)
    signal = rng.normal(size=n)
    return pd.DataFrame(
        {
            "ID": [f"p{i:02d}" for i in range(n)],
            "original_glcm_JointEntropy": signal + rng.normal(scale=0.5, size=n),
            "original_shape_MeshVolume": rng.lognormal(size=n),
            "original_firstorder_Mean": rng.normal(size=n),
            "malignant": (signal + rng.normal(scale=0.5, size=n) > 0).astype(int),
            "months": rng.exponential(20 * np.exp(-0.8 * signal)) + 0.1,
            "progressed": rng.uniform(size=n) < 0.7,
        }
    )


@pytest.fixture(scope="module")
def lesions(tmp_path_factory: pytest.TempPathFactory) -> pd.DataFrame:
    """Images and masks for the first three patients stand for all."""
    cohort = rx.make_cohort(tmp_path_factory.mktemp("lesions") / "cohort", n=3)
    return pd.concat([cohort[["Image", "Mask"]]] * 16, ignore_index=True)


@pytest.fixture(scope="module")
def classification(lesions: pd.DataFrame) -> Evaluation:
    study = rx.Study(table().join(lesions), outcome="malignant", patient="ID", exclude=["months", "progressed"])
    return study.evaluate(["elastic-net"], **QUICK)


@pytest.fixture(scope="module")
def survival() -> Evaluation:
    study = rx.Study(table(), time="months", event="progressed", patient="ID", exclude=["malignant"])
    return study.evaluate(["cox"], **QUICK)


def test_the_page_needs_nothing_else(classification: Evaluation, tmp_path: Path) -> None:
    path = classification.report(tmp_path / "report.html", title="A <title>")
    text = path.read_text(encoding="utf-8")
    assert not re.search(r"""(?:src|href)=["'](?:https?:)?//""", text)
    assert "A &lt;title&gt;" in text
    assert "<script" not in text
    for section in ("findings", "cohort", "scores", "curves", "features", "lesions", "sample-size", "settings"):
        assert f'<section id="{section}">' in text
    for sentence in classification.statements:
        assert sentence.split(" (")[0] in text
    summary = classification.summary()
    for model in summary.index:
        assert f"<td>{model}</td>" in text
    assert readable(summary.loc["elastic-net"], "auc") in text
    assert rx.describe("original_glcm_JointEntropy").meaning in text


def test_its_numbers_stand_beside_it_as_json(classification: Evaluation, tmp_path: Path) -> None:
    path = classification.report(tmp_path / "report.html")
    again = Evaluation.from_json(path.with_suffix(".json"))
    pd.testing.assert_frame_equal(again.summary(), classification.summary(), check_dtype=False)


def test_survival_has_its_own_curves(survival: Evaluation, tmp_path: Path) -> None:
    text = survival.report(tmp_path / "survival.html").read_text(encoding="utf-8")
    assert "log-rank p" in text
    assert "ROC" not in text
    assert '<section id="lesions">' not in text  # no images are known


def test_a_report_is_an_html_file(classification: Evaluation, tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"expected a name like report\.html, found 'report\.pdf'"):
        classification.report(tmp_path / "report.pdf")


def test_figures_ask_for_the_right_outcome(classification: Evaluation, survival: Evaluation) -> None:
    with pytest.raises(TableError, match="a ROC curve needs a binary outcome; this evaluation is of a survival one"):
        survival.plot_roc()
    with pytest.raises(TableError, match="Kaplan-Meier"):
        classification.plot_kaplan_meier()
    with pytest.raises(TableError, match="did you mean 'elastic-net'"):
        classification.plot_roc(models=["elastic"])
    with pytest.raises(TableError, match="did you mean 'auc'"):
        figures.forest(classification, "aucc")


def test_the_roc_figure_draws_the_predictions(classification: Evaluation) -> None:
    (axes,) = classification.plot_roc(models=["elastic-net"]).axes
    curve = axes.lines[-1]
    area = np.trapezoid(curve.get_ydata(), curve.get_xdata())
    scores = classification.scores.query("model == 'elastic-net' and score == 'auc_pooled'")
    assert area == pytest.approx(scores["value"].iloc[0], abs=0.02)  # a grid of 201 points blurs the steps


def test_lesions_shown_are_telling(classification: Evaluation) -> None:
    sure, sane, wrong = choose(classification, "elastic-net")
    outcome = classification.y
    mean = classification.of("elastic-net").groupby("row")["score"].mean()
    assert (outcome[sure.row], outcome[sane.row]) == (1, 0)
    assert abs(outcome[wrong.row] - mean[wrong.row]) == pytest.approx(np.abs(outcome - mean.sort_index()).max())


@pytest.mark.parametrize("which", ["classification", "survival"])
def test_main_scores_are_explained(which: str, request: pytest.FixtureRequest) -> None:
    evaluation = request.getfixturevalue(which)
    assert evaluation.settings["primary_score"] in EXPLANATIONS
    assert {"c_uno", "brier_integrated"} <= set(EXPLANATIONS)
