"""The maximal correlation coefficient against a dense solver, where levels meet seldom and eigenvalues coincide."""

from __future__ import annotations

import numpy as np
import pytest

from radiomix.kernels.maximal_correlation import TILE, maximal_correlation, whole


def dense(joint: np.ndarray) -> float:
    """Second largest |eigenvalue| of D^-1/2 P D^-1/2."""
    scale = 1 / np.sqrt(joint.sum(axis=1))
    return float(np.sort(np.abs(np.linalg.eigvalsh(scale[:, None] * joint * scale)))[-2])


def found(matrix: np.ndarray, symmetric: bool) -> float:
    """Of a matrix, or of it + its transpose, stored as a whole."""
    size = -(-len(matrix) // TILE) * TILE
    cells, bands = np.zeros((size, size)), np.empty((size // TILE, 3), np.int64)
    cells[: len(matrix), : len(matrix)] = matrix
    whole(bands)
    meant = cells + cells.T if symmetric else cells
    return maximal_correlation(cells.ravel(), bands, symmetric, meant.sum(axis=1), meant.sum(axis=0))


def ours(joint: np.ndarray) -> float:
    """Of a symmetric matrix, handed over as what lies on and above the diagonal."""
    return found(np.triu(joint, 1) + np.diag(np.diag(joint) / 2), True)


def joint_of(counts: np.ndarray) -> np.ndarray:
    symmetric = (counts + counts.T).astype(float)
    met = symmetric.sum(axis=1) > 0
    return np.ascontiguousarray(symmetric[np.ix_(met, met)] / symmetric.sum())


@pytest.mark.parametrize("density", [0.02, 0.05, 0.1, 0.3, 1.0])
def test_any_matrix(density):
    random = np.random.default_rng(int(1000 * density))
    for _ in range(200):
        size = int(random.integers(4, 60))
        joint = joint_of(random.integers(1, 4, (size, size)) * (random.random((size, size)) < density))
        if len(joint) > 1:
            assert ours(joint) == pytest.approx(dense(joint), rel=1e-9, abs=1e-7)


@pytest.mark.parametrize("block", [1, 2, 3, 10])
def test_groups_of_levels_that_never_meet_are_perfectly_correlated(block):
    joint = joint_of(np.kron(np.eye(30 // block), np.ones((block, block))))
    assert ours(joint) == pytest.approx(1.0, abs=1e-12)


def test_independent_levels_are_not_correlated():
    assert ours(joint_of(np.ones((12, 12)))) == pytest.approx(0.0, abs=1e-7)


def test_levels_without_a_row_leave_nothing_to_look_for() -> None:
    """Most of 19 levels never come first: what can be found ends with those that do."""
    pairs = [(0, 2), (0, 3), (0, 6), (0, 12), (0, 14), (1, 1), (1, 5), (2, 3), (2, 4), (3, 6), (3, 7)]
    pairs += [(4, 1), (4, 3), (4, 13), (5, 5), (6, 1)]
    matrix = np.zeros((19, 19))
    for pair in pairs:
        matrix[pair] = 1.0
    rows, columns = matrix.sum(axis=1), matrix.sum(axis=0)
    scales = [np.divide(1.0, np.sqrt(sums), where=sums > 0, out=np.zeros(19)) for sums in (rows, columns)]
    expected = np.linalg.svd(scales[0][:, None] * matrix * scales[1], compute_uv=False)[1]
    assert found(matrix, False) == pytest.approx(expected, rel=1e-10)


@pytest.mark.parametrize("reach", [1.0, 4.0, 20.0])
def test_many_levels_that_meet_near_ones(reach: float) -> None:
    """Eigenvalues lie close to one another here, and the iteration stops long before it has seen them all."""
    random = np.random.default_rng(int(reach))
    for size in (40, 120, 250):
        level = np.arange(size)
        often = 20 * np.exp(-(((level - size / 2) / (size / 4)) ** 2))
        expected = np.sqrt(often[:, None] * often) * np.exp(-(((level[:, None] - level) / reach) ** 2) / 2)
        joint = joint_of(random.poisson(expected))
        assert ours(joint) == pytest.approx(dense(joint), rel=1e-10)
