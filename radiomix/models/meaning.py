"""Plain sentences that say what the numbers of an evaluation mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from .controls import BOTH, CENTRE, CLINICAL, PERMUTED, SHUFFLED, VOLUME
from .leaks import Severity

if TYPE_CHECKING:
    from .evaluation import Evaluation

TITLES = {"auc": "AUC", "c_index": "C", "spearman": "rank correlation"}
ALONE = {
    VOLUME: "volume alone",
    CLINICAL: "what is known clinically",
    CENTRE: "the centre alone",
    SHUFFLED: "the same model on voxels shuffled inside the ROI, which keeps size, shape and histogram,",
}


def statements(evaluation: Evaluation) -> list[str]:
    """What is known after this evaluation, gravest first."""
    name = evaluation.settings["primary_score"]
    first = evaluation.scores[(evaluation.scores["score"] == name) & (evaluation.scores["cohort"] == "internal")]
    values = first.set_index("model")
    out = [f"LEAK: {f.message}" for f in evaluation.findings if f.severity is Severity.LEAK]
    models = [m for m in values.index if values.loc[m, "kind"] == "model"]
    out += [_score_sentence(values.loc[m], m, TITLES[name]) for m in models]
    best = evaluation.best
    out += _control_sentences(evaluation.comparisons, values, best, TITLES[name])
    out += _permutation_sentences(evaluation, values, TITLES[name])
    out += _size_sentences(evaluation, TITLES[name])
    return out


def _score_sentence(row: pd.Series, model: str, title: str) -> str:
    chance = 0.0 if title == TITLES["spearman"] else 0.5
    verdict = "" if row["low"] > chance else ", which chance explains as well"
    return f"{model} reaches {title} {row['value']:.2f} ({row['low']:.2f} to {row['high']:.2f}){verdict}."


def _control_sentences(comparisons: pd.DataFrame, values: pd.DataFrame, best: str, title: str) -> list[str]:
    out = []
    for _, row in comparisons[(comparisons["family"] == "controls") & (comparisons["first"] == best)].iterrows():
        control = row["second"]
        value = values.loc[control, "value"]
        p = "< 0.0001" if row["p_holm"] < 1e-4 else f"= {row['p_holm']:.2g}"
        gap = f"difference {row['difference']:+.2f}, {row['low']:+.2f} to {row['high']:+.2f}; p {p} after Holm"
        if row["p_holm"] < 0.05 and row["difference"] > 0:
            verdict = f"{best} is better"
        elif row["p_holm"] < 0.05:
            verdict = f"{best} is worse"
        else:
            verdict = f"nothing shows that {best} is better"
        alone = ALONE[control][0].upper() + ALONE[control][1:]
        out.append(f"{alone} reaches {title} {value:.2f}: {verdict} ({gap}).")
    for _, row in comparisons[comparisons["family"] == "added value"].iterrows():
        gap = f"{row['difference']:+.2f} ({row['low']:+.2f} to {row['high']:+.2f})"
        shown = "is shown" if row["low"] > 0 else "shows a loss" if row["high"] < 0 else "is not shown"
        value = values.loc[BOTH, "value"]
        out.append(f"Radiomics beside the clinical variables reaches {title} {value:.2f}: added value {gap} {shown}.")
    return out


def _permutation_sentences(evaluation: Evaluation, values: pd.DataFrame, title: str) -> list[str]:
    if PERMUTED not in values.index:
        return []
    p = evaluation.scores[evaluation.scores["score"] == "permutation_p"]
    row, model = values.loc[PERMUTED], p["model"].iloc[0]
    count = len(evaluation.permutations)
    return [
        f"With the outcome permuted {count} times {model} reaches {title} {row['value']:.2f} "
        f"({row['low']:.2f} to {row['high']:.2f}); p = {p['value'].iloc[0]:.3f} (no smaller value is possible than "
        f"{1 / (count + 1):.3f})."
    ]


def _size_sentences(evaluation: Evaluation, title: str) -> list[str]:
    size = evaluation.sample_size
    out = []
    if title != TITLES["spearman"] and np.isfinite(size["best_noise_feature"]):
        best, least = min(size["best_noise_feature"], 1), size["minimum_detectable"]
        out.append(
            f"With {size['events']} events, the best of {size['features']} meaningless features would reach {title} "
            f"{best:.2f} on the data it is chosen on; below {least:.2f} nothing can be told from chance with 80% power."
        )
    if len(size["features_used"]) > 1:
        out.append(f"The simplest model within one standard error of the best is {size['simplest_within_one_error']}.")
    return out
