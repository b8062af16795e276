"""The maximal correlation coefficient of a co-occurrence matrix, without a dense eigenvalue problem.

It is the second singular value of D_x^-1/2 P D_y^-1/2, whose first one is 1 with the known vectors sqrt(p_x) and
sqrt(p_y). Lanczos' iteration finds it in the space without these, in about seven steps.
"""

from __future__ import annotations

import math

import numpy as np

from .jit import kernel


@kernel
def _product(matrix, vector, out):
    """out = matrix^T vector for a square matrix, four rows at a time: half the time of one."""
    size = matrix.shape[0]
    out[:] = 0.0
    r = 0
    while r + 4 <= size:
        row_0, row_1, row_2, row_3 = matrix[r], matrix[r + 1], matrix[r + 2], matrix[r + 3]
        v_0, v_1, v_2, v_3 = vector[r], vector[r + 1], vector[r + 2], vector[r + 3]
        for i in range(size):
            out[i] += v_0 * row_0[i] + v_1 * row_1[i] + v_2 * row_2[i] + v_3 * row_3[i]
        r += 4
    while r < size:
        row, v = matrix[r], vector[r]
        for i in range(size):
            out[i] += v * row[i]
        r += 1


@kernel
def _remove(vector, direction):
    """Subtract from `vector` its part along a unit vector."""
    part = 0.0
    for i in range(vector.size):
        part += vector[i] * direction[i]
    for i in range(vector.size):
        vector[i] -= part * direction[i]


@kernel
def _largest_eigenvalue(diagonal, beside, size, above):
    """Largest eigenvalue of a symmetric tridiagonal matrix: Laguerre's iteration from `above` it, kept in a bracket."""
    low, high, x = diagonal[0], above, above
    for i in range(1, size):
        low = max(low, diagonal[i])
    reach = 1e-13 * above
    for _ in range(100):
        # pivots of x - T, whose product is the characteristic polynomial, with their first two derivatives
        pivot, first, second = x - diagonal[0], 1.0, 0.0
        inverse, ratio, slope, curvature = 0.0, 0.0, 0.0, 0.0
        for i in range(size):
            if i > 0:
                square = beside[i - 1] * beside[i - 1] * inverse
                pivot = x - diagonal[i] - square
                second = square * inverse * (second - 2 * ratio * first)
                first = 1.0 + square * ratio
            if pivot <= 0:
                break
            inverse = 1.0 / pivot
            ratio = first * inverse
            slope += ratio
            curvature += ratio * ratio - second * inverse
        if pivot <= 0:  # an eigenvalue lies above x
            low = x
            x = min(x + reach, 0.5 * (low + high))  # most often by no more than rounding
            reach *= 1000
        else:
            high = x
            step = size / (slope + math.sqrt(max((size - 1) * (size * curvature - slope * slope), 0.0)))
            if step <= 1e-9 * abs(x):  # steps shrink with their third power
                return x - step
            x = x - step if x - step > low else 0.5 * (low + high)
        if high - low <= 1e-15 * abs(high):
            return high
    return high


@kernel
def _start(levels, rows, top, vector):
    """A first guess orthogonal to `top`: linear in the level, plus a little of everything so that nothing is missed."""
    mean, total = 0.0, 0.0
    for i in range(levels.size):
        mean += rows[levels[i]] * levels[i]
        total += rows[levels[i]]
    mean /= total
    spread = 0.0
    for i in range(levels.size):
        spread += rows[levels[i]] * (levels[i] - mean) ** 2
    scale = 1.0 / math.sqrt(max(spread / total, 1e-300))
    amplitude = 0.2 / math.sqrt(levels.size)
    for i in range(levels.size):
        ripple = (i * 0.6180339887498949) % 1.0 - 0.5
        vector[i] = top[i] * (levels[i] - mean) * scale + amplitude * ripple
    _remove(vector, top)
    _normalise(vector)


@kernel
def _orthogonalise(vector, top, basis, last):
    _remove(vector, top)
    for earlier in range(last, -1, -1):
        _remove(vector, basis[earlier])


@kernel
def _length(vector):
    square = 0.0
    for i in range(vector.size):
        square += vector[i] * vector[i]
    return math.sqrt(square)


@kernel
def _normalise(vector):
    length = _length(vector)
    if length > 0:
        for i in range(vector.size):
            vector[i] /= length
    return length


@kernel
def _operate(matrix, transposed, left, right, vector, between, image):
    """image = M M^T vector for M = diag(left) matrix diag(right)^1/2; returns vector . image."""
    for i in range(vector.size):
        between[i] = left[i] * vector[i]
    _product(matrix, between, image)
    for i in range(vector.size):
        image[i] *= right[i]
    _product(transposed, image, between)
    part = 0.0
    for i in range(vector.size):
        image[i] = left[i] * between[i]
        part += image[i] * vector[i]
    return part


@kernel
def _next(image, top, basis, step):
    """Make the next vector of the basis from `image`; returns its length before, 0 where nothing new was left in it.

    Where all that the start reaches has been found, the iteration goes on with what it does not reach.
    """
    _orthogonalise(image, top, basis, step)
    length = _normalise(image)
    if length < 1e-9:
        length = 0.0
        for i in range(image.size):
            image[i] = (i * 0.7548776662466927 + step * 0.5698402909980532) % 1.0 - 0.5
    if length < 1e-3:  # little was left, and so much of it is rounding
        for _ in range(2):
            _orthogonalise(image, top, basis, step)
            _normalise(image)
    return length


@kernel
def _scales(levels, rows, columns):
    """The diagonals of D_x^-1/2 and D_y^-1, 0 for absent levels, and the unit vector sqrt(p_x)."""
    left, right, top = np.zeros(levels.size), np.zeros(levels.size), np.zeros(levels.size)
    for i in range(levels.size):
        here, there = rows[levels[i]], columns[levels[i]]
        top[i] = math.sqrt(here)
        left[i] = 1.0 / math.sqrt(here) if here > 0 else 0.0
        right[i] = 1.0 / there if there > 0 else 0.0
    _normalise(top)
    return left, right, top


@kernel
def maximal_correlation(matrix, symmetric, levels, rows, columns):
    """MCC of a matrix of counts, for the levels that occur in it.

    Repeated orthogonalisation keeps the basis exact, so that at the latest `size` - 1 steps give the eigenvalue.

    Parameters
    ----------
    matrix : (size, size) counts
    symmetric : whether it is
    levels : (size,) the level of each row
    rows, columns : sums of the matrix by level
    """
    size = levels.size
    if size < 2:
        return 0.0
    transposed = matrix if symmetric else matrix.T.copy()
    left, right, top = _scales(levels, rows, columns)
    basis, between = np.empty((size, size)), np.empty(size)
    diagonal, beside = np.empty(size), np.empty(size)
    _start(levels, rows, top, basis[0])
    value, steady, restarted = 0.0, 0, False
    for step in range(size - 1):
        image = basis[step + 1]
        diagonal[step] = _operate(matrix, transposed, left, right, basis[step], between, image)
        beside[step] = _next(image, top, basis, step)
        restarted = restarted or beside[step] == 0
        last = step == size - 2
        if last or step >= 2:
            before = value
            value = _largest_eigenvalue(diagonal, beside, step + 1, 1.001)
            # one or two steps without gain may be a rest on the eigenvalue below
            steady = steady + 1 if value - before <= 1e-11 * value else 0
            converged = steady == 3 and not restarted
            if converged or value > 1 - 1e-13:
                break
    return math.sqrt(min(value, 1.0)) if value > 1e-14 else 0.0
