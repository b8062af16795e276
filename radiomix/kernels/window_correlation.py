"""The maximal correlation coefficient of the pairs in a window around every voxel."""

from __future__ import annotations

import numpy as np

from .jit import kernel
from .maximal_correlation import TILE, maximal_correlation, whole
from .window import gather, relabel


@kernel
def _count(local, begin, end, first, second, weight, symmetrical, matrix, rows, columns):
    """Fill the matrix of one direction's pairs, and the margins of it or of it + its transpose; returns their total."""
    n_local = matrix.shape[0]
    for i in range(n_local):
        rows[i], columns[i] = 0.0, 0.0
        for j in range(n_local):
            matrix[i, j] = 0.0
    total = 0.0
    for p in range(begin, end):
        i, j = local[first[p]], local[second[p]]
        if i >= 0 and j >= 0:
            matrix[i, j] += weight[p]
            rows[i] += weight[p]
            columns[j] += weight[p]
            total += weight[p]
            if symmetrical:
                rows[j] += weight[p]
                columns[i] += weight[p]
    return total


@kernel
def _end(parent, k):
    while parent[k] != k:
        parent[k] = parent[parent[k]]
        k = parent[k]
    return k


@kernel
def _falls_apart(local, begin, end, first, second, symmetrical, rows, columns, parent):
    """Whether rows and columns form groups without a pair between one and another: the group is then known from the
    row as well as from the column, so that MCC is 1.
    """
    n_local, parts = rows.size, 0
    for k in range(n_local):
        parent[k], parent[n_local + k] = k, n_local + k
        parts += (rows[k] > 0) + (columns[k] > 0)
    for p in range(begin, end):
        i, j = local[first[p]], local[second[p]]
        if i < 0 or j < 0:
            continue
        for _ in range(2 if symmetrical else 1):
            one, other = _end(parent, i), _end(parent, n_local + j)
            parts -= one != other
            parent[other] = one
            i, j = j, i
    return parts > 1


@kernel
def correlation_windows(flat, starts, places, group, first, second, weight, n_levels, symmetrical, out):
    """Fill `out` (V,) with MCC, averaged over the directions that hold a pair; parameters as those of `glcm_windows`.

    Most small windows fall apart, which is seen without an eigenvalue.
    """
    size, most = places.size, -(-places.size // TILE) * TILE
    window = np.empty(size, flat.dtype)
    local, values = np.empty(size, np.int64), np.empty(size, np.int64)
    seen, parent = np.full(n_levels + 1, -1, np.int64), np.empty(2 * most, np.int64)
    cells, margins, tiles = np.empty(most * most), np.empty(2 * most), np.empty((most // TILE, 3), np.int64)
    for v in range(starts.size):
        gather(flat, starts[v], places, window)
        n = -(-relabel(window, seen, v * size, local, values) // TILE) * TILE
        bands = tiles[: n // TILE]
        whole(bands)
        matrix, rows, columns = cells[: n * n].reshape((n, n)), margins[:n], margins[n : 2 * n]
        value, filled = 0.0, 0
        for g in range(group.size - 1):
            begin, end = group[g], group[g + 1]
            if _count(local, begin, end, first, second, weight, symmetrical, matrix, rows, columns) == 0:
                continue
            filled += 1
            if _falls_apart(local, begin, end, first, second, symmetrical, rows, columns, parent):
                value += 1.0
            else:
                value += maximal_correlation(cells[: n * n], bands, symmetrical, rows, columns)
        out[v] = value / filled if filled else np.nan
