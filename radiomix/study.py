"""The face of the table half: a study, its evaluation, and a model to take away."""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import pandas as pd

from .config import Config, decode, encode
from .errors import ModelError, TableError
from .models.catalogue import ModelSpec, list_models
from .models.design import Columns, Design, make_design
from .models.evaluate import Settings, choose_models, evaluate
from .models.evaluation import Evaluation
from .models.harmonising import check_method
from .models.outcome import Task
from .models.trained import FittedModel, read_model, train
from .table import config_of, read_table, require_columns

__all__ = ["Evaluation", "Study", "TrainedModel", "list_models", "load_model"]

Table: TypeAlias = str | os.PathLike[str] | pd.DataFrame


class Study:
    """A table, and what its columns mean.

    Parameters
    ----------
    table : DataFrame, or the path of a CSV or Parquet file; a row per case
    outcome : column with the class, grade or number to predict; or
    time, event : columns with the follow-up, and whether it ended with the event (0/1, True/False, yes/no) or, for
        competing events, with which one (0 for none)
    patient : column that says whose row it is: rows of one patient are never separated
    centre : column with site, scanner or cohort
    date : column that orders the cases for split="time"
    clinical : columns that stand beside the images
    features : radiomic columns; None takes those named like features, or else every numeric column left
    exclude : columns to leave alone
    volume : column(s) with the lesion's volume; None looks for it among the features
    entry, stratum : columns for left truncation and stratified baseline hazards
    task : "binary", "multi-class", "ordinal", "continuous"; None decides from the outcome
    positive : the value of a binary outcome that is predicted; None takes the last in order
    cause : the event code of interest; None takes the smallest
    harmonise : "combat" takes what centres add out of the features before any model sees them, learnt on training
        cases with the effects of the clinical variables kept
    config : the extraction's `Config`, kept in trained models so that new images are processed alike; None takes what
        the table knows (`table.config_of`)

    Raises
    ------
    MissingColumn, TableError, TooFewCases

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> rng = np.random.default_rng(0)
    >>> table = pd.DataFrame(rng.normal(size=(60, 3)), columns=["a", "b", "c"])
    >>> table["malignant"] = (table["a"] + rng.normal(size=60) > 0).astype(int)
    >>> Study(table, outcome="malignant")
    Study(60 cases, 60 patients, 3 features, binary outcome 'malignant')
    """

    def __init__(
        self,
        table: Table,
        *,
        outcome: str | None = None,
        time: str | None = None,
        event: str | None = None,
        patient: str | None = None,
        centre: str | None = None,
        date: str | None = None,
        clinical: Sequence[str] = (),
        features: Sequence[str] | None = None,
        exclude: Sequence[str] = (),
        volume: str | Sequence[str] | None = None,
        entry: str | None = None,
        stratum: str | None = None,
        task: str | Task | None = None,
        positive: Any = None,
        cause: Any = None,
        harmonise: str | None = None,
        config: Config | None = None,
    ) -> None:
        columns = Columns(
            outcome=outcome,
            time=time,
            event=event,
            patient=patient,
            centre=centre,
            date=date,
            clinical=_names(clinical),
            features=None if features is None else _names(features),
            exclude=_names(exclude),
            volume=None if volume is None else _names(volume),
            entry=entry,
            stratum=stratum,
        )
        self._cause, self._positive = cause, positive
        check_method(harmonise)
        if harmonise is not None and centre is None:
            raise TableError("harmonise= needs a study with centre=...")
        self.harmonise = harmonise
        cases = read_table(table)
        self.config = config or config_of(cases)
        self.design: Design = make_design(cases, columns, task=_task(task), positive=positive, cause=cause)

    def __repr__(self) -> str:
        d = self.design
        named = d.columns.outcome or f"{d.columns.event} at {d.columns.time}"
        patients = len(set(d.patients))
        counts = f"{len(d.y)} cases, {patients} patients, {len(d.features)} features"
        return f"Study({counts}, {d.task.value} outcome {named!r})"

    @property
    def task(self) -> Task:
        """The kind of outcome."""
        return self.design.task

    def evaluate(
        self,
        models: str | ModelSpec | Sequence[str | ModelSpec],
        *,
        folds: int = 5,
        repeats: int | None = None,
        split: object = "patient",
        seed: int = 0,
        controls: bool = True,
        shuffled: bool = False,
        external: Table | None = None,
        workers: int | None = None,
        resume: str | os.PathLike[str] | None = None,
        **options: Any,
    ) -> Evaluation:
        """Evaluate models by nested cross-validation, beside their controls.

        Parameters
        ----------
        models : names from `list_models()`; the first one is also joined with the clinical variables and permuted
        folds, repeats : of the outer cross-validation; 3 repeats by default, 50 samples with split="bootstrap"
        split : "patient" (stratified by outcome), "centre" (leave one out), "time", "bootstrap", or given folds: names
            of fold columns, (train rows, test rows) pairs, `Evaluation.folds` of another evaluation, or a frame or
            file that names the cases tested in each fold (see docs/evaluation.md)
        seed : of everything random
        controls : whether controls stand beside the models
        shuffled : whether features are extracted again from images whose voxels are shuffled inside the ROI, for one
            more control; needs the columns Image and Mask, and the extraction's configuration
        external : a second table with the same columns, predicted once by models fitted on all of this one
        workers : processes; None takes all cores
        resume : a folder in which finished folds are kept and from which they are taken up again
        options : permutations, candidates, inner_folds, choice, search, horizons, use, on_leak, learning_curve,
            harmonise: see `radiomix.models.evaluate.Settings`

        Returns
        -------
        Evaluation
        """
        settings = Settings.with_options(
            folds=folds, repeats=repeats, split=split, seed=seed, controls=controls,
            **{"harmonise": self.harmonise} | options,
        )  # fmt: skip
        workers = workers or os.cpu_count() or 1
        return evaluate(
            self._with_shuffled(seed, workers) if shuffled and controls else self.design,
            models,
            settings,
            external=None if external is None else self._like_this(external),
            workers=workers,
            resume=resume,
        )

    def _with_shuffled(self, seed: int, workers: int) -> Design:
        """The study with the features that its images have once voxels are shuffled; cases that fail are gaps."""
        table = self.design.table
        require_columns(table, ["Image", "Mask"])
        if self.config is None:
            raise TableError(
                "the control of shuffled voxels needs the configuration that the features were extracted with: "
                "Study(..., config=...)"
            )
        from .perturbations import Shuffle, perturb_cases

        cases = table[[c for c in ("Image", "Mask", "Label") if c in table]].assign(case=range(len(table)))
        found = perturb_cases(cases, self.config, [Shuffle()], random_state=seed, workers=workers)
        found = found[found["repeat"] == 1].set_index("case").reindex(range(len(table)))
        features = [c for c in self.design.features if c in found]
        if not features:
            raise TableError("the study's configuration gives none of its features: nothing can be shuffled")
        return self.design.with_shuffled(found[features].astype(float))

    def fit(self, model: str | ModelSpec, *, use: str = "radiomics", seed: int = 0, **tuning: Any) -> TrainedModel:
        """Tune and fit one model on all cases.

        Parameters
        ----------
        use : "radiomics", or "both" with the clinical variables, which must then be in every table to predict
        tuning : candidates, inner_folds, choice, search; harmonise
        """
        (spec,) = choose_models([model], self.task)
        pipeline, about = train(self.design, spec, use=use, seed=seed, **{"harmonise": self.harmonise} | tuning)
        return TrainedModel(pipeline, about | {"config": None if self.config is None else encode(self.config)})

    def _like_this(self, table: Table) -> Design:
        d = self.design
        columns = Columns(**{**vars(d.columns), "features": d.features, "volume": d.volume})
        external = make_design(
            read_table(table), columns, task=d.task, positive=self._positive, cause=self._cause, classes=d.classes
        )
        if external.task is not d.task:
            raise TableError(f"the external outcome is {external.task.value}, the study's {d.task.value}")
        return external


