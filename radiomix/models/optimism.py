"""What the bootstrap says about a model's optimism: .632+, and the apparent score corrected."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd

from .intervals import Estimate
from .scoring import Score, Setting, primary_score, score

NO_INFORMATION = 0.5


def corrected(predictions: pd.DataFrame, out_of_bag: dict[str, Score], setting: Setting) -> dict[str, Score]:
    """Apparent, .632+ (Efron and Tibshirani 1997) and optimism-corrected (Harrell 1996) values of the first score.

    Parameters
    ----------
    predictions : for every row of every bootstrap sample, with the apparent model as repeat -1
    out_of_bag : the scores of the rows that were not drawn

    The interval of the corrected score is the percentile interval of the samples' apparent scores, shifted by the
    optimism (Noma et al., Stat Med 2021;40:5691).
    """
    name = primary_score(setting.task)
    if name not in ("auc", "c_index"):
        return {}
    everybody = predictions[predictions["repeat"] == -1]
    apparent = _value(everybody, setting, name)
    in_sample, on_all = [], []
    for _, sample in predictions[predictions["repeat"] >= 0].groupby("repeat"):
        drawn = sample.loc[sample.index.repeat(sample["in_training"])]
        in_sample.append(_resampled(drawn, setting, name))
        on_all.append(_value(sample, setting, name))
    optimism = float(np.nanmean(np.array(in_sample) - np.array(on_all)))
    low, high = np.nanquantile(in_sample, [0.025, 0.975]) - optimism
    outside = out_of_bag[name].estimate.value
    return {
        f"{name}_apparent": _bare(apparent, setting),
        f"{name}_632plus": _bare(plus_632(apparent, outside), setting),
        f"{name}_optimism_corrected": replace(_bare(apparent - optimism, setting), limits=(float(low), float(high))),
    }


def plus_632(apparent: float, out_of_bag: float, no_information: float = NO_INFORMATION) -> float:
    """The .632+ combination for a score where more is better and `no_information` is what chance gives."""
    outside = max(out_of_bag, no_information)
    gap = apparent - no_information
    overfitting = (apparent - outside) / gap if apparent > outside and gap > 0 else 0.0
    weight = 0.632 / (1 - 0.368 * overfitting)
    return (1 - weight) * apparent + weight * outside


def _value(predictions: pd.DataFrame, setting: Setting, name: str) -> float:
    return score(predictions, setting, only=(name,))[name].estimate.value


def _resampled(drawn: pd.DataFrame, setting: Setting, name: str) -> float:
    rows = drawn["row"].to_numpy()
    as_cases = replace(setting, y=setting.y[rows], patients=np.arange(len(rows)))
    return _value(drawn.assign(row=np.arange(len(rows))), as_cases, name)


def _bare(value: float, setting: Setting) -> Score:
    return Score(Estimate(value, np.zeros(len(setting.y)), bounded=False))
