"""How single columns, pairs and patterns go with an outcome: fast numbers for the leak detector."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd
from scipy import stats

from .metrics_survival import harrell_c, logrank
from .outcome import Task

if TYPE_CHECKING:
    from .design import Design

STRONGEST = 30  # columns whose strength is computed exactly; the others' is read off their rank correlation
SAME = 1e-3  # nearest neighbours closer than this share of the usual distance are the same patient


@dataclass(frozen=True, eq=False)
class Associations:
    """Per column: strength between 0.5 (none) and 1 (the outcome itself), and a two-sided p-value."""

    columns: tuple[str, ...]
    strength: np.ndarray
    p: np.ndarray


@dataclass(frozen=True)
class Pair:
    """Two columns that together explain a share of the outcome's variance."""

    first: str
    second: str
    explained: float
    how: str


def associations(design: Design, columns: Sequence[str] | None = None) -> Associations:
    """The association of each numeric column with the outcome; missing values count as the median."""
    chosen = list(design.X.columns if columns is None else columns)
    names = [c for c in chosen if pd.api.types.is_numeric_dtype(design.X[c])]
    values = _filled(design.X[names])
    score = outcome_score(design)
    ranks = stats.rankdata(values, axis=0)
    r = _correlations(ranks, score)
    p = 2 * stats.norm.sf(np.abs(r) * np.sqrt(len(score) - 1))
    strength = 0.5 + np.abs(r) / 2
    for k in np.argsort(p)[:STRONGEST]:
        strength[k] = _strength(design, values[:, k], r[k])
    return Associations(tuple(map(str, names)), strength, p)


def association(design: Design, values: np.ndarray) -> tuple[float, float]:
    """Strength and p-value of one column."""
    filled = np.where(np.isfinite(values), values, np.nanmedian(values))
    r = _correlations(stats.rankdata(filled)[:, None], outcome_score(design))[0]
    return _strength(design, filled, r), float(2 * stats.norm.sf(abs(r) * np.sqrt(len(filled) - 1)))


def rank_correlations(X: pd.DataFrame, target: np.ndarray) -> np.ndarray:
    """Spearman's correlation of each numeric column with the target, missing values as the median."""
    return _correlations(stats.rankdata(_filled(X), axis=0), stats.rankdata(target))


def outcome_score(design: Design) -> np.ndarray:
    """One number per case, of which ranks tell the outcome: class, rank, or for times the martingale residual."""
    match design.task:
        case Task.BINARY | Task.MULTICLASS:
            return design.y.astype(float)
        case Task.ORDINAL | Task.CONTINUOUS:
            return stats.rankdata(design.y)
        case Task.SURVIVAL | Task.COMPETING:
            event, time = design.y["event"].astype(int) == 1, design.y["time"]
            times = np.unique(time[event])
            at_risk = np.array([np.sum(time >= t) for t in times])
            died = np.array([np.sum(event & (time == t)) for t in times])
            hazard = np.r_[0.0, np.cumsum(died / at_risk)][np.searchsorted(times, time, side="right")]
            return event - hazard


def best_pair(design: Design, leave_out: Collection[str] = ()) -> Pair | None:
    """The pair of numeric columns whose sum or product explains most of the outcome, none of them alone."""
    names = [c for c in design.X.columns if c not in leave_out and pd.api.types.is_numeric_dtype(design.X[c])]
    values = _filled(design.X[names])
    spread = values.std(axis=0)
    names, values = [n for n, s in zip(names, spread, strict=True) if s > 0], values[:, spread > 0]
    if len(names) < 2:
        return None
    z = (values - values.mean(axis=0)) / values.std(axis=0)
    y = outcome_score(design)
    y = (y - y.mean()) / y.std()
    pairs = [
        (*_largest(_explained_by_sum(z, y)), "sum or difference"),
        (*_largest(_explained_by_product(z, y)), "product"),
    ]
    a, b, explained, how = max(pairs, key=lambda pair: pair[2])
    return Pair(names[a], names[b], float(explained), how)


def counting_columns(X: pd.DataFrame) -> list[str]:
    """Columns that are consecutive whole numbers, each once."""
    out = []
    for column in X.select_dtypes("number"):
        values = np.sort(X[column].dropna().to_numpy(float))
        if len(values) == len(X) and len(values) > 1 and np.array_equal(values, values[0] + np.arange(len(values))):
            out.append(str(column))
    return out


