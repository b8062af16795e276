"""The maximal correlation coefficient of a co-occurrence matrix, without a dense eigenvalue problem.

It is the second singular value of D_x^-1/2 P D_y^-1/2, whose first one is 1 with the known vectors sqrt(p_x) and
sqrt(p_y). Lanczos' iteration finds it in the space without these, in about seven steps.
"""

from __future__ import annotations

import math

import numpy as np

from .jit import kernel, reduction

TILE = 8  # rows and columns of a matrix that are looked at together: whole vectors, so that no loop has a remainder
UNSETTLED = 5  # steps that seldom suffice: no eigenvalue is looked for before


@kernel
def whole(bands):
    """Fill the `bands` of a matrix whose rows are stored from the first column to the last."""
    for t in range(bands.shape[0]):
        bands[t, 0], bands[t, 1], bands[t, 2] = 0, bands.shape[0] * TILE, t * bands.shape[0] * TILE * TILE


@reduction
def _products(cells, bands, vector, along, across):
    """along = matrix vector and across = matrix^T vector in one pass, four rows at a time: half the time of one."""
    for i in range(vector.size):
        across[i] = 0.0
    for t in range(bands.shape[0]):
        begin, length = bands[t, 0], np.uint64(bands[t, 1] - bands[t, 0])
        here, out = vector[begin:], across[begin:]
        first = np.uint64(bands[t, 2])
        for r in range(t * TILE, (t + 1) * TILE, 4):
            second, third, fourth = first + length, first + length + length, first + length + length + length
            v_0, v_1, v_2, v_3 = vector[r], vector[r + 1], vector[r + 2], vector[r + 3]
            along_0, along_1, along_2, along_3 = 0.0, 0.0, 0.0, 0.0
            for i in range(length):
                c_0, c_1, c_2, c_3 = cells[first + i], cells[second + i], cells[third + i], cells[fourth + i]
                out[i] += v_0 * c_0 + v_1 * c_1 + v_2 * c_2 + v_3 * c_3
                along_0 += here[i] * c_0
                along_1 += here[i] * c_1
                along_2 += here[i] * c_2
                along_3 += here[i] * c_3
            along[r], along[r + 1], along[r + 2], along[r + 3] = along_0, along_1, along_2, along_3
            first = fourth + length


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

    What is already `known` to be one is returned where none is larger. The second number returned is the square of the
    last component of its unit vector, too large rather than too small: 1 over the slope of the last pivot.
    """
    low, high, x = known, above, known * (1 + 1e-11)
    reach, first = 1e-13 * above, 1.0
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
                return known, 1.0 / first
            x = above
        elif pivot <= 0:  # an eigenvalue lies above x
            low = x
            x = min(x + reach, 0.5 * (low + high))  # most often by no more than rounding
            reach *= 1000
        else:
            high = x
            step = size / (slope + math.sqrt(max((size - 1) * (size * curvature - slope * slope), 0.0)))
            if step <= 1e-9 * abs(x):  # steps shrink with their third power
                return x - step, 1.0 / first
            x = x - step if x - step > low else 0.5 * (low + high)
        if high - low <= 1e-15 * abs(high):
            return high, 1.0 / first
    return high, 1.0 / first


@kernel
def _start(rows, present, basis):
    """Make the first two rows of the basis, where `present` levels have a row.

    The first is the unit vector sqrt(p_x), the second a guess: linear in the level, plus a little of everything so that
    nothing is missed.
    """
    total, mean, square = 0.0, 0.0, 0.0
    for r in range(rows.size):
        total += rows[r]
        mean += rows[r] * float(r)
        square += rows[r] * float(r) * r
    mean /= total
    scale = 1.0 / math.sqrt(max(square / total - mean * mean, 1e-12))
    for r in range(rows.size):
        ripple = (r * 0.6180339887498949) % 1.0 - 0.5 if rows[r] > 0 else 0.0  # where no row is, all vectors are 0
        basis[0, r] = math.sqrt(rows[r] / total)
        basis[1, r] = basis[0, r] * (r - mean) * scale + 0.05 / math.sqrt(present) * ripple


@kernel
def _roots(sums, out):
    """1 / sqrt of each sum; 0 for an empty row or column, which takes it out."""
    for i in range(sums.size):
        out[i] = 1.0 / math.sqrt(sums[i]) if sums[i] > 0 else 0.0


@kernel
def _twice(cells, bands, symmetric, roots, vector, work, image):
    """image = Q vector, where Q = D_x^-1/2 P D_y^-1 P^T D_x^-1/2."""
    scaled, along, across = work[0], work[1], work[2]
    for i in range(vector.size):
        scaled[i] = vector[i] * roots[0, i]
    _products(cells, bands, scaled, along, across)
    for i in range(vector.size):
        scaled[i] = ((along[i] if symmetric else 0.0) + across[i]) * roots[1, i] * roots[1, i]
    _products(cells, bands, scaled, along, across)
    for i in range(vector.size):
        image[i] = (along[i] + (across[i] if symmetric else 0.0)) * roots[0, i]


@kernel
def _next(cells, bands, symmetric, roots, basis, step, work):
    """Make row step + 2 of the basis; returns the new elements of the tridiagonal matrix, on and beside its diagonal.

    The latter is 0 where nothing new was left. Where all that the start reaches has been found, the iteration goes on
    with what it does not reach.
    """
    here, image = basis[step + 1], basis[step + 2]
    _twice(cells, bands, symmetric, roots, here, work, image)
    part = 0.0
    for i in range(here.size):
        part += image[i] * here[i]
    length, repeats = 0.0, 0
    while True:
        left = _orthogonalise(image, basis, step + 2, work[0])
        if repeats == 0:
            length = left
            if length < 1e-9:
                length = 0.0
                for i in range(here.size):
                    turn = 0.7548776662466927 + step * 0.5698402909980532  # another one each time, or little is new
                    image[i] = ((i + 1) * turn) % 1.0 - 0.5 if basis[0, i] > 0 else 0.0
        repeats += 1
        if length > 1e-3 or repeats == 3:  # where little was left, much of it is rounding
            return part, length


@kernel
def maximal_correlation(cells, bands, symmetric, rows, columns):
    """MCC of a matrix of counts.

    Repeated orthogonalisation keeps the basis exact, so that the eigenvalue is there after as many steps as there are
    levels in rows, less one.

    Parameters
    ----------
    cells : a square matrix, its rows behind one another without what is 0 on both sides
    bands : (size / TILE, 3) of each TILE of rows: the columns at which they begin and end, multiples of TILE, and the
        place of the first cell
    symmetric : whether a pair counts in both directions: the matrix + its transpose is meant then
    rows, columns : (size,) sums of what is meant
    """
    size, present = rows.size, 0
    for count in rows:
        present += count > 0
    if present < 2:
        return 0.0
    roots, work, basis = np.empty((2, size)), np.empty((3, size)), np.empty((present + 1, size))
    diagonal, beside = np.empty(present - 1), np.empty(present - 1)
    _roots(rows, roots[0])
    _roots(columns, roots[1])
    _start(rows, present, basis)
    _orthogonalise(basis[1], basis, 1, work[0])
    value, steady, restarted = 0.0, 0, False
    for step in range(present - 1):
        diagonal[step], beside[step] = _next(cells, bands, symmetric, roots, basis, step, work)
        restarted = restarted or beside[step] == 0
        if step >= UNSETTLED or step == present - 2:
            before = value
            value, last = _largest_eigenvalue(diagonal, beside, step + 1, 1.001, before)
            # what is still to be gained is in the order of the residual's square
            settled = value - before <= 1e-10 * value and beside[step] * beside[step] * last <= 1e-12 * value
            # one or two steps without gain may be a rest on the eigenvalue below
            steady = steady + 1 if value == before else 0
            converged = (settled or steady == 3) and not restarted
            if converged or value > 1 - 1e-13:
                break
    return math.sqrt(min(value, 1.0)) if value > 1e-14 else 0.0
