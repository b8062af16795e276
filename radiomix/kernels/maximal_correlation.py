"""The maximal correlation coefficient of a co-occurrence matrix, without a dense eigenvalue problem.

It is the second singular value of D_x^-1/2 P D_y^-1/2, whose first one is 1 with the known vectors sqrt(p_x) and
sqrt(p_y). Lanczos' iteration finds it in the space without these, in about seven steps.
"""

from __future__ import annotations

import math

import numpy as np

from .jit import kernel, reduction

PIECE = 8  # of a row: vectors and matrices are filled up with zeros to so many, so that no loop has a remainder


@reduction
def _product(matrix, vector, out):
    """out = matrix^T vector for a square matrix, four rows at a time: half the time of one."""
    size = vector.size
    for i in range(size):
        out[i] = 0.0
    for r in range(0, size, 4):
        v_0, v_1, v_2, v_3 = vector[r], vector[r + 1], vector[r + 2], vector[r + 3]
        for i in range(size):
            out[i] += v_0 * matrix[r, i] + v_1 * matrix[r + 1, i] + v_2 * matrix[r + 2, i] + v_3 * matrix[r + 3, i]


@reduction
def _orthogonalise(vector, basis, known, parts):
    """Take from `vector` its parts along the `known` first rows of the basis, make its length 1, return what it was."""
    for row in range(known):
        part = 0.0
        for i in range(vector.size):
            part += vector[i] * basis[row, i]
        parts[row] = part
    for row in range(known):
        for i in range(vector.size):
            vector[i] -= parts[row] * basis[row, i]
    square = 0.0
    for i in range(vector.size):
        square += vector[i] * vector[i]
    if square > 0:
        scale = 1.0 / math.sqrt(square)
        for i in range(vector.size):
            vector[i] *= scale
    return math.sqrt(square)


@kernel
def _largest_eigenvalue(diagonal, beside, size, above, known):
    """Largest eigenvalue of a symmetric tridiagonal matrix: Laguerre's iteration from `above` it, kept in a bracket.

    What is already `known` to be one is returned where none is larger.
    """
    low, high, x = known, above, known * (1 + 1e-11)
    reach = 1e-13 * above
    for attempt in range(100):
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
        if attempt == 0:
            if pivot > 0:
                return known
            x = above
        elif pivot <= 0:  # an eigenvalue lies above x
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
def _scale(matrix, levels, rows, columns, scaled, basis, right):
    """Fill scaled[0] with D_x^-1/2 P D_y^-1/2, absent levels being 0, scaled[-1] with its transpose; start the basis.

    Its first row is the unit vector sqrt(p_x), its second a guess: linear in the level, plus a little of everything so
    that nothing is missed.
    """
    size, total, mean, square = levels.size, 0.0, 0.0, 0.0
    for level in levels:
        total += rows[level]
        mean += rows[level] * level
        square += rows[level] * level * level
    mean /= total
    scale = 1.0 / math.sqrt(max(square / total - mean * mean, 1e-12))
    for c in range(size):
        there = columns[levels[c]]
        right[c] = 1.0 / math.sqrt(there) if there > 0 else 0.0
    for r in range(size):
        here = rows[levels[r]]
        left = 1.0 / math.sqrt(here) if here > 0 else 0.0
        ripple = (r * 0.6180339887498949) % 1.0 - 0.5
        basis[0, r] = math.sqrt(here / total)
        if here > 0:  # elsewhere all vectors are 0
            basis[1, r] = basis[0, r] * (levels[r] - mean) * scale + 0.2 / math.sqrt(size) * ripple
        for c in range(size):
            scaled[0, r, c] = matrix[r, c] * left * right[c]
        if scaled.shape[0] > 1:
            for c in range(size):
                scaled[1, c, r] = scaled[0, r, c]


@kernel
def _next(basis, step, size, scaled, between):
    """Make row step + 2 of the basis; returns the new elements of the tridiagonal matrix, on and beside its diagonal.

    The latter is 0 where nothing new was left. Where all that the start reaches has been found, the iteration goes on
    with what it does not reach.
    """
    here, image = basis[step + 1], basis[step + 2]
    _product(scaled[0], here, between)
    _product(scaled[scaled.shape[0] - 1], between, image)
    part = 0.0
    for i in range(size):
        part += image[i] * here[i]
    length, repeats = 0.0, 0
    while True:
        left = _orthogonalise(image, basis, step + 2, between)
        if repeats == 0:
            length = left
            if length < 1e-9:
                length = 0.0
                for i in range(size):
                    turn = 0.7548776662466927 + step * 0.5698402909980532  # another one each time, or little is new
                    image[i] = ((i + 1) * turn) % 1.0 - 0.5 if basis[0, i] > 0 else 0.0
        repeats += 1
        if length > 1e-3 or repeats == 3:  # where little was left, much of it is rounding
            return part, length


@kernel
def maximal_correlation(matrix, symmetric, levels, rows, columns):
    """MCC of a matrix of counts, for the levels that occur in it.

    Repeated orthogonalisation keeps the basis exact, so that the eigenvalue is there after as many steps as there are
    levels in rows, less one.

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
    width = (size + PIECE - 1) // PIECE * PIECE
    scaled, basis = np.zeros((1 if symmetric else 2, width, width)), np.zeros((size + 1, width))
    between, diagonal, beside = np.zeros(width), np.empty(size), np.empty(size)
    _scale(matrix, levels, rows, columns, scaled, basis, between)
    _orthogonalise(basis[1], basis, 1, between)
    value, steady, restarted, steps = 0.0, 0, False, -1
    for r in range(size):
        steps += basis[0, r] > 0
    for step in range(steps):
        diagonal[step], beside[step] = _next(basis, step, size, scaled, between)
        restarted = restarted or beside[step] == 0
        if step >= 3 or step == steps - 1:
            before = value
            value = _largest_eigenvalue(diagonal, beside, step + 1, 1.001, before)
            # one or two steps without gain may be a rest on the eigenvalue below
            steady = steady + 1 if value == before else 0
            converged = steady == 3 and not restarted
            if converged or value > 1 - 1e-13:
                break
    return math.sqrt(min(value, 1.0)) if value > 1e-14 else 0.0
