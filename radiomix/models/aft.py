"""Accelerated failure time models, fitted by lifelines and kept as plain arrays."""

from __future__ import annotations

import warnings

import numpy as np
import pandas as pd
from scipy import stats

from ..errors import ConfigError, ModelError, unknown
from .outcome import Outcome, entries, fields
from .partial_likelihood import Floats
from .survival import SurvivalModel

DISTRIBUTIONS = ("weibull", "lognormal")


class AcceleratedFailure(SurvivalModel):
    """log time = intercept + x b + scale * noise; delayed entry is honoured.

    Parameters
    ----------
    distribution : of the time, "weibull" or "lognormal"
    penalty : ridge penalty on b over standardised columns, as lifelines scales it

    Attributes
    ----------
    coef_ : (p,) log of the factor by which a unit stretches time
    intercept_ : log time of the average case
    scale_ : of the noise
    mean_ : (p,) training means
    """

    def __init__(self, distribution: str = "weibull", penalty: float = 0.1) -> None:
        self.distribution = distribution
        self.penalty = penalty

    def _learn(self, values: Floats, y: Outcome) -> None:
        if "stratum" in fields(y):
            raise ModelError("an AFT model knows no strata, which the outcome has: use cox, or leave 'stratum' out")
        self.mean_, sd = values.mean(axis=0), values.std(axis=0)
        sd = np.where(sd > 0, sd, 1.0)
        unit = float(np.median(y["time"]))  # times near 1 keep the optimiser away from overflow
        parameters = self._fitted((values - self.mean_) / sd, y, unit)
        location, shape = ("lambda_", "rho_") if self.distribution == "weibull" else ("mu_", "sigma_")
        log_shape = parameters[shape, "Intercept"]
        self.coef_ = np.array([parameters[location, f"x{i}"] for i in range(values.shape[1])]) / sd
        self.intercept_ = float(parameters[location, "Intercept"] + np.log(unit))
        self.scale_ = float(np.exp(-log_shape if self.distribution == "weibull" else log_shape))

    def _fitted(self, standard: Floats, y: Outcome, unit: float) -> pd.Series:
        # loading lifelines takes a second, which other models need not pay
        from lifelines import LogNormalAFTFitter, WeibullAFTFitter
        from lifelines.exceptions import ApproximationWarning, ConvergenceError

        match self.distribution:
            case "weibull":
                fitter = WeibullAFTFitter(penalizer=self.penalty)
            case "lognormal":
                fitter = LogNormalAFTFitter(penalizer=self.penalty)
            case other:
                raise ConfigError(unknown("distribution", other, DISTRIBUTIONS))
        frame = pd.DataFrame(standard, columns=[f"x{i}" for i in range(standard.shape[1])])
        frame = frame.assign(time=y["time"] / unit, event=y["event"].astype(bool), entry=entries(y) / unit)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore", ApproximationWarning)  # of the variances, which are not kept
                fitter.fit(frame, "time", "event", entry_col="entry" if entries(y).any() else None)
        except ConvergenceError as error:
            advice = "raise the penalty or keep fewer columns"
            raise ModelError(f"the {self.distribution} model did not converge: {advice}") from error
        return fitter.params_

    def _risk(self, values: Floats) -> Floats:
        return -(values - self.mean_) @ self.coef_

    def _survival(self, values: Floats, times: Floats) -> Floats:
        with np.errstate(divide="ignore"):  # log 0 = -inf: everybody is free of the event at time 0
            standard = (np.log(times)[None, :] - self.intercept_ + self._risk(values)[:, None]) / self.scale_
        if self.distribution == "weibull":
            return np.exp(-np.exp(np.minimum(standard, 700)))
        return stats.norm.sf(standard)
