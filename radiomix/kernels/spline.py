"""Interpolation along one axis by weights, with the cubic B-spline's prefilter."""

from __future__ import annotations

import math

import numpy as np

from .jit import kernel

POLE = math.sqrt(3.0) - 2.0
HORIZON = 18  # |POLE| ** 18 < 1e-10, where ITK, and so PyRadiomics, stops


@kernel
def prefilter(rows: np.ndarray) -> None:
    """Turn samples into cubic B-spline coefficients along the first axis of a (n, m) array, mirrored at the ends.

    Source: Unser, Aldroubi, Eden, IEEE Trans Signal Process 1993;41:821-833. Rows are filtered side by side.
    """
    n, m = rows.shape
    if n < 2:
        return
    for i in range(n):
        for j in range(m):
            rows[i, j] *= 6.0
    start = np.zeros(m)
    if n > HORIZON:
        for i in range(HORIZON):
            for j in range(m):
                start[j] += POLE**i * rows[i, j]
    else:
        period = 2 * n - 2
        for i in range(n):
            weight = POLE**i + (POLE ** (period - i) if 0 < i < n - 1 else 0.0)
            for j in range(m):
                start[j] += weight * rows[i, j] / (1.0 - POLE**period)
    rows[0] = start
    for i in range(1, n):
        for j in range(m):
            rows[i, j] += POLE * rows[i - 1, j]
    for j in range(m):
        rows[n - 1, j] = POLE / (POLE * POLE - 1.0) * (rows[n - 1, j] + POLE * rows[n - 2, j])
    for i in range(n - 2, -1, -1):
        for j in range(m):
            rows[i, j] = POLE * (rows[i + 1, j] - rows[i, j])


@kernel
def weigh(rows: np.ndarray, taps: np.ndarray, weights: np.ndarray) -> np.ndarray:
    """(k, m): each new row is the weighted sum of the rows that its taps name."""
    made = np.zeros((taps.shape[0], rows.shape[1]))
    for k in range(taps.shape[0]):
        for t in range(taps.shape[1]):
            weight = weights[k, t]
            if weight == 0.0:
                continue
            row = rows[taps[k, t]]
            for j in range(rows.shape[1]):
                made[k, j] += weight * row[j]
    return made


@kernel
def along_middle(volume: np.ndarray, taps: np.ndarray, weights: np.ndarray, spline: bool) -> np.ndarray:
    """Interpolate a (b, n, m) array along its middle axis; it serves as working memory."""
    made = np.empty((volume.shape[0], taps.shape[0], volume.shape[2]))
    for b in range(volume.shape[0]):
        if spline:
            prefilter(volume[b])
        made[b] = weigh(volume[b], taps, weights)
    return made


@kernel
def along_last(volume: np.ndarray, taps: np.ndarray, weights: np.ndarray, spline: bool) -> np.ndarray:
    """Interpolate a (b, m, n) array along its last axis: each slice is turned, so that rows lie side by side."""
    made = np.empty((volume.shape[0], volume.shape[1], taps.shape[0]))
    for b in range(volume.shape[0]):
        turned = volume[b].T.copy()
        if spline:
            prefilter(turned)
        made[b] = weigh(turned, taps, weights).T
    return made
