"""How should a few clinical columns share a penalty with many features? Prints a table of whole pipelines.

Run as `python docs/simulate_blocks.py [tables]`; 40 tables per row take an hour or more.
"""

from __future__ import annotations

import sys
import warnings
from functools import partial

import numpy as np
import pandas as pd
from simulate_tuning import NEW_CASES, correlated, outcome

from radiomix.models import catalogue, nested
from radiomix.models.outcome import Outcome, Task

MODELS = {"ridge": Task.BINARY, "elastic-net": Task.BINARY, "cox": Task.SURVIVAL}
STRENGTHS = (0.0, 0.5, 1.0, 2.0)  # SD of what the features add; that of the clinical variables is 1


RULES: dict[str, tuple[float | None, ...]] = {
    "one penalty": (1.0,), "equal variance": (None,), "a ninth": (3.0,), "a hundredth": (10.0,),
    "ninth or hundredth": (3.0, 10.0),
}  # fmt: skip


def draw(rng: np.random.Generator, task: Task, strength: float) -> tuple[pd.DataFrame, Outcome, list[str], int]:
    """Clinical columns and features, outcomes, the clinical columns' names, and how many cases are for training."""
    n, p, q = int(rng.choice([100, 150, 200, 300])), int(rng.choice([60, 150, 300])), int(rng.integers(3, 11))
    clinical = rng.normal(size=(n + NEW_CASES, q))
    clinical[:, ::2] = clinical[:, ::2] > rng.uniform(-0.5, 1.0, size=(q + 1) // 2)
    features = correlated(rng, n + NEW_CASES, p)
    scores = clinical @ rng.normal(size=q), features @ rng.normal(size=p)
    score = sum(by * (s - s.mean()) / s.std() for by, s in zip((1.0, strength), scores, strict=True))
    names = [f"clinical {k}" for k in range(q)]
    frame = pd.DataFrame(np.column_stack([clinical, features]), columns=[*names, *(f"f{k}" for k in range(p))])
    return frame, outcome(rng, score, task), names, n


def ranks(seed: int, model: str, strength: float) -> list[float]:
    """AUC or C on new cases: of the clinical columns alone, then of both by each rule; all tuned."""
    task, spec = MODELS[model], catalogue.get(model)
    X, y, clinical, n = draw(np.random.default_rng([seed, 23]), task, strength)
    make = partial(spec.make, task, clinical=clinical)
    out = []
    for columns, factors in [(clinical, (None,)), *((list(X), factors) for factors in RULES.values())]:
        learner = nested.Learner(make, {**spec.space, "blocks__factor": factors}, candidates=16)
        patients = np.arange(n).astype(str)
        tuned = nested.tune(learner, X[columns].iloc[:n], y[:n], task, patients=patients, seed=seed)
        horizon = (float(np.median(y["time"][:n])),) if task.has_times else ()
        found = nested.predict(tuned.pipeline, X[columns].iloc[n:], task, horizon)
        out.append(nested.inner_scores(task, y[n:], found, *horizon)[0])
    return out


def main(tables: int) -> None:
    warnings.simplefilter("ignore")  # fits of hopeless candidates say so
    print(
        "| model | features add | clinical only | "
        + " | ".join(RULES)
        + " |\n|---|---"
        + "|---" * (len(RULES) + 1)
        + "|"
    )
    for model in MODELS:
        for strength in STRENGTHS:
            found = np.mean([ranks(seed, model, strength) for seed in range(tables)], axis=0)
            print(f"| {model} | {strength:g} | " + " | ".join(f"{v:.3f}" for v in found) + " |", flush=True)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 40)