class TrainedModel(FittedModel):
    """A fitted model; `predict` takes a table, or an image and its mask."""

    @property
    def config(self) -> Config | None:
        """The configuration with which features must be extracted."""
        stored = self.about.get("config")
        return None if stored is None else decode(stored)

    def predict(
        self, source: Any, mask: Any = None, *, label: int | None = None, given: Mapping[str, Any] | None = None
    ) -> pd.DataFrame:
        """Predictions for a table of features, or for one image and its mask.

        Parameters
        ----------
        source : a table (DataFrame or path), or with `mask` an image as `radiomix.extract` takes it
        label : of the mask
        given : what the model needs to know beside the image, {column: value}: clinical variables, the centre

        Returns
        -------
        DataFrame indexed like the table, one row for an image; see `FittedModel.predict_table`.

        Raises
        ------
        MissingColumn : the features the model needs are not there
        ModelError : the model was trained without knowing how its features were extracted
        """
        if mask is None:
            return self.predict_table(source)
        if self.config is None:
            raise ModelError(
                "the model does not know how its features were extracted: train it with Study(..., config=...), or "
                "extract the features yourself and predict the table"
            )
        from .extraction import extract

        features = extract(source, mask, self.config, label=label).to_frame().T
        return self.predict_table(features.assign(**(given or {})))


def load_model(path: str | os.PathLike[str]) -> TrainedModel:
    """Read a model that `TrainedModel.save` wrote; reading it cannot run code.

    Raises
    ------
    ModelError : the file is missing, damaged, of another format, or holds types of other packages
    """
    return TrainedModel(*read_model(path))


def _names(given: str | Sequence[str]) -> tuple[str, ...]:
    return (given,) if isinstance(given, str) else tuple(given)


def _task(given: str | Task | None) -> Task | None:
    return Task(given) if isinstance(given, str) else given