def duplicates(design: Design) -> list[tuple[int, int, float]]:
    """(row, row, distance) of different patients whose features are (nearly) the same."""
    features = design.X[list(design.features)].select_dtypes("number")
    values = _filled(features)
    spread = values.std(axis=0)
    z = stats.rankdata(values[:, spread > 0], axis=0)
    if z.shape[1] < 3:
        return []
    square = (z**2).sum(axis=1)
    distance = np.sqrt(np.clip(square[:, None] + square - 2 * z @ z.T, 0, None) / z.shape[1])
    apart = design.patients[:, None] != design.patients
    usual = float(np.median(distance))
    close = np.argwhere(np.triu(apart, 1) & (distance <= SAME * usual))
    return [(int(a), int(b), 0.0 if np.array_equal(values[a], values[b]) else float(distance[a, b])) for a, b in close]


def missing_patterns(X: pd.DataFrame) -> list[tuple[tuple[str, ...], np.ndarray]]:
    """Columns by which of their cases are missing; patterns of fewer than 5 cases, or all but 5, are left out."""
    numbers = X.select_dtypes("number").columns
    absent = X.isna().to_numpy()
    absent[:, X.columns.isin(numbers)] |= ~np.isfinite(X[numbers].to_numpy(float))
    patterns: dict[bytes, list[int]] = {}
    for k, mask in enumerate(absent.T):
        if 5 <= mask.sum() <= len(X) - 5:
            patterns.setdefault(mask.tobytes(), []).append(k)
    return [(tuple(map(str, X.columns[ks])), absent[:, ks[0]]) for ks in patterns.values()]


def between_groups(design: Design, groups: np.ndarray) -> float:
    """The p-value that the outcome is the same in all groups."""
    match design.task:
        case Task.BINARY | Task.MULTICLASS:
            return float(stats.chi2_contingency(pd.crosstab(groups, design.y)).pvalue)
        case Task.ORDINAL | Task.CONTINUOUS:
            return float(stats.kruskal(*[design.y[groups == g] for g in np.unique(groups)]).pvalue)
        case Task.SURVIVAL | Task.COMPETING:
            return logrank(design.y["event"].astype(int) == 1, design.y["time"], groups)[1]


def _filled(X: pd.DataFrame) -> np.ndarray:
    """Values with whatever is not a finite number replaced by the column's median; 0 where there is none."""
    values = X.to_numpy(float, na_value=np.nan).copy()
    values[~np.isfinite(values)] = np.nan
    known = np.isfinite(values).any(axis=0)
    median = np.zeros(values.shape[1])
    median[known] = np.nanmedian(values[:, known], axis=0)
    return np.where(np.isnan(values), median, values)


def _correlations(columns: np.ndarray, y: np.ndarray) -> np.ndarray:
    centred, target = columns - columns.mean(axis=0), y - y.mean()
    size = np.sqrt((centred**2).sum(axis=0) * (target**2).sum())
    return np.divide(centred.T @ target, size, out=np.zeros(columns.shape[1]), where=size > 0)


def _strength(design: Design, values: np.ndarray, r: float) -> float:
    match design.task:
        case Task.BINARY:
            return _separation(design.y == 1, values)
        case Task.MULTICLASS:
            return max(_separation(design.y == k, values) for k in np.unique(design.y))
        case Task.ORDINAL | Task.CONTINUOUS:
            return 0.5 + abs(float(r)) / 2
        case Task.SURVIVAL | Task.COMPETING:
            c = harrell_c(design.y["event"].astype(int) == 1, design.y["time"], values).value
            return max(c, 1 - c)


def _separation(member: np.ndarray, values: np.ndarray) -> float:
    ranks = stats.rankdata(values)
    m, n = int(member.sum()), int((~member).sum())
    area = (ranks[member].sum() - m * (m + 1) / 2) / (m * n)
    return float(max(area, 1 - area))


def _explained_by_sum(z: np.ndarray, y: np.ndarray) -> np.ndarray:
    """R^2 of the outcome on every pair of columns, less that of the better one where it alone explains as much."""
    n = len(y)
    r, between = z.T @ y / n, np.clip(z.T @ z / n, -1, 1)
    room = 1 - between**2
    np.fill_diagonal(room, 0)
    both = r[:, None] ** 2 + r**2 - 2 * np.outer(r, r) * between
    return np.divide(both, room, out=np.zeros_like(both), where=room > 1e-4)


def _explained_by_product(z: np.ndarray, y: np.ndarray) -> np.ndarray:
    n = len(y)
    with_y, squares = (z * y[:, None]).T @ z / n, (z**2).T @ z**2 / n
    variance = squares - (z.T @ z / n) ** 2
    out = np.divide(with_y**2, variance, out=np.zeros_like(with_y), where=variance > 1e-9)
    np.fill_diagonal(out, 0)
    return out


def _largest(pairs: np.ndarray) -> tuple[int, int, float]:
    a, b = np.unravel_index(int(np.argmax(pairs)), pairs.shape)
    return int(a), int(b), float(pairs[a, b])
