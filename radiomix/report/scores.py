"""Scores in words: how they are printed and what they mean."""

from __future__ import annotations

import math

import pandas as pd

MAIN = (
    "auc", "c_index", "spearman", "balanced_accuracy", "kappa_quadratic", "r2", "brier", "brier_integrated",
    "calibration_slope", "logrank_p",
)  # fmt: skip

EXPLANATIONS = {
    "auc": "Area under the ROC curve, averaged over test sets: the chance that a positive case "
    "is ranked above a negative one. 0.5 is a coin.",
    "auc_pooled": "AUC of all test predictions taken together; lower than the mean where the folds' scales differ.",
    "average_precision": "Area under the precision-recall curve; chance is the prevalence.",
    "balanced_accuracy": "Mean of sensitivity and specificity at the threshold chosen on training data (Youden).",
    "sensitivity": "Share of positive cases called positive, at the threshold chosen on training data.",
    "specificity": "Share of negative cases called negative, at the threshold chosen on training data.",
    "ppv": "Share of cases called positive that are positive.",
    "npv": "Share of cases called negative that are negative.",
    "brier": "Mean squared distance of predicted probability and outcome; smaller is better.",
    "calibration_slope": "1 where predictions are neither too extreme (< 1) nor too timid (> 1).",
    "calibration_intercept": "0 where the average prediction is the average outcome.",
    "eci": "Estimated calibration index: 100 times the mean squared distance to the flexible calibration curve.",
    "net_benefit": "True positives less weighted false positives per case, at the prevalence as threshold.",
    "c_index": "Harrell's C, averaged over test sets: the chance that of two patients the one at higher risk "
    "has the event first. 0.5 is a coin.",
    "c_uno": "Uno's C: like Harrell's, but not moved by the censoring.",
    "brier_integrated": "Brier score over time, weighted for censoring; smaller is better.",
    "d_calibration_p": "p-value of D-calibration; small values speak against the predicted survival.",
    "logrank_p": "Log-rank test between the groups cut at the training threshold.",
    "log_hazard_ratio": "Log hazard ratio of the high against the low risk group.",
    "spearman": "Rank correlation of prediction and outcome, averaged over test sets.",
    "r2": "Share of the variance explained on test sets; can be negative.",
}  # fmt: skip


def readable(row: pd.Series, name: str, *, digits: int = 3) -> str:
    """A score of one row of `Evaluation.summary` with its interval."""
    value = row[name]
    if pd.isna(value):
        return ""
    text = f"{value:.2g}" if name.endswith("_p") and value < 0.01 else f"{value:.{digits}f}"
    low, high = row.get(f"{name}_low", math.nan), row.get(f"{name}_high", math.nan)
    return text if pd.isna(low) or pd.isna(high) else f"{text} ({low:.2f} to {high:.2f})"


def brief(summary: pd.DataFrame) -> str:
    """The main scores of `Evaluation.summary` as lines for a terminal: models, then what stands beside them."""
    chosen = [name for name in MAIN if name in summary]
    cells = pd.DataFrame({name: [readable(row, name, digits=2) for _, row in summary.iterrows()] for name in chosen})
    return cells.set_index(summary.index.rename(None)).to_string()
