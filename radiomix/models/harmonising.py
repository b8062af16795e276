"""Harmonisation as the first step of a model: fitted where the model is fitted, on training cases only."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from sklearn.base import BaseEstimator, TransformerMixin
from sklearn.pipeline import Pipeline
from sklearn.utils.validation import check_is_fitted

from ..errors import ConfigError, MissingColumn, TableError, unknown
from .controls import Arm
from .design import Design
from .harmonise import FEW, ComBat
from .nested import Maker
from .preprocessing import MedianImputer, Tidy

METHODS = ("combat",)


class Harmonise(TransformerMixin, BaseEstimator):
    """ComBat between the centres of a table that also holds clinical variables, text and gaps.

    What clinical variables explain is kept: text becomes indicators, gaps are filled with the training median, and
    those that are constant or determined by the centre in the training part are left out of the model of the features.
    A centre with fewer than 3 training cases is treated like one never seen (see `ComBat`, which warns).

    Parameters
    ----------
    centre : column that names each case's batch; it leaves the table
    covariates : columns whose effects are kept; they pass unchanged
    leaving : those of the covariates that the model itself does not use, and that leave the table too

    Attributes
    ----------
    combat_ : the fitted `ComBat`

    Raises
    ------
    MissingColumn : a named column is not in the table
    TableError : no centre has enough training cases
    """

    def __init__(self, centre: str, covariates: Sequence[str] = (), leaving: Sequence[str] = ()) -> None:
        self.centre = centre
        self.covariates = covariates
        self.leaving = leaving

    def fit(self, X: pd.DataFrame, y: Any = None) -> Harmonise:
        features, centres, known = self._parts(X)
        counts = centres.value_counts()
        enough = centres.isin(counts.index[counts >= FEW]).to_numpy()
        if not enough.any():
            raise TableError(
                f"harmonisation needs a centre with at least {FEW} training cases; the largest of {len(counts)} in "
                f"{self.centre!r} has {counts.max()}"
            )
        self.tidy_ = Tidy().fit(known) if len(known.columns) else None
        self.imputer_ = None if self.tidy_ is None else MedianImputer().fit(self.tidy_.transform(known))
        self.kept_: list[str] = []
        beside = self._covariates(known)
        self.kept_ = _told_apart(beside[enough], centres[enough])
        self.combat_ = ComBat().fit(features[enough], batch=centres[enough], covariates=beside[self.kept_][enough])
        return self

    def transform(self, X: pd.DataFrame) -> pd.DataFrame:
        check_is_fitted(self)
        features, centres, known = self._parts(X)
        beside = self._covariates(known)[self.kept_]
        harmonised = self.combat_.transform(features, batch=centres, covariates=beside)
        staying = [c for c in X.columns if c in set(self.get_feature_names_out(X.columns))]
        return pd.concat([harmonised, X[[c for c in staying if c in known]]], axis=1)[staying]

    def get_feature_names_out(self, input_features: Any) -> NDArray[Any]:
        gone = {self.centre, *self.leaving}
        return np.array([c for c in input_features if c not in gone], dtype=object)

    def _parts(self, X: pd.DataFrame) -> tuple[pd.DataFrame, pd.Series, pd.DataFrame]:
        """The columns to harmonise, the centres as text, and the covariates."""
        for name in (self.centre, *self.covariates):
            if name not in X.columns:
                raise MissingColumn(unknown("column", name, X.columns[:30]))
        known = X[list(self.covariates)]
        features = X.drop(columns=[self.centre, *self.covariates])
        return features, X[self.centre].astype(str).str.strip(), known

    def _covariates(self, known: pd.DataFrame) -> pd.DataFrame:
        if self.tidy_ is None or self.imputer_ is None:
            return known
        return pd.DataFrame(self.imputer_.transform(self.tidy_.transform(known)))


@dataclass(frozen=True)
class Harmonised:
    """Makes the pipelines of `make` with harmonisation before everything else."""

    make: Maker
    step: Harmonise

    def __call__(self, random_state: int) -> Pipeline:
        pipeline = self.make(random_state=random_state)
        return type(pipeline)([("harmonise", self.step), *pipeline.steps])


def check_method(method: str | None) -> None:
    """Refuse a way to harmonise that is not known."""
    if method is not None and method not in METHODS:
        raise ConfigError(unknown("harmonise", method, METHODS))


def harmonised(arm: Arm, design: Design) -> Arm:
    """The same arm with its features harmonised between the study's centres, what is known clinically kept."""
    centre = design.columns.centre
    if centre is None:
        raise TableError("harmonise= needs a study with centre=...")
    covariates = tuple(c for c in design.clinical if c != centre)
    leaving = tuple(c for c in covariates if c not in arm.columns)
    step = Harmonise(centre, covariates, leaving)
    return replace(
        arm,
        title=f"{arm.title}; features harmonised between centres (ComBat)",
        beside=(centre, *leaving),
        learner=replace(arm.learner, make=Harmonised(arm.learner.make, step)),
    )


def _told_apart(covariates: pd.DataFrame, centres: pd.Series) -> list[str]:
    """The covariates that neither the centres nor the covariates before them determine."""
    design = (centres.to_numpy()[:, None] == np.unique(centres)).astype(float)
    kept: list[str] = []
    for name in covariates:
        values = covariates[name].to_numpy(float)
        wider = np.column_stack([design, (values - values.mean()) / (values.std() or 1.0)])
        if np.linalg.matrix_rank(wider, tol=1e-6) == wider.shape[1]:
            design = wider
            kept.append(str(name))
    return kept
