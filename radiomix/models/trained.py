"""A fitted model to take away: a zip of what it needs to know, as JSON, and the estimator, as skops writes it.

Neither part can run code when it is read.
"""

from __future__ import annotations

import json
import os
import zipfile
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import skops.io
from sklearn.pipeline import Pipeline

from ..errors import ConfigError, MissingColumn, ModelError, unknown
from ..files import complete
from ..table import read_table
from . import catalogue
from .controls import model_arm
from .design import Design
from .evaluate import describe_cohort
from .harmonising import check_method, harmonised
from .nested import predict, tune
from .outcome import Task

FORMAT = 1
OWN_PACKAGES = ("radiomix.", "sklearn.", "xgboost.", "imblearn.", "sksurv.", "numpy.", "scipy.")


@dataclass(frozen=True, eq=False)
class FittedModel:
    """A pipeline fitted on a whole study.

    Attributes
    ----------
    pipeline : the estimator
    about : model, title, task, outcome, columns, classes, thresholds, horizon, chosen, training, versions, config
    """

    pipeline: Pipeline
    about: dict[str, Any]

    @property
    def task(self) -> Task:
        return Task(self.about["task"])

    @property
    def columns(self) -> tuple[str, ...]:
        """What a table must hold to be predicted."""
        return tuple(self.about["columns"])

    def predict_table(self, table: str | os.PathLike[str] | pd.DataFrame) -> pd.DataFrame:
        """Predictions for a table, indexed like it.

        Returns
        -------
        `probability` (and `positive`, at the threshold from training) for two classes, `probability_<class>` and
        `predicted` for several, `risk`, `high_risk` and `survival_<time>` for times, `value` for numbers.

        Raises
        ------
        MissingColumn : a column the model was trained on is not in the table
        """
        frame = read_table(table).rename(columns=str)
        missing = [c for c in self.columns if c not in frame]
        if missing:
            some = ", ".join(map(repr, missing[:5]))
            raise MissingColumn(
                f"the model needs {len(self.columns)} columns; the table lacks {len(missing)} of them: {some}. "
                "Extract the features with the model's own configuration"
            )
        times = [self.about["horizon"]] if self.about["horizon"] else []
        found = predict(self.pipeline, frame[list(self.columns)], self.task, times)
        return pd.DataFrame(self._answer(found), index=frame.index)

    def _answer(self, found: Any) -> dict[str, np.ndarray]:
        cut = self.about["thresholds"].get("threshold", np.nan)
        match self.task:
            case Task.BINARY:
                return {"probability": found.score, "positive": found.score >= cut}
            case Task.MULTICLASS | Task.ORDINAL:
                labels = self.about["classes"]
                shares = {f"probability_{label}": p for label, p in zip(labels, found.probability.T, strict=True)}
                return shares | {"predicted": np.array(labels, object)[found.probability.argmax(axis=1)]}
            case Task.CONTINUOUS:
                return {"value": found.score}
            case Task.SURVIVAL | Task.COMPETING:
                at = f"survival_{self.about['horizon']:g}"
                return {"risk": found.score, "high_risk": found.score >= cut, at: found.survival[:, 0]}

    def save(self, path: str | os.PathLike[str]) -> Path:
        """Write the model to one file, complete or not at all."""
        with complete(path) as unfinished, zipfile.ZipFile(unfinished, "w", zipfile.ZIP_DEFLATED) as file:
            file.writestr("about.json", json.dumps(self.about, indent=1, default=_plain))
            file.writestr("model.skops", skops.io.dumps(self.pipeline))
        return Path(path)


def read_model(path: str | os.PathLike[str]) -> tuple[Pipeline, dict[str, Any]]:
    """What `FittedModel.save` wrote.

    Raises
    ------
    ModelError : the file is missing, is no model, was written by a later radiomix, or holds types of other packages
    """
    source = Path(path)
    if not source.is_file():
        raise ModelError(f"expected a model file; found nothing at {source}")
    try:
        with zipfile.ZipFile(source) as file:
            about = json.loads(file.read("about.json"))
            estimator = file.read("model.skops")
    except (zipfile.BadZipFile, KeyError, json.JSONDecodeError) as error:
        raise ModelError(f"{source} is not a model that radiomix saved: {error}") from error
    if about.get("format") != FORMAT:
        raise ModelError(f"{source} has format {about.get('format')}; this radiomix reads format {FORMAT}")
    foreign = skops.io.get_untrusted_types(data=estimator)
    trusted = [name for name in foreign if name.startswith(OWN_PACKAGES) or name in catalogue.TRUSTED]
    refused = sorted(set(foreign) - set(trusted))
    if refused:
        raise ModelError(f"{source} holds types that no radiomix model has: {', '.join(refused)}. It was not opened")
    return skops.io.loads(estimator, trusted=trusted), about


def train(
    design: Design,
    spec: catalogue.ModelSpec,
    *,
    use: str = "radiomics",
    seed: int = 0,
    harmonise: str | None = None,
    **tuning: Any,
) -> tuple[Pipeline, dict[str, Any]]:
    """Tune and fit a model on a whole study."""
    from .. import __version__

    both = tuple(dict.fromkeys((*design.clinical, *design.features)))
    by_use = {"radiomics": design.features, "both": both}
    if use not in by_use:
        raise ConfigError(unknown("use", use, by_use))
    columns = by_use[use]
    arm = model_arm(spec, design.task, columns, design.clinical, **tuning)
    check_method(harmonise)
    if harmonise is not None:
        arm = harmonised(arm, design)
    X = design.X[list(arm.needed)]
    tuned = tune(arm.learner, X, design.y, design.task, patients=design.patients, seed=seed)
    horizon = None
    if design.task.has_times:
        horizon = float(np.median(design.y["time"][design.y["event"].astype(int) == 1]))
    about = {
        "format": FORMAT,
        "radiomix": __version__,
        "versions": _versions(),
        "model": spec.name,
        "title": arm.title,
        "harmonise": harmonise,
        "task": design.task.value,
        "outcome": design.columns.outcomes,
        "columns": list(arm.needed),
        "features_used": tuned.features,
        "weights": tuned.weights,
        "classes": list(design.classes),
        "thresholds": tuned.thresholds,
        "horizon": horizon,
        "chosen": tuned.chosen,
        "search": tuned.search,
        "seed": seed,
        "training": describe_cohort(design, None),
    }
    return tuned.pipeline, about


def _versions() -> dict[str, str]:
    from importlib.metadata import PackageNotFoundError, version

    out = {}
    for package in ("numpy", "pandas", "scikit-learn", "skops", "xgboost", "xgboost-cpu", "scikit-survival"):
        try:
            out[package] = version(package)
        except PackageNotFoundError:
            continue
    return out


def _plain(value: Any) -> Any:
    return value.item() if isinstance(value, np.generic) else str(value)
